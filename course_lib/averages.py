"""Running averages of a signal, one value at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.hyperparameters import is_number
from course_lib.rule import FloatArray


def cumulative_step(mean, x, n):
    """One step of `cumulative_mean`: the mean of n values from that of n - 1."""
    return mean + (x - mean) / n


def exponential_step(v, x, *, beta):
    """One step of `exponential_average`."""
    return beta * v + (1 - beta) * x


def corrected(v, n, *, beta):
    """Exponentially weighted average of n values, divided by their total weight."""
    return v / (1 - beta**n)


def window_beta(window):
    """Beta of the exponentially weighted average that remembers so many values: the inverse of `window_length`."""
    return (window - 1) / (window + 1)


def cumulative_mean(x: Any) -> FloatArray:
    r"""Mean of all values so far, as a step of size 1/n towards the newest.

    .. math::
        \bar{x}_n = \bar{x}_{n-1} + \frac{1}{n} (x_n - \bar{x}_{n-1})

    Parameters
    ----------
    x : array_like of shape (n, ...)
        The signal, time first.

    Returns
    -------
    ndarray of shape (n, ...)
        The mean after each value, the newest included.

    Raises
    ------
    ValueError
        If there is no value.
    """
    x = _signal(x)
    mean = np.empty_like(x)
    now = np.zeros(x.shape[1:])
    for n, value in enumerate(x, start=1):
        now = cumulative_step(now, value, n)
        mean[n - 1] = now
    return mean


def sliding_mean(x: Any, window: int) -> FloatArray:
    """Mean of the last ``window`` values (the simple moving average).

    Parameters
    ----------
    x : array_like of shape (n, ...)
        The signal, time first.
    window : int >= 1
        How many values count; at the start all that there are.

    Returns
    -------
    ndarray of shape (n, ...)
        The mean after each value, the newest included.

    Raises
    ------
    ValueError
        If the window is no whole number of at least 1 or there is no value.
    """
    x = _signal(x)
    _check_count("window", window)
    return np.array([x[max(0, n - int(window)) : n].mean(axis=0) for n in range(1, len(x) + 1)])


def exponential_average(x: Any, beta: float, *, start: float = 0.0, bias_correction: bool = False) -> FloatArray:
    r"""Exponentially weighted average, which forgets at the rate beta.

    .. math::
        v_n = \beta v_{n-1} + (1 - \beta) x_n

    Parameters
    ----------
    x : array_like of shape (n, ...)
        The signal, time first.
    beta : float in [0, 1)
        Share of the old average that is kept.
    start : float
        :math:`v_0`.
    bias_correction : bool
        Divide by :math:`1 - \beta^n`, the total weight of the values so far; only from a start at zero.

    Returns
    -------
    ndarray of shape (n, ...)
        The average after each value, the newest included.

    Raises
    ------
    ValueError
        If beta is outside [0, 1), or a correction is asked for with another start than zero.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 3, arXiv:1412.6980.
    """
    x = _signal(x)
    _check_beta(beta)
    if bias_correction and start != 0:
        raise ValueError(f"bias correction belongs to an average that starts at 0, got start={start}")
    average = np.empty_like(x)
    now: Any = np.full(x.shape[1:], float(start))
    for n, value in enumerate(x, start=1):
        now = exponential_step(now, value, beta=beta)
        average[n - 1] = corrected(now, n, beta=beta) if bias_correction else now
    return average


def exponential_weights(beta: float, n: int) -> FloatArray:
    r"""Weight of each value in an exponentially weighted average after n values.

    Parameters
    ----------
    beta : float in [0, 1)
        Share of the old average that is kept.
    n : int >= 1
        How many values have come.

    Returns
    -------
    ndarray of shape (n,)
        :math:`(1-\beta)\beta^{n-i}` for i = 1 … n, the newest last; they add up to :math:`1 - \beta^n`.

    Raises
    ------
    ValueError
        If beta is outside [0, 1) or n is no whole number of at least 1.
    """
    _check_beta(beta)
    _check_count("n", n)
    return (1 - beta) * float(beta) ** np.arange(n - 1, -1, -1.0)


def window_length(beta: float) -> float:
    r"""Rule of thumb for how many values an exponentially weighted average remembers.

    Parameters
    ----------
    beta : float in [0, 1)
        Share of the old average that is kept.

    Returns
    -------
    float
        :math:`(1 + \beta) / (1 - \beta)`: a sliding mean of that many values has the same variance on white noise.

    Raises
    ------
    ValueError
        If beta is outside [0, 1).
    """
    _check_beta(beta)
    return (1 + beta) / (1 - beta)


def window_weight(beta: float, window: float) -> float:
    r"""Share of the total weight that the newest values hold.

    Parameters
    ----------
    beta : float in [0, 1)
        Share of the old average that is kept.
    window : float >= 0
        How many of the newest values.

    Returns
    -------
    float
        :math:`1 - \beta^N`, after infinitely many values.

    Raises
    ------
    ValueError
        If beta is outside [0, 1) or the window is negative.
    """
    _check_beta(beta)
    if window < 0:
        raise ValueError(f"window must not be negative, got {window}")
    return 1 - float(beta) ** window


class PathAverage:
    r"""Running average of a vector that steps change in place, such as the parameters of a network.

    .. math::
        \bar\theta_n = \bar\theta_{n-1} + \frac{1}{n} (\theta_n - \bar\theta_{n-1})
        \quad\text{or}\quad
        \bar\theta_n = \beta \bar\theta_{n-1} + (1 - \beta) \theta_n
        \quad\text{or}\quad
        \bar\theta_n = \bar\theta_{n-1} + \frac{1 - \beta}{1 - \beta^n} (\theta_n - \bar\theta_{n-1})

    Parameters
    ----------
    theta : ndarray of shape (n,)
        The vector; it is only read.
    beta : float in [0, 1), optional
        Share of the old average that is kept. Where not given, all points count alike (Polyak and Ruppert).
    bias_correction : bool
        Whether the weights fall geometrically from the newest point to the first one too: the third form. Without it, as in
        the second, the first point keeps the weight of all that might have come before it.

    Raises
    ------
    TypeError
        If theta is no array of floats.
    ValueError
        If beta is outside [0, 1), or a correction is asked for without beta.

    Attributes
    ----------
    theta : ndarray of shape (n,)
        The average; what theta was when this was made, until the first `update`.
    n : int
        Points that have come.

    Notes
    -----
    The first point that comes is the average, as in Keras's ``use_ema``. The corrected form is the average that starts at
    zero over its total weight, :math:`1 - \beta^n`, as the paper of Adam has it; it too is the first point at first. To
    leave out the way to the minimum, begin to call `update` later.

    References
    ----------
    B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal on Control and
    Optimization 30(4) (1992), 838-855, eq. (2), doi:10.1137/0330046; D. Ruppert, "Efficient estimations from a slowly
    convergent Robbins-Monro process", Cornell University 1988; D. P. Kingma and J. Ba, "Adam: a method for stochastic
    optimization", ICLR 2015, section 7.2 (the corrected form), arXiv:1412.6980.

    Examples
    --------
    >>> theta = np.array([1.0])
    >>> average = PathAverage(theta)
    >>> for value in (4.0, 6.0):
    ...     theta[:] = value
    ...     average.update()
    >>> average.theta
    array([5.])
    """

    def __init__(self, theta: FloatArray, *, beta: float | None = None, bias_correction: bool = False):
        if not isinstance(theta, np.ndarray) or not np.issubdtype(theta.dtype, np.floating):
            what = f"an array of {theta.dtype}" if isinstance(theta, np.ndarray) else type(theta).__name__
            raise TypeError(f"theta must be the array of floats that the steps change, got {what}")
        if beta is not None:
            _check_beta(beta)
        elif bias_correction:
            raise ValueError("bias correction belongs to an average that forgets: give beta")
        self.theta, self.n = theta.copy(), 0
        self._followed, self._beta, self._corrects = theta, beta, bias_correction

    def update(self) -> None:
        """Take theta as it is now into the average."""
        self.n += 1
        if self.n == 1:
            self.theta[...] = self._followed
        elif self._beta is None:
            self.theta[...] = cumulative_step(self.theta, self._followed, self.n)
        else:
            kept = 1 - (1 - self._beta) / (1 - self._beta**self.n) if self._corrects else self._beta
            self.theta[...] = exponential_step(self.theta, self._followed, beta=kept)


def average_path(path: Any, *, beta: float | None = None, bias_correction: bool = False) -> FloatArray:
    """Average of all points of a path so far, as `PathAverage` takes it.

    Parameters
    ----------
    path : array_like of shape (steps + 1, ..., n)
        As `course_lib.descend` gives it; cut off what shall not count.
    beta : float in [0, 1), optional
        Share of the old average that is kept; without it all points count alike.
    bias_correction : bool
        As in `PathAverage`.

    Returns
    -------
    ndarray of shape (steps + 1, ..., n)
        The path of the average.

    Raises
    ------
    ValueError
        If there is no point, beta is outside [0, 1), or a correction is asked for without beta.
    """
    path = _signal(path)
    now = np.empty_like(path[0])
    average, averages = PathAverage(now, beta=beta, bias_correction=bias_correction), np.empty_like(path)
    for i, point in enumerate(path):
        now[...] = point
        average.update()
        averages[i] = average.theta
    return averages


def _signal(x: Any) -> FloatArray:
    x = np.asarray(x, float)
    if x.ndim == 0 or not len(x):
        raise ValueError(f"expected a signal with at least one value along its first axis, got shape {x.shape}")
    return x


def _check_beta(beta: float) -> None:
    if not (is_number(beta) and 0 <= beta < 1):
        raise ValueError(f"beta must be in [0, 1), got {beta!r}")


def _check_count(name: str, count: float) -> None:
    if not isinstance(count, int | float | np.number) or not (1 <= count < np.inf and count == np.floor(count)):
        raise ValueError(f"{name} must be a whole number of at least 1, got {count}")
