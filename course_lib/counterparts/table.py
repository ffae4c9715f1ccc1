"""Which built-in Keras optimizer is which rule: one line a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def _with_amsgrad(h: Hyper) -> dict[str, Any]:
    return {**h, "amsgrad": True}


def _nadam(h: Hyper) -> dict[str, Any]:
    if h["momentum_decay"] != 1:
        raise LookupError(
            f"Keras's Nadam has momentum_decay fixed at 1, got {h['momentum_decay']}; use as_keras_optimizer"
        )
    return {name: value for name, value in h.items() if name != "momentum_decay"}


def _lion(h: Hyper) -> dict[str, Any]:
    if h["beta_1"] == 0:
        raise LookupError("Keras's Lion refuses beta_1 = 0; use as_keras_optimizer")
    return dict(h)


def _muon(h: Hyper) -> dict[str, Any]:
    return {**h, "adam_weight_decay": h["weight_decay"], "ns_steps": int(h["ns_steps"])}


def _epsilon_of_adam(step: int, h: Hyper) -> float:
    """Epsilon that Keras adds to the uncorrected root, as one that is added to the corrected root."""
    return h["epsilon"] / (1 - h["beta_2"] ** (step + 1)) ** 0.5


_RATE_INSIDE = "Keras keeps the rate inside the velocity, this rule outside of it, so under a schedule their paths part"

COUNTERPARTS: dict[str, Counterpart] = {
    "gradient_descent": Counterpart("SGD"),
    "momentum": Counterpart("SGD"),
    "momentum_averaged_step": Counterpart("SGD", _averaged, constant=_RATE_INSIDE),
    "momentum_averaged_gradient": Counterpart("SGD", _averaged, constant=_RATE_INSIDE),
    "momentum_pytorch": Counterpart("SGD", _damped, constant=_RATE_INSIDE),
    "nesterov": Counterpart("SGD", _with_nesterov, variables="look-ahead"),
    "nesterov_framework": Counterpart("SGD", _with_nesterov),
    "nesterov_pytorch": Counterpart("SGD", _with_nesterov, constant=_RATE_INSIDE),
    "adagrad": Counterpart(None, why_none="its Adagrad adds epsilon inside the root: that is adagrad_keras"),
    "adagrad_keras": Counterpart("Adagrad"),
    "rmsprop": Counterpart("RMSprop"),
    "rmsprop_pytorch": Counterpart(None, why_none="its RMSprop adds epsilon inside the root: that is rmsprop"),
    "rmsprop_nesterov": Counterpart(None, why_none="the momentum of its RMSprop is classical, without look-ahead"),
    "adadelta": Counterpart("Adadelta"),
    "adam": Counterpart("Adam", deviation={"epsilon": _epsilon_of_adam}),
    "adam_uncorrected": Counterpart(None, why_none="its Adam always corrects its moments"),
    "adamax": Counterpart("Adamax"),
    "adamax_pytorch": Counterpart(None, why_none="its Adamax adds epsilon to the maximum, not inside: that is adamax"),
    "nadam": Counterpart(None, why_none="the momentum of its Nadam grows from half of beta_1: that is nadam_framework"),
    "nadam_framework": Counterpart("Nadam", _nadam),
    "amsgrad": Counterpart(None, why_none="its Adam(amsgrad=True) corrects its moments: that is amsgrad_framework"),
    "amsgrad_framework": Counterpart("Adam", _with_amsgrad, deviation={"epsilon": _epsilon_of_adam}),
    "adamw": Counterpart("AdamW", deviation={"epsilon": _epsilon_of_adam}),
    "delta_bar_delta": Counterpart(None, why_none="none of its optimizers gives each parameter a rate by signs"),
    "lion": Counterpart("Lion", _lion),
    "muon": Counterpart("Muon", _muon),
}
"""The counterpart of every rule of the library."""


def counterpart(
    rule: Rule | str,
    *,
    exclude_layers: Sequence[str] = (),
    keras_options: Mapping[str, Any] | None = None,
    **hyper: Any,
) -> keras.optimizers.Optimizer:
    """Make the built-in Keras optimizer that is the same algorithm.

    Parameters
    ----------
    rule : Rule or str
        A rule of the library or its name.
    exclude_layers : sequence of str
        Of a matrix method: patterns of the paths of variables that take AdamW too, such as the output layer's name, as
        Keras's ``Muon`` has it.
    keras_options : mapping, optional
        Arguments of any Keras optimizer, for example from `keras_options`: clipping, averaging of the path.
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
    arguments = dict(keras_options or {}) | {
        name: value if isinstance(value, bool | int) else keras_value(name, value)
        for name, value in entry.translate(values).items()
    }
    if exclude_layers:
        arguments["exclude_layers"] = check_excluded(rule, exclude_layers)
    return getattr(keras.optimizers, entry.optimizer)(**arguments)


def check_excluded(rule: Rule, exclude_layers: Sequence[str]) -> list[str]:
    """Refuse layers to exclude that are no several names, or of a rule that takes every variable alike.

    Parameters
    ----------
    rule : Rule
        Whose they are.
    exclude_layers : sequence of str
        Patterns.

    Returns
    -------
    list of str
        The same.

    Raises
    ------
    TypeError
        If they do not fit.
    """
    if exclude_layers and rule.elementwise:
        raise TypeError(f"exclude_layers is for matrix methods such as muon; {rule.name!r} takes every variable alike")
    if isinstance(exclude_layers, str):
        raise TypeError(
            f"exclude_layers must hold several names, such as ['output'], got the one string {exclude_layers!r}"
        )
    return list(exclude_layers)
