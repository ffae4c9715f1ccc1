"""How fast the library is beside others: bars of ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from course_lib.plotting.picture import small_png
from course_lib.plotting.style import BLUE, STYLE_FILE, VERMILION

Rows = Sequence[Mapping[str, Any]]

AHEAD: dict[str, Any] = {"color": BLUE.color, "label": "ahead"}
BEHIND: dict[str, Any] = {"facecolor": "white", "edgecolor": VERMILION.color, "hatch": "////", "label": "behind"}


def draw_ratios(ax: Axes, rows: Rows) -> None:
    """Draw a bar for each measurement, from 1 to how many times as long the peer takes; hatched where it takes less.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    rows : sequence of mapping
        As in benchmarks/results.json: name, peer and ratio; or name, peer and error, which is written out.
    """
    for place, row in enumerate(rows):
        ratio = row.get("ratio", 1.0)
        if "error" in row:
            words = f"no figure: {shorten(row['error'], 52)}"
            ax.annotate(words, (1, place), (5, 0), textcoords="offset points", va="center", fontsize=8)
            continue
        ax.barh(place, ratio - 1, left=1, height=0.62, **(AHEAD if ratio >= 1 else BEHIND))
        far, side = (5, "left") if ratio >= 1 else (-5, "right")
        ax.annotate(
            f"{ratio:.3g}", (ratio, place), (far, 0), textcoords="offset points", va="center", ha=side, fontsize=8
        )
    ratios = [row["ratio"] for row in rows if "ratio" in row]
    ax.axvline(1, color="#22272e", linewidth=1.2)
    ax.set_yticks(range(len(rows)), [f"{row['name']}\n{row['peer']}" for row in rows], fontsize=7.5, linespacing=1.05)
    ax.set(
        xscale="log",
        xlim=(0.6 * min([1, *ratios]), 1.7 * max([1, *ratios])),
        ylim=(len(rows) - 0.4, -0.6),
        xlabel="time of the other / time of this library",
    )
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)


def performance_picture(rows: Rows) -> bytes:
    """Draw all measurements.

    Parameters
    ----------
    rows : sequence of mapping
        As for `draw_ratios`.

    Returns
    -------
    bytes
        A small PNG.
    """
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 1 + 0.34 * len(rows)))
        draw_ratios(figure.subplots(), rows)
        figure.legend(handles=[Patch(**AHEAD), Patch(**BEHIND)], loc="outside upper right", ncols=2)
        return small_png(figure)


def performance_words(rows: Rows) -> str:
    """Say what the picture shows, for whoever cannot see it.

    Parameters
    ----------
    rows : sequence of mapping
        As for `draw_ratios`.

    Returns
    -------
    str
        How many are ahead, how many behind, and the ends of both.
    """
    by_ratio = sorted((row["ratio"], row["name"]) for row in rows if "ratio" in row)
    ahead, behind = [one for one in by_ratio if one[0] >= 1], [one for one in by_ratio if one[0] < 1]
    said = [f"A bar for each of {len(rows)} measurements on a logarithmic axis, from 1 to the ratio."]
    for kind, some in (("ahead", ahead), ("behind", behind)):
        if some:
            ends = " to ".join(f"{ratio:.3g} ({name})" for ratio, name in dict.fromkeys((some[0], some[-1])))
            said.append(f"{len(some)} {kind}: {ends}.")
    if len(by_ratio) < len(rows):
        said.append(f"{len(rows) - len(by_ratio)} did not run.")
    return " ".join(said)
