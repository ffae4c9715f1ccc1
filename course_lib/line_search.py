"""How far to go along a direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from course_lib.objective import Objective as Objective
from course_lib.objective import as_objective as as_objective
from course_lib.rule import FloatArray, nearest


class Found(NamedTuple):
    """What a line search found.

    Parameters
    ----------
    step : float
        How many times the direction to go; 0 where the search gave up.
    words : str
        Why it gave up; empty where it did not.
    """

    step: float
    words: str = ""


def full_step(f: Any, theta: FloatArray, direction: FloatArray) -> Found:
    """Take the direction as it is; arguments as those of `armijo`."""
    return Found(1.0)


def exact(f: Any, theta: FloatArray, direction: FloatArray) -> Found:
    r"""Go to the minimum along the direction, which is where it would be if the function were quadratic.

    .. math::
        \eta = - \frac{g^\top d}{d^\top H d}

    Parameters
    ----------
    f : Surface or Objective
        What is minimized.
    theta : array_like of shape (n,)
        Where the search starts.
    direction : array_like of shape (n,)
        :math:`d`.

    Returns
    -------
    Found
        The step; 0 with words if the function does not curve upwards along the direction.
    """
    f, theta, direction = _asked(f, theta, direction)
    slope, words = _slope(f, theta, direction)
    if words:
        return Found(0.0, words)
    curvature = float(direction @ f.product(theta, direction))
    if not curvature > 0:
        return Found(0.0, f"no minimum along this direction: the curvature is {curvature:.3g}, expected more than 0")
    return Found(-slope / curvature)


def golden_section(f: Any, theta: FloatArray, direction: FloatArray) -> Found:
    r"""Go to a minimum along the line, whatever the function: bracket it, then divide by the golden ratio.

    Parameters
    ----------
    f : Surface, Objective or callable
        What is minimized; values are all that is asked for.
    theta : array_like of shape (n,)
        Where the search starts.
    direction : array_like of shape (n,)
        :math:`d`; it may lead up, for both sides are looked at.

    Returns
    -------
    Found
        The step, right to about the root of the rounding: values tell no more. It is 0 where nothing lower is found, and 0
        with words where the value falls without end.

    References
    ----------
    J. Kiefer (1953), Sequential minimax search for a maximum, Proceedings of the AMS 4(3), 502-506,
    doi:10.1090/S0002-9939-1953-0055639-3.
    """
    f, theta, direction = _asked(f, theta, direction)

    def phi(step: float) -> float:
        return f.value(theta + step * direction)

    start, h = phi(0.0), 1.0
    side = 1.0 if phi(h) < start else -1.0
    if phi(side * h) < start:
        while phi(side * 2 * h) < phi(side * h):
            h *= 2
            if h > 1e30:
                return Found(0.0, "the value falls without end")
        low, high = sorted((0.0 if h == 1.0 else side * h / 2, side * 2 * h))
    else:
        low, high = -h, h
    best = _divided(phi, low, high)
    return Found(best if phi(best) < start else 0.0)


def armijo(f: Any, theta: FloatArray, direction: FloatArray, *, c_1: float = 1e-4, shrink: float = 0.5) -> Found:
    r"""Shorten the direction until the value has fallen enough.

    .. math::
        J(\theta + \eta d) \le J(\theta) + c_1 \eta g^\top d

    Parameters
    ----------
    f : Surface or Objective
        What is minimized.
    theta : array_like of shape (n,)
        Where the search starts.
    direction : array_like of shape (n,)
        :math:`d`.
    c_1 : float in (0, 1)
        Share of the fall that the slope promises.
    shrink : float in (0, 1)
        Factor between two tries; the first is 1.

    Returns
    -------
    Found
        The step; 0 with words if the direction does not lead down.

    References
    ----------
    J. Nocedal and S. Wright (2006), Numerical Optimization, algorithm 3.1.
    """
    _check_shares(c_1=c_1, shrink=shrink)
    f, theta, direction = _asked(f, theta, direction)
    slope, words = _slope(f, theta, direction)
    start, step = _with_slack(f.value(theta), slope), 1.0
    while not words:
        if f.value(theta + step * direction) <= start + c_1 * step * slope:
            return Found(step)
        step *= shrink
        if (theta + step * direction == theta).all():
            words = "no step along this direction lowers the value: rounding, or a gradient that does not fit"
    return Found(0.0, words)


def wolfe(f: Any, theta: FloatArray, direction: FloatArray, *, c_1: float = 1e-4, c_2: float = 0.9) -> Found:
    r"""Find a step by bisection that lowers the value enough and leaves little slope along the direction.

    .. math::
        J(\theta + \eta d) \le J(\theta) + c_1 \eta g^\top d, \quad
        \left| \nabla J(\theta + \eta d)^\top d \right| \le c_2 \left| g^\top d \right|

    Parameters
    ----------
    f : Surface or Objective
        What is minimized.
    theta : array_like of shape (n,)
        Where the search starts.
    direction : array_like of shape (n,)
        :math:`d`.
    c_1, c_2 : float
        With 0 < c_1 < c_2 < 1.

    Returns
    -------
    Found
        The step; 0 with words if the direction does not lead down or the value falls without end.

    References
    ----------
    J. Nocedal and S. Wright (2006), Numerical Optimization, equations 3.7 (the strong Wolfe conditions).
    """
    _check_shares(c_1=c_1, c_2=c_2)
    if c_1 >= c_2:
        raise ValueError(f"expected c_1 < c_2, got {c_1:g} and {c_2:g}")
    f, theta, direction = _asked(f, theta, direction)
    slope, words = _slope(f, theta, direction)
    if words:
        return Found(0.0, words)
    start, low, high, step = _with_slack(f.value(theta), slope), 0.0, np.inf, 1.0
    for _ in range(100):
        point = theta + step * direction
        if not f.value(point) <= start + c_1 * step * slope:
            high = step
        else:
            now = float(f.gradient(point) @ direction)
            if abs(now) <= c_2 * abs(slope):
                return Found(step)
            low, high = (step, high) if now < 0 else (low, step)
        step = (low + high) / 2 if high < np.inf else 2 * step
    if high == np.inf:
        return Found(0.0, "the value falls without end along this direction")
    return Found(low, "" if low > 0 else "no step along this direction lowers the value: rounding, or a wrong gradient")


SEARCHES: dict[str, Callable[..., Found]] = {
    "full": full_step,
    "exact": exact,
    "golden": golden_section,
    "armijo": armijo,
    "wolfe": wolfe,
}
"""Line searches by name."""


def as_search(search: Any) -> Callable[..., Found]:
    """Return a line search itself, or the one of that name.

    Parameters
    ----------
    search : str or callable
        A name in `SEARCHES`, or a function like `armijo`.

    Returns
    -------
    callable
        The search.

    Raises
    ------
    LookupError
        If no search has that name.
    """
    if callable(search):
        return search
    if search not in SEARCHES:
        raise LookupError(f"no line search is called {search!r}; {nearest(str(search), SEARCHES)}")
    return SEARCHES[search]


def _divided(phi: Callable[[float], float], low: float, high: float) -> float:
    """Shrink an interval to the minimum inside it."""
    ratio = float(np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = phi(left), phi(right)
    while high - low > 1e-11 * (abs(low) + abs(high)) + np.finfo(float).tiny:  # the latter where it closes in on 0
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = phi(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = phi(right)
    return (low + high) / 2


def _asked(f: Any, theta: Any, direction: Any) -> tuple[Objective, FloatArray, FloatArray]:
    theta, direction = np.asarray(theta, float), np.asarray(direction, float)
    if theta.ndim != 1 or theta.shape != direction.shape:
        raise ValueError(f"theta and direction must have one shape (n,), got {theta.shape} and {direction.shape}")
    return f if isinstance(f, Objective) else as_objective(f), theta, direction


def _slope(f: Objective, theta: FloatArray, direction: FloatArray) -> tuple[float, str]:
    slope = float(f.gradient(theta) @ direction)
    if slope < 0:
        return slope, ""
    return slope, f"not a descent direction: the slope along it is {slope:.3g}, expected less than 0"


def _with_slack(value: float, slope: float) -> float:
    """Leave room for rounding where the slope promises so little that the value no longer tells a good step from a bad one."""
    return value + (4 * np.finfo(float).eps * abs(value) if abs(slope) <= 1e-10 * abs(value) else 0.0)


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 < share < 1:
            raise ValueError(f"{name} must be between 0 and 1, got {share:g}")
