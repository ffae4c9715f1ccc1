"""Losses, averaged over the batch, as pairs of pure functions: forward gives ``(loss, cache)``, backward the gradient by the scores."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from course_lib.activations import sigmoid
from course_lib.rule import FloatArray


def softmax(z: FloatArray) -> FloatArray:
    """Turn scores into probabilities.

    Parameters
    ----------
    z : ndarray of shape (..., classes)
        Scores.

    Returns
    -------
    ndarray of shape (..., classes)
        Positive numbers that add up to 1 along the last axis.
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_cross_entropy_forward(z: FloatArray, y: Any) -> tuple[float, Any]:
    r"""Mean negative log-probability of the right class.

    .. math::
        J = -\frac{1}{n} \sum_i \log \operatorname{softmax}(z_i)_{y_i}

    Parameters
    ----------
    z : ndarray of shape (batch, classes)
        Scores (logits).
    y : ndarray of int of shape (batch,)
        The right classes, from 0.

    Returns
    -------
    loss : float
        :math:`J`, in nats.
    cache : tuple
        What `softmax_cross_entropy_backward` needs.

    Raises
    ------
    ValueError
        If y is not one class for each row of z.
    """
    shifted = np.array(z.T, order="C")  # a row for each class: over the examples NumPy is several times faster
    shifted -= np.maximum.reduce(shifted)
    e = np.exp(shifted)
    total = np.add.reduce(e)
    n = len(y)
    right = np.asarray(y, np.intp) * n + _first(n)  # where the right classes stand, row after row
    if right.shape != total.shape or right.item(right.argmin()) < 0 or right.item(right.argmax()) >= z.size:
        check_classes(y, z)  # says what is wrong; the look before it takes a quarter of its time
    loss = np.add.reduce(np.log(total) - shifted.take(right)) / n
    return float(loss), (e, total, right)


@lru_cache(maxsize=16)
def _first(n: int) -> Any:
    return np.arange(n)


def softmax_cross_entropy_backward(cache: Any) -> FloatArray:
    """Gradient of `softmax_cross_entropy_forward` by the scores.

    Parameters
    ----------
    cache : tuple
        From the forward pass.

    Returns
    -------
    ndarray of shape (batch, classes)
        (probabilities minus one-hot labels) / batch.
    """
    e, total, right = cache
    n = len(right)
    dz = e / (n * total)
    dz.reshape(-1)[right] -= 1 / n
    return dz.T


def logistic_forward(z: FloatArray, y: FloatArray) -> tuple[float, Any]:
    r"""Mean cross-entropy of independent yes-or-no answers.

    .. math::
        J = \frac{1}{n k} \sum_{ij} \log(1 + e^{z_{ij}}) - y_{ij} z_{ij}, \qquad
        \log(1 + e^z) = \max(z, 0) + \log(1 + e^{-|z|})

    Parameters
    ----------
    z : ndarray of shape (batch, k)
        Scores (log-odds).
    y : ndarray of shape (batch, k)
        Labels from 0 to 1.

    Returns
    -------
    loss : float
        :math:`J`, in nats; Keras's ``BinaryCrossentropy(from_logits=True)``.
    cache : tuple
        What `logistic_backward` needs.
    """
    certain = np.maximum(z, 0) - y * z  # exactly 0 for a sure right answer, so what is left is not rounded away
    return float(np.mean(certain + np.log1p(np.exp(-np.abs(z))))), (z, y)


def logistic_backward(cache: Any) -> FloatArray:
    """Gradient of `logistic_forward` by the scores.

    Parameters
    ----------
    cache : tuple
        From the forward pass.

    Returns
    -------
    ndarray of shape (batch, k)
        (probabilities minus labels) / (batch k), written so that sure right answers do not cancel to 0.
    """
    z, y = cache
    return ((1 - y) * sigmoid(z) - y * sigmoid(-z)) / z.size


def squared_forward(z: FloatArray, y: FloatArray) -> tuple[float, Any]:
    r"""Mean squared error.

    .. math::
        J = \frac{1}{n k} \sum_{ij} (z_{ij} - y_{ij})^2

    Parameters
    ----------
    z : ndarray of shape (batch, k)
        Outputs.
    y : ndarray of shape (batch, k)
        What is wanted.

    Returns
    -------
    loss : float
        :math:`J`; Keras's ``MeanSquaredError``.
    cache : ndarray
        What `squared_backward` needs.
    """
    error = z - y
    return float(np.mean(error**2)), error


def squared_backward(cache: Any) -> FloatArray:
    """Gradient of `squared_forward` by the outputs.

    Parameters
    ----------
    cache : ndarray
        From the forward pass.

    Returns
    -------
    ndarray of shape (batch, k)
        2 error / (batch k).
    """
    return cache * (2 / cache.size)


def zero_one_forward(z: FloatArray, y: Any) -> tuple[float, Any]:
    """Share of examples whose largest score is not that of the right class.

    Parameters
    ----------
    z : ndarray of shape (batch, classes)
        Scores.
    y : ndarray of int of shape (batch,)
        The right classes, from 0.

    Returns
    -------
    loss : float
        From 0 to 1.
    cache : ndarray
        The scores.
    """
    return float(np.mean(z.argmax(axis=1) != y)), z


def zero_one_backward(cache: Any) -> FloatArray:
    """Gradient of `zero_one_forward`: zero almost everywhere, which is why nothing is trained by it.

    Parameters
    ----------
    cache : ndarray
        From the forward pass.

    Returns
    -------
    ndarray of shape (batch, classes)
        Zeros.
    """
    return np.zeros_like(cache)


def check_classes(y: Any, z: FloatArray) -> Any:
    """Refuse labels that are not one class for each input; parameters and errors as in `check_values`."""
    y = np.asarray(y)
    if y.shape != (len(z),) or y.dtype.kind not in "iu":
        raise ValueError(
            f"y must hold one class (an integer) for each of the {len(z)} inputs, got {y.dtype} of shape {y.shape}"
        )
    if y.min() < 0 or y.max() >= z.shape[1]:
        raise ValueError(f"classes must be from 0 to {z.shape[1] - 1}, got {y.min()} to {y.max()}")
    return y


def check_values(y: Any, z: FloatArray) -> FloatArray:
    """Refuse what is not a number for each output.

    Parameters
    ----------
    y : array_like
        Of shape (batch, k), or (batch,) where k is 1.
    z : ndarray of shape (batch, k)
        The outputs.

    Returns
    -------
    ndarray
        y in the shape and type of z.

    Raises
    ------
    ValueError
        If the shape does not fit or a label is out of range or not finite.
    """
    y = np.asarray(y, z.dtype)
    y = y[:, None] if y.ndim == 1 and z.shape[1] == 1 else y
    if y.shape != z.shape:
        raise ValueError(f"y must have shape {z.shape}, a number for each output, got {y.shape}")
    if not np.isfinite(y).all():
        raise ValueError(f"y must be finite, got {y[~np.isfinite(y)][0]}")
    return y


def check_shares(y: Any, z: FloatArray) -> FloatArray:
    """Refuse what is not a number from 0 to 1 for each output; parameters and errors as in `check_values`."""
    y = check_values(y, z)
    if y.min() < 0 or y.max() > 1:
        raise ValueError(f"labels must be from 0 to 1, got {y.min():g} to {y.max():g}")
    return y


def _right_class(z: FloatArray, y: Any) -> Any:
    return z.argmax(axis=1) == y


def _right_answers(z: FloatArray, y: FloatArray) -> Any:
    return (z > 0) == (y > 0.5)


class Loss(NamedTuple):
    """What a network knows of a loss.

    Parameters
    ----------
    name : str
        Of the loss.
    forward, backward : callable
        The pair of functions.
    check : callable
        ``check(y, z)`` gives the labels as the pair wants them, or refuses them.
    correct : callable or None
        ``correct(z, y)`` says which examples are right, where the loss knows classes.
    probabilities : callable or None
        ``probabilities(z)``, where the loss is the logarithm of some.
    """

    name: str
    forward: Callable[..., tuple[float, Any]]
    backward: Callable[..., FloatArray]
    check: Callable[..., Any]
    correct: Callable[..., Any] | None = None
    probabilities: Callable[[FloatArray], FloatArray] | None = None


softmax_cross_entropy = Loss(
    "softmax_cross_entropy", softmax_cross_entropy_forward, softmax_cross_entropy_backward, check_classes, _right_class,
    softmax,
)  # fmt: skip
logistic = Loss("logistic", logistic_forward, logistic_backward, check_shares, _right_answers, sigmoid)
squared = Loss("squared", squared_forward, squared_backward, check_values)
zero_one = Loss("zero_one", zero_one_forward, zero_one_backward, check_classes, _right_class)
