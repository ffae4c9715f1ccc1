"""Newton's method and its repairs: damped, saddle-free, truncated."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.descent import DescentRecord, check_count, check_positive, follow
from course_lib.objective import Objective
from course_lib.rule import FloatArray

FLAT = 1e-12  # an eigenvalue below this share of the largest is a flat direction


def newton(f: Any, theta0: Any, *, search: Any = "full", steps: int = 50, tolerance: float = 1e-8) -> DescentRecord:
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

    return follow("Newton", f, theta0, direction, search, steps, tolerance, needs="hessian")


def damped_newton(
    f: Any,
    theta0: Any,
    *,
    damping: float = 1e-3,
    search: Any = "armijo",
    steps: int = 100,
    tolerance: float = 1e-8,
) -> DescentRecord:
    r"""Newton's step after a constant was added to all eigenvalues, so much that the smallest is at least the damping.

    .. math::
        \theta \leftarrow \theta - \eta (H + \alpha I)^{-1} g

    Parameters and errors are those of `steepest_descent`; f needs a Hessian, and the damping is above 0.
    """
    check_positive("damping", damping)

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        return -np.linalg.solve(raised(f.hessian(theta), damping), g), ""

    return follow("damped Newton", f, theta0, direction, search, steps, tolerance, needs="hessian")


def saddle_free_newton(
    f: Any,
    theta0: Any,
    *,
    damping: float = 1e-3,
    search: Any = "armijo",
    steps: int = 100,
    tolerance: float = 1e-8,
) -> DescentRecord:
    r"""Newton's step with the absolute values of the eigenvalues: saddles repel it.

    .. math::
        \theta \leftarrow \theta - \eta |H|^{-1} g

    Parameters and errors are those of `steepest_descent`; f needs a Hessian. Eigenvalues smaller than the damping in absolute
    value count as the damping. See Y. Dauphin et al. (2014), algorithm 1, arXiv:1406.2572.
    """
    check_positive("damping", damping)

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        eigenvalues, axes = np.linalg.eigh(f.hessian(theta))
        return -axes @ ((axes.T @ g) / np.maximum(np.abs(eigenvalues), damping)), ""

    return follow("saddle-free Newton", f, theta0, direction, search, steps, tolerance, needs="hessian")


def truncated_newton(
    f: Any,
    theta0: Any,
    *,
    cg_steps: int | None = None,
    search: Any = "armijo",
    steps: int = 100,
    tolerance: float = 1e-8,
) -> DescentRecord:
    """Newton's step solved by a few conjugate-gradient steps, which ask for Hessian-vector products only.

    Parameters and errors are those of `steepest_descent`. The inner iteration ends after ``cg_steps`` (by default n), when its
    residual is small beside the gradient, or where it meets a direction that does not curve upwards. See J. Nocedal and S. Wright
    (2006), Numerical Optimization, algorithm 7.1.
    """
    if cg_steps is not None:
        check_count("cg_steps", cg_steps, 1)

    def direction(f: Objective, theta: FloatArray, g: FloatArray, last: Any) -> tuple[FloatArray, str]:
        size = np.linalg.norm(g)
        d, residual = np.zeros_like(g), g.copy()
        conjugate, largest = -residual, 0.0
        for _ in range(cg_steps or len(g)):
            product = f.product(theta, conjugate)
            curvature, square = conjugate @ product, conjugate @ conjugate
            largest = max(largest, float(curvature / square))
            if curvature <= FLAT * largest * square:
                return (d if d.any() else -g), ""
            length = (residual @ residual) / curvature
            d = d + length * conjugate
            before, residual = residual @ residual, residual + length * product
            if np.sqrt(residual @ residual) <= min(0.5, np.sqrt(size)) * size:
                break
            conjugate = (residual @ residual) / before * conjugate - residual
        return d, ""

    return follow("truncated Newton", f, theta0, direction, search, steps, tolerance)


def raised(h: FloatArray, least: float) -> FloatArray:
    """Matrix with a constant added to all eigenvalues, so much that the smallest is at least this."""
    return h + max(0.0, least - float(np.linalg.eigvalsh(h)[0])) * np.eye(len(h))
