"""The learner's check: properties first, then values, then the name of the mistake if it is a known one."""

from __future__ import annotations

import copy
import difflib
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .comparing import difference, form, kind, shaped
from .task import Task, call

SEED = 20
COURSE, NUMPY = (str(Path(where).parent) for where in (__file__, np.__file__))


@dataclass(frozen=True)
class Feedback:
    """What a check found, shown as text in a notebook.

    Attributes
    ----------
    name : str
        The task.
    passed : bool
        Whether all of it was right.
    lines : tuple of str
        What was tried and what came of it.
    """

    name: str
    passed: bool
    lines: tuple[str, ...]

    def __str__(self) -> str:
        head = f"{self.name}: {'all of it is right.' if self.passed else 'not yet.'}"
        return "\n".join([head, *(f"  {line}" for line in self.lines)])

    __repr__ = __str__


def find(tasks: Mapping[str, Task], name: str) -> Task:
    """Return the task of this name, or say which ones there are.

    Parameters
    ----------
    tasks : mapping of str to Task
        By name.
    name : str
        Such as "momentum.nesterov".

    Returns
    -------
    Task
        The one.

    Raises
    ------
    LookupError
        Where there is none of that name.
    """
    if name in tasks:
        return tasks[name]
    near = difflib.get_close_matches(str(name), tasks, n=1)
    raise LookupError(f"no exercise is called {name!r}; {f'did you mean {near[0]!r}?' if near else 'there are'}"
                      f"{'' if near else ' ' + ', '.join(tasks)}")  # fmt: skip


def look_at(task: Task, function: Callable[..., Any]) -> Feedback:
    """Try a learner's function on random inputs and say what is right and what is not.

    Parameters
    ----------
    task : Task
        What it should do.
    function : callable
        The learner's.

    Returns
    -------
    Feedback
        Stops at the first thing that is wrong.

    Raises
    ------
    TypeError
        Where `function` cannot be called, or takes other arguments than the task's.
    """
    if not callable(function):
        raise TypeError(
            f"check takes the function itself, as in check({task.name!r}, {task.function}); {kind(function)} came"
        )
    problem = _signature(task, function)
    if problem:
        return Feedback(task.name, False, (problem,))
    lines: list[str] = []
    for step in (_form, _properties, _values):
        try:
            problem = step(task, function, lines)
        except NotImplementedError:
            problem = "not written yet."
        except Exception as error:  # the learner's code may raise anything
            problem = f"✗ it raised {type(error).__name__}: {error}{_where(error)}"
        if problem:
            return Feedback(task.name, False, (*lines, problem))
    return Feedback(task.name, True, tuple(lines))


def _signature(task: Task, function: Callable[..., Any]) -> str | None:
    args = task.parts[0].draw(np.random.default_rng(SEED), False)
    try:
        inspect.signature(function).bind(*args)
    except (TypeError, ValueError):
        wanted = ", ".join(inspect.signature(task.answer).parameters)
        return f"✗ it must take ({wanted}), {len(args)} arguments"
    return None


def _form(task: Task, function: Callable[..., Any], lines: list[str]) -> str | None:
    """Say so where not even the shape of what is returned is right: properties would stumble over it."""
    args = _draws(task.parts[0])[0]
    got, want = call(function, args), call(task.answer, args)
    if got is None or form(got) != form(want):
        return f"✗ what it returns {difference(got, want) or f'is {kind(got)}, expected {kind(want)}'}"
    return None


def _properties(task: Task, function: Callable[..., Any], lines: list[str]) -> str | None:
    def returned(*args: Any) -> Any:
        return shaped(call(function, args), call(task.answer, args))

    failed = []
    for one in task.properties:
        with np.errstate(all="ignore"):
            words = one.fails(returned, np.random.default_rng(SEED))
        lines.append(f"{'✗' if words else '✓'} {one.name}{f': {words}' if words else ''}")
        failed += [one] if words else []
    if not failed:
        return None
    return _known(task, function) or "the lines marked ✗ do not hold"


def _values(task: Task, function: Callable[..., Any], lines: list[str]) -> str | None:
    for part in task.parts:
        for args in _draws(part):
            mine = copy.deepcopy(args)
            with np.errstate(all="ignore"):
                got = function(*mine)
            words = task.difference(got, args, part.only)
            if words:
                return "\n  ".join(filter(None, (f"✗ {part.name}: what it returns {words}", _known(task, function))))
            if difference(list(mine), list(args)) and all(_finite(a) for a in args):
                return f"✗ {part.name}: it changes its arguments; work on a copy"
        lines.append(f"✓ {part.name}")
    return None


def _draws(part: Any) -> list[tuple[Any, ...]]:
    return [part.draw(np.random.default_rng([SEED, n]), False) for n in range(part.calls)]


def _known(task: Task, function: Callable[..., Any]) -> str | None:
    found = task.diagnose([_tried(function, _draws(part)) for part in task.parts])
    return f"This looks like {found.name}: {found.says}" if found else None


def _tried(function: Callable[..., Any], calls: list[tuple[Any, ...]]) -> list[tuple[tuple[Any, ...], Any]]:
    try:
        return [(args, call(function, args)) for args in calls]
    except Exception:  # that was said already, or will be
        return []


def _finite(value: Any) -> bool:
    return not isinstance(value, (np.ndarray, float)) or bool(np.isfinite(value).all())


def _where(error: Exception) -> str:
    """Return the last line that the learner wrote."""
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith((COURSE, NUMPY)) and f.line
    ]
    return f" (line {frames[-1].lineno}: {frames[-1].line})" if frames else ""
