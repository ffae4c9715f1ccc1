"""Compare a gradient with central differences of its loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.network import Network


def gradient_check(network: Network, x: Any, y: Any, *, epsilon: float = 1e-5) -> dict[str, float]:
    r"""Relative error of a network's gradient, block by block.

    .. math::
        \frac{\lVert g - \hat{g} \rVert}{\lVert g \rVert + \lVert \hat{g} \rVert}, \qquad
        \hat{g}_i = \frac{J(\theta + \epsilon e_i) - J(\theta - \epsilon e_i)}{2 \epsilon}

    Parameters
    ----------
    network : Network
        Of float64; its theta is not changed.
    x, y : array_like
        A small batch, as in `Network.loss_and_grad`.
    epsilon : float > 0
        Half the distance of the two points; 1e-5 balances truncation and rounding.

    Returns
    -------
    dict of str to float
        The error of each weight and bias by name; below 1e-7 is good, above 1e-4 is a bug (or a kink).

    Raises
    ------
    TypeError
        If the network is not of float64, where differences drown in rounding.
    ValueError
        If epsilon is not positive.
    """
    if network.theta.dtype != np.float64:
        raise TypeError(f"gradient_check needs a network of float64, got {network.theta.dtype}")
    if not epsilon > 0:
        raise ValueError(f"epsilon must be positive, got {epsilon}")
    g = network.loss_and_grad(x, y)[1].copy()
    estimate = np.empty_like(g)
    at = network.theta.copy()
    for i, value in enumerate(network.theta):
        at[i] = value + epsilon
        above = network.loss(x, y, at=at)
        at[i] = value - epsilon
        below = network.loss(x, y, at=at)
        at[i] = value
        estimate[i] = (above - below) / (2 * epsilon)
    return {name: _relative_error(g[where], estimate[where]) for name, (where, _) in network.blocks.items()}


def _relative_error(a: Any, b: Any) -> float:
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0
