"""Snapshots of one training run, kept at the ends of its cycles, and what they are worth together."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.network import Network
from course_lib.network_stepper import stepper_of
from course_lib.rule import FloatArray, Rule
from course_lib.training import History, OnProgress, check_examples, check_last_batch, minibatches


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
    states : ndarray of shape (k, s)
        The running statistics that belong to each; s is 0 where no layer keeps any.
    """

    steps: tuple[int, ...]
    members: FloatArray
    history: History
    states: FloatArray

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
    before: Callable[[FloatArray], FloatArray] | None = None,
    exclude_layers: Iterable[str] | None = None,
    on_progress: OnProgress | None = None,
    **hyper: Any,
) -> Snapshots:
    """Train a network in place and keep its weights at certain steps, as where the cycles of its rate end.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order of the examples and of the masks of dropout.
    network : Network
        Its theta and its state are changed; it ends as the last snapshot.
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
    before : callable, optional
        What is done to each gradient first, such as `course_lib.clipping.clip_by_norm`.
    exclude_layers : iterable of str, optional
        Of a matrix method, as in `course_lib.training.train`.
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
    wanted = check_steps(keep_at)
    x, y = check_examples(rng, x, y, batch_size=batch_size)
    check_last_batch(network, len(x), batch_size)
    stepper = stepper_of(rule, network, exclude_layers=exclude_layers, **hyper)
    history, members = History(name or stepper.rule.name), []
    epochs = -(-wanted[-1] * batch_size // len(x)) + 1
    with np.errstate(all="ignore"):
        for batch in itertools.islice(minibatches(rng, len(x), batch_size, epochs), wanted[-1]):
            loss, g = network.loss_and_grad(x[batch], y[batch], at=stepper.where(), rng=rng)
            history.losses.append(loss)
            if on_progress is not None:
                on_progress(len(history.losses), wanted[-1], loss)
            if not np.isfinite(loss):
                break
            stepper.step(g if before is None else before(g))
            network.state[...] = network.next_state
            if len(history.losses) in wanted:
                members.append((network.theta.copy(), network.state.copy()))
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


def make_record(wanted: Sequence[int], members: Sequence[tuple[FloatArray, FloatArray]], history: History) -> Snapshots:
    """Make the record of the snapshots that were reached.

    Parameters
    ----------
    wanted : sequence of int
        After how many steps they were wanted.
    members : sequence of (ndarray of shape (n,), ndarray of shape (s,))
        Theta and state of each, perhaps fewer than wanted.
    history : History
        Of the run.

    Returns
    -------
    Snapshots
        The record.
    """
    kept = tuple(wanted[: len(members)])
    thetas, states = (np.array(arrays) for arrays in zip(*members, strict=True)) if kept else (np.empty((0, 0)),) * 2
    return Snapshots(kept, thetas, history, states)


def average_probabilities(network: Network, members: Any, x: Any) -> FloatArray:
    """Mean of the probabilities that several weights of one network give.

    Parameters
    ----------
    network : Network
        Says how inputs and weights become scores; its own weights are not used.
    members : Snapshots, or array_like of shape (k, n)
        At least one; of an array, which has one theta a row, all go by the running statistics of the network.
    x : array_like of shape (batch, n_in)
        Inputs.

    Returns
    -------
    ndarray of shape (batch, n_out)
        The probabilities: softmax or, for the logistic loss, the logistic function of the scores.

    Raises
    ------
    TypeError
        If the loss of the network knows no probabilities, as the squared error.
    ValueError
        If there is no member or a shape does not fit.
    """
    loss = network.loss_function
    if loss.probabilities is None:
        raise TypeError(f"probabilities need softmax_cross_entropy or logistic as the network's loss, got {loss.name}")
    return np.mean([loss.probabilities(scores) for scores in _scores(network, members, x)], axis=0)


def ensemble_accuracy(network: Network, members: Any, x: Any, y: Any) -> float:
    """Share of inputs that the average of the members gets right.

    Parameters
    ----------
    network : Network
        As in `average_probabilities`.
    members : Snapshots, or array_like of shape (k, n)
        As in `average_probabilities`.
    x : array_like of shape (batch, n_in)
        Inputs.
    y : array_like of shape (batch,) or (batch, n_out)
        Classes; for the logistic loss labels, each an answer of its own.

    Returns
    -------
    float
        The accuracy; of one member it is the member's.

    Raises
    ------
    TypeError
        As `average_probabilities`.
    ValueError
        If there is no member or a shape does not fit.
    """
    p = average_probabilities(network, members, x)
    y = network.loss_function.check(y, p)
    return float(np.mean(p.argmax(axis=1) == y if y.ndim == 1 else (p > 0.5) == (y > 0.5)))


def error_correlation(network: Network, members: Any, x: Any, y: Any) -> float:
    """Mean correlation of the errors of two members: 0 where they are independent, 1 where they are the same.

    Parameters
    ----------
    network : Network
        As in `average_probabilities`.
    members : Snapshots, or array_like of shape (k, n)
        As in `average_probabilities`, at least two.
    x : array_like of shape (batch, n_in)
        Inputs.
    y : array_like of shape (batch,) or (batch, n_out)
        Classes; for the logistic loss labels, each an answer of its own.

    Returns
    -------
    float
        From -1 to 1; nan where a member makes no error, or nothing but errors, for then there is nothing to correlate.

    Raises
    ------
    TypeError
        If the loss of the network knows no right and wrong.
    ValueError
        If there are fewer than two members or a shape does not fit.
    """
    loss = network.loss_function
    if loss.correct is None:
        raise TypeError(f"errors need a loss with classes, got {loss.name}")
    y = loss.check(y, np.empty((len(x), network.n_out)))
    wrong = np.array([~np.ravel(loss.correct(scores, y)) for scores in _scores(network, members, x)], float)
    if len(wrong) < 2:
        raise ValueError("a correlation needs at least two members, got 1")
    if (wrong.std(axis=1) == 0).any():
        return float("nan")
    return float(np.corrcoef(wrong)[np.triu_indices(len(wrong), 1)].mean())


def _scores(network: Network, members: Any, x: Any) -> Iterator[FloatArray]:
    """Scores of each member, with the statistics that belong to it."""
    kept = members if isinstance(members, Snapshots) else None
    thetas = np.asarray(members if kept is None else kept.members, network.theta.dtype)
    if thetas.ndim != 2 or not len(thetas) or thetas.shape[1] != network.theta.size:
        raise ValueError(f"members must have shape (k, {network.theta.size}) with k of at least 1, got {thetas.shape}")
    member = copy.deepcopy(network)
    for theta, state in zip(thetas, [network.state] * len(thetas) if kept is None else kept.states, strict=True):
        member.state[...] = state
        yield member.predict(x, at=theta)
