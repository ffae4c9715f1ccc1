"""How far to go along a direction, and the function that is asked, with a count of what was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from course_lib.rule import FloatArray, nearest
from course_lib.surface import Surface

Function = Callable[[FloatArray], Any]
KINDS = ("value", "gradient", "hessian", "product")


class Objective:
    """A function to be minimized, with its derivatives; it counts how often each is computed.

    Asked twice in a row at the same point it computes once.

    Parameters
    ----------
    value : callable
        From a point of shape ``(n,)`` to a number.
    gradient : callable, optional
        To an array of shape ``(n,)``.
    hessian : callable, optional
        To an array of shape ``(n, n)``.
    product : callable, optional
        From a point and a direction to the Hessian times the direction. Where it is missing the Hessian is used, and where
        that is missing, the difference of two gradients.

    Attributes
    ----------
    evaluations : dict of str to int
        How often value, gradient, Hessian and product were computed.
    """

    def __init__(
        self,
        value: Function,
        gradient: Function | None = None,
        hessian: Function | None = None,
        product: Callable[[FloatArray, FloatArray], Any] | None = None,
    ):
        self.functions: dict[str, Callable[..., Any] | None] = {
            "value": value,
            "gradient": gradient,
            "hessian": hessian,
            "product": product,
        }
        self.evaluations = dict.fromkeys(KINDS, 0)
        self._last: dict[str, tuple[FloatArray, Any]] = {}

    def has(self, kind: str) -> bool:
        """Say whether a function of this kind was given."""
        return self.functions[kind] is not None

    def value(self, theta: FloatArray) -> float:
        """Value at a point."""
        return float(self._ask("value", theta))

    def gradient(self, theta: FloatArray) -> FloatArray:
        """Gradient at a point, of shape ``(n,)``."""
        g = np.asarray(self._ask("gradient", theta), float)
        if g.shape != theta.shape:
            raise ValueError(f"the gradient must have the shape of theta, {theta.shape}, got {g.shape}")
        return g

    def hessian(self, theta: FloatArray) -> FloatArray:
        """Hessian at a point, of shape ``(n, n)``."""
        return np.asarray(self._ask("hessian", theta), float)

    def product(self, theta: FloatArray, direction: FloatArray) -> FloatArray:
        """Hessian at a point times a direction, of shape ``(n,)``."""
        if self.functions["product"] is not None:
            self.evaluations["product"] += 1
            return np.asarray(self.functions["product"](theta, direction), float)
        if self.has("hessian"):
            return self.hessian(theta) @ direction
        length = np.linalg.norm(direction)
        if length == 0:
            return np.zeros_like(direction)
        h = 1e-5 * (1 + np.linalg.norm(theta)) / length
        return (self.gradient(theta + h * direction) - self.gradient(theta - h * direction)) / (2 * h)

    def _ask(self, kind: str, theta: FloatArray) -> Any:
        last = self._last.get(kind)
        if last is None or not np.array_equal(last[0], theta):
            function = self.functions[kind]
            if function is None:
                raise TypeError(f"this method needs the {kind}; give Objective(value, {kind}=...) or a surface")
            self.evaluations[kind] += 1
            with np.errstate(all="ignore"):
                last = self._last[kind] = (theta.copy(), np.array(function(theta)))
        return last[1]


def as_objective(f: Any) -> Objective:
    """Return a fresh objective for a surface, another objective or a function that gives values only.

    Parameters
    ----------
    f : Surface, Objective or callable
        What shall be minimized.

    Returns
    -------
    Objective
        With all counts at zero.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(f, Objective):
        return Objective(**f.functions)  # type: ignore[arg-type]
    if isinstance(f, Surface):
        return Objective(f, f.grad, f.hessian)
    if callable(f):
        return Objective(f)
    raise TypeError(f"expected a surface, an Objective or a function of a point, got {type(f).__name__}")


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
    theta : ndarray of shape (n,)
        Where the search starts.
    direction : ndarray of shape (n,)
        :math:`d`.

    Returns
    -------
    Found
        The step; 0 with words if the function does not curve upwards along the direction.
    """
    f = as_objective(f) if not isinstance(f, Objective) else f
    slope, words = _slope(f, theta, direction)
    if words:
        return Found(0.0, words)
    curvature = float(direction @ f.product(theta, direction))
    if not curvature > 0:
        return Found(0.0, f"no minimum along this direction: the curvature is {curvature:.3g}, expected more than 0")
    return Found(-slope / curvature)


def armijo(f: Any, theta: FloatArray, direction: FloatArray, *, c_1: float = 1e-4, shrink: float = 0.5) -> Found:
    r"""Shorten the direction until the value has fallen enough.

    .. math::
        J(\theta + \eta d) \le J(\theta) + c_1 \eta g^\top d

    Parameters
    ----------
    f : Surface or Objective
        What is minimized.
    theta : ndarray of shape (n,)
        Where the search starts.
    direction : ndarray of shape (n,)
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
    f = as_objective(f) if not isinstance(f, Objective) else f
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
    theta : ndarray of shape (n,)
        Where the search starts.
    direction : ndarray of shape (n,)
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
    f = as_objective(f) if not isinstance(f, Objective) else f
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


SEARCHES: dict[str, Callable[..., Found]] = {"full": full_step, "exact": exact, "armijo": armijo, "wolfe": wolfe}
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
