"""Snapshots of one training run, kept at the ends of its cycles, and what they are worth together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.engine import Stepper
from course_lib.losses import softmax
from course_lib.network import Network
from course_lib.rule import FloatArray, Rule
from course_lib.training import History, OnProgress, minibatches


@dataclass(frozen=True)
class Snapshots:
    """Weights of a network at several times of its training.

    Parameters
    ----------
    steps : tuple of int
        After how many steps each was taken.
    members : ndarray of shape (k, n)
        One theta a row; `ensemble_accuracy` and its like take them.
    history : History
        The losses of the whole run.
    """

    steps: tuple[int, ...]
    members: FloatArray
    history: History

    def _repr_markdown_(self) -> str:
        return f"**{self.history.name}**: {len(self.steps)} snapshots, after {', '.join(map(str, self.steps))} steps"


def train_snapshots(
    rng: np.random.Generator,
    network: Network,
    rule: Rule | str,
    x: Any,
    y: Any,
    *,
    keep_at: Sequence[int],
    batch_size: int = 32,
    name: str | None = None,
    on_progress: OnProgress | None = None,
    **hyper: Any,
) -> Snapshots:
    """Train a network in place and keep its weights at certain steps, as where the cycles of its rate end.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order of the examples.
    network : Network
        Its theta is changed; it ends as the last snapshot.
    rule : Rule or str
        An update rule or the name of one.
    x, y : array_like
        Inputs and classes.
    keep_at : sequence of int
        After how many steps, rising; training ends with the last. `course_lib.learning_rate.restart_steps` gives them for
        a rate with warm restarts.
    batch_size : int
        Examples a step.
    name : str, optional
        Of the run.
    on_progress : callable, optional
        Called after each step with steps done, steps in all, loss.
    **hyper : float or callable
        Hyperparameters of the rule; a callable is a schedule.

    Returns
    -------
    Snapshots
        Those that were reached: a run whose loss stops being finite ends there.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `course_lib.training.train`; also if the steps do not rise from at least 1.
    """
    x, y, wanted = np.asarray(x), np.asarray(y), check_steps(keep_at)
    stepper = Stepper(rule, network.theta, **hyper)
    history, members = History(name or stepper.rule.name), []
    epochs = -(-wanted[-1] * batch_size // len(x)) + 1
    with np.errstate(all="ignore"):
        for batch in itertools.islice(minibatches(rng, len(x), batch_size, epochs), wanted[-1]):
            loss, g = network.loss_and_grad(x[batch], y[batch], at=stepper.where())
            history.losses.append(loss)
            if on_progress is not None:
                on_progress(len(history.losses), wanted[-1], loss)
            if not np.isfinite(loss):
                break
            stepper.step(g)
            if stepper.t in wanted:
                members.append(network.theta.copy())
    return make_record(wanted, members, history)


def check_steps(keep_at: Sequence[int]) -> list[int]:
    """Refuse steps that are no whole numbers, or do not rise.

    Parameters
    ----------
    keep_at : sequence of int
        After how many steps snapshots are wanted.

    Returns
    -------
    list of int
        The same.

    Raises
    ------
    ValueError
        If they do not rise from at least 1, or there are none.
    """
    wanted = [int(step) for step in keep_at]
    if not wanted or wanted != list(keep_at) or any(b <= a for a, b in itertools.pairwise([0, *wanted])):
        raise ValueError(f"keep_at must be whole numbers that rise from at least 1, got {list(keep_at)}")
    return wanted


def make_record(wanted: Sequence[int], members: Sequence[FloatArray], history: History) -> Snapshots:
    """Make the record of the snapshots that were reached.

    Parameters
    ----------
    wanted : sequence of int
        After how many steps they were wanted.
    members : sequence of ndarray of shape (n,)
        One theta each, perhaps fewer than wanted.
    history : History
        Of the run.

    Returns
    -------
    Snapshots
        The record.
    """
    kept = tuple(wanted[: len(members)])
    return Snapshots(kept, np.array(members).reshape(len(kept), -1), history)


def average_probabilities(network: Network, members: Any, x: Any) -> FloatArray:
    """Mean of the probabilities that several weights of one network give.

    Parameters
    ----------
    network : Network
        Says how inputs and weights become scores; its own weights are not used.
    members : array_like of shape (k, n)
        One theta a row, at least one.
    x : array_like of shape (batch, n_in)
        Inputs.

    Returns
    -------
    ndarray of shape (batch, n_out)
        The probabilities.

    Raises
    ------
    ValueError
        If there is no member or a shape does not fit.
    """
    return np.mean([softmax(network.predict(x, at=theta)) for theta in _checked(network, members)], axis=0)


def ensemble_accuracy(network: Network, members: Any, x: Any, y: Any) -> float:
    """Share of inputs that the average of the members gets right.

    Parameters
    ----------
    network : Network
        As in `average_probabilities`.
    members : array_like of shape (k, n)
        One theta a row, at least one.
    x : array_like of shape (batch, n_in)
        Inputs.
    y : array_like of int of shape (batch,)
        Classes.

    Returns
    -------
    float
        The accuracy; of one member it is the member's.

    Raises
    ------
    ValueError
        If there is no member or a shape does not fit.
    """
    return float(np.mean(average_probabilities(network, members, x).argmax(axis=1) == _classes(x, y)))


def error_correlation(network: Network, members: Any, x: Any, y: Any) -> float:
    """Mean correlation of the errors of two members: 0 where they are independent, 1 where they are the same.

    Parameters
    ----------
    network : Network
        As in `average_probabilities`.
    members : array_like of shape (k, n)
        One theta a row, at least two.
    x : array_like of shape (batch, n_in)
        Inputs.
    y : array_like of int of shape (batch,)
        Classes.

    Returns
    -------
    float
        From -1 to 1; nan where a member makes no error, or nothing but errors, for then there is nothing to correlate.

    Raises
    ------
    ValueError
        If there are fewer than two members or a shape does not fit.
    """
    thetas, classes = _checked(network, members), _classes(x, y)
    if len(thetas) < 2:
        raise ValueError("a correlation needs at least two members, got 1")
    wrong = np.array([network.predict(x, at=theta).argmax(axis=1) != classes for theta in thetas], float)
    if (wrong.std(axis=1) == 0).any():
        return float("nan")
    return float(np.corrcoef(wrong)[np.triu_indices(len(wrong), 1)].mean())


def _classes(x: Any, y: Any) -> Any:
    y = np.asarray(y)
    if y.shape != (len(x),):
        raise ValueError(f"y must hold one class for each of the {len(x)} inputs, got shape {y.shape}")
    return y


def _checked(network: Network, members: Any) -> FloatArray:
    thetas = np.asarray(members, network.theta.dtype)
    if thetas.ndim != 2 or not len(thetas) or thetas.shape[1] != network.theta.size:
        raise ValueError(f"members must have shape (k, {network.theta.size}) with k of at least 1, got {thetas.shape}")
    return thetas
