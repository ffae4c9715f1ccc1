"""Fused kernels, compiled by numba where it is installed; everything runs without it, more slowly.

A kernel is printed from a rule's own source (`course_lib.kernel_text`). Compiling one takes a second at its first call on
a machine; the result is kept in a folder (``COURSE_CACHE``, else the user's cache), from which it loads in 0.1 s. So the
engines compile by themselves only what would take plain NumPy about a second. The argument ``compiled`` or the environment
variable ``COURSE_COMPILED`` (0, 1, auto) says otherwise.

The same numbers come out: a step of a rule made of + - * / and square roots is NumPy's bit for bit, in float32 and
float64. A power, an exponential, a cosine or a tangent may differ by 4 units in the last place; a path then differs by what
its formulas make of that.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib import kernel_text
from course_lib.kernel_store import CompileError as CompileError
from course_lib.kernel_store import cache_folder as cache_folder
from course_lib.kernel_store import compile_kernel
from course_lib.kernel_text import BLOCK, RUN, STEP
from course_lib.landscapes import Landscape
from course_lib.one_path import Loop
from course_lib.rule import FloatArray, Rule
from course_lib.run_arguments import at_step
from course_lib.surface import Surface
from course_lib.translator import TranslationError

PAYS = 2e8  # updates of one number that cost NumPy about a second
SMALL_STEP = 5000  # what the calls of one NumPy step cost, in such updates
THREADED = 1_000_000  # updates in one call from which more threads help
CONSTANTS = 1_000_000  # numbers that one constant of a run may fill at a time

DEPENDS = {(s, r): frozenset([STEP] * s + [RUN] * r) for s in (False, True) for r in (False, True)}

Hyper = Mapping[str, Any]


def wanted(choice: bool | None, updates: float) -> bool:
    """Say whether to try the compiled engine.

    Parameters
    ----------
    choice : bool, optional
        What the caller said; if nothing, the environment variable ``COURSE_COMPILED`` counts.
    updates : float
        How many numbers are updated in all; without a word from anyone this decides.

    Returns
    -------
    bool
        Whether to try.

    Raises
    ------
    ValueError
        If the environment variable is none of 0, 1 and auto.
    """
    if choice is not None:
        return choice
    said = os.environ.get("COURSE_COMPILED", "auto").lower()
    if said not in ("0", "1", "auto"):
        raise ValueError(f"COURSE_COMPILED must be 0, 1 or auto, got {said!r}")
    return said == "1" or (said == "auto" and updates >= PAYS)


class Step:
    """One step of a rule on arrays of shape ``(n, runs)``, in place.

    Parameters
    ----------
    rule : Rule
        The rule.
    dtype : str
        Number type of the arrays, float32 or float64.
    per_run : tuple of str
        The hyperparameters that are arrays, one value a run.

    Raises
    ------
    CompileError
        If there is no numba, or the rule cannot be translated; the message says which.
    """

    def __init__(self, rule: Rule, dtype: str, per_run: tuple[str, ...] = ()):
        _check_rule(rule)
        if dtype not in ("float32", "float64"):
            raise CompileError(f"only float32 and float64 are compiled, not {dtype}")
        kernel = _translated(kernel_text.step_kernel, rule, dtype, per_run)
        self.constants, self.call = kernel.constants, compile_kernel(f"{rule.name}_{dtype}", kernel.text)
        self.number: Any = np.dtype(dtype).type
        self.per_run = per_run

    def __call__(self, arrays: Sequence[FloatArray], t: int, hyper: Hyper) -> None:
        """Change theta and the state, given as theta, g and the state in order."""
        constants = self.constants(t=t, **hyper)
        if self.per_run:
            constants = [
                np.ravel(c).astype(self.number, copy=False) if np.ndim(c) else self.number(c) for c in constants
            ]
        else:
            constants = map(self.number, constants)
        n, runs = arrays[0].shape
        _in_threads(self.call, (*arrays, *constants), runs, n * runs)


@functools.lru_cache(maxsize=256)
def step_kernel(rule: Rule, dtype: str, per_run: tuple[str, ...] = ()) -> Step:
    """Return the step of a rule, made once; arguments and errors are those of `Step`."""
    return Step(rule, dtype, per_run)


def step_of_runs(
    rule: Rule, theta: FloatArray, g: FloatArray, state: Sequence[FloatArray], t: int, now: Hyper
) -> list[FloatArray]:
    """Take one step of many runs at once, in place.

    Parameters
    ----------
    rule : Rule
        The rule.
    theta, g : ndarray of shape (*batch, n)
        Points and gradients, the runs side by side in memory.
    state : sequence of ndarray of shape (*batch, n)
        The state.
    t : int
        Number of the step, from 1.
    now : mapping
        Numbers and arrays of shape ``(runs, 1)`` by name.

    Returns
    -------
    list of ndarray of shape (*batch, n)
        Theta and the state: the arrays given, or new ones where their number type was less precise than that of the
        gradient or of a hyperparameter.

    Raises
    ------
    CompileError
        If there is no numba, or the step is not such as can be compiled.
    """
    batch, n = theta.shape[:-1], theta.shape[-1]
    by_run = {name: _by_run(name, value, batch) for name, value in now.items()}
    per_run = tuple(name for name, value in by_run.items() if isinstance(value, np.ndarray))
    dtype = np.result_type(theta, g, *(by_run[name] for name in per_run))
    shape = (n, -1) if per_run else (1, -1)
    rows = [np.ascontiguousarray(np.moveaxis(a, -1, 0), dtype).reshape(shape) for a in (theta, g, *state)]
    step_kernel(rule, dtype.name, per_run)(rows, t, by_run)
    return [np.moveaxis(row.reshape(n, *batch), 0, -1) for row in (rows[0], *rows[2:])]


@functools.lru_cache(maxsize=256)
def path_loop(rule: Rule, gradient: Callable[..., Any], scheduled: tuple[str, ...]) -> Loop:
    """Return the loop of one run: its numbers stay in registers, which takes half the time of arrays of one run.

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
    callable
        As `course_lib.kernel_text.path_kernel` says.

    Raises
    ------
    CompileError
        If there is no numba, or rule or gradient are not such as can be compiled.
    """
    _check_rule(rule)
    text = _translated(kernel_text.path_kernel, rule, gradient, scheduled)
    return compile_kernel(f"{rule.name}_{gradient.__name__}_path", text)


@functools.lru_cache(maxsize=256)
def _run_kernel(rule: Rule, gradient: Callable[..., Any], varying: tuple[Any, ...], per_run: tuple[str, ...]) -> Any:
    """Return the loop of whole runs and the three parts that give its constants."""
    parts = _translated(kernel_text.run_kernel, rule, gradient, dict(varying), per_run)
    return compile_kernel(f"{rule.name}_{gradient.__name__}", parts[0].text), parts


@np.errstate(all="ignore")
def follow(
    rule: Rule,
    surface: Surface,
    start: FloatArray,
    steps: int,
    *,
    keep: str,
    hyper: dict[str, Any],
    schedules: dict[str, Any],
) -> FloatArray:
    """Follow a rule on a surface in one compiled loop, from one start or from many.

    Parameters
    ----------
    rule : Rule
        The rule.
    surface : Surface
        A surface of a few coordinates, or one of many that acts on each alone.
    start : ndarray of shape (*batch, n)
        Where to start.
    steps : int
        How many steps.
    keep : {"path", "last"}
        Every point, or the end point only.
    hyper : dict
        Numbers, arrays and schedules by name.
    schedules : dict
        The schedules alone.

    Returns
    -------
    ndarray of shape (steps + 1, *batch, n) or (*batch, n)
        As `course_lib.descend`.

    Raises
    ------
    CompileError
        If there is no numba, or rule, surface or hyperparameters are not such as can be compiled.
    """
    _check_rule(rule)
    batch, n = start.shape[:-1], start.shape[-1]
    theta = np.array(start.reshape(-1, n).T, float, order="C")
    gradient, parameters, copies = _gradient_of(surface, theta.shape[1])
    theta = theta.reshape(n // copies, -1)
    now = {**hyper, **at_step(schedules, 0)}
    varying = tuple((name, DEPENDS[name in schedules, isinstance(value, np.ndarray)]) for name, value in now.items())
    per_run = tuple(name for name, value in parameters.items() if isinstance(value, np.ndarray))
    call, parts = _run_kernel(rule, gradient, varying, per_run)
    spread = functools.partial(_by_run, batch=batch, copies=copies)
    constant = {name: spread(name, now[name]) for name in hyper if name not in schedules}

    state = [np.full(theta.shape, value) for value in rule.state.values()]
    runs = theta.shape[1]
    path = np.empty((steps + 1 if keep == "path" else 0, *theta.shape))
    path[:1] = theta
    chunk = max(1, CONSTANTS // max(1, runs))
    for begin in range(0, steps, chunk):
        count = min(chunk, steps - begin)
        rows = [at_step(schedules, step) for step in range(begin, begin + count)] if schedules else []
        values = constant | {name: np.stack([np.ravel(spread(name, row[name])) for row in rows]) for name in schedules}
        t = np.arange(begin + 1.0, begin + count + 1.0)[:, None]
        constants = _fill(rule, parts, t, values, parameters, runs)
        piece = path[begin + 1 : begin + 1 + count]
        _in_threads(call, (count, theta, *state, piece, *constants), runs, theta.size * count)
    out = path.reshape(steps + 1, n, *batch) if keep == "path" else theta.reshape(n, *batch)
    out = np.moveaxis(out, 1 if keep == "path" else 0, -1) if batch else out
    return out.astype(start.dtype, copy=False)


def _gradient_of(surface: Surface, runs: int) -> tuple[Callable[..., Any], dict[str, Any], int]:
    """Return a gradient, its parameters, and as how many runs of one coordinate each run goes."""
    if not isinstance(surface, Landscape):
        return surface.gradient_function, dict(surface.parameters), 1
    if surface.each is None:
        raise CompileError(f"{surface!r} takes theta whole: only its steps are compiled, not its gradient")
    gradient, parameters = surface.each
    return gradient, {name: np.repeat(v, runs) for name, v in parameters.items()}, len(surface.coordinates)


def _fill(rule: Rule, parts: Any, t: FloatArray, values: Hyper, parameters: Hyper, runs: int) -> list[Any]:
    """Compute the constants of some steps: a number, or one a step, a run, or both."""
    own, ahead, slope = parts
    filled: list[Any] = []
    computed = (
        *zip(own.kinds, own.constants(t=t, **values), strict=True),
        *zip(ahead.kinds, ahead.constants(**rule.where_hyperparameters(values)), strict=True),
        *zip(slope.kinds, slope.constants(**parameters), strict=True),
    )
    for kind, value in computed:
        if not kind:
            filled.append(float(value))
        elif len(kind) == 1:
            filled.append(np.asarray(value, float).ravel())
        else:
            filled.append(np.ascontiguousarray(np.broadcast_to(value, (len(t), runs)), float))
    return filled


def _by_run(name: str, value: Any, batch: tuple[int, ...], copies: int = 1) -> Any:
    """Return a number as it is, an array as a row of one value a run."""
    if not isinstance(value, np.ndarray):
        return value
    if value.shape[-1] != 1:
        raise CompileError(f"{name} differs from coordinate to coordinate, which is not compiled")
    return np.tile(np.broadcast_to(value, (*batch, 1)).reshape(-1).astype(float), copies)


def _in_threads(call: Callable[..., Any], arguments: Sequence[Any], runs: int, updates: int) -> None:
    """Split the runs over the cores where there is enough to do; a kernel holds no lock."""
    threads = min(_threads(), updates // THREADED) if updates >= 2 * THREADED else 1
    if threads < 2 or runs < 2 * BLOCK * threads:
        call(0, runs, *arguments)
        return
    cuts = [runs * k // threads // BLOCK * BLOCK for k in range(threads)] + [runs]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda first, last: call(first, last, *arguments), cuts[:-1], cuts[1:]))


def _threads() -> int:
    """Cores that this process may use, as other libraries count them."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(int(said), cores)) if said.isdecimal() else cores


def _check_rule(rule: Rule) -> None:
    if not getattr(rule, "elementwise", True):
        raise CompileError(f"{rule.name} works on whole matrices, which is not compiled")


def _translated(printer: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return printer(*arguments)
    except TranslationError as error:
        raise CompileError(str(error)) from error
