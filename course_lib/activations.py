"""Activations as pairs of pure functions: forward gives ``(y, cache)``, backward turns the loss's gradient by y into that by x."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.rule import FloatArray


def linear_forward(x: FloatArray) -> tuple[FloatArray, Any]:
    """Leave x as it is.

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs.

    Returns
    -------
    y : ndarray of shape (batch, n)
        x itself.
    cache : None
        Nothing.
    """
    return x, None


def linear_backward(dy: FloatArray, cache: Any) -> tuple[FloatArray]:
    """Gradient of `linear_forward`.

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : None
        From the forward pass.

    Returns
    -------
    tuple of one ndarray of shape (batch, n)
        Gradient by x.
    """
    return (dy,)


def relu_forward(x: FloatArray) -> tuple[FloatArray, Any]:
    """Keep what is positive.

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs.

    Returns
    -------
    y : ndarray of shape (batch, n)
        ``max(x, 0)``.
    cache : ndarray
        Where x is positive.
    """
    return np.maximum(x, 0), x > 0


def relu_backward(dy: FloatArray, cache: Any) -> tuple[FloatArray]:
    """Gradient of `relu_forward`; 0 at the kink, as in Keras.

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : ndarray
        From the forward pass.

    Returns
    -------
    tuple of one ndarray of shape (batch, n)
        Gradient by x.
    """
    return (dy * cache,)


def tanh_forward(x: FloatArray) -> tuple[FloatArray, Any]:
    """Squash to (-1, 1).

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs.

    Returns
    -------
    y : ndarray of shape (batch, n)
        The hyperbolic tangent.
    cache : ndarray
        y again.
    """
    y = np.tanh(x)
    return y, y


def tanh_backward(dy: FloatArray, cache: Any) -> tuple[FloatArray]:
    """Gradient of `tanh_forward`.

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : ndarray
        From the forward pass.

    Returns
    -------
    tuple of one ndarray of shape (batch, n)
        Gradient by x.
    """
    return (dy * (1 - cache**2),)


def sigmoid(x: FloatArray) -> FloatArray:
    r"""Logistic function.

    .. math::
        \sigma(x) = \frac{1}{1 + e^{-x}}

    Parameters
    ----------
    x : ndarray
        Log-odds.

    Returns
    -------
    ndarray of the same shape
        Between 0 and 1, right to rounding of its own size also where it is tiny.
    """
    with np.errstate(over="ignore"):  # 1 / inf is the 0 that is meant
        return 1 / (1 + np.exp(-x))


def sigmoid_forward(x: FloatArray) -> tuple[FloatArray, Any]:
    """Squash to (0, 1).

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs.

    Returns
    -------
    y : ndarray of shape (batch, n)
        ``sigmoid(x)``.
    cache : ndarray
        y again.
    """
    y = sigmoid(x)
    return y, y


def sigmoid_backward(dy: FloatArray, cache: Any) -> tuple[FloatArray]:
    """Gradient of `sigmoid_forward`.

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : ndarray
        From the forward pass.

    Returns
    -------
    tuple of one ndarray of shape (batch, n)
        Gradient by x.
    """
    return (dy * cache * (1 - cache),)
