"""Descent along one coordinate, or one block of coordinates, after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.descent import (
    DescentRecord,
    at_rest,
    check_count,
    check_needs,
    check_point,
    check_positive,
    make_descent_record,
)
from course_lib.line_search import armijo, golden_section
from course_lib.newton_methods import raised
from course_lib.objective import Objective, as_objective
from course_lib.rule import FloatArray


def coordinate_descent(f: Any, theta0: Any, *, sweeps: int = 100, tolerance: float = 1e-7) -> DescentRecord:
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
    DescentRecord
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
    check_positive("tolerance", tolerance)

    def move(f: Objective, theta: FloatArray, block: list[int]) -> tuple[FloatArray, str]:
        axis = np.zeros_like(theta)
        axis[block] = 1.0
        found = golden_section(f, theta, axis)
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
) -> DescentRecord:
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
    DescentRecord
        One point of the path for every block of every sweep.

    Raises
    ------
    TypeError, ValueError
        If the function, the start or a setting is none, or the blocks do not hold each coordinate once.
    """
    check_positive("damping", damping)
    check_positive("tolerance", tolerance)

    def move(f: Objective, theta: FloatArray, block: list[int]) -> tuple[FloatArray, str]:
        g, h = f.gradient(theta)[block], f.hessian(theta)[np.ix_(block, block)]
        if not g.any():
            return theta, ""
        if not np.isfinite([*g, *h.flat]).all():
            return theta, f"along block {block} gradient or Hessian is no finite number"
        direction = np.zeros_like(theta)
        direction[block] = -np.linalg.solve(raised(h, damping), g)
        return theta + armijo(f, theta, direction).step * direction, ""

    objective = as_objective(f)
    check_needs("block coordinate descent", objective, "hessian")
    return _sweep("block coordinate descent", objective, theta0, blocks, move, sweeps, tolerance)


def _sweep(
    name: str,
    f: Objective,
    theta0: Any,
    blocks: Sequence[Sequence[int]] | None,
    move: Callable[[Objective, FloatArray, list[int]], tuple[FloatArray, str]],
    sweeps: int,
    tolerance: float,
) -> DescentRecord:
    check_count("sweeps", sweeps, 0)
    theta = check_point(theta0)
    parts = [[i] for i in range(len(theta))] if blocks is None else [list(block) for block in blocks]
    if sorted(i for part in parts for i in part) != list(range(len(theta))):
        raise ValueError(f"blocks must hold each coordinate from 0 to {len(theta) - 1} once, got {blocks}")
    path, rests = [theta], False
    words = "" if np.isfinite(f.value(theta)) else "the value at the start is no finite number"
    for _ in range(0 if words else int(sweeps)):
        begin = theta
        for part in parts:
            theta, words = move(f, theta, part)
            path.append(theta)
            words = words or ("" if np.isfinite(theta).all() else "diverged: a number is no longer finite")
            if words:
                break
        rests = not words and bool(np.abs(theta - begin).max() <= tolerance)
        if words or rests:
            break
    if rests:
        words = "no coordinate alone leads further down" if blocks is None else "no block alone leads further down"
        if f.has("gradient") and np.linalg.norm(f.gradient(theta)) <= 1e3 * tolerance:
            words += f"; {at_rest(f, theta, at_start=False)}"
    gradient = f.functions["gradient"]
    norms = [float(np.linalg.norm(gradient(point))) if gradient else np.nan for point in path]
    return make_descent_record(name, f, path, norms, [1.0] * (len(path) - 1), rests, words or "all sweeps are done")
