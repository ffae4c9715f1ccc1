"""What a learning-rate schedule is: a function of the step, which counts from 0, with constants that are checked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import Parameter
from typing import Any

import numpy as np

from course_lib.rule import check_names, keyword_defaults, retarget
from course_lib.translator import to_javascript

LIMITS: tuple[tuple[str, set[str], Callable[[float], bool]], ...] = (
    (
        "at least 0",
        {"learning_rate", "initial_learning_rate", "maximal_learning_rate", "end_learning_rate", "warmup_learning_rate"}
        | {"stable_steps", "m_mul", "inverse_time_decay.decay_rate"},
        lambda value: value >= 0,
    ),
    (
        "greater than 0",
        {"decay_steps", "first_decay_steps", "step_size", "warmup_steps", "div_factor", "final_div_factor"},
        lambda value: value > 0,
    ),
    (
        "greater than 0 and at most 1",
        {"exponential_decay.decay_rate", "step_decay.decay_rate", "gamma"},
        lambda value: 0 < value <= 1,
    ),
    ("at least 1", {"t_mul"}, lambda value: value >= 1),
    ("greater than 1", {"total_steps"}, lambda value: value > 1),
    ("between 0 and 1", {"pct_start"}, lambda value: 0 < value < 1),
    ("in [0, 1]", {"alpha"}, lambda value: 0 <= value <= 1),
)
"""What the constants of the library's schedules may be, by name or by schedule and name; a reader's own are not limited."""


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
        If a constant is unknown, missing or no number.
    ValueError
        If a constant is not finite or out of range.
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
            if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
                raise TypeError(f"schedule {self.name!r}: {name} must be a number, got {value!r}")
            if not np.isfinite(value):
                raise ValueError(f"schedule {self.name!r}: {name} must be finite, got {value}")
            for words, names, holds in LIMITS:
                if names & {name, f"{self.name}.{name}"} and not holds(float(value)):
                    raise ValueError(f"schedule {self.name!r}: {name} must be {words}, got {value:g}")

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

    def to_javascript(self) -> tuple[str, dict[str, Any]]:
        """Return the same schedule as the source of a function of step and constants, and the constants."""
        return to_javascript(self.function), self.constants

    def get_config(self) -> dict[str, Any]:
        """Return name and constants, from which `schedule_from` makes it again."""
        return {"name": self.name, **self.constants}

    def __repr__(self) -> str:
        """Show the call one would write."""
        return f"{self.name}({', '.join(f'{k}={v:g}' for k, v in self.constants.items())})"


def schedule(function: Callable[..., Any]) -> Callable[..., Schedule]:
    """Turn ``f(step, *, constants)`` into a maker of schedules: ``f(constants)`` is a function of the step."""

    @functools.wraps(function)
    def make(**constants: float) -> Schedule:
        return Schedule(function, **constants)

    return make
