"""Learning-rate schedules: functions of the step, which counts from 0. The names that chapters import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course_lib.cycles import cosine_decay_restarts, exp_range, restart_steps, triangular, triangular2
from course_lib.decays import (
    constant,
    cosine_decay,
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    step_decay,
)
from course_lib.rule import nearest
from course_lib.schedule import Schedule, schedule
from course_lib.warm_ups import WarmUp, one_cycle, warm_up, warmup_stable_decay

__all__ = [
    "SCHEDULES",
    "Schedule",
    "WarmUp",
    "constant",
    "cosine_decay",
    "cosine_decay_restarts",
    "exp_range",
    "exponential_decay",
    "inverse_time_decay",
    "linear_decay",
    "one_cycle",
    "restart_steps",
    "schedule",
    "schedule_from",
    "step_decay",
    "triangular",
    "triangular2",
    "warm_up",
    "warmup_stable_decay",
]

SCHEDULES: dict[str, Callable[..., Schedule]] = {
    make.__name__: make
    for make in (
        *(constant, linear_decay, inverse_time_decay, exponential_decay, step_decay),
        *(triangular, triangular2, exp_range, cosine_decay, cosine_decay_restarts),
        *(one_cycle, warmup_stable_decay),
    )
}
"""Makers of schedules by name; `warm_up`, which takes another schedule, is not among them."""


def schedule_from(config: dict[str, Any]) -> Schedule:
    """Make a schedule of this module from what its ``get_config`` says.

    Parameters
    ----------
    config : dict
        Name and constants.

    Returns
    -------
    Schedule
        The schedule.

    Raises
    ------
    LookupError
        If the module has no schedule of that name.
    """
    constants = {key: value for key, value in config.items() if key != "name"}
    name = config.get("name")
    if name == "warm_up":
        return warm_up(schedule_from(constants.pop("after")), **constants)
    if name not in SCHEDULES:
        raise LookupError(f"no schedule is called {name!r}; {nearest(str(name), SCHEDULES)}")
    return SCHEDULES[name](**constants)
