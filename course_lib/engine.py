"""The machine that follows a rule from a start, or from many: on floats, on arrays, or as a compiled kernel."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

import course_lib.compiled as fused
from course_lib import one_path
from course_lib.hyperparameters import check_count
from course_lib.rule import SCALAR, FloatArray, Rule, as_rule, retarget
from course_lib.run_arguments import Hyper as Hyper
from course_lib.run_arguments import at_step, check_matrix, describe, has_arrays, schedules_of
from course_lib.run_arguments import check_hyper as check_hyper
from course_lib.run_arguments import check_start as check_start
from course_lib.stepper import Stepper as Stepper
from course_lib.surface import Surface, as_surface

FLOAT_COORDINATES = 4  # up to this many, plain floats beat arrays
FLOAT_STEPS = 1 << 16  # steps whose points a list holds before they go into an array
KEPT_BYTES = 1 << 24  # without them every larger temporary comes from the system, page by page: four times slower

Gradient = Callable[[FloatArray], Any]


def descend(
    rule: Rule | str,
    grad: Surface | str | Gradient,
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
    grad : Surface, str or callable
        A surface, the name of one, or a function from points of shape ``(*batch, n)`` to gradients of the same shape.
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
        If no rule or surface has the name.
    TypeError
        If a hyperparameter is unknown or is not a number, an array or a schedule, or grad or before cannot be called.
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
    rule, grad = as_rule(rule), as_surface(grad) if isinstance(grad, str) else grad
    if not callable(grad):
        raise TypeError(f"grad must be a surface or a function, got {describe(grad)}")
    if not (before is None or callable(before)):
        raise TypeError(f"before must be a function, got {describe(before)}")
    start = check_start(theta0)
    check_matrix(rule, start.shape)
    steps = check_count("steps", steps, 0)
    if keep not in ("path", "last"):
        raise ValueError(f"keep must be 'path' or 'last', got {keep!r}")
    if isinstance(grad, Surface) and start.shape[-1] != len(grad.coordinates):
        raise ValueError(
            f"{grad!r} takes points of shape (..., {len(grad.coordinates)}), theta0 has shape {start.shape}"
        )
    values = check_hyper(rule, hyper, start.shape)
    run = _Run(rule, grad, before, values, steps, keep)
    if fused.wanted(compiled, run.updates(start)):
        try:
            return run.compiled(start)
        except fused.CompileError:
            if compiled:
                raise
    if start.ndim == 1 and len(start) <= FLOAT_COORDINATES and start.dtype == float and run.of_numbers():
        return run.on_floats(start)
    return run.on_arrays(start)


class _Run:
    """One call of `descend`."""

    def __init__(self, rule: Rule, grad: Any, before: Any, hyper: Hyper, steps: int, keep: str):
        self.rule, self.grad, self.before, self.hyper, self.steps, self.keep = rule, grad, before, hyper, steps, keep
        self.numbers = {float}.issuperset(map(type, hyper.values()))  # what they mostly are
        self.schedules = {} if self.numbers else schedules_of(hyper)

    def updates(self, start: FloatArray) -> float:
        """Numbers updated in all, the overhead of a step counted in."""
        return self.steps * (start.size + fused.SMALL_STEP / 10)

    def of_numbers(self) -> bool:
        """Say whether no hyperparameter is an array; a schedule tells at its first step."""
        return self.numbers or not (
            has_arrays(self.hyper) or (self.schedules and has_arrays(at_step(self.schedules, 0)))
        )

    def printable(self, start: FloatArray) -> bool:
        """Say whether it is one run on a surface, for which a loop over numbers may be printed."""
        return type(self.grad) is Surface and self.before is None and start.ndim == 1

    def compiled(self, start: FloatArray) -> FloatArray:
        """Whole runs as one kernel, or at least their steps."""
        if self.printable(start) and self.of_numbers():
            loop = fused.path_loop(self.rule, self.grad.gradient_function, tuple(self.schedules))
            out = self._follow(loop, start, most=fused.CONSTANTS)
            return out if start.dtype == float else out.astype(start.dtype)
        if isinstance(self.grad, Surface) and getattr(self.grad, "each", True) and self.before is None:
            return fused.follow(
                self.rule, self.grad, start, self.steps, keep=self.keep, hyper=self.hyper, schedules=self.schedules
            )
        return self.on_arrays(start, step=functools.partial(fused.step_of_runs, self.rule))

    def on_floats(self, start: FloatArray) -> FloatArray:
        """One point on plain floats: in a loop printed for it, or by the functions as they are."""
        gradient = self.grad.gradient_function if self.printable(start) else None
        loop = gradient and one_path.float_loop(self.rule, gradient, tuple(self.schedules))
        if loop is None:
            return self.on_floats_by_steps(start)
        try:
            return self._follow(loop, start, most=FLOAT_STEPS, plain=True)
        except one_path.RAISED:
            return self.on_arrays(start)

    def _follow(self, loop: one_path.Loop, start: FloatArray, **how: Any) -> FloatArray:
        return one_path.follow(
            loop, self.rule, self.grad, start, self.steps, self.hyper, self.schedules, keep=self.keep, **how
        )

    @np.errstate(all="ignore")
    def on_floats_by_steps(self, start: FloatArray) -> FloatArray:
        """One point on plain floats; where float arithmetic raises (overflow, 1/0) arrays go on with inf and nan."""
        step = retarget(self.rule.function, SCALAR)
        where = retarget(self.rule.where_function, SCALAR) if self.rule.where_function else None
        grad = self._float_gradient(start)
        theta = start.tolist()
        state = [list(self.rule.state.values()) for _ in theta]
        path = [theta]
        now = at_step(self.hyper, 0)
        for t in range(1, self.steps + 1):
            if self.schedules:
                now = at_step(self.hyper, t - 1)
            step.__kwdefaults__ = now  # cheaper than keywords in every call
            try:
                point = theta
                if where is not None:
                    where.__kwdefaults__ = now
                    point = [where(x, *s) for x, s in zip(theta, state, strict=True)]
                moved = [step(x, g, *s, t) for x, g, s in zip(theta, grad(*point), state, strict=True)]
            except one_path.RAISED:
                return self._go_on_with_arrays(path, theta, state, t)
            if t == 1:
                self.rule.check_result(moved[0])
            theta = [m[0] for m in moved]
            state = [m[1:] for m in moved]
            path.append(theta)
        return np.array(path if self.keep == "path" else theta)

    @np.errstate(all="ignore")
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
            now = at_step(self.hyper, t - 1) if self.schedules else self.hyper
            point = theta
            if self.rule.where_function is not None:
                point = self.rule.where_function(theta, *state, **self.rule.where_hyperparameters(now))
            if step is None:
                moved = self.rule.function(theta, self._gradient(point), *state, t, **now)
                theta, *state = self.rule.check_result(moved) if t == first else moved
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
        if self.before is None:
            return g
        changed = np.asarray(self.before(g))
        if changed.shape != g.shape:
            raise ValueError(f"before must return an array of the gradient's shape, {g.shape}, got {changed.shape}")
        return changed

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
