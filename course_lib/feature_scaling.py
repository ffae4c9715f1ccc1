"""Scalings of the inputs: each is fitted to training data and is then a frozen record that any data go through and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.rule import FloatArray


@dataclass(frozen=True)
class Scaling:
    """An affine map of every feature by itself: ``(x - center) / width + low``.

    Parameters
    ----------
    center, width : ndarray of shape (n,)
        What the training data gave; a feature that is constant, up to rounding, has width 1.
    low : float
        What the center is mapped to.
    """

    center: FloatArray
    width: FloatArray
    low: float = 0.0

    def apply(self, x: Any) -> FloatArray:
        """Scale data of shape (examples, n)."""
        x = check_data(x, len(self.center))
        return ((x - self.center) / self.width + self.low).astype(x.dtype, copy=False)

    def invert(self, y: Any) -> FloatArray:
        """Scale back what `apply` returned."""
        y = check_data(y, len(self.center))
        return ((y - self.low) * self.width + self.center).astype(y.dtype, copy=False)


@dataclass(frozen=True)
class LogScaling:
    """The logarithm of every feature: ``log(x + offset)``.

    Parameters
    ----------
    offset : ndarray of shape (n,)
        Zero where the training data are positive.
    """

    offset: FloatArray

    def apply(self, x: Any) -> FloatArray:
        """Scale data of shape (examples, n); a ValueError where a value lies so far down that it has no logarithm."""
        x = check_data(x, len(self.offset))
        moved = x + self.offset
        if (moved <= 0).any():
            row, column = np.argwhere(moved <= 0)[0]
            raise ValueError(
                f"log scaling: feature {column} must be above {0 - self.offset[column]:g}, "
                f"got {x[row, column]:g} in row {row}"
            )
        return np.log(moved).astype(x.dtype, copy=False)

    def invert(self, y: Any) -> FloatArray:
        """Scale back what `apply` returned."""
        y = check_data(y, len(self.offset))
        return (np.exp(y) - self.offset).astype(y.dtype, copy=False)


@dataclass(frozen=True)
class Whitening:
    """A linear map after which the features have variance 1 and no correlation: ``(x - mean) @ forward``.

    Parameters
    ----------
    mean : ndarray of shape (n,)
        Of the training data.
    forward, backward : ndarray of shape (n, n)
        The map and its (pseudo-)inverse.
    """

    mean: FloatArray
    forward: FloatArray
    backward: FloatArray

    def apply(self, x: Any) -> FloatArray:
        """Whiten data of shape (examples, n)."""
        x = check_data(x, len(self.mean))
        return ((x - self.mean) @ self.forward).astype(x.dtype, copy=False)

    def invert(self, y: Any) -> FloatArray:
        """Undo `apply`; what the training data never varied in is set to its mean."""
        y = check_data(y, len(self.mean))
        return (y @ self.backward + self.mean).astype(y.dtype, copy=False)


def check_data(x: Any, features: int | None = None) -> FloatArray:
    """Refuse what is not a finite table.

    Parameters
    ----------
    x : array_like of shape (examples, n)
        Data.
    features : int, optional
        The n that is wanted.

    Returns
    -------
    ndarray of shape (examples, n)
        As floats; float32 stays float32.

    Raises
    ------
    ValueError
        If there is no example, the shape is another, or a number is not finite.
    """
    x = np.asarray(x)
    x = x if np.issubdtype(x.dtype, np.floating) else x.astype(float)
    if x.ndim != 2 or 0 in x.shape or (features is not None and x.shape[1] != features):
        raise ValueError(f"x must have shape (examples, {features or 'features'}), got {x.shape}")
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(f"x must be finite, got {x[row, column]} in row {row}, feature {column}")
    return x


def fit_min_max(x: Any, *, low: float = 0.0, high: float = 1.0) -> Scaling:
    r"""Stretch every feature to an interval.

    .. math::
        y = \text{low} + (\text{high} - \text{low}) \frac{x - \min x}{\max x - \min x}

    Parameters
    ----------
    x : array_like of shape (examples, n)
        Training data.
    low, high : float
        Where the smallest and the largest value go; other data may lie outside. A constant feature goes to low.

    Returns
    -------
    Scaling
        To be applied to any data.

    Raises
    ------
    ValueError
        If x is no finite table, or low and high are not finite or not in this order.
    """
    if not -np.inf < low < high < np.inf:
        raise ValueError(f"fit_min_max: low must be below high, both finite, got {low} and {high}")
    x = _training_data(x)
    return Scaling(x.min(axis=0), _width(x, np.ptp(x, axis=0) / (high - low)), low)


def fit_mean_normalization(x: Any) -> Scaling:
    r"""Center every feature and divide by its range.

    .. math::
        y = \frac{x - \bar{x}}{\max x - \min x}

    Parameters
    ----------
    x : array_like of shape (examples, n)
        Training data.

    Returns
    -------
    Scaling
        To be applied to any data; a constant feature goes to 0.

    Raises
    ------
    ValueError
        If x is no finite table.
    """
    x = _training_data(x)
    return Scaling(_center(x), _width(x, np.ptp(x, axis=0)))


def fit_standard(x: Any) -> Scaling:
    r"""Center every feature and divide by its standard deviation.

    .. math::
        y = \frac{x - \bar{x}}{\sigma}, \qquad \sigma^2 = \frac{1}{m} \sum_i (x_i - \bar{x})^2

    Parameters
    ----------
    x : array_like of shape (examples, n)
        Training data.

    Returns
    -------
    Scaling
        To be applied to any data; a constant feature goes to 0.

    Raises
    ------
    ValueError
        If x is no finite table.
    """
    x = _training_data(x)
    center = _center(x)
    size = _width(x, np.abs(x - center).max(axis=0))
    return Scaling(center, _width(x, size * ((x - center) / size).std(axis=0)))  # else squares come to 0 or inf


def fit_log(x: Any) -> LogScaling:
    r"""Take logarithms, for features that are skewed to the right.

    .. math::
        y = \log(x + c), \qquad c = \begin{cases} 0 & \min x > 0 \\ 1 - \min x & \text{else} \end{cases}

    Parameters
    ----------
    x : array_like of shape (examples, n)
        Training data.

    Returns
    -------
    LogScaling
        To be applied to any data above -c.

    Raises
    ------
    ValueError
        If x is no finite table.
    """
    lowest = check_data(x).astype(float).min(axis=0)
    return LogScaling(np.where(lowest > 0, 0.0, 1.0 - lowest))


def fit_whitening(x: Any, *, kind: str = "zca", epsilon: float = 0.0) -> Whitening:
    r"""Make the covariance of the features the identity.

    .. math::
        \Sigma &= \frac{1}{m} \sum_i (x_i - \bar{x})^\top (x_i - \bar{x}) = U \operatorname{diag}(\lambda) U^\top \\
        y &= (x - \bar{x}) U \operatorname{diag}(\lambda + \epsilon)^{-1/2} \quad\text{(PCA)} \\
        y &= (x - \bar{x}) U \operatorname{diag}(\lambda + \epsilon)^{-1/2} U^\top \quad\text{(ZCA)}

    Parameters
    ----------
    x : array_like of shape (examples, n)
        Training data.
    kind : {"zca", "pca"}
        ZCA stays as near to x as a white signal can; PCA gives the principal components, the largest first.
    epsilon : float >= 0
        Added to the eigenvalues, so that directions with hardly any variance are not blown up.

    Returns
    -------
    Whitening
        To be applied to any data. A direction in which the training data do not vary goes to 0.

    Raises
    ------
    ValueError
        If x is no finite table, the kind is unknown or epsilon is negative.

    References
    ----------
    A. Kessy, A. Lewin and K. Strimmer, "Optimal whitening and decorrelation", The American Statistician 72 (2018),
    309-314, arXiv:1512.00809.
    """
    if kind not in ("zca", "pca"):
        raise ValueError(f"fit_whitening: kind must be 'zca' or 'pca', got {kind!r}")
    if not 0 <= epsilon < np.inf:
        raise ValueError(f"fit_whitening: epsilon must be at least 0 and finite, got {epsilon}")
    x = _training_data(x)
    mean = _center(x)
    few = len(x) < x.shape[1]  # only then are there directions that the small decomposition lacks
    _, singular, transposed = np.linalg.svd(x - mean, full_matrices=few)
    variances = np.zeros(x.shape[1])
    variances[: len(singular)] = singular**2 / len(x)
    scale = np.sqrt(variances + epsilon)
    varies = np.sqrt(variances) > np.abs(x).max() * max(x.shape) * np.finfo(float).eps  # more than rounding
    U = transposed.T
    forward = U * np.divide(1.0, scale, out=np.zeros_like(scale), where=varies)
    backward = (U * (scale * varies)).T
    if kind == "zca":
        forward, backward = forward @ U.T, U @ backward
    return Whitening(mean, forward, backward)


def _training_data(x: Any) -> FloatArray:
    """Training data as float64; a feature that varies by rounding alone is made constant, else that would be scaled up.

    scikit-learn's ``StandardScaler`` asks likewise whether a variance is more than its own rounding.
    """
    x = check_data(x)
    low, high = x.min(axis=0), x.max(axis=0)
    rounding = 8 * np.finfo(x.dtype).eps * np.maximum(-low, high)  # of a short sum, as 0.1 + 0.2 beside 0.3
    return np.where(high <= low + rounding, x[0], x).astype(float, copy=False)


def _center(x: FloatArray) -> FloatArray:
    """Mean, and exactly the value where a feature is constant."""
    return np.where(_constant(x), x[0], x.mean(axis=0))


def _width(x: FloatArray, width: FloatArray) -> FloatArray:
    """Width, and 1 where a feature is constant: rounding may leave a tiny width there."""
    return np.where(_constant(x), 1.0, width)


def _constant(x: FloatArray) -> FloatArray:
    return x.min(axis=0) == x.max(axis=0)
