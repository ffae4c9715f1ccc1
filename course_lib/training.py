"""Train a network on shuffled minibatches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.engine import Stepper
from course_lib.network import Network
from course_lib.network_stepper import NetworkStepper
from course_lib.rule import FloatArray, Rule, as_rule

OnProgress = Callable[[int, int, float], None]


@dataclass
class History:
    """What happened in a training run.

    Parameters
    ----------
    name : str
        Of the run, for legends.
    losses : list of float
        Loss of each minibatch before its step; inf or nan once the run has diverged.
    test_accuracy : float
        After the last step; nan where no test data were given.
    """

    name: str
    losses: list[float] = field(default_factory=list)
    test_accuracy: float = float("nan")

    @property
    def diverged(self) -> bool:
        """Whether a loss stopped being a number."""
        return not np.isfinite(self.losses).all()

    def _repr_markdown_(self) -> str:
        if not self.losses:
            return f"**{self.name}**: no step taken"
        end = "diverged" if self.diverged else f"loss {self.losses[0]:.3f} → {np.mean(self.losses[-20:]):.3f}"
        return f"**{self.name}**: {len(self.losses)} steps, {end}, test accuracy {self.test_accuracy:.1%}"


def minibatches(rng: np.random.Generator, n: int, batch_size: int, epochs: int) -> Iterator[np.ndarray]:
    """Indices of shuffled minibatches; the last one of an epoch may be smaller.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order.
    n : int
        Examples.
    batch_size : int >= 1
        Examples a batch.
    epochs : int >= 0
        Passes over the data, each in a new order.

    Yields
    ------
    ndarray of int
        Indices of one batch.

    Raises
    ------
    ValueError
        If batch_size or epochs is out of range.
    """
    if batch_size < 1 or epochs < 0:
        raise ValueError(f"expected batch_size >= 1 and epochs >= 0, got {batch_size} and {epochs}")
    for _ in range(epochs):
        order = rng.permutation(n)
        for i in range(0, n, batch_size):
            yield order[i : i + batch_size]


def train(
    rng: np.random.Generator,
    network: Network,
    rule: Rule | str,
    x: Any,
    y: Any,
    *,
    epochs: int = 5,
    batch_size: int = 32,
    test: tuple[Any, Any] | None = None,
    name: str | None = None,
    before: Callable[[FloatArray], FloatArray] | None = None,
    frozen: np.ndarray | None = None,
    on_progress: OnProgress | None = None,
    **hyper: Any,
) -> History:
    """Train a network in place.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order of the examples and of the masks of dropout.
    network : Network
        Its theta and its state are changed.
    rule : Rule or str
        An update rule or the name of one; of a matrix method only the matrices take it, all else AdamW.
    x, y : array_like
        Inputs and classes.
    epochs, batch_size : int
        Passes over the data and examples a step.
    test : (x, y), optional
        Data for the accuracy at the end.
    name : str, optional
        Of the run; the rule's name where not given.
    before : callable, optional
        What is done to each gradient first, such as `course_lib.clipping.clip_by_norm`.
    frozen : ndarray of bool of shape (n,), optional
        True for the parameters that stay as they are whatever the rule does (`course_lib.transfer`). A batch norm whose
        parameters are frozen still goes by the batch, where Keras puts it in inference mode.
    on_progress : callable, optional
        Called after each step with steps done, steps in all, loss.
    **hyper : float or callable
        Hyperparameters of the rule; a callable is a schedule.

    Returns
    -------
    History
        The losses; a run whose loss stops being finite ends there.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `course_lib.Stepper` and `Network.loss_and_grad`.
    """
    x, y = np.asarray(x), np.asarray(y)
    if not np.isfinite(x).all():
        raise ValueError(
            f"x must be finite, got {x[~np.isfinite(x)][0]} in example {np.argwhere(~np.isfinite(x))[0][0]}"
        )
    rule = as_rule(rule)
    stepper: Stepper | NetworkStepper
    if rule.elementwise:
        stepper = Stepper(rule, network.theta, **hyper)
    else:
        stepper = NetworkStepper(rule, network.theta, network.blocks, **hyper)
    if frozen is not None and (frozen.shape != network.theta.shape or frozen.dtype != bool):
        raise ValueError(
            f"frozen must be a mask of bool of shape {network.theta.shape}, got {frozen.dtype} of shape {frozen.shape}"
        )
    kept = network.theta[frozen] if frozen is not None else None
    history = History(name or stepper.rule.name)
    total = epochs * -(-len(x) // batch_size)
    with np.errstate(all="ignore"):
        for batch in minibatches(rng, len(x), batch_size, epochs):
            loss, g = network.loss_and_grad(x[batch], y[batch], at=stepper.where(), rng=rng)
            history.losses.append(loss)
            if on_progress is not None:
                on_progress(len(history.losses), total, loss)
            if not np.isfinite(loss):
                break
            if frozen is not None:
                g[frozen] = 0
            stepper.step(g if before is None else before(g))
            if frozen is not None:
                network.theta[frozen] = kept
            network.state[...] = network.next_state
        if test is not None:
            history.test_accuracy = network.accuracy(*test)
    return history
