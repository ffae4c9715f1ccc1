"""Clipping and averaging of the path as arguments that every Keras optimizer takes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from course_lib.clipping import clipped_by_norm, clipped_by_value

CLIPS = {clipped_by_norm: "global_clipnorm", clipped_by_value: "clipvalue"}
"""Keras's names. Its ``clipnorm`` measures each variable alone; the course has nothing like it, for it turns the gradient."""


def keras_options(
    *, before: Callable[..., Any] | None = None, average: float | None = None, bias_correction: bool = False
) -> dict[str, Any]:
    """Return the arguments of a Keras optimizer that clip its gradients and average its path as the course does.

    Parameters
    ----------
    before : callable, optional
        From `course_lib.clipping`, as `course_lib.training.train` takes it.
    average : float in [0, 1), optional
        The beta of a `course_lib.averages.PathAverage`.
    bias_correction : bool
        That of the average.

    Returns
    -------
    dict
        For ``keras.optimizers.Adam(**options)``, or the ``keras_options`` of `counterpart` and `as_keras_optimizer`.

    Raises
    ------
    LookupError
        If Keras has none: another function of the gradient, or an average that corrects its start.
    ValueError
        If the average is outside [0, 1).
    """
    options: dict[str, Any] = {}
    if isinstance(before, functools.partial) and before.func in CLIPS:
        options[CLIPS[before.func]] = before.keywords["limit"]
    elif before is not None:
        raise LookupError(f"Keras has no counterpart of before={before!r}: it clips by norm or by value")
    if bias_correction:
        raise LookupError("Keras has no average of the path with bias correction: its first point keeps its weight")
    if average is not None:
        if not 0 <= average < 1:
            raise ValueError(f"average must be in [0, 1), got {average}")
        options |= {"use_ema": True, "ema_momentum": average}
    return options
