"""The verdict: what a submission's functions returned, beside what is right."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from course_lib.exercises import SETS, Task

from . import session, wording
from .handed import Submission
from .sandbox import Sandbox

SECRET_BYTES = 32
DEFINED = re.compile(r"^[ \t]*def[ \t]+(\w+)[ \t]*\(|^(\w+)[ \t]*=", re.MULTILINE)

Record = dict[str, Any]
Execute = Callable[[Sequence[str], Sequence[session.Call], Sandbox], session.Execution]


def mark(
    submission: Submission, set_name: str, secret: bytes, sandbox: Sandbox, execute: Execute = session.execute
) -> Record:
    """Run a submission behind the walls and return its marks with their reasons.

    Parameters
    ----------
    submission : Submission
        Its cells.
    set_name : str
        Which set it answers.
    secret : bytes
        The course's; all inputs come from it, the same for the whole class.
    sandbox : Sandbox
        The walls.
    execute : callable
        How cells are run and functions called.

    Returns
    -------
    dict
        set, digest, exercises and cells: plain data, without times and places, so that it is the same each time. No
        input and no right value is in it.

    Raises
    ------
    MachineFailure
        If the sandbox did not start; then nothing is known about the submission.
    """
    asked = questions(set_name, secret)
    calls = [session.Call(task.name, task.function, args) for task, _, args in asked]
    done = execute(submission.cells, calls, sandbox)
    names = wording.usual_names(SETS[set_name])
    exercises, told = [], functools.partial(_told, submission.cells, done.cells, names)
    for task in SETS[set_name]:
        mine = [(part, args, answer) for (t, part, args), answer in zip(asked, done.answers, strict=True) if t is task]
        exercises.append(_verdict(task, mine, told))
    return {"set": set_name, "digest": submission.digest, "exercises": exercises, "cells": list(done.cells)}


def questions(set_name: str, secret: bytes) -> tuple[tuple[Task, int, tuple[Any, ...]], ...]:
    """Return all calls of a set: the task, the number of its part, the arguments.

    Parameters
    ----------
    set_name : str
        Which set.
    secret : bytes
        At least 32 bytes.

    Returns
    -------
    tuple
        The same for the same secret.
    """
    return _questions(set_name, secret, SETS[set_name])


@functools.lru_cache(maxsize=16)
def _questions(set_name: str, secret: bytes, tasks: tuple[Task, ...]) -> tuple[tuple[Task, int, tuple[Any, ...]], ...]:
    asked = []
    for task in tasks:
        for number, part in enumerate(task.parts):
            for k in range(part.calls):
                seed = hmac.digest(secret, f"{set_name}/{task.name}/{number}/{k}".encode(), "sha256")
                rng = np.random.default_rng(int.from_bytes(seed, "big"))
                asked.append((task, number, part.draw(rng, True)))
    return tuple(asked)


def sets_defined(cells: Iterable[str]) -> list[str]:
    """Return the sets of which a notebook defines functions, the one with the largest share first.

    Parameters
    ----------
    cells : iterable of str
        Code.

    Returns
    -------
    list of str
        Names of sets.
    """
    names = {name for cell in cells for pair in DEFINED.findall(cell) for name in pair if name}
    shares = {s: sum(t.function in names for t in tasks) / len(tasks) for s, tasks in SETS.items() if tasks}
    return sorted((s for s, share in shares.items() if share > 0), key=lambda s: (-shares[s], s))


def fingerprint(secret: bytes) -> str:
    """Return what tells two secrets apart and does not betray them.

    Parameters
    ----------
    secret : bytes
        The course's.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hmac.new(secret, b"fingerprint of the course's secret", hashlib.sha256).hexdigest()


def _verdict(
    task: Task, mine: Sequence[tuple[int, tuple[Any, ...], session.Answer]], told: Callable[[str, session.Answer], str]
) -> dict[str, Any]:
    score, feedback, reason = 0, [], ""
    for number, part in enumerate(task.parts):
        problems = [_problem(task, part.only, args, answer, told) for n, args, answer in mine if n == number]
        problem = next(filter(None, problems), None)
        if problem is None:
            score += part.points
        failed = sum(p is not None for p in problems)
        often = f" (in {failed} of {len(problems)} calls)" if problem and 1 <= failed < len(problems) else ""
        feedback.append(f"{part.name}: {problem + often if problem else 'right'}")
        reason = reason or (feedback[-1] if problem else "")
    wrong = None
    if reason:
        with contextlib.suppress(Exception):  # as in `_problem`
            wrong = task.diagnose([_returned(mine, number) for number in range(len(task.parts))])
    said = {"name": task.name, "score": score, "max": task.points, "reason": reason, "feedback": feedback}
    return {**said, "wrong": wrong.name if wrong else None}


def _returned(mine: Sequence[tuple[int, tuple[Any, ...], session.Answer]], number: int) -> list[tuple[Any, Any]]:
    part = [(args, answer) for n, args, answer in mine if n == number]
    values = [(args, answer.value) for args, answer in part if answer.kind == "value"]
    return values if len(values) == len(part) else []


def _problem(
    task: Task,
    only: tuple[int, ...],
    args: tuple[Any, ...],
    answer: session.Answer,
    told: Callable[[str, session.Answer], str],
) -> str | None:
    if answer.kind != "value":
        return told(task.function, answer)
    try:
        words = task.difference(answer.value, args, only, hidden=True)
    except Exception:  # what strangers hand over must not cost their neighbors a run
        words = "cannot be compared with what was expected"
    return f"what it returns {words}" if words else None


def _told(
    cells: Sequence[str], statuses: Sequence[str], names: frozenset[str], function: str, answer: session.Answer
) -> str:
    """Return why there is no value: in our words, as the learner's may hold what the function was called with."""
    if answer.kind == "raised":
        return wording.of_an_error(answer.words, names)
    if answer.kind == "not plain":
        return wording.of_no_value(answer.words)
    return wording.of_no_function(function, cells, statuses) if answer.kind == "missing" else answer.words
