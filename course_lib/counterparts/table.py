"""Which built-in Keras optimizer is which rule: one line a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from course_lib.counterparts.schedules import keras_value
from course_lib.engine import check_hyper
from course_lib.rule import Rule, as_rule

Hyper = Mapping[str, Any]


@dataclass(frozen=True)
class Counterpart:
    """How a rule is spelt in Keras.

    Parameters
    ----------
    optimizer : str or None
        Class in ``keras.optimizers``; None where no built-in one is the same algorithm.
    translate : callable
        From the rule's hyperparameters to the class's.
    deviation : mapping of str to callable
        What no translation removes: for a hyperparameter of the rule a function of the step (from 0) and the
        hyperparameters, under which the rule equals Keras.
    variables : str
        "theta", or "look-ahead" where Keras's variables are the rule's look-ahead points.
    constant : str
        Why hyperparameters must be constant, where they must.
    why_none : str
        Why there is none.
    """

    optimizer: str | None
    translate: Callable[[Hyper], dict[str, Any]] = dict
    deviation: Mapping[str, Callable[[int, Hyper], float]] = field(default_factory=dict)
    variables: str = "theta"
    constant: str = ""
    why_none: str = ""


def _averaged(h: Hyper) -> dict[str, Any]:
    return {"learning_rate": h["learning_rate"] * (1 - h["momentum"]), "momentum": h["momentum"]}


def _damped(h: Hyper) -> dict[str, Any]:
    return {"learning_rate": h["learning_rate"] * (1 - h["dampening"]), "momentum": h["momentum"]}


def _with_nesterov(h: Hyper) -> dict[str, Any]:
    return {**h, "nesterov": True}


_RATE_INSIDE = "Keras keeps the rate inside the velocity, this rule outside of it, so under a schedule their paths part"

COUNTERPARTS: dict[str, Counterpart] = {
    "gradient_descent": Counterpart("SGD"),
    "momentum": Counterpart("SGD"),
    "momentum_averaged_step": Counterpart("SGD", _averaged, constant=_RATE_INSIDE),
    "momentum_averaged_gradient": Counterpart("SGD", _averaged, constant=_RATE_INSIDE),
    "momentum_pytorch": Counterpart("SGD", _damped, constant=_RATE_INSIDE),
    "nesterov": Counterpart("SGD", _with_nesterov, variables="look-ahead"),
    "nesterov_framework": Counterpart("SGD", _with_nesterov),
    "adam": Counterpart("Adam", deviation={"epsilon": lambda k, h: h["epsilon"] / (1 - h["beta_2"] ** (k + 1)) ** 0.5}),
}
"""The counterpart of every rule of the library."""


def counterpart(rule: Rule | str, **hyper: Any) -> keras.optimizers.Optimizer:
    """Make the built-in Keras optimizer that is the same algorithm.

    Parameters
    ----------
    rule : Rule or str
        A rule of the library or its name.
    **hyper : float or Schedule
        Hyperparameters of the rule; they are translated exactly.

    Returns
    -------
    keras.optimizers.Optimizer
        The counterpart; ``COUNTERPARTS[rule.name].deviation`` says what remains different.

    Raises
    ------
    LookupError
        If there is none, or none for a schedule; the message says why.
    TypeError, ValueError
        If a hyperparameter is unknown, no number or not finite.
    """
    rule = as_rule(rule)
    values = check_hyper(rule, hyper, ())
    entry = COUNTERPARTS.get(rule.name)
    if entry is None:
        raise LookupError(f"{rule.name!r} has no entry in course_lib/counterparts/table.py; use as_keras_optimizer")
    if entry.optimizer is None:
        raise LookupError(f"Keras has no counterpart of {rule.name!r}: {entry.why_none}; use as_keras_optimizer")
    scheduled = [name for name, value in values.items() if callable(value)]
    if scheduled and entry.constant:
        raise LookupError(
            f"Keras has no counterpart of {rule.name!r} with a schedule for {', '.join(scheduled)}: {entry.constant}; "
            "use as_keras_optimizer"
        )
    if set(scheduled) - {"learning_rate"}:
        raise LookupError(
            f"Keras takes a schedule for learning_rate only, got one for {', '.join(scheduled)}; use as_keras_optimizer"
        )
    arguments = {
        name: keras_value(name, value) for name, value in entry.translate(values).items() if name != "nesterov"
    }
    if "nesterov" in entry.translate(values):
        arguments["nesterov"] = True
    return getattr(keras.optimizers, entry.optimizer)(**arguments)
