"""Methods that learn the curvature from the gradients on the way: BFGS and L-BFGS."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from course_lib.descent import DescentRecord, check_count, follow
from course_lib.objective import Objective
from course_lib.rule import FloatArray


def bfgs(f: Any, theta0: Any, *, search: Any = "wolfe", steps: int = 200, tolerance: float = 1e-8) -> DescentRecord:
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

    return follow("BFGS", f, theta0, direction, search, steps, tolerance)


def lbfgs(
    f: Any, theta0: Any, *, memory: int = 10, search: Any = "wolfe", steps: int = 200, tolerance: float = 1e-8
) -> DescentRecord:
    """BFGS from the last few steps only: 2 x memory x n numbers in place of n x n.

    Parameters and errors are those of `steepest_descent`; the memory is at least 1. See J. Nocedal and S. Wright (2006),
    Numerical Optimization, algorithm 7.4.
    """
    check_count("memory", memory, 1)
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

    return follow("L-BFGS", f, theta0, direction, search, steps, tolerance)


def _curves(s: FloatArray, y: FloatArray) -> bool:
    """Say whether a step met upward curvature; only then does it keep the learnt matrix positive definite."""
    return bool(s @ y > 1e-10 * np.linalg.norm(s) * np.linalg.norm(y))
