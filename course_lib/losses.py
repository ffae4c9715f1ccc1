"""Losses, averaged over the batch, as pairs of pure functions."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    """
    shifted = z - z.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    loss = np.mean(log_sum - shifted[np.arange(len(y)), y])
    return float(loss), (z, y)


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
    z, y = cache
    dz = softmax(z)
    dz[np.arange(len(y)), y] -= 1
    return dz / len(y)
