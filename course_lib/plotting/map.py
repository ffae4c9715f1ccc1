"""A map over learning rate and one more hyperparameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from course_lib.plotting.descent import MARKERS, draw_losses, draw_path, draw_surface
from course_lib.plotting.picture import small_png
from course_lib.plotting.style import FAST_TO_SLOW, STYLE_FILE, styles
from course_lib.rule import FloatArray
from course_lib.surfaces import Surface

Side = tuple[tuple[float, float], str]
SCALES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {  # forth and back
    "linear": (np.asarray, np.asarray),
    "log": (np.log10, lambda place: 10.0**place),
    "near one": (lambda x: -np.log10(np.maximum(1 - x, 1e-16)), lambda place: 1 - 10.0**-place),
}
SHADES = LinearSegmentedColormap.from_list("fast to slow", FAST_TO_SLOW, N=1024)


def draw_map(
    ax: Axes,
    digits: FloatArray,
    sides: Sequence[Side],
    *,
    shades: tuple[float, float],
    levels: Sequence[tuple[float, str]],
    marks: Mapping[str, tuple[float, float, str]],
    vertical: str = "momentum",
    contours: bool = True,
) -> ScalarMappable:
    """Draw how many steps a digit takes, or another quantity, over two hyperparameters; hatched where runs diverge.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    digits : ndarray of shape (momenta, rates)
        Logarithm of the steps, nan where a run diverges.
    sides : two pairs of (float, float) and str
        Ends of the horizontal and the vertical axis, and its scale: "linear", "log", or "near one" for the logarithm of
        what lacks to 1.
    shades : (float, float)
        Logarithm of the steps at the first and at the last color.
    levels : sequence of (float, str)
        Logarithms of the steps at which to draw lines, with their colors.
    marks : mapping of str to (float, float, str)
        Label to learning rate, momentum and marker.
    vertical : str
        Label of the vertical axis.
    contours : bool
        Whether to draw the lines.

    Returns
    -------
    matplotlib.cm.ScalarMappable
        What a color bar needs.
    """
    edges, centers = [], []
    for ((low, high), scale), n in zip(sides, digits.shape[::-1], strict=True):
        forth, back = SCALES[scale]
        places = np.linspace(forth(low), forth(high), 2 * n + 1)
        edges.append(back(places[::2]))
        centers.append(back(places[1::2]))
    ax.add_patch(
        mpl.patches.Rectangle(
            (0, 0), 1, 1, transform=ax.transAxes, hatch="////", fill=False, edgecolor="#8fa1b3", linewidth=0
        )
    )
    norm = Normalize(*shades, clip=True)
    mesh = ax.pcolormesh(*edges, digits, cmap=SHADES, norm=norm)
    for level, color in levels if contours else ():
        ax.contour(*centers, digits, [level], colors=[color], linewidths=0.8)
    for label, (x, y, marker) in marks.items():
        ax.plot(
            x, y, MARKERS[marker], color="white", markeredgecolor="black", markersize=7, label=label, linestyle="none"
        )
    ax.set(xlabel="learning rate", ylabel=vertical)
    for name, (ends, scale) in zip("xy", sides, strict=True):
        if scale == "log":
            ax.set(**{f"{name}scale": "log"})
        elif scale == "near one":
            getattr(ax, f"set_{name}scale")("function", functions=SCALES[scale])
            lacks = [m * 10.0**-k for k in range(1, 7) for m in (5, 2, 1)]
            ax.set(**{f"{name}ticks": [1 - x for x in lacks if ends[0] <= 1 - x <= ends[1]]})
    ax.set(xlim=sides[0][0], ylim=sides[1][0])
    return mesh


def map_picture(
    surface: Surface,
    rule: str,
    outcome: Any,
    digits: FloatArray,
    sides: Sequence[Side],
    *,
    shades: tuple[float, float],
    levels: Sequence[tuple[float, str]],
    marks: Mapping[str, tuple[float, float, str]],
    probe: tuple[float, float],
    steps: int,
    vertical: str = "momentum",
    quantity: str | None = None,
    contours: bool = True,
) -> bytes:
    """Draw a map of convergence beside one run.

    Parameters
    ----------
    surface : Surface
        Where the run is shown.
    rule : str
        Name of the rule.
    outcome : object
        The run, with its path and losses.
    digits : ndarray of shape (momenta, rates)
        Logarithm of the steps to a digit, nan where a run diverges.
    sides, shades, levels, marks : object
        As in `draw_map`.
    probe : (float, float)
        Learning rate and momentum of the run.
    steps : int
        Length of the step axis.
    vertical : str
        Label of the vertical axis.
    quantity : str, optional
        What was measured; steps to one more digit where nothing is said.
    contours : bool
        Whether to draw lines of equal height.

    Returns
    -------
    bytes
        A small PNG.
    """
    (look,) = styles([rule])
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 4.2))
        panels = figure.subplot_mosaic([["map", "path"], ["map", "loss"]], width_ratios=(1.5, 1))
        mesh = draw_map(
            panels["map"],
            digits,
            sides,
            shades=shades,
            levels=levels,
            marks=marks,
            vertical=vertical,
            contours=contours,
        )
        bar = figure.colorbar(mesh, ax=panels["map"], label=quantity or "steps to one more digit")
        bar.set_ticks([level for level, _ in levels], labels=[f"{10**level:.4g}" for level, _ in levels])
        bar.ax.invert_yaxis()
        panels["map"].plot(
            *probe,
            "o",
            markerfacecolor="none",
            markeredgecolor="#22272e",
            markeredgewidth=2,
            markersize=9,
            clip_on=False,
        )
        draw_surface(panels["path"], surface)
        if len(outcome.path):
            draw_path(panels["path"], outcome.path, look, rule)
            draw_losses(panels["loss"], np.maximum(outcome.losses, 1e-300), look, rule)
        panels["loss"].set(xlim=(0, steps))
        if marks:
            figure.legend(handles=panels["map"].get_legend_handles_labels()[0], loc="outside upper center", ncols=3)
        return small_png(figure, 96)
