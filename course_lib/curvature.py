"""Curvature of a network's loss along a direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.network import Network
from course_lib.objective import product_by_differences
from course_lib.rule import FloatArray


def hessian_vector_product(
    network: Network, x: Any, y: Any, v: Any, *, at: FloatArray | None = None, training: bool = True, seed: int = 0
) -> FloatArray:
    r"""Hessian times a vector, for the price of two gradients.

    .. math::
        H v \approx \frac{g(\theta + r v) - g(\theta - r v)}{2 r}, \qquad
        r = \sqrt[3]{\varepsilon} \, \frac{1 + \lVert \theta \rVert}{\lVert v \rVert}

    Parameters
    ----------
    network : Network
        Its theta and its state are not changed; its grad is.
    x, y : array_like
        A batch, as in `Network.loss_and_grad`.
    v : array_like of shape (n,)
        The direction.
    at : ndarray of shape (n,), optional
        Where; theta where not given.
    training : bool
        Of the loss in training mode or in inference mode.
    seed : int
        Both gradients draw the masks of dropout from this seed.

    Returns
    -------
    ndarray of shape (n,)
        Right to about :math:`\varepsilon^{2/3} (1 + \lVert \theta \rVert)^2 / 3` of its size (:math:`\varepsilon` is the
        spacing of the numbers), for the error grows with the square of r: in float64 to 2e-10 where theta has length 3 and
        to 1e-8 where it has length 30, in float32 to 1e-4 and to 1e-2. It is worse where the units are saturated, so that
        the product itself is nearly 0. Where a ReLU has its kink within the two points, one of its slopes is counted for both.

    Raises
    ------
    ValueError
        If v has another shape than theta or is not finite.

    References
    ----------
    B. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994), 147-160, eq. (2), names this
    quotient; his exact product costs the same and needs a second pair of functions for every layer.
    """
    theta = network.theta if at is None else at
    v = np.asarray(v, theta.dtype)
    if v.shape != theta.shape or not np.isfinite(v).all():
        raise ValueError(f"v must be finite and have the shape of theta, {theta.shape}, got shape {v.shape}")

    def gradient(point: FloatArray) -> FloatArray:
        rng = np.random.default_rng(seed)
        return network.loss_and_grad(x, y, at=point, training=training, rng=rng)[1].copy()

    return product_by_differences(gradient, theta, v)
