"""A batch before and after batch norm, and the gradient of one output by every input."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from course_lib.plotting.descent import MARKERS
from course_lib.plotting.picture import small_png
from course_lib.plotting.style import STYLE_FILE, Look
from course_lib.rule import FloatArray


def batch_picture(
    inputs: FloatArray,
    outputs: FloatArray,
    slopes: FloatArray,
    example: int,
    looks: Sequence[Look],
    limits: tuple[float, float],
) -> bytes:
    """Draw a batch beside a gradient.

    Parameters
    ----------
    inputs, outputs, slopes : ndarray of shape (m,)
        Before and after batch norm, and the gradient of one output by every input.
    example : int
        Number of that output, from 1.
    looks : two Look
        Of the inputs and of the outputs.
    limits : (float, float)
        Ends of the axis of values.

    Returns
    -------
    bytes
        A small PNG.
    """
    numbers = np.arange(1, len(inputs) + 1)
    with mpl.rc_context(fname=STYLE_FILE):
        figure = Figure(figsize=(7.2, 3.3))
        left, right = figure.subplots(1, 2, width_ratios=(1.4, 1))
        for label, values, look in zip(("inputs", "outputs"), (inputs, outputs), looks, strict=True):
            left.plot(numbers, values, MARKERS[look.marker], color=look.color, label=label, markeredgecolor="white")
        colors = [looks[1].color if n == example else looks[0].color for n in numbers]
        right.bar(numbers, slopes, width=0.5, color=colors)
        right.axhline(0, color="#8fa1b3", linewidth=0.8)
        left.axvline(example, color="#0a5dab", linewidth=0.8)
        left.set(xlabel="example", ylabel="value", ylim=limits)
        right.set(xlabel="input of example", ylabel="gradient")
        figure.legend(loc="outside upper center", ncols=2)
        return small_png(figure)
