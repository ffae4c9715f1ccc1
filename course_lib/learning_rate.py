"""Learning-rate schedules: functions of the step, which counts from 0."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import Parameter
from typing import Any

import numpy as np

from course_lib.rule import check_names, keyword_defaults, retarget


class Schedule:
    """A schedule with its constants: called with the step, from 0, it gives the value.

    Made by calling a function that `schedule` decorates.

    Parameters
    ----------
    function : callable
        ``f(step, *, constants)``; its only free name is ``np``.
    **constants : float
        The keyword arguments of the function.

    Raises
    ------
    TypeError
        If a constant is unknown or missing.
    ValueError
        If a constant is not finite.
    """

    def __init__(self, function: Callable[..., Any], **constants: float):
        defaults = keyword_defaults(function)
        check_names(f"schedule {function.__name__!r}", "constant", constants, defaults)
        self.name = function.__name__
        self.function = function
        self.constants = {**defaults, **constants}
        for name, value in self.constants.items():
            if value is Parameter.empty:
                raise TypeError(f"schedule {self.name!r} needs a value for {name}")
            if not np.isfinite(value):
                raise ValueError(f"schedule {self.name!r}: {name} must be finite, got {value}")

    def __call__(self, step: Any) -> Any:
        """Value at a step.

        Parameters
        ----------
        step : int or array_like
            Number of the step, from 0.

        Returns
        -------
        float or ndarray
            The value of the hyperparameter.
        """
        return self.function(step, **self.constants)

    def retarget(self, np: Any) -> Callable[[Any], Any]:
        """Return the same schedule on another array namespace."""
        return functools.partial(retarget(self.function, np), **self.constants)

    def __repr__(self) -> str:
        """Show the call one would write."""
        return f"{self.name}({', '.join(f'{k}={v:g}' for k, v in self.constants.items())})"


def schedule(function: Callable[..., Any]) -> Callable[..., Schedule]:
    """Turn ``f(step, *, constants)`` into a maker of schedules: ``f(constants)`` is a function of the step."""

    @functools.wraps(function)
    def make(**constants: float) -> Schedule:
        return Schedule(function, **constants)

    return make


@schedule
def exponential_decay(step, *, initial_learning_rate, decay_steps, decay_rate):
    r"""Rate that shrinks by one factor every ``decay_steps``.

    .. math::
        \eta_k = \eta_0 \gamma^{k / s}

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float > 0
        :math:`\eta_0`.
    decay_steps : float > 0
        :math:`s`, steps for one factor.
    decay_rate : float in (0, 1]
        :math:`\gamma`, the factor.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``ExponentialDecay`` is the same.
    """
    return initial_learning_rate * decay_rate ** (step / decay_steps)


@schedule
def inverse_time_decay(step, *, initial_learning_rate, decay_steps, decay_rate):
    r"""Rate that falls as one over the step.

    .. math::
        \eta_k = \frac{\eta_0}{1 + \gamma k / s}

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float > 0
        :math:`\eta_0`.
    decay_steps : float > 0
        :math:`s`, steps until the decay has acted once.
    decay_rate : float >= 0
        :math:`\gamma`.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``InverseTimeDecay`` is the same.
    """
    return initial_learning_rate / (1 + decay_rate * step / decay_steps)
