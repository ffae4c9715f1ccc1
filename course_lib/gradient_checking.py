"""Compare a gradient with central differences of its loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.network import Network


def gradient_check(
    network: Network, x: Any, y: Any, *, epsilon: float = 1e-5, training: bool = True, seed: int = 0
) -> dict[str, float]:
    r"""Relative error of a network's gradient, block by block.

    .. math::
        \frac{\lVert g - \hat{g} \rVert}{\lVert g \rVert + \lVert \hat{g} \rVert}, \qquad
        \hat{g}_i = \frac{J(\theta + \epsilon e_i) - J(\theta - \epsilon e_i)}{2 \epsilon}

    Parameters
    ----------
    network : Network
        Of float64; its theta and its state are not changed.
    x, y : array_like
        A small batch, as in `Network.loss_and_grad`.
    epsilon : float > 0
        Half the distance of the two points; 1e-5 balances truncation and rounding.
    training : bool
        Whether the gradient of training mode is checked, or that of inference mode.
    seed : int
        Every evaluation draws the masks of dropout from this seed, so all see the same.

    Returns
    -------
    dict of str to float
        The error of each weight and bias by name; below 1e-7 is good, above 1e-4 is a bug (or a kink). A block in which
        both gradients are smaller than the rounding of the differences counts as 0: a bias before batch norm.

    Raises
    ------
    TypeError
        If the network is not of float64, where differences drown in rounding.
    ValueError
        If epsilon is not positive and finite.
    """
    if network.theta.dtype != np.float64:
        raise TypeError(f"gradient_check needs a network of float64, got {network.theta.dtype}")
    if not 0 < epsilon < np.inf:
        raise ValueError(f"epsilon must be positive and finite, got {epsilon}")

    def loss(at: Any) -> float:
        return network.loss(x, y, at=at, training=training, rng=np.random.default_rng(seed))

    J, g = network.loss_and_grad(x, y, training=training, rng=np.random.default_rng(seed))
    g = g.copy()
    estimate = np.empty_like(g)
    at = network.theta.copy()
    for i, value in enumerate(network.theta):
        at[i] = value + epsilon
        above = loss(at)
        at[i] = value - epsilon
        below = loss(at)
        at[i] = value
        estimate[i] = (above - below) / (2 * epsilon)
    rounding = 100 * np.finfo(float).eps * max(abs(J), 1.0) / epsilon
    return {name: _relative_error(g[where], estimate[where], rounding) for name, (where, _) in network.blocks.items()}


def _relative_error(a: Any, b: Any, rounding: float) -> float:
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size > rounding * np.sqrt(len(a)) else 0.0
