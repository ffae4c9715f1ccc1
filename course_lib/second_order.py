"""Methods that use curvature: Newton and its repairs, quasi-Newton, coordinate descent; each returns what it did."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.line_search import Found, Objective, as_objective, as_search
from course_lib.rule import FloatArray
from course_lib.surface import classify

FLAT = 1e-12  # an eigenvalue below this share of the largest is a flat direction


@dataclass(frozen=True)
class Descent:
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
) -> Descent:
    """Go against the gradient as far as a line search says.

    Parameters
    ----------
    f : Surface or Objective
        What is minimized.
    theta0 : array_like of shape (n,)
        Where to start.
    search : {"exact", "armijo", "wolfe", "full"} or callable
        How far to go.
    steps : int >= 0
        At most so many.
    tolerance : float >= 0
        A gradient no longer than this is zero.

    Returns
    -------
    Descent
        What happened; nothing that happens on the way is an error.

    Raises
    ------
    LookupError, TypeError, ValueError
        If the function, the start or a setting is none.

    Notes
    -----
    The exact search is exact on quadratics only.
    """
    return _descend("steepest descent", f, theta0, lambda f, theta, g, last: (-g, ""), search, steps, tolerance)


def newton(f: Any, theta0: Any, *, search: Any = "full", steps: int = 50, tolerance: float = 1e-8) -> Descent:
    r"""Jump to the critical point of the quadratic model, be it minimum, maximum or saddle.

    .. math::
        \theta \leftarrow \theta - H^{-1} g

    Parameters and errors are those of `steepest_descent`; f needs a Hessian.
    """

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        h = f.hessian(theta)
        sizes = np.abs(np.linalg.eigvalsh(h))
        if sizes.min() <= FLAT * sizes.max():
            return g, "the Hessian has a flat direction, so Newton's step is not defined here; damping would define it"
        return -np.linalg.solve(h, g), ""

    return _descend("Newton", f, theta0, direction, search, steps, tolerance, needs="hessian")


def damped_newton(
    f: Any,
    theta0: Any,
    *,
    damping: float = 1e-3,
    search: Any = "armijo",
    steps: int = 100,
    tolerance: float = 1e-8,
) -> Descent:
    r"""Newton's step after a constant was added to all eigenvalues, so much that the smallest is at least the damping.

    .. math::
        \theta \leftarrow \theta - \eta (H + \alpha I)^{-1} g

    Parameters and errors are those of `steepest_descent`; f needs a Hessian, and the damping is above 0.
    """
    _check_positive("damping", damping)

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        return -np.linalg.solve(_raised(f.hessian(theta), damping), g), ""

    return _descend("damped Newton", f, theta0, direction, search, steps, tolerance, needs="hessian")


def saddle_free_newton(
    f: Any,
    theta0: Any,
    *,
    damping: float = 1e-3,
    search: Any = "armijo",
    steps: int = 100,
    tolerance: float = 1e-8,
) -> Descent:
    r"""Newton's step with the absolute values of the eigenvalues: saddles repel it.

    .. math::
        \theta \leftarrow \theta - \eta |H|^{-1} g

    Parameters and errors are those of `steepest_descent`; f needs a Hessian. Eigenvalues smaller than the damping in absolute
    value count as the damping. See Y. Dauphin et al. (2014), algorithm 1, arXiv:1406.2572.
    """
    _check_positive("damping", damping)

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        eigenvalues, axes = np.linalg.eigh(f.hessian(theta))
        return -axes @ ((axes.T @ g) / np.maximum(np.abs(eigenvalues), damping)), ""

    return _descend("saddle-free Newton", f, theta0, direction, search, steps, tolerance, needs="hessian")


def truncated_newton(
    f: Any,
    theta0: Any,
    *,
    cg_steps: int | None = None,
    search: Any = "armijo",
    steps: int = 100,
    tolerance: float = 1e-8,
) -> Descent:
    """Newton's step solved by a few conjugate-gradient steps, which ask for Hessian-vector products only.

    Parameters and errors are those of `steepest_descent`. The inner iteration ends after ``cg_steps`` (by default n), when its
    residual is small beside the gradient, or where it meets a direction that does not curve upwards. See J. Nocedal and S. Wright
    (2006), Numerical Optimization, algorithm 7.1.
    """
    if cg_steps is not None:
        _check_count("cg_steps", cg_steps, 1)

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        size = np.linalg.norm(g)
        d, residual = np.zeros_like(g), g.copy()
        conjugate = -residual
        for _ in range(cg_steps or len(g)):
            product = f.product(theta, conjugate)
            curvature = conjugate @ product
            if curvature <= FLAT * (conjugate @ conjugate):
                return (d if d.any() else -g), ""
            length = (residual @ residual) / curvature
            d = d + length * conjugate
            before, residual = residual @ residual, residual + length * product
            if np.sqrt(residual @ residual) <= min(0.5, np.sqrt(size)) * size:
                break
            conjugate = (residual @ residual) / before * conjugate - residual
        return d, ""

    return _descend("truncated Newton", f, theta0, direction, search, steps, tolerance)


def bfgs(f: Any, theta0: Any, *, search: Any = "wolfe", steps: int = 200, tolerance: float = 1e-8) -> Descent:
    """Learn the inverse Hessian from the gradients on the way (Broyden, Fletcher, Goldfarb, Shanno).

    Parameters and errors are those of `steepest_descent`. See J. Nocedal and S. Wright (2006), Numerical Optimization,
    equations 6.17 and 6.20.
    """
    inverse: FloatArray | None = None

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        nonlocal inverse
        if last is not None and _curves(*last):
            s, y = last
            if inverse is None:
                inverse = (s @ y) / (y @ y) * np.eye(len(g))
            left = np.eye(len(g)) - np.outer(s, y) / (s @ y)
            inverse = left @ inverse @ left.T + np.outer(s, s) / (s @ y)
        return (-g if inverse is None else -inverse @ g), ""

    return _descend("BFGS", f, theta0, direction, search, steps, tolerance)


def lbfgs(
    f: Any, theta0: Any, *, memory: int = 10, search: Any = "wolfe", steps: int = 200, tolerance: float = 1e-8
) -> Descent:
    """BFGS from the last few steps only: 2 x memory x n numbers in place of n x n.

    Parameters and errors are those of `steepest_descent`; the memory is at least 1. See J. Nocedal and S. Wright (2006),
    Numerical Optimization, algorithm 7.4.
    """
    _check_count("memory", memory, 1)
    pairs: deque[tuple[FloatArray, FloatArray]] = deque(maxlen=int(memory))

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        if last is not None and _curves(*last):
            pairs.append(last)
        q, shares = g.copy(), []
        for s, y in reversed(pairs):
            shares.append((s @ q) / (s @ y))
            q -= shares[-1] * y
        if pairs:
            s, y = pairs[-1]
            q *= (s @ y) / (y @ y)
        for (s, y), share in zip(pairs, reversed(shares), strict=True):
            q += (share - (y @ q) / (s @ y)) * s
        return -q, ""

    return _descend("L-BFGS", f, theta0, direction, search, steps, tolerance)


def coordinate_descent(f: Any, theta0: Any, *, sweeps: int = 100, tolerance: float = 1e-7) -> Descent:
    """Minimize over one coordinate after the other, by golden section: values are all it asks for.

    Parameters
    ----------
    f : Surface, Objective or callable
        What is minimized; a function of a point is enough.
    theta0 : array_like of shape (n,)
        Where to start.
    sweeps : int >= 0
        At most so many passes over the coordinates.
    tolerance : float > 0
        It has come to rest when a whole sweep moves no coordinate farther than this.

    Returns
    -------
    Descent
        One point of the path for every coordinate of every sweep.

    Raises
    ------
    TypeError, ValueError
        If the function, the start or a setting is none.

    Notes
    -----
    Where it rests no coordinate alone leads down. On smooth convex functions that is the minimum; on others it may be a saddle
    or a kink.
    """
    _check_positive("tolerance", tolerance)

    def move(f: Objective, theta: FloatArray, block: list[int]) -> tuple[FloatArray, str]:
        axis = np.zeros_like(theta)
        axis[block] = 1.0
        found = _golden_section(lambda x: f.value(theta + x * axis))
        return theta + found.step * axis, found.words and f"along coordinate {block[0]} {found.words}"

    return _sweep("coordinate descent", as_objective(f), theta0, None, move, sweeps, tolerance)


def block_coordinate_descent(
    f: Any,
    theta0: Any,
    *,
    blocks: Sequence[Sequence[int]] | None = None,
    damping: float = 1e-8,
    sweeps: int = 100,
    tolerance: float = 1e-10,
) -> Descent:
    """Take a Newton step in one block of coordinates after the other: exact where the function is quadratic in each block.

    Parameters
    ----------
    f : Surface or Objective
        What is minimized; it needs a Hessian.
    theta0 : array_like of shape (n,)
        Where to start.
    blocks : sequence of sequence of int, optional
        Each coordinate in one of them, from 0; by default each alone.
    damping : float > 0
        The eigenvalues in a block are raised until the smallest is at least this.
    sweeps : int >= 0
        At most so many passes over the blocks.
    tolerance : float > 0
        It has come to rest when a whole sweep moves no coordinate farther than this.

    Returns
    -------
    Descent
        One point of the path for every block of every sweep.

    Raises
    ------
    TypeError, ValueError
        If the function, the start or a setting is none, or the blocks do not hold each coordinate once.
    """
    _check_positive("damping", damping)
    _check_positive("tolerance", tolerance)
    armijo = as_search("armijo")

    def move(f: Objective, theta: FloatArray, block: list[int]) -> tuple[FloatArray, str]:
        g, h = f.gradient(theta)[block], f.hessian(theta)[np.ix_(block, block)]
        if not g.any():
            return theta, ""
        direction = np.zeros_like(theta)
        direction[block] = -np.linalg.solve(_raised(h, damping), g)
        return theta + armijo(f, theta, direction).step * direction, ""

    objective = as_objective(f)
    _check_needs("block coordinate descent", objective, "hessian")
    return _sweep("block coordinate descent", objective, theta0, blocks, move, sweeps, tolerance)


def _descend(
    name: str,
    f: Any,
    theta0: Any,
    direction: Direction,
    search: Any,
    steps: int,
    tolerance: float,
    needs: str = "gradient",
) -> Descent:
    objective, search = as_objective(f), as_search(search)
    _check_needs(name, objective, needs)
    _check_count("steps", steps, 0)
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be at least 0, got {tolerance}")
    theta, last, words, rests = _start(theta0), None, "", False
    g = objective.gradient(theta)
    path, norms, sizes = [theta], [float(np.linalg.norm(g))], list[float]()
    with np.errstate(all="ignore"):
        while not words:
            rests = norms[-1] <= tolerance
            if not np.isfinite([*theta, *g]).all() or (rests and not np.isfinite(objective.value(theta))):
                words, rests = "diverged: a number is no longer finite", False
            elif rests:
                words = _rest(objective, theta, at_start=not sizes)
            elif len(sizes) == steps:
                words = "all steps are taken"
            else:
                d, words = direction(objective, theta, g, last)
                found = Found(0.0, words) if words else search(objective, theta, d)
                words = found.words
                if found.step:
                    before, theta = (theta, g), theta + found.step * d
                    g = objective.gradient(theta)
                    last = (theta - before[0], g - before[1])
                    path.append(theta)
                    norms.append(float(np.linalg.norm(g)))
                    sizes.append(found.step)
    return _record(name, objective, path, norms, sizes, rests, words)


def _sweep(
    name: str,
    f: Objective,
    theta0: Any,
    blocks: Sequence[Sequence[int]] | None,
    move: Callable[[Objective, FloatArray, list[int]], tuple[FloatArray, str]],
    sweeps: int,
    tolerance: float,
) -> Descent:
    _check_count("sweeps", sweeps, 0)
    theta = _start(theta0)
    parts = [[i] for i in range(len(theta))] if blocks is None else [list(block) for block in blocks]
    if sorted(i for part in parts for i in part) != list(range(len(theta))):
        raise ValueError(f"blocks must hold each coordinate from 0 to {len(theta) - 1} once, got {blocks}")
    path, words, rests = [theta], "", False
    for _ in range(int(sweeps)):
        begin = theta
        for part in parts:
            theta, words = move(f, theta, part)
            path.append(theta)
            if words:
                break
        rests = not words and bool(np.abs(theta - begin).max() <= tolerance)
        if words or rests:
            break
    if rests:
        words = "no coordinate alone leads further down" if blocks is None else "no block alone leads further down"
        if f.has("gradient") and np.linalg.norm(f.gradient(theta)) <= 1e3 * tolerance:
            words += f"; {_rest(f, theta, at_start=False)}"
    gradient = f.functions["gradient"]
    norms = [float(np.linalg.norm(gradient(point))) if gradient else np.nan for point in path]
    return _record(name, f, path, norms, [1.0] * (len(path) - 1), rests, words or "all sweeps are done")


def _record(
    name: str, f: Objective, path: list[FloatArray], norms: list[float], sizes: list[float], rests: bool, words: str
) -> Descent:
    asked = dict(f.evaluations)  # what follows is for the record
    values = [f.value(point) for point in path]
    return Descent(name, np.array(path), np.array(values), np.array(norms), np.array(sizes), asked, rests, words)


def _rest(f: Objective, theta: FloatArray, *, at_start: bool) -> str:
    kind = "critical point"
    if f.functions["hessian"] is not None:
        h = np.asarray(f.functions["hessian"](theta), float)
        kind += f" ({classify(h) if np.isfinite(h).all() and h.any() else 'degenerate'})"
    return f"the start is a {kind}: its gradient is zero, so nothing moves" if at_start else f"came to rest at a {kind}"


def _golden_section(phi: Callable[[float], float]) -> Found:
    """Bracket a minimum from 0, then divide; stay at 0 unless something lower is found."""
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
    ratio = (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = phi(left), phi(right)
    while high - low > 1e-11 * (1 + abs(low) + abs(high)):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = phi(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = phi(right)
    best = (low + high) / 2
    return Found(float(best) if phi(best) < start else 0.0)


def _raised(h: FloatArray, least: float) -> FloatArray:
    """Matrix with a constant added to all eigenvalues, so much that the smallest is at least this."""
    return h + max(0.0, least - float(np.linalg.eigvalsh(h)[0])) * np.eye(len(h))


def _curves(s: FloatArray, y: FloatArray) -> bool:
    """Say whether a step met upward curvature; only then does it keep the learnt matrix positive definite."""
    return bool(s @ y > 1e-10 * np.linalg.norm(s) * np.linalg.norm(y))


def _start(theta0: Any) -> FloatArray:
    theta = np.array(theta0, float)
    if theta.ndim != 1 or not theta.size or not np.isfinite(theta).all():
        raise ValueError(f"theta0 must be a row of finite numbers, got {theta0!r}")
    return theta


def _check_needs(name: str, f: Objective, kind: str) -> None:
    if not f.has(kind):
        raise TypeError(f"{name} needs the {kind}: give a surface, or an Objective with one")


def _check_count(name: str, count: Any, least: int) -> None:
    if count != int(count) or count < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {count!r}")


def _check_positive(name: str, number: float) -> None:
    if not 0 < number < np.inf:
        raise ValueError(f"{name} must be greater than 0, got {number}")
