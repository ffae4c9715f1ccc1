"""What a run is given, checked at its border: where it starts, its hyperparameters, their schedules."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from course_lib.hyperparameters import RANGES, check_range
from course_lib.rule import FloatArray, Rule

FEW = 8  # numbers that are looked at faster one by one

Hyper = dict[str, Any]


def check_start(theta0: Any) -> FloatArray:
    """Refuse a start that is not a finite array with at least one coordinate.

    Parameters
    ----------
    theta0 : array_like of shape (..., n)
        The start.

    Returns
    -------
    ndarray of shape (..., n)
        The start as floats.

    Raises
    ------
    ValueError
        If it is not; the message says what came.
    """
    theta0 = np.asarray(theta0)
    if theta0.dtype.kind not in "fiub":
        raise ValueError(f"theta0 must be an array of real numbers, got {describe(theta0)}")
    start = theta0 if theta0.dtype.kind == "f" else theta0.astype(float)
    if start.ndim == 0 or start.shape[-1] == 0:
        raise ValueError(f"theta0 must have shape (..., n) with n of at least 1, got shape {start.shape}")
    few = start.ndim == 1 and len(start) <= FEW
    if not (all(map(math.isfinite, start.tolist())) if few else np.isfinite(start).all()):
        bad = np.argwhere(~np.isfinite(start))[0]
        raise ValueError(f"theta0 must be finite, got {start[tuple(bad)]} at index {', '.join(map(str, bad))}")
    return start


def check_matrix(rule: Rule, shape: tuple[int, ...]) -> None:
    """Refuse to let a matrix method run on anything but matrices.

    Parameters
    ----------
    rule : Rule
        Any rule; one that acts on each parameter alone takes every shape.
    shape : tuple of int
        Shape of theta.

    Raises
    ------
    ValueError
        If it is a matrix method and there are no two axes.
    """
    if not rule.elementwise and len(shape) < 2:
        raise ValueError(f"{rule.name} works on matrices: theta must have shape (..., rows, columns), got {shape}")


def check_hyper(rule: Rule, hyper: Hyper, shape: tuple[int, ...], *, fill: bool = True) -> Hyper:
    """Complete and check the hyperparameters of a run.

    Parameters
    ----------
    rule : Rule
        Whose they are.
    hyper : dict
        Numbers, arrays of shape ``(runs, 1)`` or schedules, by name.
    shape : tuple of int
        Shape of theta.
    fill : bool
        Add the rule's defaults.

    Returns
    -------
    dict
        Python floats, arrays and schedules, by name.

    Raises
    ------
    TypeError
        If a name is unknown or a value is no number.
    ValueError
        If a value is not finite, outside its range (`course_lib.hyperparameters`) or does not fit the shape.
    """
    if fill and {float}.issuperset(map(type, hyper.values())):
        return _floats(rule, tuple(hyper.items()), shape).copy()
    return _checked(rule, hyper, shape, fill)


@functools.lru_cache(maxsize=256)
def _floats(rule: Rule, given: tuple[tuple[str, float], ...], shape: tuple[int, ...]) -> Hyper:
    """Check what is mostly given, and mostly again and again."""
    return _checked(rule, dict(given), shape, fill=True)


def _checked(rule: Rule, hyper: Hyper, shape: tuple[int, ...], fill: bool) -> Hyper:
    filled = rule.with_defaults(hyper)
    return {
        name: value if _is_plain(name, value) else _check_value(f"{rule.name}: {name}", name, value, shape)
        for name, value in filled.items()
        if fill or name in hyper
    }


def at_step(hyper: Hyper, step: int) -> Hyper:
    """Evaluate the schedules among the hyperparameters.

    Parameters
    ----------
    hyper : dict
        Numbers, arrays and schedules by name.
    step : int
        The step, from 0.

    Returns
    -------
    dict
        Numbers and arrays by name.
    """
    return {name: _scheduled(name, value(step), step) if callable(value) else value for name, value in hyper.items()}


def schedules_of(hyper: Hyper) -> Hyper:
    """Pick the hyperparameters that are schedules."""
    return {name: value for name, value in hyper.items() if callable(value)}


def has_arrays(hyper: Hyper) -> bool:
    """Say whether a hyperparameter differs from run to run, or from coordinate to coordinate."""
    return np.ndarray in map(type, hyper.values())


def describe(what: Any) -> str:
    """Say what came, for a message."""
    if isinstance(what, np.ndarray):
        return f"an array of {what.dtype}, shape {what.shape}"
    return f"{type(what).__name__} {what!r}"


def _is_plain(name: str, value: Any) -> bool:
    """Say quickly whether a value is what it mostly is: a Python float in its range."""
    return type(value) is float and math.isfinite(value) and (name not in RANGES or RANGES[name].holds(value))


def _scheduled(name: str, value: Any, step: int) -> float | FloatArray:
    """Check what a schedule returned; all else was checked before the run."""
    return value if _is_plain(name, value) else _number(f"{name} at step {step}", name, value)


def _number(label: str, name: str, value: Any) -> float | FloatArray:
    """Python floats keep float32 arrays float32; an array stays an array."""
    array = np.asarray(value)
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise TypeError(f"{label}: expected a number, an array of shape (runs, 1) or a schedule, got {describe(value)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{label} must be finite, got {array[~np.isfinite(array)].flat[0]}")
    number = float(array) if array.ndim == 0 else np.ascontiguousarray(array)
    check_range(label, name, number)
    return number


def _check_value(label: str, name: str, value: Any, shape: tuple[int, ...]) -> Any:
    if callable(value):
        return value
    number = _number(label, name, value)
    if isinstance(number, np.ndarray):
        try:
            fits = np.broadcast_shapes(number.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{label}: an array of shape {number.shape} does not fit theta of shape {shape}; "
                "for one value a run give it the shape (runs, 1)"
            )
    return number
