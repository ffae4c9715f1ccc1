"""Descent by directions and line searches: the loop that all methods share, what it records, and steepest descent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.hyperparameters import check_count as check_count
from course_lib.line_search import Found, as_search
from course_lib.objective import Objective, as_objective
from course_lib.rule import FloatArray
from course_lib.surface import classify


@dataclass(frozen=True)
class DescentRecord:
    """What a method did.

    Parameters
    ----------
    name : str
        Of the method.
    path : ndarray of shape (steps + 1, n)
        The points, the start included.
    values : ndarray of shape (steps + 1,)
        The value at each.
    gradient_norms : ndarray of shape (steps + 1,)
        Length of the gradient at each; nan where it is not known.
    step_sizes : ndarray of shape (steps,)
        What the line search chose.
    evaluations : dict of str to int
        How often value, gradient, Hessian and Hessian-vector product were computed.
    converged : bool
        Whether it came to rest.
    words : str
        Why it ended.
    """

    name: str
    path: FloatArray
    values: FloatArray
    gradient_norms: FloatArray
    step_sizes: FloatArray
    evaluations: dict[str, int]
    converged: bool
    words: str

    def _repr_markdown_(self) -> str:
        asked = ", ".join(_several(count, NAMES.get(kind, kind)) for kind, count in self.evaluations.items() if count)
        change = f"value {self.values[0]:.4g} → {self.values[-1]:.4g} in {_several(len(self.path) - 1, 'step')}"
        return f"**{self.name}**: {change}; {self.words} ({asked or 'nothing was computed'})"


NAMES = {"hessian": "Hessian", "product": "Hessian-vector product"}


def _several(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


Direction = Callable[[Objective, FloatArray, FloatArray, Any], tuple[FloatArray, str]]


def steepest_descent(
    f: Any, theta0: Any, *, search: Any = "exact", steps: int = 100, tolerance: float = 1e-8
) -> DescentRecord:
    """Go against the gradient as far as a line search says.

    Parameters
    ----------
    f : Surface or Objective
        What is minimized.
    theta0 : array_like of shape (n,)
        Where to start.
    search : {"exact", "golden", "armijo", "wolfe", "full"} or callable
        How far to go.
    steps : int >= 0
        At most so many.
    tolerance : float >= 0
        A gradient no longer than this is zero.

    Returns
    -------
    DescentRecord
        What happened; nothing that happens on the way is an error.

    Raises
    ------
    LookupError, TypeError, ValueError
        If the function, the start or a setting is none.

    Notes
    -----
    The exact search is exact on quadratics only, the golden one on any function that has one minimum along the line.
    """
    return follow("steepest descent", f, theta0, lambda f, theta, g, last: (-g, ""), search, steps, tolerance)


def follow(
    name: str,
    f: Any,
    theta0: Any,
    direction: Direction,
    search: Any,
    steps: int,
    tolerance: float,
    needs: str = "gradient",
) -> DescentRecord:
    """Follow a direction as far as a line search says, again and again.

    Parameters
    ----------
    name : str
        Of the method.
    f : Surface or Objective
        What is minimized.
    theta0 : array_like of shape (n,)
        Where to start.
    direction : callable
        From the objective, the point, its gradient and the last changes of both (None at first) to a direction and words,
        empty unless there is none.
    search : str or callable
        As in `steepest_descent`.
    steps : int >= 0
        As in `steepest_descent`.
    tolerance : float >= 0
        As in `steepest_descent`.
    needs : str
        What the method asks the objective for.

    Returns
    -------
    DescentRecord
        What happened.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `steepest_descent`.
    """
    objective, search = as_objective(f), as_search(search)
    check_needs(name, objective, needs)
    check_count("steps", steps, 0)
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be at least 0, got {tolerance}")
    theta, last, words, rests = check_point(theta0), None, "", False
    g = objective.gradient(theta)
    path, norms, sizes = [theta], [float(np.linalg.norm(g))], list[float]()
    with np.errstate(all="ignore"):
        while not words:
            rests = norms[-1] <= tolerance
            if not np.isfinite([*theta, *g]).all() or (rests and not np.isfinite(objective.value(theta))):
                words, rests = "diverged: a number is no longer finite", False
            elif rests:
                words = at_rest(objective, theta, at_start=not sizes)
            elif len(sizes) == steps:
                words = "all steps are taken"
            else:
                d, words = direction(objective, theta, g, last)
                found = Found(0.0, words) if words else search(objective, theta, d)
                words = found.words or ("" if found.step else "nothing lower was found along the direction: rounding")
                if found.step:
                    before, theta = (theta, g), theta + found.step * d
                    g = objective.gradient(theta)
                    last = (theta - before[0], g - before[1])
                    path.append(theta)
                    norms.append(float(np.linalg.norm(g)))
                    sizes.append(found.step)
    return make_descent_record(name, objective, path, norms, sizes, rests, words)


def make_descent_record(
    name: str, f: Objective, path: list[FloatArray], norms: list[float], sizes: list[float], rests: bool, words: str
) -> DescentRecord:
    """Make the record of a descent from its lists; what is computed for the record is not counted."""
    asked = dict(f.evaluations)
    values = [f.value(point) for point in path]
    return DescentRecord(name, np.array(path), np.array(values), np.array(norms), np.array(sizes), asked, rests, words)


def at_rest(f: Objective, theta: FloatArray, *, at_start: bool) -> str:
    """Say in words that a point is critical, and of what kind where the Hessian is known."""
    kind = "critical point"
    if f.functions["hessian"] is not None:
        h = np.asarray(f.functions["hessian"](theta), float)
        kind += f" ({classify(h) if np.isfinite(h).all() and h.any() else 'degenerate'})"
    return f"the start is a {kind}: its gradient is zero, so nothing moves" if at_start else f"came to rest at a {kind}"


def check_point(theta0: Any) -> FloatArray:
    """Return a start as a row of finite floats, or refuse it."""
    theta = np.array(theta0, float)
    if theta.ndim != 1 or not theta.size or not np.isfinite(theta).all():
        raise ValueError(f"theta0 must be a row of finite numbers, got {theta0!r}")
    return theta


def check_needs(name: str, f: Objective, kind: str) -> None:
    """Refuse an objective without what a method asks for."""
    if not f.has(kind):
        raise TypeError(f"{name} needs the {kind}: give a surface, or an Objective with one")


def check_positive(name: str, number: float) -> None:
    """Refuse what is no finite number above 0."""
    if not 0 < number < np.inf:
        raise ValueError(f"{name} must be greater than 0, got {number}")
