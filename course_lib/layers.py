"""Layers: a pair of pure functions each, and what a network must know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from course_lib.activations import (
    linear_backward,
    linear_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from course_lib.dropout import check_keep, dropout_backward, dropout_forward, dropout_mask
from course_lib.hyperparameters import check_count
from course_lib.normalization import (
    batch_norm_backward,
    batch_norm_forward,
    batch_norm_inference_backward,
    batch_norm_inference_forward,
    layer_norm_backward,
    layer_norm_forward,
    running_average,
)
from course_lib.rule import FloatArray

Shapes = dict[str, tuple[int, ...]]


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
    y = np.dot(x, W)  # half a microsecond less than @, which counts in a small network
    y += b
    return y, (x, W)


def dense_backward(dy: FloatArray, cache: Any, *, out: Any = (None, None), by_x: bool = True) -> tuple[Any, ...]:
    """Gradient of `dense_forward`.

    Parameters
    ----------
    dy : ndarray of shape (batch, n_out)
        Gradient of the loss by y.
    cache : tuple
        From the forward pass.
    out : (ndarray, ndarray), optional
        Where to write dW and db.
    by_x : bool
        Whether dx is wanted; the first layer of a network saves a third of its work without.

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
    dW = np.dot(x.T, dy, out=out[0])
    db = np.dot(_ones(len(dy), dy.dtype), dy, out=out[1])  # a sum over the first axis, several times faster
    return np.dot(dy, W.T) if by_x else None, dW, db


@lru_cache(maxsize=16)
def _ones(n: int, dtype: Any) -> FloatArray:
    return np.ones(n, dtype)


def _no_shapes(n_in: int) -> Shapes:
    return {}


def _dense_shapes(n_in: int, units: int) -> Shapes:
    return {"W": (n_in, units), "b": (units,)}


def _scale_shapes(n_in: int) -> Shapes:
    return {"gamma": (n_in,), "beta": (n_in,)}


class Layer(NamedTuple):
    """What a network knows of a layer.

    Parameters
    ----------
    name : str
        Keras's name of it, in small letters.
    forward : callable
        ``f(x, *parameters) -> (y, cache)``; of a layer with two modes
        ``f(x, *parameters, *state, training=, rng=) -> (y, cache, *new state)``.
    backward : callable
        ``f(dy, cache) -> (dx, *gradients of the parameters)``.
    units : int or None
        Outputs, where they are not as many as the inputs.
    shapes : callable
        Shapes of the parameters by name for a number of inputs, in the order of the forward function.
    state : mapping of str to float
        What is kept of the batches, one number a feature: names and first values.
    two_modes : bool
        Whether training and inference differ.
    hyper : mapping of str to number
        Hyperparameters by the names of this library.
    """

    name: str
    forward: Callable[..., tuple[Any, ...]]
    backward: Callable[..., tuple[Any, ...]]
    units: int | None = None
    shapes: Callable[[int], Shapes] = _no_shapes
    state: Mapping[str, float] = {}
    two_modes: bool = False
    hyper: Mapping[str, Any] = {}


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
    units = check_count("Dense: units", units, 1)
    return Layer("dense", dense_forward, dense_backward, units, partial(_dense_shapes, units=units))


linear = Layer("linear", linear_forward, linear_backward)
relu = Layer("relu", relu_forward, relu_backward)
tanh = Layer("tanh", tanh_forward, tanh_backward)
sigmoid = Layer("sigmoid", sigmoid_forward, sigmoid_backward)


def BatchNorm(*, momentum: float = 0.99, epsilon: float = 1e-3) -> Layer:
    """Batch normalization: by the batch in training, by running statistics at inference.

    Parameters
    ----------
    momentum : float in [0, 1)
        Share of the running statistics that stays at each batch.
    epsilon : float > 0
        Added to the variance.

    Returns
    -------
    Layer
        With gamma (from 1), beta (from 0) and the state moving_mean (from 0), moving_variance (from 1), as in Keras.

    Raises
    ------
    ValueError
        If momentum or epsilon is out of range.
    """
    if not 0 <= momentum < 1:
        raise ValueError(f"BatchNorm: momentum must be in [0, 1), got {momentum}")
    hyper: dict[str, Any] = {"momentum": float(momentum), "epsilon": _check_epsilon("BatchNorm", epsilon)}
    state = {"moving_mean": 0.0, "moving_variance": 1.0}
    forward = partial(_batch_norm_either_way, **hyper)
    return Layer("batch_norm", forward, _backward_of_the_mode, None, _scale_shapes, state, True, hyper)


def LayerNorm(*, epsilon: float = 1e-3) -> Layer:
    """Layer normalization.

    Parameters
    ----------
    epsilon : float > 0
        Added to the variance.

    Returns
    -------
    Layer
        With gamma (from 1) and beta (from 0).

    Raises
    ------
    ValueError
        If epsilon is not positive.
    """
    hyper: dict[str, Any] = {"epsilon": _check_epsilon("LayerNorm", epsilon)}
    return Layer(
        "layer_norm", partial(layer_norm_forward, **hyper), layer_norm_backward, shapes=_scale_shapes, hyper=hyper
    )


def Dropout(*, keep: float, inverted: bool = True) -> Layer:
    """Dropout: a new mask for every example in training, none at inference.

    Parameters
    ----------
    keep : float in (0, 1]
        Chance that a unit stays; Keras's ``rate`` is 1 - keep.
    inverted : bool
        Scale by 1/keep in training, as frameworks do, or by keep at inference, as first published.

    Returns
    -------
    Layer
        In training mode its network wants ``rng=``.

    Raises
    ------
    ValueError
        If keep is outside (0, 1].
    """
    hyper: dict[str, Any] = {"keep": check_keep(keep), "inverted": bool(inverted)}
    return Layer("dropout", partial(_dropout_either_way, **hyper), dropout_backward, two_modes=True, hyper=hyper)


def _check_epsilon(name: str, epsilon: float) -> float:
    if not 0 < epsilon < np.inf:
        raise ValueError(f"{name}: epsilon must be positive and finite, got {epsilon}")
    return float(epsilon)


def _batch_norm_either_way(
    x: FloatArray, gamma: FloatArray, beta: FloatArray, mean: FloatArray, variance: FloatArray,
    *, training: bool, rng: Any, momentum: float, epsilon: float,
) -> tuple[Any, ...]:  # fmt: skip
    if not training:
        y, cache = batch_norm_inference_forward(x, gamma, beta, mean, variance, epsilon=epsilon)
        return y, (batch_norm_inference_backward, cache), mean, variance
    y, cache = batch_norm_forward(x, gamma, beta, epsilon=epsilon)
    mean, variance = (
        running_average(old, new, momentum=momentum) for old, new in zip((mean, variance), cache[3:], strict=True)
    )
    return y, (batch_norm_backward, cache), mean, variance


def _backward_of_the_mode(dy: FloatArray, cache: Any) -> tuple[FloatArray, ...]:
    backward, inner = cache
    return backward(dy, inner)


def _dropout_either_way(
    x: FloatArray, *, training: bool, rng: Any, keep: float, inverted: bool
) -> tuple[FloatArray, Any]:
    if not training:
        return (x, 1.0) if inverted else (keep * x, keep)
    if rng is None:
        raise ValueError("dropout draws masks in training mode: give rng=, for example np.random.default_rng(0)")
    return dropout_forward(x, dropout_mask(rng, x.shape, keep=keep, inverted=inverted, dtype=x.dtype))
