"""One run on a surface as a loop over numbers, printed from rule and surface: plain Python runs it, or numba compiles it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.kernel_text import path_kernel
from course_lib.loop_text import define
from course_lib.rule import SCALAR, FloatArray, Rule
from course_lib.run_arguments import Hyper, at_step
from course_lib.surface import Surface
from course_lib.translator import TranslationError

RAISED = (OverflowError, ZeroDivisionError, ValueError)  # what floats raise where arrays go on with inf and nan

Loop = Callable[..., tuple[float, ...]]


@functools.lru_cache(maxsize=256)
def float_loop(rule: Rule, gradient: Callable[..., Any], scheduled: tuple[str, ...]) -> Loop | None:
    """Print the loop that plain Python runs; the first time that takes some milliseconds.

    Parameters
    ----------
    rule : Rule
        The rule.
    gradient : callable
        The gradient of a surface, a function of its coordinates.
    scheduled : tuple of str
        The hyperparameters that are schedules.

    Returns
    -------
    callable or None
        The loop (`course_lib.kernel_text.path_kernel`); None where rule or gradient is not written in the grammar.
    """
    try:
        return define(path_kernel(rule, gradient, scheduled), "kernel", SCALAR)
    except TranslationError:
        return None


def follow(
    loop: Loop,
    rule: Rule,
    surface: Surface,
    start: FloatArray,
    steps: int,
    hyper: Hyper,
    schedules: Hyper,
    *,
    keep: str,
    most: int,
    plain: bool = False,
) -> FloatArray:
    """Follow a rule on a surface from one start.

    Parameters
    ----------
    loop : callable
        The printed loop, compiled or not.
    rule : Rule
        The rule.
    surface : Surface
        A surface of a few coordinates.
    start : ndarray of shape (n,)
        Where to start.
    steps : int
        How many steps.
    hyper : dict
        Numbers by name, and schedules that give numbers.
    schedules : dict
        The schedules alone.
    keep : {"path", "last"}
        Every point, or the end point only.
    most : int
        Steps that go in one piece.
    plain : bool
        Give the loop lists, which Python changes faster than arrays.

    Returns
    -------
    ndarray of shape (steps + 1, n) or (n,)
        The path or its end, in float64.
    """
    n = len(start)
    values: Any = (*start.tolist(), *(tuple(rule.state.values()) * n))
    given = [*hyper.values(), *map(float, surface.parameters.values())]
    path = np.empty(((steps if keep == "path" else 0) + 1, n))
    path[0] = start
    for begin in range(0, steps, most):
        count = min(most, steps - begin)
        here = path[begin + 1 : begin + count + 1] if keep == "path" else np.empty((count, n))
        if schedules:
            given[: len(hyper)] = _columns(hyper, schedules, begin, count, plain)
        piece: Any = [0.0] * (count * n) if plain else here.reshape(-1)
        values = loop(piece, count, float(begin), *values, *given)
        if plain:
            here[...] = np.reshape(piece, (count, n))
    return path if keep == "path" else np.array(values[:n])


@np.errstate(all="ignore")
def _columns(hyper: Hyper, schedules: Hyper, begin: int, count: int, plain: bool) -> list[Any]:
    """Evaluate the schedules at some steps."""
    rows = [at_step(schedules, step) for step in range(begin, begin + count)]
    columns: Hyper = {name: [row[name] for row in rows] for name in schedules}
    return [(columns[k] if plain else np.array(columns[k])) if k in columns else v for k, v in hyper.items()]
