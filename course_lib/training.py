"""Train a network on shuffled minibatches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.hyperparameters import check_rng, is_count
from course_lib.network import Network
from course_lib.network_stepper import stepper_of
from course_lib.rule import FloatArray, Rule

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
    validation_losses : list of float
        After each epoch, where validation data were given.
    """

    name: str
    losses: list[float] = field(default_factory=list)
    test_accuracy: float = float("nan")
    validation_losses: list[float] = field(default_factory=list)

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
    TypeError
        If rng is no generator.
    ValueError
        If batch_size or epochs is out of range.
    """
    _check_batches(rng, batch_size, epochs)
    size = int(batch_size)
    for _ in range(int(epochs)):
        order = rng.permutation(n)
        for i in range(0, n, size):
            yield order[i : i + size]


def check_examples(
    rng: np.random.Generator, x: Any, y: Any, *, batch_size: int, epochs: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Refuse what nothing can be trained on.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order of the examples.
    x, y : array_like
        Inputs and labels, as many of the one as of the other.
    batch_size : int >= 1
        Examples a batch.
    epochs : int >= 0
        Passes over the data.

    Returns
    -------
    x, y : ndarray
        The data.

    Raises
    ------
    TypeError
        If rng is no generator.
    ValueError
        If there is no example, an input without a label, an input that is not finite, or a number out of range.
    """
    _check_batches(rng, batch_size, epochs)
    x, y = np.asarray(x), np.asarray(y)
    if not x.ndim or not len(x) or y.shape[:1] != x.shape[:1]:
        raise ValueError(f"x and y must have one row an example and at least one, got shapes {x.shape} and {y.shape}")
    if not (good := np.isfinite(x)).all():
        raise ValueError(f"x must be finite, got {x[~good][0]} in example {np.argwhere(~good)[0][0]}")
    return x, y


def _check_batches(rng: Any, batch_size: Any, epochs: Any) -> None:
    check_rng(rng)
    if not (is_count(batch_size, 1) and is_count(epochs, 0)):
        raise ValueError(f"expected whole numbers batch_size >= 1 and epochs >= 0, got {batch_size!r} and {epochs!r}")


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
    validation: tuple[Any, Any] | None = None,
    patience: int | None = None,
    name: str | None = None,
    before: Callable[[FloatArray], FloatArray] | None = None,
    frozen: np.ndarray | None = None,
    exclude_layers: Iterable[str] | None = None,
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
        An update rule or the name of one; of a matrix method only the hidden matrices take it, all else AdamW.
    x, y : array_like
        Inputs and classes.
    epochs, batch_size : int
        Passes over the data and examples a step.
    test : (x, y), optional
        Data for the accuracy at the end.
    validation : (x, y), optional
        Data for a loss after each epoch, other than those of the test.
    patience : int >= 1, optional
        Stop early, after so many epochs in a row without a smaller validation loss than all before, and go back to where it
        was smallest.
    name : str, optional
        Of the run; the rule's name where not given.
    before : callable, optional
        What is done to each gradient first, such as `course_lib.clipping.clip_by_norm`.
    frozen : ndarray of bool of shape (n,), optional
        True for the parameters that stay as they are whatever the rule does (`course_lib.transfer`). A batch norm whose
        parameters are frozen still goes by the batch, where Keras puts it in inference mode.
    exclude_layers : iterable of str, optional
        Of a matrix method: the layers whose matrices take AdamW (`course_lib.network_stepper.NetworkStepper`); the output
        layer where not given.
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
        As `course_lib.Stepper` and `Network.loss_and_grad`; also if patience is smaller than 1 or has no validation data.
    """
    if patience is not None and (validation is None or not is_count(patience, 1)):
        raise ValueError(f"patience must be a whole number of at least 1, with validation=(x, y); got {patience!r}")
    x, y = network.check(*check_examples(rng, x, y, batch_size=batch_size, epochs=epochs))
    check_last_batch(network, len(x), batch_size)
    validation, test = (check_pair(network, *pair) for pair in (("validation", validation), ("test", test)))
    stepper = stepper_of(rule, network, exclude_layers=exclude_layers, **hyper)
    if frozen is not None and (frozen.shape != network.theta.shape or frozen.dtype != bool):
        raise ValueError(
            f"frozen must be a mask of bool of shape {network.theta.shape}, got {frozen.dtype} of shape {frozen.shape}"
        )
    kept = network.theta[frozen] if frozen is not None else None
    history = History(name or stepper.rule.name)
    total = int(epochs * -(-len(x) // batch_size))
    best = _Best(network) if patience is not None else None
    with np.errstate(all="ignore"):
        for batch in minibatches(rng, len(x), batch_size, epochs):
            x_batch, y_batch = x.take(batch, axis=0), y[batch]
            loss, g = network.loss_and_grad(x_batch, y_batch, at=stepper.where(), rng=rng, checked=True)
            history.losses.append(loss)
            if on_progress is not None:
                on_progress(len(history.losses), total, loss)
            if not math.isfinite(loss):
                break
            if frozen is not None:
                g[frozen] = 0
            stepper.step(g if before is None else before(g))
            if frozen is not None:
                network.theta[frozen] = kept
            network.state[...] = network.next_state
            if validation is not None and len(history.losses) * epochs % total == 0:
                history.validation_losses.append(network.loss(*validation))
                if best is not None and best.epochs_since(history.validation_losses) == patience:
                    break
        if best is not None:
            best.restore()
        if test is not None:
            history.test_accuracy = network.accuracy(*test)
    return history


def check_last_batch(network: Network, n: int, batch_size: int) -> None:
    """Refuse, before anything is changed, batches of one example where a layer needs several.

    Parameters
    ----------
    network : Network
        It may have layers that keep statistics of the batches.
    n, batch_size : int
        Examples in all and in a batch.

    Raises
    ------
    ValueError
        If a batch would hold one example.
    """
    if 1 in (batch_size, n, n % batch_size) and any(layer.state for layer in network.layers):
        raise ValueError(
            "batch norm needs a batch of at least 2 in training, got 1; the last batch of an epoch may be small: "
            f"here it is one of {n} examples in batches of {batch_size}"
        )


def check_pair(network: Network, name: str, pair: Any) -> tuple[Any, Any] | None:
    """Refuse, before anything is changed, what would be refused at the end.

    Parameters
    ----------
    network : Network
        Whose data they are.
    name : str
        "test" or "validation".
    pair : (x, y) or None
        The data.

    Returns
    -------
    (x, y) or None
        As the network wants them.

    Raises
    ------
    TypeError
        If it is no pair, or a test of a loss without classes.
    ValueError
        As `Network.check`.
    """
    if pair is None:
        return None
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name} must be a pair (x, y), got {type(pair).__name__}")
    if name == "test" and network.loss_function.correct is None:
        raise TypeError(f"test=(x, y) needs a loss with classes, got {network.loss_function.name}")
    return network.check(*pair)


class _Best:
    """Where the validation loss was smallest."""

    def __init__(self, network: Network):
        self.network, self.kept = network, (network.theta.copy(), network.state.copy())

    def epochs_since(self, losses: list[float]) -> int:
        """Keep the network if the last loss is the smallest so far; return how many epochs ago the smallest was."""
        since = len(losses) - 1 - int(np.argmin(np.nan_to_num(losses, nan=np.inf)))
        if since == 0:
            self.kept = self.network.theta.copy(), self.network.state.copy()
        return since

    def restore(self) -> None:
        """Write what was kept back into the network."""
        self.network.theta[...], self.network.state[...] = self.kept
