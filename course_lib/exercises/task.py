"""What a graded exercise is: draws, the course's answer, and the wrong formulas that are known by name."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .comparing import ATOL, RTOL, difference, form

Function = Callable[..., Any]
Draw = Callable[[np.random.Generator, bool], tuple[Any, ...]]


@dataclass(frozen=True)
class Wrong:
    """A wrong formula that people write, and what to say to those who did.

    Attributes
    ----------
    name : str
        Short name of the misconception, unique within its task.
    formula : callable
        Takes what the task's function takes and returns what that mistake returns.
    says : str
        What the learner reads: what the formula does, and where to look; not the answer.
    """

    name: str
    formula: Function
    says: str


@dataclass(frozen=True)
class Property:
    """Something that must hold for any right answer.

    Attributes
    ----------
    name : str
        What must hold, as a sentence.
    fails : callable
        ``fails(function, rng)`` returns None where it holds, else in words what was seen.
    """

    name: str
    fails: Callable[[Function, np.random.Generator], str | None]


@dataclass(frozen=True)
class Part:
    """What is marked as one: all its calls must be right for its points.

    Attributes
    ----------
    name : str
        Such as "values" or "a constant feature".
    draw : callable
        ``draw(rng, hidden)`` returns the arguments of one call, plain data all. For marks `hidden` is True,
        and shapes and ranges then differ from those that a learner sees.
    points : int
        At least 1.
    calls : int
        How many draws are made.
    only : tuple of int
        Which of several returned values count; all where it is empty.
    """

    name: str
    draw: Draw
    points: int = 1
    calls: int = 5
    only: tuple[int, ...] = ()


@dataclass(frozen=True)
class Task:
    """One function to write.

    Attributes
    ----------
    name : str
        Set and function, such as "momentum.nesterov".
    title : str
        As it stands over the exercise.
    answer : callable
        The course's own; it calls the library where the library has it.
    parts : tuple of Part
        Marked one by one.
    wrong : tuple of Wrong
        The mistakes that are recognized.
    properties : tuple of Property
        What the learner's check tries first.
    rtol, atol : float
        See `comparing.difference`.
    """

    name: str
    title: str
    answer: Function
    parts: tuple[Part, ...]
    wrong: tuple[Wrong, ...] = ()
    properties: tuple[Property, ...] = ()
    rtol: float = RTOL
    atol: float = ATOL

    @property
    def function(self) -> str:
        """The function's name in the notebook."""
        return self.name.partition(".")[2]

    @property
    def points(self) -> int:
        """The points of all parts."""
        return sum(part.points for part in self.parts)

    def difference(
        self, got: Any, args: tuple[Any, ...], only: tuple[int, ...] = (), *, hidden: bool = False
    ) -> str | None:
        """Return None where the value is right for these arguments, else how it differs, in words.

        Parameters
        ----------
        got : object
            What a learner's function returned.
        args : tuple
            What it was called with; left as it is.
        only : tuple of int
            Which of several values are compared, see `Part`; all have to be there.
        hidden : bool
            Whether nobody may know the arguments.

        Returns
        -------
        str or None
            See `comparing.difference`.
        """
        return self._apart(got, call(self.answer, args), only, hidden)

    def diagnose(self, parts: Sequence[Sequence[tuple[tuple[Any, ...], Any]]]) -> Wrong | None:
        """Return the known mistake that returns just these values, if there is one.

        Parameters
        ----------
        parts : sequence of sequence
            For each part the arguments of its calls and what each returned; an empty one where a call returned nothing.

        Returns
        -------
        Wrong or None
            The first whose formula agrees in every call and is not right in all of them. If there is none, the one whose
            formula agrees in every call of the first part that is not right, if no other's does.
        """
        failed = [
            (part.only, mine)
            for part, mine in zip(self.parts, parts, strict=True)
            if any(self.difference(value, args, part.only) for args, value in mine)
        ]
        if not failed:
            return None
        if all(parts):
            for wrong in self.wrong:
                if all(self._agrees(wrong, *one) for mine in parts for one in mine):
                    return wrong
        only, mine = failed[0]
        found = [wrong for wrong in self.wrong if all(self._agrees(wrong, *one, only) for one in mine)]
        return found[0] if len(found) == 1 else None

    def _agrees(self, wrong: Wrong, args: tuple[Any, ...], value: Any, only: tuple[int, ...] = ()) -> bool:
        try:
            expected = call(wrong.formula, args)
        except Exception:  # a mistake may well fail on some arguments
            return False
        return self._apart(value, expected, only) is None

    def _apart(self, got: Any, want: Any, only: tuple[int, ...], hidden: bool = False) -> str | None:
        if only and form(got) == form(want):
            got, want = ([values[n] for n in only] for values in (got, want))
            got, want = (got[0], want[0]) if len(only) == 1 else (got, want)
        return difference(got, want, rtol=self.rtol, atol=self.atol, hidden=hidden)


def call(function: Function, args: tuple[Any, ...]) -> Any:
    """Call a function with copies of the arguments, without NumPy's warnings.

    Parameters
    ----------
    function : callable
        Called once.
    args : tuple
        Its arguments, which stay as they are whatever the function does to its own.

    Returns
    -------
    object
        What the function returned.
    """
    with np.errstate(all="ignore"):
        return function(*copy.deepcopy(args))


def near(got: Any, want: Any) -> bool:
    """Return whether a property holds for numbers of about 1; single precision will do.

    Parameters
    ----------
    got, want : array_like
        To be compared.

    Returns
    -------
    bool
        Whether they are the same to about four digits.
    """
    return bool(np.allclose(got, want, rtol=1e-4, atol=1e-5))
