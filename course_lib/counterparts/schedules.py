"""Schedules of the course as Keras schedules."""

from __future__ import annotations

from typing import Any

import keras

from course_lib import learning_rate as schedules
from course_lib.learning_rate import Schedule


@keras.saving.register_keras_serializable(package="course_lib")
class ScheduleOnKeras(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the course where Keras expects one of its own.

    Parameters
    ----------
    name : str
        Of a function in `course_lib.learning_rate`.
    **constants : float
        Its constants.
    """

    def __init__(self, name: str, **constants: float):
        self.schedule = getattr(schedules, name)(**constants)
        self.function = self.schedule.retarget(keras.ops)

    def __call__(self, step: Any) -> Any:
        """Value at a step, from 0."""
        return self.function(keras.ops.cast(step, keras.config.floatx()))

    def get_config(self) -> dict[str, Any]:
        """Name and constants."""
        return {"name": self.schedule.name, **self.schedule.constants}


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
        return ScheduleOnKeras(value.name, **value.constants)
    if isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        return value
    if callable(value):
        raise TypeError(
            f"{name}: Keras takes a number or a schedule of course_lib.learning_rate or Keras, got {value!r}"
        )
    return float(value)
