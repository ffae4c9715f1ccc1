"""The machines that run a rule: a path on floats, a batch on arrays, blocks in place; long runs as compiled kernels."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

import course_lib.compiled as fused
from course_lib.hyperparameters import check_range
from course_lib.rule import SCALAR, FloatArray, Rule, as_rule, retarget
from course_lib.surfaces import Surface

FLOAT_COORDINATES = 4  # up to this many, plain floats beat arrays
BLOCK_BYTES = 65536  # temporaries of this size stay in the cache
KEPT_BYTES = 1 << 24  # without them every larger temporary comes from the system, page by page: four times slower

Gradient = Callable[[FloatArray], Any]
Hyper = dict[str, Any]


def descend(
    rule: Rule | str,
    grad: Surface | Gradient,
    theta0: Any,
    steps: int,
    *,
    keep: Literal["path", "last"] = "path",
    before: Callable[[FloatArray], FloatArray] | None = None,
    compiled: bool | None = None,
    **hyper: Any,
) -> FloatArray:
    """Follow a rule from one start or from many at once.

    Parameters
    ----------
    rule : Rule or str
        A rule, or the name of one in `course_lib.RULES`.
    grad : Surface or callable
        A surface, or a function from points of shape ``(*batch, n)`` to gradients of the same shape.
    theta0 : array_like of shape (*batch, n)
        Where to start.
    steps : int >= 0
        How many steps.
    keep : {"path", "last"}
        Every point, or the end point only.
    before : callable, optional
        What is done to each gradient first.
    compiled : bool, optional
        Run as a fused kernel (`course_lib.compiled`), or do not; where nothing is said, runs that would take plain NumPy
        about a second do, if numba is installed.
    **hyper : float, array_like of shape (runs, 1), or callable
        Hyperparameters of the rule; a callable is a schedule and gets the step, from 0.

    Returns
    -------
    ndarray of shape (steps + 1, *batch, n) or (*batch, n)
        The path, start included, or the end point. A run that diverges holds inf or nan from there on.

    Raises
    ------
    LookupError
        If no rule has the name.
    TypeError
        If a hyperparameter is unknown or is not a number, an array or a schedule.
    ValueError
        If the start or a hyperparameter is not finite, a shape does not fit, or steps is negative.
    CompileError
        If compiled is True and cannot be had.

    Examples
    --------
    >>> descend("gradient_descent", lambda theta: theta, [1.0], 2, learning_rate=0.5)
    array([[1.  ],
           [0.5 ],
           [0.25]])
    """
    rule = as_rule(rule)
    start = check_start(theta0)
    check_matrix(rule, start.shape)
    if steps != int(steps) or steps < 0:
        raise ValueError(f"steps must be a whole number of at least 0, got {steps}")
    if keep not in ("path", "last"):
        raise ValueError(f"keep must be 'path' or 'last', got {keep!r}")
    if isinstance(grad, Surface) and start.shape[-1] != len(grad.coordinates):
        raise ValueError(
            f"{grad!r} takes points of shape (..., {len(grad.coordinates)}), theta0 has shape {start.shape}"
        )
    values = check_hyper(rule, hyper, start.shape)
    run = _Run(rule, grad, before, values, int(steps), keep)
    with np.errstate(all="ignore"):
        if fused.wanted(compiled, run.updates(start)):
            try:
                return run.compiled(start)
            except fused.CompileError:
                if compiled:
                    raise
        if start.ndim == 1 and len(start) <= FLOAT_COORDINATES and start.dtype == float and not _has_arrays(values):
            return run.on_floats(start)
        return run.on_arrays(start)


class Stepper:
    """A rule with its state, which changes one vector in place.

    The rule is called block by block, so that its temporaries stay in the cache; the result is bit for bit
    that of one call on the whole vector.

    Parameters
    ----------
    rule : Rule or str
        A rule, or the name of one.
    theta : ndarray of shape (n,)
        Contiguous floating-point vector that the steps change; for a matrix method a matrix.
    compiled : bool, optional
        Step with a fused kernel (`course_lib.compiled`), or do not; where nothing is said, once the steps have cost plain
        NumPy about a second, if numba is installed.
    **hyper : float or callable
        Hyperparameters; a callable is a schedule and gets the step, from 0.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `descend`; also if theta is not a contiguous floating-point vector.
    CompileError
        If compiled is True and cannot be had.

    Attributes
    ----------
    theta : ndarray of shape (n,)
        The vector itself.
    state : list of ndarray of shape (n,)
        The state of the rule, in its order.
    t : int
        Steps taken.

    Examples
    --------
    >>> theta = np.array([1.0, 2.0])
    >>> Stepper("gradient_descent", theta, learning_rate=0.5).step(np.array([1.0, 1.0]))
    >>> theta
    array([0.5, 1.5])
    """

    def __init__(self, rule: Rule | str, theta: Any, *, compiled: bool | None = None, **hyper: Any):
        self.rule = as_rule(rule)
        if not isinstance(theta, np.ndarray) or not np.issubdtype(theta.dtype, np.floating):
            raise TypeError(f"theta must be an array of floats, for it is changed in place; got {_describe(theta)}")
        check_matrix(self.rule, theta.shape)
        if (
            theta.ndim != (1 if self.rule.elementwise else 2)
            or not theta.flags.c_contiguous
            or not theta.flags.writeable
        ):
            kind = "vector" if self.rule.elementwise else "matrix"
            raise ValueError(f"theta must be a contiguous, writeable {kind}, got {_describe(theta)}")
        check_start(theta)
        self.theta: FloatArray = theta
        self.hyper = check_hyper(self.rule, hyper, theta.shape)
        if _has_arrays(self.hyper):
            raise ValueError("a Stepper runs one vector: its hyperparameters are numbers or schedules")
        self.state = [np.full_like(theta, start) for start in self.rule.state.values()]
        self.t = 0
        self._choice = compiled
        self._kernel = fused.step_kernel(self.rule, theta.dtype.name) if compiled else None

    def where(self, **now: Any) -> FloatArray:
        """Point at which the next gradient is wanted.

        Parameters
        ----------
        **now : float
            Hyperparameters for this step only.

        Returns
        -------
        ndarray of shape (n,)
            theta itself, or the look-ahead point of a rule that has one.
        """
        if self.rule.where_function is None:
            return self.theta
        point = self.rule.where_function(self.theta, *self.state, **self.rule.where_hyperparameters(self._at_step(now)))
        return np.asarray(point)

    def step(self, g: FloatArray, **now: Any) -> None:
        """Change theta and the state by one step.

        Parameters
        ----------
        g : ndarray of shape (n,)
            Gradient at `where`.
        **now : float
            Hyperparameters for this step only.

        Raises
        ------
        ValueError
            If g has another shape than theta.
        """
        g = np.asarray(g)
        if g.shape != self.theta.shape:
            raise ValueError(f"the gradient must have the shape of theta, {self.theta.shape}, got {g.shape}")
        values = self._at_step(now)
        self.t += 1
        if (kernel := self._fused()) is not None and g.dtype == self.theta.dtype:
            kernel([a.reshape(1, -1) for a in (self.theta, np.ascontiguousarray(g), *self.state)], self.t, values)
            return
        block = max(1, BLOCK_BYTES // self.theta.itemsize) if self.rule.elementwise else len(g)
        with np.errstate(all="ignore"):
            for i in range(0, len(g), block):
                here = slice(i, i + block)
                arrays = [self.theta[here], *(s[here] for s in self.state)]
                moved = self.rule.function(arrays[0], g[here], *arrays[1:], self.t, **values)
                for array, new in zip(arrays, moved, strict=True):
                    array[...] = new

    def _fused(self) -> fused.Step | None:
        """Return the kernel of the step, once it pays; a rule that has none is not asked again."""
        updates = self.t * (self.theta.size + fused.SMALL_STEP)
        if self._kernel is None and fused.wanted(self._choice, updates):
            try:
                self._kernel = fused.step_kernel(self.rule, self.theta.dtype.name)
            except fused.CompileError:
                self._choice = False
        return self._kernel

    def _at_step(self, now: Hyper) -> Hyper:
        return at_step({**self.hyper, **check_hyper(self.rule, now, self.theta.shape, fill=False)}, self.t)


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
    start = theta0 if np.issubdtype(theta0.dtype, np.floating) else theta0.astype(float)
    if start.ndim == 0 or start.shape[-1] == 0:
        raise ValueError(f"theta0 must have shape (..., n) with n of at least 1, got shape {start.shape}")
    if not np.isfinite(start).all():
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
    filled = rule.with_defaults(hyper)
    return {
        name: _check_value(f"{rule.name}: {name}", name, value, shape)
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
    return {
        name: _number(f"{name} at step {step}", name, value(step)) if callable(value) else value
        for name, value in hyper.items()
    }


class _Run:
    """One call of `descend`."""

    def __init__(self, rule: Rule, grad: Any, before: Any, hyper: Hyper, steps: int, keep: str):
        self.rule, self.grad, self.before, self.hyper, self.steps, self.keep = rule, grad, before, hyper, steps, keep
        self.scheduled = any(callable(value) for value in hyper.values())

    def updates(self, start: FloatArray) -> float:
        """Numbers updated in all, the overhead of a step counted in."""
        return self.steps * (start.size + fused.SMALL_STEP / 10)

    def compiled(self, start: FloatArray) -> FloatArray:
        """Whole runs as one kernel, or at least their steps."""
        if isinstance(self.grad, Surface) and getattr(self.grad, "each", True) and self.before is None:
            return fused.follow(
                self.rule, self.grad, start, self.steps, keep=self.keep, hyper=self.hyper, at_step=at_step
            )
        return self.on_arrays(start, step=functools.partial(fused.step_of_runs, self.rule))

    def on_floats(self, start: FloatArray) -> FloatArray:
        """One point on plain floats; where float arithmetic raises (overflow, 1/0) arrays go on with inf and nan."""
        step = retarget(self.rule.function, SCALAR)
        where = retarget(self.rule.where_function, SCALAR) if self.rule.where_function else None
        grad = self._float_gradient(start)
        theta = start.tolist()
        state = [list(self.rule.state.values()) for _ in theta]
        path = [theta]
        now = at_step(self.hyper, 0)
        for t in range(1, self.steps + 1):
            if self.scheduled:
                now = at_step(self.hyper, t - 1)
            step.__kwdefaults__ = now  # cheaper than keywords in every call
            try:
                point = theta
                if where is not None:
                    where.__kwdefaults__ = now
                    point = [where(x, *s) for x, s in zip(theta, state, strict=True)]
                moved = [step(x, g, *s, t) for x, g, s in zip(theta, grad(*point), state, strict=True)]
            except (OverflowError, ZeroDivisionError, ValueError):
                return self._go_on_with_arrays(path, theta, state, t)
            theta = [m[0] for m in moved]
            state = [m[1:] for m in moved]
            path.append(theta)
        return np.array(path if self.keep == "path" else theta)

    def on_arrays(
        self,
        start: FloatArray,
        state: list[FloatArray] | None = None,
        first: int = 1,
        step: Callable[..., Sequence[FloatArray]] | None = None,
    ) -> FloatArray:
        """Any number of points at once, the runs side by side in memory; step numbers begin at ``first``."""
        np.empty(KEPT_BYTES, np.uint8)  # made and let go: after that glibc keeps memory for the temporaries to come
        theta = _runs_first(start)
        state = state or [np.full_like(theta, value) for value in self.rule.state.values()]
        steps = self.steps - first + 1
        kept = steps + 1 if self.keep == "path" else 1
        path = np.moveaxis(np.empty((kept, theta.shape[-1], *theta.shape[:-1]), theta.dtype), 1, -1)
        path[0] = theta
        for t in range(first, self.steps + 1):
            now = at_step(self.hyper, t - 1)
            point = theta
            if self.rule.where_function is not None:
                point = self.rule.where_function(theta, *state, **self.rule.where_hyperparameters(now))
            if step is None:
                theta, *state = self.rule.function(theta, self._gradient(point), *state, t, **now)
            else:  # in place: what a reader's gradient may have kept is a copy
                point = point if isinstance(self.grad, Surface) else point.copy()
                theta, *state = step(theta, self._gradient(point), state, t, now)
            if self.keep == "path":
                path[t - first + 1] = theta
        return path if self.keep == "path" else theta.astype(start.dtype, copy=False)

    def _gradient(self, point: FloatArray) -> FloatArray:
        g = np.asarray(self.grad.grad(point) if isinstance(self.grad, Surface) else self.grad(point))
        if g.shape != point.shape:
            raise ValueError(f"the gradient must have the shape of theta, {point.shape}, got {g.shape}")
        return g if self.before is None else self.before(g)

    def _float_gradient(self, start: FloatArray) -> Callable[..., Any]:
        if isinstance(self.grad, Surface) and self.before is None:
            return self.grad.scalar_gradient
        return lambda *point: self._gradient(np.array(point, start.dtype)).tolist()

    def _go_on_with_arrays(self, path: list[Any], theta: list[float], state: list[Any], t: int) -> FloatArray:
        columns = [np.array(column, float) for column in zip(*state, strict=True)]
        rest = self.on_arrays(np.array(theta), columns, first=t)
        return rest if self.keep == "last" else np.concatenate([np.array(path[:-1]).reshape(-1, len(theta)), rest])


def _runs_first(theta: FloatArray) -> FloatArray:
    """Copy with one contiguous stretch of runs for every coordinate."""
    return np.moveaxis(np.array(np.moveaxis(theta, -1, 0), order="C", copy=True), 0, -1)


def _has_arrays(hyper: Hyper) -> bool:
    return any(isinstance(value, np.ndarray) for value in hyper.values())


def _describe(what: Any) -> str:
    if isinstance(what, np.ndarray):
        return f"an array of {what.dtype}, shape {what.shape}"
    return f"{type(what).__name__} {what!r}"


def _number(label: str, name: str, value: Any) -> float | FloatArray:
    """Python floats keep float32 arrays float32; an array stays an array."""
    if type(value) is float and math.isfinite(value):  # what it mostly is
        check_range(label, name, value)
        return value
    array = np.asarray(value)
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise TypeError(
            f"{label}: expected a number, an array of shape (runs, 1) or a schedule, got {_describe(value)}"
        )
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
