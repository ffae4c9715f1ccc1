"""Layers as pairs of pure functions: forward gives ``(y, cache)``, backward turns the loss's gradient by y into those by the inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from course_lib.rule import FloatArray


def dense_forward(x: FloatArray, W: FloatArray, b: FloatArray) -> tuple[FloatArray, Any]:
    """Affine map.

    Parameters
    ----------
    x : ndarray of shape (batch, n_in)
        Inputs.
    W : ndarray of shape (n_in, n_out)
        Weights, input first as in Keras.
    b : ndarray of shape (n_out,)
        Biases.

    Returns
    -------
    y : ndarray of shape (batch, n_out)
        ``x W + b``.
    cache : tuple
        What `dense_backward` needs.
    """
    return x @ W + b, (x, W)


def dense_backward(dy: FloatArray, cache: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gradient of `dense_forward`.

    Parameters
    ----------
    dy : ndarray of shape (batch, n_out)
        Gradient of the loss by y.
    cache : tuple
        From the forward pass.

    Returns
    -------
    dx : ndarray of shape (batch, n_in)
        Gradient by x.
    dW : ndarray of shape (n_in, n_out)
        Gradient by W.
    db : ndarray of shape (n_out,)
        Gradient by b.
    """
    x, W = cache
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)


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


class Layer(NamedTuple):
    """What a network knows of a layer.

    Parameters
    ----------
    name : str
        Keras's name of it, in small letters.
    forward, backward : callable
        The pair of functions.
    units : int or None
        Outputs of a layer that has weights.
    """

    name: str
    forward: Callable[..., tuple[FloatArray, Any]]
    backward: Callable[..., tuple[FloatArray, ...]]
    units: int | None = None

    def shapes(self, n_in: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the parameters, in the order of the forward function."""
        return {} if self.units is None else {"W": (n_in, self.units), "b": (self.units,)}


def Dense(units: int) -> Layer:
    """Layer of ``units`` affine units.

    Parameters
    ----------
    units : int >= 1
        Outputs.

    Returns
    -------
    Layer
        For a `course_lib.network.Network`.

    Raises
    ------
    ValueError
        If units is not a whole number of at least 1.
    """
    if units != int(units) or units < 1:
        raise ValueError(f"Dense: units must be a whole number of at least 1, got {units}")
    return Layer("dense", dense_forward, dense_backward, int(units))


relu = Layer("relu", relu_forward, relu_backward)
tanh = Layer("tanh", tanh_forward, tanh_backward)
