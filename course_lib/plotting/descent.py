"""Level lines of a surface, paths on it and the loss along them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from course_lib.plotting.picture import small_png
from course_lib.plotting.style import STYLE_FILE, Look, styles
from course_lib.rule import FloatArray
from course_lib.surfaces import Surface

GROUND = LinearSegmentedColormap.from_list("ground", ["#ffffff", "#d3dde6"])
MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "flag": "v"}


def draw_surface(ax: Axes, surface: Surface, *, points: int = 240) -> Any:
    """Draw level lines, a factor of the square root of ten apart unless there are many minima, and mark the minima.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    surface : Surface
        A surface of two coordinates.
    points : int
        Grid points along each side.

    Returns
    -------
    matplotlib.contour.QuadContourSet
        The level lines.
    """
    (left, right), (bottom, top) = surface.box
    x, y = np.linspace(left, right, points), np.linspace(bottom, top, points)
    z = surface(np.stack(np.meshgrid(x, y), axis=-1))
    floors = surface(np.array(surface.minima, float).reshape(-1, 2))
    lowest = min(z.min(), floors.min(initial=np.inf))
    levels = np.sqrt(_levels(z.max() - lowest, floors - lowest))
    heights = np.sqrt(z - lowest)
    shades = GROUND(np.linspace(0, 1, len(levels) + 1))
    ax.contourf(x, y, heights, [0, *levels, max(heights.max(), levels[-1] * 1.001)], colors=shades)
    lines = ax.contour(x, y, heights, levels, colors="#8fa1b3", linewidths=0.6)
    for place in surface.minima:
        ax.plot(*place, "+", color="#22272e", markersize=8, markeredgewidth=1.6)
    ax.set(xlim=(left, right), ylim=(bottom, top))
    ax.set_xlabel(surface.coordinates[0])
    ax.set_ylabel(surface.coordinates[1], rotation=0)
    return lines


def _levels(span: float, floors: FloatArray) -> FloatArray:
    """Levels a factor of the square root of ten apart, and finer ones above every other minimum; with many minima, even ones."""
    shares = np.unique(np.round(floors / span, 6))
    others = shares[shares > 0]
    if not len(floors) or len(others) > 3:
        return span * (np.arange(8) + 0.5) / 8
    main = 10.0 ** ((np.floor(2 * np.log10(span)) - np.arange(12)) / 2)
    fine = span * (others[:, None] + 10.0 ** -np.array([1, 1.5, 2, 2.5]))
    return np.unique(np.concatenate([main, fine.ravel()]))


def draw_path(ax: Axes, path: FloatArray, look: Look, label: str) -> Any:
    """Draw one path and mark its end.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    path : ndarray of shape (k, 2)
        The points.
    look : Look
        Color, line style and marker.
    label : str
        Name of the optimizer.

    Returns
    -------
    matplotlib.lines.Line2D
        The line.
    """
    (line,) = ax.plot(*path.T, color=look.color, linestyle=look.linestyle, label=label)
    ax.plot(*path[-1:].T, MARKERS[look.marker], color=look.color, markeredgecolor="white", markersize=8, zorder=3)
    return line


def draw_losses(ax: Axes, losses: FloatArray, look: Look, label: str) -> Any:
    """Draw the loss against the step on a logarithmic scale.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    losses : ndarray of shape (k,)
        Loss at the start and after each step.
    look : Look
        Color, line style and marker.
    label : str
        Name of the optimizer.

    Returns
    -------
    matplotlib.lines.Line2D
        The line.
    """
    (line,) = ax.semilogy(losses, color=look.color, linestyle=look.linestyle, label=label)
    ax.set(xlabel="step", ylabel="loss")
    return line


def descent_picture(surface: Surface, runs: Mapping[str, tuple[str, FloatArray, FloatArray]], steps: int) -> bytes:
    """Draw paths on a surface beside their losses.

    Parameters
    ----------
    surface : Surface
        A surface of two coordinates.
    runs : mapping of str to (str, ndarray, ndarray)
        Label to name of the rule, path and losses.
    steps : int
        Length of the step axis.

    Returns
    -------
    bytes
        A small PNG with a palette and a light ground.
    """
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 3.5))
        left, right = figure.subplots(1, 2, width_ratios=(1.4, 1))
        draw_surface(left, surface)
        lowest = min(float(np.min(surface(np.array(surface.minima, float).reshape(-1, 2)), initial=0)), 0)
        highest = 1e-300
        for look, (label, (_, path, losses)) in zip(
            styles([name for name, *_ in runs.values()]), runs.items(), strict=True
        ):
            if len(path):
                draw_path(left, path, look, label)
                draw_losses(right, np.maximum(losses - lowest, 1e-300), look, label)
                highest = max(highest, losses[0] - lowest)
        start = next((path[0] for _, path, _ in runs.values() if len(path)), surface.start)
        left.plot(
            *start, "o", markerfacecolor="white", markeredgecolor="#22272e", markeredgewidth=2, markersize=9, zorder=4
        )
        bottom, top = right.get_ylim()
        right.set(xlim=(0, steps), ylim=(max(bottom, highest * 1e-16), min(top, highest * 10)))
        if lowest < 0:
            right.set_ylabel("loss above the minimum")
        figure.legend(handles=right.get_lines(), loc="outside upper center", ncols=3, handlelength=3)
        return small_png(figure)
