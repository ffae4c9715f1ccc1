"""Losses of training runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course_lib.plotting.style import Look
from course_lib.training import History


def draw_history(ax: Axes, history: History, look: Look, *, window: int = 15, **line: Any) -> Any:
    """Draw the loss of each minibatch, pale, and its sliding mean, bold.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    history : History
        The run.
    look : Look
        Color and line style.
    window : int >= 1
        Steps in the sliding mean.
    **line : object
        Passed to ``ax.plot`` for the bold line, for example ``linewidth``.

    Returns
    -------
    matplotlib.lines.Line2D
        The bold line.
    """
    losses = np.asarray(history.losses)
    steps = np.arange(1, len(losses) + 1)
    ax.plot(steps, losses, color=look.color, alpha=0.18, linewidth=0.8)
    mean = np.convolve(losses, np.ones(window) / window, mode="valid")
    (bold,) = ax.plot(
        steps[window - 1 :], mean, **{"color": look.color, "linestyle": look.linestyle, "label": history.name, **line}
    )
    ax.set(xlabel="step (one minibatch)", ylabel="loss (nats)", yscale="log")
    return bold
