"""A rule that changes one vector in place, block by block; long runs with a compiled kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

import course_lib.compiled as fused
from course_lib.block_text import BlockStep, block_step
from course_lib.rule import FloatArray, Rule, as_rule
from course_lib.run_arguments import (
    Hyper,
    at_step,
    check_hyper,
    check_matrix,
    check_start,
    describe,
    has_arrays,
    schedules_of,
)

BLOCK_BYTES = 1 << 17  # of each array: the six that Adam goes through stay in a second cache of a megabyte


class Stepper:
    """A rule with its state, which changes one vector in place.

    The rule goes block by block, so that what it computes on the way stays in the cache, and as calls that write into
    arrays at hand (`course_lib.block_text`); one that cannot be printed so is called as it is. Either way the result is
    bit for bit that of one call on the whole vector.

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
            raise TypeError(f"theta must be an array of floats, for it is changed in place; got {describe(theta)}")
        check_matrix(self.rule, theta.shape)
        if (
            theta.ndim != (1 if self.rule.elementwise else 2)
            or not theta.flags.c_contiguous
            or not theta.flags.writeable
        ):
            kind = "vector" if self.rule.elementwise else "matrix"
            raise ValueError(f"theta must be a contiguous, writeable {kind}, got {describe(theta)}")
        check_start(theta)
        self.theta: FloatArray = theta
        self.hyper = check_hyper(self.rule, hyper, theta.shape)
        if has_arrays(self.hyper):
            raise ValueError("a Stepper runs one vector: its hyperparameters are numbers or schedules")
        self._scheduled = bool(schedules_of(self.hyper))
        self.state = [np.full_like(theta, start) for start in self.rule.state.values()]
        self.t = 0
        self._rooms: list[FloatArray] = []  # where printed steps write on the way, and what they take for constants
        self._numbers: list[FloatArray] = []
        self._rows: list[FloatArray] = []  # theta and the state as kernels want them
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
        same = g.dtype == self.theta.dtype
        if same and (kernel := self._fused()) is not None:
            self._rows = self._rows or [a.reshape(1, -1) for a in (self.theta, *self.state)]
            theta, *state = self._rows
            kernel((theta, np.ascontiguousarray(g).reshape(1, -1), *state), self.t, values)
            return
        numbers = values is self.hyper or not has_arrays(values)
        printed = block_step(self.rule) if same and numbers and self.rule.elementwise else None
        with np.errstate(all="ignore"):
            if printed is not None:
                self._write_blocks(printed, g, values)
            else:
                self._call_rule(g, values)

    def _write_blocks(self, printed: BlockStep, g: FloatArray, values: Hyper) -> None:
        size = BLOCK_BYTES // self.theta.itemsize
        constants = printed.constants(t=self.t, **values)
        if not self._rooms:
            self._rooms = [np.empty_like(self.theta[:size]) for _ in range(printed.rooms)]
            self._numbers = [np.empty_like(self.theta, shape=()) for _ in constants]
        for number, constant in zip(self._numbers, constants, strict=True):
            number[()] = constant  # cast once, not by each call
        arrays = (self.theta, g, *self.state)
        if len(g) <= size:
            printed.call(*arrays, *self._rooms, *self._numbers)
            return
        for i in range(0, len(g), size):
            block = [array[i : i + size] for array in arrays]
            printed.call(*block, *[room[: len(g) - i] for room in self._rooms], *self._numbers)

    def _call_rule(self, g: FloatArray, values: Hyper) -> None:
        block = BLOCK_BYTES // self.theta.itemsize if self.rule.elementwise else len(g)
        for i in range(0, len(g), block):
            here = slice(i, i + block)
            arrays = [self.theta[here], *(s[here] for s in self.state)]
            moved = self.rule.function(arrays[0], g[here], *arrays[1:], self.t, **values)
            for array, new in zip(arrays, self.rule.check_result(moved), strict=True):
                array[...] = new

    def _fused(self) -> fused.Step | None:
        """Return the kernel of the step, once it pays; a rule that has none is not asked again."""
        if self._kernel is None and fused.wanted(self._choice, self.t * (self.theta.size + fused.SMALL_STEP)):
            try:
                self._kernel = fused.step_kernel(self.rule, self.theta.dtype.name)
            except fused.CompileError:
                self._choice = False
        return self._kernel

    def _at_step(self, now: Hyper) -> Hyper:
        if now:
            return at_step({**self.hyper, **check_hyper(self.rule, now, self.theta.shape, fill=False)}, self.t)
        return at_step(self.hyper, self.t) if self._scheduled else self.hyper

    def __getstate__(self) -> Hyper:
        return vars(self) | {"_rooms": [], "_rows": []}  # a copy's rows are of the copy's arrays
