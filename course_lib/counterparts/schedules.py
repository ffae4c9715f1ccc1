"""Schedules of the course as Keras schedules."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import keras

from course_lib.learning_rate import Schedule, schedule_from

OPS = SimpleNamespace(**vars(keras.ops), pi=math.pi)
BUILT_IN: dict[str, Callable[..., Any]] = {
    "linear_decay": keras.optimizers.schedules.PolynomialDecay,
    "inverse_time_decay": keras.optimizers.schedules.InverseTimeDecay,
    "exponential_decay": keras.optimizers.schedules.ExponentialDecay,
    "step_decay": lambda **constants: keras.optimizers.schedules.ExponentialDecay(**constants, staircase=True),
    "cosine_decay": keras.optimizers.schedules.CosineDecay,
    "cosine_decay_restarts": keras.optimizers.schedules.CosineDecayRestarts,
}
"""What Keras calls the schedules of the course."""


@keras.saving.register_keras_serializable(package="course_lib")
class ScheduleOnKeras(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the course where Keras expects one of its own.

    Parameters
    ----------
    name : str
        Of a function in `course_lib.learning_rate`.
    **constants : float
        Its constants; a warm-up's ``after`` is the config of another schedule.
    """

    def __init__(self, name: str, **constants: Any):
        self.schedule = schedule_from({"name": name, **constants})
        self.function = self.schedule.retarget(OPS)

    def __call__(self, step: Any) -> Any:
        """Value at a step, from 0."""
        return self.function(keras.ops.cast(step, keras.config.floatx()))

    def get_config(self) -> dict[str, Any]:
        """Name and constants."""
        return self.schedule.get_config()


def counterpart_schedule(schedule: Schedule) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return the built-in Keras schedule that gives the same rates.

    Parameters
    ----------
    schedule : Schedule
        Made by a function of `course_lib.learning_rate`.

    Returns
    -------
    LearningRateSchedule
        One of Keras's own.

    Raises
    ------
    LookupError
        If Keras has none; as any Keras schedule is an object that is called with the step, `ScheduleOnKeras` serves.
    TypeError
        If it is no schedule of the course.
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"expected a schedule of course_lib.learning_rate, got {type(schedule).__name__} {schedule!r}")
    config = schedule.get_config()
    name = config.pop("name")
    if name == "warm_up" and config["after"]["name"] == "cosine_decay":
        after = {key: value for key, value in config["after"].items() if key != "name"}
        target, start = after.pop("initial_learning_rate"), config["warmup_learning_rate"]
        return keras.optimizers.schedules.CosineDecay(
            start, **after, warmup_target=target, warmup_steps=config["warmup_steps"]
        )
    if name not in BUILT_IN:
        raise LookupError(f"Keras has no counterpart of {schedule!r}; ScheduleOnKeras brings the schedule itself")
    return BUILT_IN[name](**config)


def keras_value(name: str, value: Any) -> Any:
    """Turn a hyperparameter into what a Keras optimizer takes: a float or a Keras schedule.

    Parameters
    ----------
    name : str
        Of the hyperparameter, for the message.
    value : float, Schedule or Keras schedule
        Its value.

    Returns
    -------
    float or LearningRateSchedule
        The same for Keras.

    Raises
    ------
    TypeError
        If it is a function that Keras could neither compile nor save.
    """
    if isinstance(value, Schedule):
        return ScheduleOnKeras(**value.get_config())
    if isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        return value
    if callable(value):
        raise TypeError(
            f"{name}: Keras takes a number or a schedule of course_lib.learning_rate or Keras, got {value!r}"
        )
    return float(value)
