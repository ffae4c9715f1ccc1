"""A signal, its averages and their weights."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from course_lib.plotting.picture import small_png
from course_lib.plotting.style import STYLE_FILE, Look
from course_lib.rule import FloatArray


def averages_picture(
    signal: FloatArray,
    mean: FloatArray,
    curves: Mapping[str, tuple[Look, FloatArray, FloatArray]],
    *,
    probe: int,
    outlier: int,
    limits: tuple[float, float],
) -> bytes:
    """Draw a signal with its averages beside the weights that they give.

    Parameters
    ----------
    signal, mean : ndarray of shape (n,)
        The values, and the mean about which they scatter.
    curves : mapping of str to (Look, ndarray, ndarray)
        Label to look, average and weights of the newest values at the probe.
    probe, outlier : int
        Numbers of two values, from 1.
    limits : (float, float)
        Ends of the vertical axis.

    Returns
    -------
    bytes
        A small PNG.
    """
    numbers = np.arange(1, len(signal) + 1)
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 3.3))
        left, right = figure.subplots(1, 2, width_ratios=(1.4, 1))
        left.plot(numbers, mean, color="#d0d7de")
        left.plot(numbers, signal, "s", color="#59636e", markersize=1.3)
        left.axvline(probe, color="#0a5dab", linewidth=0.8)
        left.plot(
            outlier, signal[outlier - 1], "o", markerfacecolor="white", markeredgecolor="#22272e", markeredgewidth=2
        )
        lines = []
        for label, (look, curve, weights) in curves.items():
            style = {"color": look.color, "linestyle": look.linestyle}
            lines += left.plot(numbers, curve, label=label, **style)
            first = probe - len(weights) + 1
            right.plot([first, *range(first, probe + 1), probe], [0, *weights, 0], **style)
        left.set(xlim=(0, len(signal)), ylim=limits, xlabel="number of the value")
        right.set(xlim=(0, max(10, probe)), ylim=(0, None), xlabel="number of the value", ylabel="weight at the probe")
        figure.legend(handles=lines, loc="outside upper center", ncols=4, handlelength=3)
        return small_png(figure)
