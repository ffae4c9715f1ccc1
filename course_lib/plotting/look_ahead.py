"""One step of two methods, each in its two halves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from course_lib.plotting.descent import GROUND, MARKERS, draw_path, draw_surface
from course_lib.plotting.picture import small_png
from course_lib.plotting.style import STYLE_FILE, Look
from course_lib.rule import FloatArray
from course_lib.surfaces import Surface

Corners = tuple[FloatArray, FloatArray, FloatArray]


def look_ahead_picture(
    surface: Surface, paths: Mapping[str, tuple[Look, FloatArray]], halves: Mapping[str, Corners]
) -> bytes:
    """Draw two paths on a surface beside one step of both.

    Parameters
    ----------
    surface : Surface
        A surface of two coordinates.
    paths : mapping of str to (Look, ndarray)
        Label to look and path: the method whose step begins with the gradient, then the one that looks ahead.
    halves : mapping of str to (ndarray, ndarray, ndarray)
        Label to beginning, turn and end of the step; empty if there is none to show.

    Returns
    -------
    bytes
        A small PNG.
    """
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 3.5))
        left, right = figure.subplots(1, 2, width_ratios=(1.4, 1))
        draw_surface(left, surface)
        for label, (look, path) in paths.items():
            draw_path(left, path, look, label).set_alpha(0.6)
        if halves:
            _draw_step(left, right, surface, {label: (paths[label][0], half) for label, half in halves.items()})
        else:
            right.set_axis_off()
        kinds = [
            Line2D([], [], linestyle=line, label=f"{name} half-step", color="#22272e")
            for name, line in (("gradient", (0, (3, 2))), ("momentum", (0, ())))
        ]
        named = [
            Line2D([], [], color=look.color, marker=MARKERS[look.marker], label=label)
            for label, (look, _) in paths.items()
        ]
        figure.legend(handles=[*named, *kinds], loc="outside upper center", ncols=4, handlelength=3)
        return small_png(figure, 96)


def _draw_step(map_axes: Axes, glass: Axes, surface: Surface, steps: Mapping[str, tuple[Look, Corners]]) -> None:
    here = next(iter(steps.values()))[1][0]
    points = np.concatenate([half for _, half in steps.values()]) - here
    low, high = points.min(axis=0), points.max(axis=0)
    center, half = (low + high) / 2, 0.65 * max(*(high - low), 1e-12)
    x, y = (c + np.linspace(-half, half, 160) for c in center)
    z = surface(np.stack(np.meshgrid(x, y), axis=-1) + here)
    heights = np.sqrt(z - z.min())
    levels = np.linspace(heights.min(), heights.max(), 16)
    glass.contourf(x, y, heights, levels, colors=GROUND(np.linspace(0, 1, 15)))
    glass.contour(x, y, heights, levels, colors="#8fa1b3", linewidths=0.6)
    glass.set_aspect("equal")
    glass.set(xlabel=f"{surface.coordinates[0]} from here", ylabel=f"{surface.coordinates[1]} from here")
    map_axes.plot(*(here + center), "s", markersize=9, markerfacecolor="none", markeredgecolor="#22272e", zorder=4)
    for (look, corners), first in zip(steps.values(), ("--", "-"), strict=True):
        start, turn, end = (corner - here for corner in corners)
        second: Any = "-" if first == "--" else "--"
        for tail, head, line in ((start, turn, first), (turn, end, second)):
            glass.plot(*np.stack([tail, head]).T, color=look.color, linestyle=line)
            arrow = {"arrowstyle": "-|>", "color": look.color, "linewidth": 0, "shrinkA": 0, "shrinkB": 3}
            glass.annotate("", tuple(head), tuple(tail), arrowprops=arrow)
        if first == "-":
            glass.plot(*turn, "o", markerfacecolor="white", markeredgecolor=look.color)
        glass.plot(*end, MARKERS[look.marker], color=look.color, markeredgecolor="white", markersize=8, zorder=3)
