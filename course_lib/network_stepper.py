"""A matrix method in a network: its matrices take the method, all other parameters AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from course_lib.engine import Hyper, Stepper
from course_lib.rule import FloatArray, Rule, as_rule

Blocks = Mapping[str, tuple[slice, tuple[int, ...]]]


def for_vectors(hyper: Hyper) -> tuple[Rule, Hyper]:
    """Say what the parameters that are no matrix take.

    Parameters
    ----------
    hyper : dict
        Hyperparameters of the matrix method, by name.

    Returns
    -------
    rule : Rule
        AdamW.
    hyper : dict
        Its hyperparameters: those that the matrix method has too with its values, the others as they are by default.
    """
    rule = as_rule("adamw")
    return rule, {name: hyper.get(name, default) for name, default in rule.hyperparameters.items()}


class NetworkStepper:
    """A `Stepper` for each block of a network's flat vector.

    Parameters
    ----------
    rule : Rule or str
        A matrix method, or the name of one.
    theta : ndarray of shape (n,)
        Contiguous floating-point vector that the steps change.
    blocks : mapping of str to (slice, shape)
        Where each weight stands in theta, as in ``Network.blocks``; those of two axes are the matrices.
    **hyper : float or callable
        Hyperparameters of the method; AdamW takes those of the same name.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `Stepper`.

    Attributes
    ----------
    theta : ndarray of shape (n,)
        The vector itself.
    steppers : dict of str to Stepper
        Each on a view of its block.
    """

    def __init__(self, rule: Rule | str, theta: FloatArray, blocks: Blocks, **hyper: Any):
        self.rule, self.theta, self.blocks = as_rule(rule), theta, blocks
        others, shared = for_vectors(self.rule.with_defaults(hyper))
        self.steppers = {
            name: Stepper(self.rule, theta[where].reshape(shape), **hyper)
            if len(shape) == 2
            else Stepper(others, theta[where], **shared)
            for name, (where, shape) in blocks.items()
        }

    def where(self) -> FloatArray:
        """Point at which the next gradient is wanted: theta itself."""
        return self.theta

    def step(self, g: FloatArray, **now: float) -> None:
        """Change theta by one step.

        Parameters
        ----------
        g : ndarray of shape (n,)
            Gradient.
        **now : float
            Hyperparameters for this step only.
        """
        self.rule.with_defaults(now)  # an unknown name is refused here, not passed over below
        for name, (where, _) in self.blocks.items():
            stepper = self.steppers[name]
            known = {key: value for key, value in now.items() if key in stepper.rule.hyperparameters}
            stepper.step(g[where].reshape(stepper.theta.shape), **known)
