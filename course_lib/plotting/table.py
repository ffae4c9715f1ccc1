"""Curves at one point of a grid, and one number of each along an axis of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from course_lib.plotting.descent import MARKERS
from course_lib.plotting.picture import small_png
from course_lib.plotting.style import STYLE_FILE, Look
from course_lib.rule import FloatArray


def table_picture(
    x: FloatArray,
    curves: Mapping[str, tuple[Look, FloatArray, FloatArray]],
    *,
    side: FloatArray,
    here: int,
    labels: Sequence[str],
    axes: Sequence[Mapping[str, Any]],
) -> bytes:
    """Draw curves beside their totals.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Positions.
    curves : mapping of str to (Look, ndarray of shape (n,), ndarray of shape (k,))
        Label to look, values and totals.
    side : ndarray of shape (k,)
        Where the totals stand.
    here : int
        Which of them is meant by the values.
    labels : sequence of four str
        Of the axes: both of the values, then both of the totals.
    axes : sequence of three mapping
        low, high and log of the values, of the totals' places and of the totals; places that are named fall to the right.

    Returns
    -------
    bytes
        A small PNG.
    """
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 3.3))
        left, right = figure.subplots(1, 2, width_ratios=(1.4, 1))
        lines = []
        for label, (look, values, totals) in curves.items():
            style = {"color": look.color, "linestyle": look.linestyle}
            end = {"marker": MARKERS[look.marker], "color": look.color, "markeredgecolor": "white"}
            lines += left.plot(x, values, label=label, **style)
            if np.isfinite(values[-1]):
                left.plot(x[-1], values[-1], clip_on=False, **end)
            right.plot(side, totals, **style)
            right.plot(side[here], totals[here], **end)
        right.axvline(side[here], color="#0a5dab", linewidth=0.8)
        left.set(xlabel=labels[0], ylabel=labels[1], xlim=(x[0], x[-1]))
        right.set(xlabel=labels[2], ylabel=labels[3])
        for ax, way, limits in ((left, "y", axes[0]), (right, "x", axes[1]), (right, "y", axes[2])):
            ax.set(
                **{f"{way}scale": "log" if limits["log"] else "linear", f"{way}lim": (limits["low"], limits["high"])}
            )
        if "name" in axes[1]:
            right.invert_xaxis()
        figure.legend(handles=lines, loc="outside upper center", ncols=3, handlelength=3)
        return small_png(figure)
