"""Range test, schedules batch by batch and snapshots as Keras callbacks: the library's formulas and records.

Keras tells a callback the mean loss of an epoch so far. These need the loss of each minibatch and therefore reset the
metrics before every batch: what ``fit`` prints while they watch is about the last minibatch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
import numpy as np

from course_lib.counterparts.optimizers import RuleOptimizer
from course_lib.range_test import RangeTest, RateGrowth
from course_lib.rule import FloatArray
from course_lib.snapshots import Snapshots, check_steps, make_record
from course_lib.training import History


class _EachBatch(keras.callbacks.Callback):
    """A callback that acts on every single step."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Refuse what hides steps."""
        if self.model.steps_per_execution != 1:
            raise ValueError(
                f"{type(self).__name__} acts on every step: compile the model with steps_per_execution=1, "
                f"not {self.model.steps_per_execution}"
            )


class FollowSchedule(_EachBatch):
    """Let a hyperparameter follow a schedule from minibatch to minibatch.

    Parameters
    ----------
    schedule : Schedule or callable
        From `course_lib.learning_rate`, cyclical or with restarts or any other; for the rate any function of the step.
        The step is the count of the optimizer, from 0, so a second ``fit`` goes on where the first one ended.
    hyperparameter : str
        The rate, which every Keras optimizer has, or another one of a `RuleOptimizer`, such as its momentum.

    Raises
    ------
    TypeError
        If the schedule cannot be called; by ``fit``, if the optimizer does not let the hyperparameter be changed, or got a
        schedule for its rate already.
    ValueError
        By ``fit``, if the model takes several steps at once.

    Attributes
    ----------
    values : list of float
        What the hyperparameter was at each step.
    """

    def __init__(self, schedule: Callable[[Any], Any], hyperparameter: str = "learning_rate"):
        super().__init__()
        if not callable(schedule):
            raise TypeError(f"FollowSchedule follows a schedule or a function of the step, got {schedule!r}")
        self.schedule, self.hyperparameter = schedule, hyperparameter
        self.values: list[float] = []
        self._step = 0

    def set_model(self, model: keras.Model) -> None:
        """Let a hyperparameter other than the rate follow inside the compiled step."""
        super().set_model(model)
        if self.hyperparameter == "learning_rate":
            return
        if not isinstance(model.optimizer, RuleOptimizer):
            raise TypeError(
                f"{type(model.optimizer).__name__} compiles its {self.hyperparameter} in; only the rate of a built-in "
                "optimizer can follow a schedule: take as_keras_optimizer(rule)"
            )
        model.optimizer.let(**{self.hyperparameter: self.schedule})
        model.train_function = None  # traced with the old value

    def on_train_begin(self, logs: Any = None) -> None:
        """Go on with the optimizer's count."""
        super().on_train_begin(logs)
        self._step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the value of this step."""
        self.values.append(float(self.schedule(self._step)))
        self._step += 1
        if self.hyperparameter == "learning_rate":
            self.model.optimizer.learning_rate = self.values[-1]


class LookAhead(keras.callbacks.Callback):
    """With a rule that looks ahead, show the model at theta between epochs and begin each epoch ahead of it.

    Put it first: callbacks after it, such as ``EarlyStopping`` and ``ModelCheckpoint``, and the validation then see theta,
    and a second ``fit`` goes on as if there had been one. With any other rule nothing happens.

    Raises
    ------
    TypeError
        By ``fit``, if the optimizer is no `RuleOptimizer`: built-in ones keep no theta to go back to.
    """

    def set_model(self, model: keras.Model) -> None:
        """Refuse optimizers that cannot."""
        super().set_model(model)
        if not isinstance(model.optimizer, RuleOptimizer):
            raise TypeError(
                f"LookAhead is for rules as optimizers, got {type(model.optimizer).__name__}: take as_keras_optimizer(rule)"
            )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Go ahead of theta."""
        self.model.optimizer.go_ahead(self.model.trainable_variables)

    def on_test_begin(self, logs: Any = None) -> None:
        """Go back to theta."""
        self.model.optimizer.go_back(self.model.trainable_variables)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Go back to theta, where no validation came before."""
        self.model.optimizer.go_back(self.model.trainable_variables)


def keras_early_stopping(patience: int) -> keras.callbacks.EarlyStopping:
    """Return the callback that stops as `course_lib.training.train` does with its patience, and goes back to the best.

    Parameters
    ----------
    patience : int >= 1
        Epochs in a row without a smaller validation loss than all before.

    Returns
    -------
    keras.callbacks.EarlyStopping
        For ``fit`` with ``validation_data``; with a rule that looks ahead put `LookAhead` before it.

    Raises
    ------
    ValueError
        If patience is no whole number of at least 1.
    """
    if patience != int(patience) or patience < 1:
        raise ValueError(f"patience must be a whole number of at least 1, got {patience}")
    return keras.callbacks.EarlyStopping("val_loss", mode="min", patience=int(patience), restore_best_weights=True)


class RangeTestCallback(_EachBatch):
    """A range test by ``fit``; the model and its optimizer are afterwards what they were before.

    Give ``fit`` epochs enough: the callback ends the training when the rates have been tried or the loss broke.

    Parameters
    ----------
    lowest, highest : float
        First and last rate, 0 < lowest < highest.
    steps : int >= 20
        How many steps the growth takes.
    growth : {"exponential", "linear"}
        By equal factors or by equal amounts.
    smoothing : float in [0, 1)
        Share of the past in the smoothed loss.
    stop_at : float > 1
        The test ends when the smoothed loss is so many times its lowest value, or no number.
    measure : callable, optional
        Called with the model after each step.

    Raises
    ------
    TypeError
        By ``fit``, if the optimizer got a schedule for its rate.
    ValueError
        If a number is out of range; by ``fit``, if the model has no weights yet or takes several steps at once.

    Attributes
    ----------
    record : RangeTest
        The same as that of `course_lib.range_test.range_test`; there once ``fit`` is done.

    See Also
    --------
    course_lib.range_test.range_test
    """

    def __init__(
        self,
        *,
        lowest: float = 1e-5,
        highest: float = 10.0,
        steps: int = 200,
        growth: Literal["exponential", "linear"] = "exponential",
        smoothing: float = 0.9,
        stop_at: float = 4.0,
        measure: Callable[[keras.Model], float] | None = None,
    ):
        super().__init__()
        self._options = (lowest, highest, steps, growth, smoothing, stop_at)
        self._growing = RateGrowth(*self._options)
        self._measure, self._measured = measure, list[float]()
        self._before: list[tuple[Any, FloatArray]] = []
        self.record: RangeTest

    def on_train_begin(self, logs: Any = None) -> None:
        """Remember what will be put back."""
        super().on_train_begin(logs)
        model = self.model
        if not model.built:
            raise ValueError("a range test puts the weights back, and the model has none yet: give it a keras.Input")
        model.optimizer.build(model.trainable_variables)
        self._growing, self._measured = RateGrowth(*self._options), []
        variables = [*model.variables, *model.optimizer.variables]
        self._before = [(variable, np.copy(keras.ops.convert_to_numpy(variable))) for variable in variables]

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the rate of this step."""
        self.model.reset_metrics()
        self.model.optimizer.learning_rate = self._growing.planned[len(self._growing.losses)]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss, which was taken before the step."""
        self._growing.see(float((logs or {})["loss"]))
        if self._measure is not None and not self._growing.diverged:
            self._measured.append(float(self._measure(self.model)))
        if self._growing.over:
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Put everything back and make the record."""
        optimizer = self.model.optimizer
        for variable, value in self._before:
            variable.assign(value)
        self.record = self._growing.record(optimizer.name, self._measured)


class SnapshotsCallback(_EachBatch):
    """Keep the weights after certain steps of ``fit``, which ends with the last of them.

    Parameters
    ----------
    keep_at : sequence of int
        After how many steps, rising; `course_lib.learning_rate.restart_steps` gives them for a rate with warm restarts.
    name : str, optional
        Of the run; the optimizer's name where not given.

    Raises
    ------
    ValueError
        If the steps do not rise from at least 1; by ``fit``, if the model takes several steps at once.

    Attributes
    ----------
    record : Snapshots
        The same as that of `course_lib.snapshots.train_snapshots`: its members are theta, also while a `RuleOptimizer`
        looks ahead. A run whose loss stops being finite ends there.

    See Also
    --------
    course_lib.snapshots.train_snapshots
    """

    def __init__(self, keep_at: Sequence[int], name: str | None = None):
        super().__init__()
        self._wanted, self._name = check_steps(keep_at), name
        self._history, self._members = History(name or ""), list[tuple[FloatArray, FloatArray]]()

    @property
    def record(self) -> Snapshots:
        """What has been kept so far."""
        return make_record(self._wanted, self._members, self._history)

    def on_train_begin(self, logs: Any = None) -> None:
        """Start a new record."""
        super().on_train_begin(logs)
        self._history, self._members = History(self._name or self.model.optimizer.name), []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Forget the losses before this one."""
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keep the loss, and the weights where they are wanted."""
        losses = self._history.losses
        losses.append(float((logs or {})["loss"]))
        if np.isfinite(losses[-1]) and len(losses) in self._wanted:
            self._members.append((_flat_theta(self.model), _flat_state(self.model)))
        if not np.isfinite(losses[-1]) or len(losses) == self._wanted[-1]:
            self.model.stop_training = True


def _flat_theta(model: keras.Model) -> FloatArray:
    """All trainable variables in one vector, in the order of ``Network.theta``."""
    variables = model.trainable_variables
    if isinstance(model.optimizer, RuleOptimizer):
        variables = [model.optimizer.theta(variable) for variable in variables]
    return np.concatenate([np.ravel(keras.ops.convert_to_numpy(variable)) for variable in variables])


def _flat_state(model: keras.Model) -> FloatArray:
    """All running statistics in one vector, in the order of ``Network.state``."""
    kept = [variable for variable in model.non_trainable_variables if variable.name.startswith("moving_")]
    return np.concatenate([[], *(np.ravel(keras.ops.convert_to_numpy(variable)) for variable in kept)])
