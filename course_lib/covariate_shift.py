"""How the inputs of a layer change because the layers below it learn, measured two ways; and noise that makes them change."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from course_lib.layers import Layer
from course_lib.network import Network
from course_lib.rule import FloatArray


class Moments(NamedTuple):
    """Mean and standard deviation of each unit of a layer, over a batch.

    Parameters
    ----------
    mean, deviation : ndarray of shape (n,)
        Of the numbers that the unit puts out.
    """

    mean: FloatArray
    deviation: FloatArray


def unit_moments(network: Network, x: Any, layer: int, *, rng: np.random.Generator | None = None) -> Moments:
    """Measure what the units of one layer put out for a batch, in training mode.

    Parameters
    ----------
    network : Network
        Not changed.
    x : array_like of shape (batch, n_in)
        A batch.
    layer : int
        Number of the layer, from 0; negative ones count from the end.
    rng : numpy.random.Generator, optional
        Source of noise and masks; one with a fixed seed where not given.

    Returns
    -------
    Moments
        Of its units.

    Raises
    ------
    IndexError
        If there is no such layer.
    ValueError
        If x is none of the network's inputs.
    """
    i = range(len(network.layers))[layer]
    seen: list[FloatArray] = []

    def watch(direction: str, at: int, array: FloatArray) -> None:
        if at == i:
            seen.append(array)

    network.forward(x, training=True, rng=np.random.default_rng(0) if rng is None else rng, watch=watch)
    return Moments(seen[0].mean(axis=0, dtype=float), seen[0].std(axis=0, dtype=float))


def moments_moved(before: Moments, after: Moments) -> float:
    r"""How far the distribution of a layer's units has moved, in standard deviations, on the mean over the units.

    .. math::
        \frac{1}{n} \sum_j \frac{1}{\sigma_j} \sqrt{(\mu_j' - \mu_j)^2 + (\sigma_j' - \sigma_j)^2}

    Parameters
    ----------
    before, after : Moments
        Of the same units.

    Returns
    -------
    float
        The root is the Wasserstein distance of two normal distributions; a unit that did not vary before is left out.
    """
    moved = np.hypot(after.mean - before.mean, after.deviation - before.deviation)
    varied = before.deviation > 0
    return float(np.mean(moved[varied] / before.deviation[varied])) if varied.any() else 0.0


class GradientShift(NamedTuple):
    """What the steps of the layers below do to the gradient of a weight matrix.

    Parameters
    ----------
    layers : list of str
        Names of the matrices, the first layer first.
    distance : list of float
        Of the gradient after their step from the gradient before, by the length of the latter.
    cosine : list of float
        Of the angle between the two.
    """

    layers: list[str]
    distance: list[float]
    cosine: list[float]


def gradient_shift(network: Network, x: Any, y: Any, *, learning_rate: float) -> GradientShift:
    r"""Compare the gradient that each matrix moves by with the one that it would want once the layers below have moved.

    .. math::
        G_i &= \nabla_{W_i} J(W_1, \dots, W_L) \\
        G_i' &= \nabla_{W_i} J(W_1 - \eta G_1, \dots, W_{i-1} - \eta G_{i-1}, W_i, \dots, W_L)

    Parameters
    ----------
    network : Network
        Its theta and its state are not changed; its grad is.
    x, y : array_like
        A batch, as in `Network.loss_and_grad`.
    learning_rate : float
        Of the step of gradient descent that the layers below take.

    Returns
    -------
    GradientShift
        Distance and cosine of the two; the first matrix has nothing below it.

    Raises
    ------
    ValueError
        As `Network.loss_and_grad`.

    References
    ----------
    S. Santurkar, D. Tsipras, A. Ilyas and A. Madry, "How does batch normalization help optimization?", NeurIPS 2018,
    Definition 2.1, arXiv:1805.11604.
    """

    def gradient(at: FloatArray) -> FloatArray:
        return network.loss_and_grad(x, y, at=at, rng=np.random.default_rng(0))[1].copy()

    g = gradient(network.theta)
    found = GradientShift([], [], [])
    for name, (where, _) in network.blocks.items():
        if not name.endswith(".W"):
            continue
        moved = network.theta.copy()
        moved[: where.start] -= (learning_rate * g[: where.start]).astype(moved.dtype)
        a, b = g[where].astype(float), gradient(moved)[where].astype(float)
        lengths = np.linalg.norm(a), np.linalg.norm(b)
        found.layers.append(name)
        found.distance.append(float(np.linalg.norm(a - b) / lengths[0]))
        found.cosine.append(float(a @ b / (lengths[0] * lengths[1])))
    return found


def RestlessNoise(*, shift: float, scale: float) -> Layer:
    r"""Give every unit another mean and another spread in every batch; nothing at inference.

    .. math::
        y_{ij} = a_j x_{ij} + c_j, \qquad a_j \sim U(1 - \text{scale}, 1 + \text{scale}), \quad
        c_j \sim U(-\text{shift}, \text{shift})

    Parameters
    ----------
    shift : float >= 0
        The most that is added.
    scale : float in [0, 1)
        The most by which the spread grows or shrinks.

    Returns
    -------
    Layer
        In training mode its network wants ``rng=``.

    Raises
    ------
    ValueError
        If shift or scale is out of range.

    Notes
    -----
    Santurkar et al. add noise of such a random mean and variance to each example apart; here all examples of a batch get the
    same, so that only the distribution moves and no information is lost.
    """
    if not 0 <= shift < np.inf or not 0 <= scale < 1:
        raise ValueError(f"RestlessNoise: expected shift >= 0 and scale in [0, 1), got {shift} and {scale}")
    hyper: dict[str, Any] = {"shift": float(shift), "scale": float(scale)}
    return Layer("restless_noise", partial(_restless, **hyper), _restless_backward, two_modes=True, hyper=hyper)


def _restless(x: FloatArray, *, training: bool, rng: Any, shift: float, scale: float) -> tuple[FloatArray, Any]:
    if not training:
        return x, 1.0
    if rng is None:
        raise ValueError("noise is drawn in training mode: give rng=, for example np.random.default_rng(0)")
    a, c = rng.uniform([[1 - scale], [-shift]], [[1 + scale], [shift]], size=(2, x.shape[1])).astype(x.dtype)
    return a * x + c, a


def _restless_backward(dy: FloatArray, cache: Any) -> tuple[FloatArray]:
    return (dy * cache,)
