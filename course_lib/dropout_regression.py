"""What dropout on the inputs does to one linear unit, to linear regression and to one logistic unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.activations import sigmoid
from course_lib.dropout import all_masks, check_keep
from course_lib.rule import FloatArray


def linear_expected_error(w: Any, x: Any, y: float, *, keep: float) -> tuple[float, float]:
    r"""Expected squared error of a linear unit under classic dropout, in its two parts.

    .. math::
        \mathrm{E}\, (y - \textstyle\sum_i \delta_i w_i x_i)^2
        = (y - p \textstyle\sum_i w_i x_i)^2 + p (1 - p) \textstyle\sum_i w_i^2 x_i^2

    Parameters
    ----------
    w, x : array_like of shape (n,)
        Weights and one input.
    y : float
        What is wanted.
    keep : float in (0, 1]
        Chance p that an input stays.

    Returns
    -------
    ensemble, variance : float
        The error of the mean network and the variance of the thinned ones; their sum is the expected error.

    Raises
    ------
    ValueError
        If keep is outside (0, 1] or the shapes do not fit.
    """
    w, x, p = _unit(w, x, keep)
    return float((y - p * (w @ x)) ** 2), float(p * (1 - p) * np.sum((w * x) ** 2))


def linear_expected_gradient(w: Any, x: Any, y: float, *, keep: float) -> FloatArray:
    r"""Gradient of `linear_expected_error` by the weights: that of the ensemble and an adaptive weight decay.

    .. math::
        -2 p\, x_i \bigl(y - p \textstyle\sum_j w_j x_j\bigr) + 2 p (1 - p)\, x_i^2 w_i

    Parameters
    ----------
    w, x : array_like of shape (n,)
        Weights and one input.
    y : float
        What is wanted.
    keep : float in (0, 1]
        Chance p that an input stays.

    Returns
    -------
    ndarray of shape (n,)
        The expected gradient.

    Raises
    ------
    ValueError
        If keep is outside (0, 1] or the shapes do not fit.
    """
    w, x, p = _unit(w, x, keep)
    return -2 * p * x * (y - p * (w @ x)) + 2 * p * (1 - p) * x**2 * w


def dropout_ridge(X: FloatArray, y: FloatArray, *, keep: float) -> FloatArray:
    r"""Weights that minimize the expected squared error of linear regression under dropout, in closed form.

    .. math::
        \min_w \lVert y - p X w \rVert^2 + p (1 - p) \lVert \Gamma w \rVert^2, \qquad
        \Gamma = \operatorname{diag}(X^\top X)^{1/2}

    Parameters
    ----------
    X : ndarray of shape (m, n)
        Inputs.
    y : ndarray of shape (m,)
        What is wanted.
    keep : float in (0, 1]
        Chance p that an input stays.

    Returns
    -------
    ndarray of shape (n,)
        The scaled weights :math:`\tilde{w} = p w`, which the test-time network uses: those of ridge regression with
        :math:`\lambda = (1 - p)/p` and the penalty :math:`\lVert \Gamma \tilde{w} \rVert^2`. The shortest ones where
        several are as good.

    Raises
    ------
    ValueError
        If keep is outside (0, 1], the shapes do not fit or a number is not finite.

    References
    ----------
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014), section 9.1.
    """
    p = check_keep(keep)
    X, y = np.asarray(X, float), np.asarray(y, float)
    if X.ndim != 2 or y.shape != (len(X),):
        raise ValueError(f"expected X of shape (m, n) and y of shape (m,), got {X.shape} and {y.shape}")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("X and y must be finite, got nan or inf")
    gamma = np.sqrt((X**2).sum(axis=0))
    longer = np.vstack([X, np.diag(np.sqrt((1 - p) / p) * gamma)])
    return np.linalg.lstsq(longer, np.concatenate([y, np.zeros(X.shape[1])]), rcond=None)[0]


def logistic_expected_gradient(w: Any, x: Any, y: float, *, keep: float) -> FloatArray:
    r"""Expected gradient of a logistic unit's cross-entropy under classic dropout, over all masks.

    .. math::
        \mathrm{E}\, \bigl(\sigma(\textstyle\sum_j \delta_j w_j x_j) - y\bigr)\, \delta_i x_i

    Parameters
    ----------
    w, x : array_like of shape (n,)
        Weights and one input, n at most 20.
    y : float in [0, 1]
        What is wanted.
    keep : float in (0, 1]
        Chance p that an input stays.

    Returns
    -------
    ndarray of shape (n,)
        Exact.

    Raises
    ------
    ValueError
        If n is above 20, keep outside (0, 1] or the shapes do not fit.
    """
    w, x, _ = _unit(w, x, keep)
    masks, probabilities = all_masks(len(w), keep=keep)
    surprise = sigmoid(masks @ (w * x)) - y
    return (probabilities * surprise) @ masks * x


def logistic_approximate_gradient(w: Any, x: Any, y: float, *, keep: float) -> FloatArray:
    r"""Gradient of the ensemble plus an adaptive weight decay, to which `logistic_expected_gradient` is near.

    .. math::
        p\, x_i (\sigma(p z) - y) + p (1 - p)\, \sigma'(p z)\, x_i^2 w_i, \qquad z = \textstyle\sum_j w_j x_j

    Parameters
    ----------
    w, x : array_like of shape (n,)
        Weights and one input.
    y : float in [0, 1]
        What is wanted.
    keep : float in (0, 1]
        Chance p that an input stays.

    Returns
    -------
    ndarray of shape (n,)
        What is left out is of third order in w.

    Raises
    ------
    ValueError
        If keep is outside (0, 1] or the shapes do not fit.

    References
    ----------
    P. Baldi and P. Sadowski, "Understanding dropout", NIPS 2013, section 5.
    """
    w, x, p = _unit(w, x, keep)
    o = sigmoid(p * (w @ x))
    return p * x * (o - y) + p * (1 - p) * o * (1 - o) * x**2 * w


def _unit(w: Any, x: Any, keep: float) -> tuple[FloatArray, FloatArray, float]:
    if np.ndim(w) != 1 or np.shape(w) != np.shape(x):
        raise ValueError(f"expected w and x of one shape (n,), got {np.shape(w)} and {np.shape(x)}")
    return np.asarray(w, float), np.asarray(x, float), check_keep(keep)
