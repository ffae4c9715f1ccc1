"""Gradients by the list, the steps that rules make of them, and their effective rates."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from course_lib.plotting.picture import small_png
from course_lib.plotting.style import STYLE_FILE, Look
from course_lib.rule import FloatArray


def gradients_picture(
    gradients: FloatArray, runs: Mapping[str, tuple[Look, FloatArray, FloatArray, FloatArray]]
) -> bytes:
    """Draw steps beside effective rates.

    Parameters
    ----------
    gradients : ndarray of shape (steps,)
        The gradients, at scale 1.
    runs : mapping of str to (Look, ndarray, ndarray, ndarray)
        Label to look, steps in learning rates, the numbers of the steps at which there is a gradient, and the effective
        rates there.

    Returns
    -------
    bytes
        A small PNG.
    """
    numbers = np.arange(1, len(gradients) + 1)
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 3.3))
        left, right = figure.subplots(1, 2, width_ratios=(1.4, 1))
        left.bar(numbers, gradients, width=0.5, color="#d0d7de")
        lines = []
        for label, (look, lengths, there, rates) in runs.items():
            style = {"color": look.color, "linestyle": look.linestyle}
            lines += left.plot(numbers, lengths, label=label, **style)
            right.plot(there, rates, **style)
        left.set(xlabel="step", ylabel="step in learning rates")
        right.set(xlabel="step", ylabel="effective rate", yscale="log")
        figure.legend(handles=lines, loc="outside upper center", ncols=3, handlelength=3)
        return small_png(figure)
