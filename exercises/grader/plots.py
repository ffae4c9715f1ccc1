"""The pictures of the overview: points per exercise, and the most frequent misconceptions."""

from __future__ import annotations

import io
import itertools
import textwrap
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lib.plotting.style import BLUE, STYLE_FILE, VERMILION


def svg(figure: Figure, alt: str) -> str:
    """Return a figure as the text of an SVG image with words for those who do not see it; the same text each time."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "course", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    text = buffer.getvalue()
    words = alt.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{words}"', 1)


def distribution(titles: Sequence[str], scores: Sequence[Sequence[float]], most: Sequence[float]) -> str:
    """Draw how many learners have how many points, a panel for each exercise.

    Parameters
    ----------
    titles : sequence of str
        Of the exercises.
    scores : sequence of sequence of float
        For each exercise the points of all learners.
    most : sequence of float
        The points each exercise gives.

    Returns
    -------
    str
        SVG.
    """
    columns = min(4, len(titles))
    rows = -(-len(titles) // columns)
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(8.4, 1.75 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for ax in panels.flat[len(titles) :]:
            ax.set_axis_off()
        for ax, title, points, top in zip(panels.flat, titles, scores, most, strict=False):
            steps = sorted({0.0, float(top), *map(float, points)})
            counts = [sum(p == step for p in points) for step in steps]
            ax.bar(
                steps,
                counts,
                width=0.7 * min([1.0, *(b - a for a, b in itertools.pairwise(steps))]),
                color=BLUE.color,
            )
            ax.set_title(textwrap.fill(title, 26), fontsize=8, loc="left")
            ax.set_xticks(
                steps if len(steps) < 7 else [0, top], [f"{s:g}" for s in (steps if len(steps) < 7 else [0, top])]
            )
            ax.yaxis.set_major_locator(MaxNLocator(3, integer=True))
            ax.tick_params(labelsize=8)
            ax.grid(visible=False, axis="x")
        figure.supxlabel("points", fontsize=8)
        figure.supylabel("learners", fontsize=8)
        full = "; ".join(
            f"{title}: {sum(p == top for p in points)} of {len(points)}"
            for title, points, top in zip(titles, scores, most, strict=True)
        )
        return svg(figure, f"How many learners have how many points. All points were reached in {full}.")


def misconceptions(names: Sequence[str], counts: Sequence[int]) -> str:
    """Draw how many learners fell for which mistake, the most frequent first.

    Parameters
    ----------
    names : sequence of str
        Of the mistakes.
    counts : sequence of int
        Of learners.

    Returns
    -------
    str
        SVG.
    """
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(8.4, 0.6 + 0.3 * len(names)), layout="constrained")
        ax = figure.subplots()
        bars = ax.barh(range(len(names)), counts, height=0.65, color=VERMILION.color)
        ax.bar_label(bars, padding=3, fontsize=8)
        ax.set_yticks(range(len(names)), names, fontsize=8)
        ax.invert_yaxis()
        ax.set_xlabel("learners", fontsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.tick_params(axis="x", labelsize=8)
        ax.grid(visible=False, axis="y")
        said = "; ".join(f"{name}: {count}" for name, count in zip(names, counts, strict=True))
        return svg(figure, f"The most frequent misconceptions and how many learners had them: {said}.")
