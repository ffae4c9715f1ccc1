"""The graded exercises: `check` tells a learner what is right, what is not, and which mistake it looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import adaptive_rates, momentum, normalization
from .checking import Feedback, find, look_at
from .comparing import difference
from .task import Part, Property, Task, Wrong

__all__ = ["SETS", "Feedback", "Part", "Property", "Task", "Wrong", "check", "difference", "task"]

SETS: dict[str, tuple[Task, ...]] = {
    "momentum": momentum.TASKS,
    "adaptive_rates": adaptive_rates.TASKS,
    "normalization": normalization.TASKS,
}


def task(name: str) -> Task:
    """Return a task by its name.

    Parameters
    ----------
    name : str
        Set and function, such as "momentum.nesterov".

    Returns
    -------
    Task
        The one.

    Raises
    ------
    LookupError
        Where there is none of that name; near ones are named.
    """
    return find({one.name: one for tasks in SETS.values() for one in tasks}, name)


def check(name: str, function: Callable[..., Any]) -> Feedback:
    """Try a function on random inputs and say what is right, what is not, and which mistake it looks like.

    Parameters
    ----------
    name : str
        The exercise, such as "momentum.nesterov".
    function : callable
        Yours.

    Returns
    -------
    Feedback
        Shows itself as text. It is feedback, not the mark: marks are computed elsewhere, on other inputs.

    Raises
    ------
    LookupError
        Where no exercise has that name; near ones are named.
    TypeError
        Where `function` cannot be called.
    """
    return look_at(task(name), function)
