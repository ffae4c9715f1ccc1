"""Dropout: masks, their pair of pure functions, and the ensemble of thinned networks behind them.

The keep probability p is the chance that a unit stays; Keras's ``rate`` is 1 - p.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_lib.activations import sigmoid
from course_lib.hyperparameters import check_rng, is_number
from course_lib.rule import FloatArray

MOST_UNITS = 20  # 2**20 thinned networks are enumerated, more are not


def check_keep(keep: float) -> float:
    """Refuse a keep probability that keeps nothing or is no probability.

    Parameters
    ----------
    keep : float in (0, 1]
        Chance that a unit stays.

    Returns
    -------
    float
        The same.

    Raises
    ------
    ValueError
        If it is no number, or outside (0, 1].
    """
    if not (is_number(keep) and 0 < keep <= 1):
        raise ValueError(f"the keep probability must be above 0 and at most 1, got {keep!r} (Keras's rate is 1 - keep)")
    return float(keep)


def dropout_mask(
    rng: np.random.Generator, shape: tuple[int, ...], *, keep: float, inverted: bool = True, dtype: Any = np.float64
) -> FloatArray:
    r"""Draw what the units are multiplied by.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Of the units, ``(batch, n)``: every example has a mask of its own.
    keep : float in (0, 1]
        Chance p that a unit stays.
    inverted : bool
        Inverted masks hold 0 and 1/p, so that nothing needs scaling at test time; classic ones hold 0 and 1.
    dtype : dtype
        Of the mask.

    Returns
    -------
    ndarray of that shape
        The mask.

    Raises
    ------
    TypeError
        If rng is no generator.
    ValueError
        If keep is outside (0, 1].
    """
    check_rng(rng)
    stays = rng.random(shape, dtype=np.float32) < check_keep(keep)
    return np.multiply(stays, 1 / keep if inverted else 1.0, dtype=dtype)


def dropout_forward(x: FloatArray, mask: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Let through what the mask lets through.

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs.
    mask : ndarray of shape (batch, n)
        From `dropout_mask`.

    Returns
    -------
    y : ndarray of shape (batch, n)
        ``x * mask``.
    cache : ndarray
        The mask again.
    """
    return x * mask, mask


def dropout_backward(dy: FloatArray, cache: FloatArray) -> tuple[FloatArray]:
    """Gradient of `dropout_forward` by x, through the same mask.

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : ndarray
        The mask of the forward pass.

    Returns
    -------
    tuple of one ndarray of shape (batch, n)
        Gradient by x.
    """
    return (dy * cache,)


def all_masks(n: int, *, keep: float) -> tuple[FloatArray, FloatArray]:
    r"""Every classic mask of n units with its probability.

    .. math::
        P(\delta) = p^{\sum_i \delta_i} (1 - p)^{n - \sum_i \delta_i}

    Parameters
    ----------
    n : int from 0 to 20
        Units.
    keep : float in (0, 1]
        Chance p that a unit stays.

    Returns
    -------
    masks : ndarray of shape (2**n, n)
        Zeros and ones.
    probabilities : ndarray of shape (2**n,)
        They add up to 1.

    Raises
    ------
    ValueError
        If n is out of range or keep outside (0, 1].
    """
    if not 0 <= n <= MOST_UNITS or n != int(n):
        raise ValueError(f"2**n masks are enumerated for n from 0 to {MOST_UNITS}, got n = {n}")
    p = check_keep(keep)
    masks = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(float)
    kept = masks.sum(axis=1)
    return masks, p**kept * (1 - p) ** (n - kept)


class Ensemble(NamedTuple):
    """What every thinned network says of one input.

    Parameters
    ----------
    scores : ndarray of shape (networks, units)
        Before the last activation.
    outputs : ndarray of shape (networks, units)
        After it.
    probabilities : ndarray of shape (networks,)
        Of each network.
    """

    scores: FloatArray
    outputs: FloatArray
    probabilities: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Expected output of the ensemble."""
        return self.probabilities @ self.outputs

    @property
    def mean_score(self) -> FloatArray:
        """Expected score."""
        return self.probabilities @ self.scores


def thinned_networks(x: Any, weights: Sequence[Any], *, keep: float, activation: Any = sigmoid) -> Ensemble:
    """Run every thinned network of a small one: masks on the inputs of each layer, as in classic dropout.

    Parameters
    ----------
    x : array_like of shape (n,)
        One input.
    weights : sequence of (W, b)
        Of each layer; W has shape (n_in, n_out).
    keep : float in (0, 1]
        Chance p that an input or a hidden unit stays.
    activation : callable
        Of every unit.

    Returns
    -------
    Ensemble
        One row for each of the ``2**n`` networks, n the number of inputs and hidden units.

    Raises
    ------
    ValueError
        If n is above 20, keep outside (0, 1], there is no layer, or the shape of x or of a layer does not fit.
    """
    if not len(weights):
        raise ValueError("weights must hold (W, b) of at least one layer, got none")
    _check_chain(x, weights)
    widths = [len(W) for W, _ in weights]
    masks, probabilities = all_masks(sum(widths), keep=keep)
    a = np.broadcast_to(np.asarray(x, float), (len(masks), widths[0]))
    scores = a
    for (W, b), mask in zip(weights, np.split(masks, np.cumsum(widths)[:-1], axis=1), strict=True):
        scores = (a * mask) @ W + b
        a = activation(scores)
    return Ensemble(scores, a, probabilities)


def scaled_pass(x: Any, weights: Sequence[Any], *, keep: float, activation: Any = sigmoid) -> FloatArray:
    """Run the whole network once with p times its weights: what classic dropout does at test time.

    Parameters
    ----------
    x : array_like of shape (..., n)
        Inputs.
    weights : sequence of (W, b)
        As in `thinned_networks`.
    keep : float in (0, 1]
        Chance p that a unit stays.
    activation : callable
        Of every unit.

    Returns
    -------
    ndarray of shape (..., units)
        The mean of the ensemble where every unit is linear; its NWGM where there is one layer of logistic units; near
        both elsewhere.

    Raises
    ------
    ValueError
        If keep is outside (0, 1], or the shape of x or of a layer does not fit.
    """
    _check_chain(x, weights, batch=True)
    p, a = check_keep(keep), np.asarray(x, float)
    for W, b in weights:
        a = activation(p * a @ W + b)
    return a


def nwgm(outputs: FloatArray, probabilities: FloatArray) -> FloatArray:
    r"""Normalized weighted geometric mean of probabilities.

    .. math::
        G = \prod_i O_i^{P_i}, \qquad G' = \prod_i (1 - O_i)^{P_i}, \qquad \mathrm{NWGM} = \frac{G}{G + G'}

    Parameters
    ----------
    outputs : ndarray of shape (networks, units)
        Between 0 and 1.
    probabilities : ndarray of shape (networks,)
        Of each network.

    Returns
    -------
    ndarray of shape (units,)
        Of logistic units it is sigmoid(expected score), at any depth; nan where one network says exactly 0 and another
        exactly 1.

    Raises
    ------
    ValueError
        If a shape does not fit or an output is no number from 0 to 1.

    References
    ----------
    P. Baldi and P. Sadowski, "The dropout learning algorithm", Artificial Intelligence 210 (2014), 78-122, section 4.
    """
    outputs, probabilities = np.asarray(outputs, float), np.asarray(probabilities, float)
    if probabilities.ndim != 1 or outputs.shape[:1] != probabilities.shape:
        raise ValueError(
            f"expected outputs of shape (networks, units) and probabilities of shape (networks,), "
            f"got {outputs.shape} and {probabilities.shape}"
        )
    if not ((outputs >= 0) & (outputs <= 1)).all():
        raise ValueError(f"outputs must be from 0 to 1, got {outputs.min():g} to {outputs.max():g}")
    outputs, probabilities = outputs[probabilities > 0], probabilities[probabilities > 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        G = np.exp(probabilities @ np.log(outputs))
        G_complement = np.exp(probabilities @ np.log1p(-outputs))
        return np.asarray(G / (G + G_complement))


def _check_chain(x: Any, weights: Sequence[Any], *, batch: bool = False) -> None:
    """Refuse layers of which one does not take what the one before gives."""
    shape, width = np.shape(x), np.shape(x)[-1:]
    if not shape or (len(shape) > 1 and not batch):
        raise ValueError(f"x must be one input of shape (n,), got shape {shape}")
    for i, (W, b) in enumerate(weights):
        if np.ndim(W) != 2 or np.shape(W)[:1] != width or np.shape(b) != np.shape(W)[1:]:
            raise ValueError(
                f"layer {i} gets {width[0]} inputs, so it needs W of shape ({width[0]}, n) and b of shape (n,), "
                f"got {np.shape(W)} and {np.shape(b)}"
            )
        width = np.shape(b)
