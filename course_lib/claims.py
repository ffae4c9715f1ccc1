"""Sentences that are checked where they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ClaimError(AssertionError):
    """A sentence of the page does not hold on this run."""


@dataclass(frozen=True)
class Claim:
    """A sentence with its figures, as shown on the page.

    Parameters
    ----------
    name : str
        Unique, such as ``momentum.fewer-steps``.
    statement : str
        The sentence, figures filled in.
    evidence : mapping of str to number
        The figures by name.
    """

    name: str
    statement: str
    evidence: Mapping[str, Any]

    def _repr_markdown_(self) -> str:
        figures = " · ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in self.evidence.items())
        return (
            f'<div class="course-claim">\n\n**Claim** `{self.name}`. {self.statement}\n\n'
            f"*Checked in this run:* {figures}\n\n</div>"
        )

    def __repr__(self) -> str:
        return f"claim {self.name} holds: {self.statement}"


def claim(name: str, statement: str, holds: bool, evidence: Mapping[str, Any]) -> Claim:
    """Show a sentence with the figures that carry it, or stop where it does not hold.

    Parameters
    ----------
    name : str
        Unique, ``chapter.what-it-says``.
    statement : str
        The sentence; ``{key}`` or ``{key:.2f}`` stands for a figure of the evidence.
    holds : bool
        Whether it does, computed from this run.
    evidence : mapping of str to number
        The figures, not empty.

    Returns
    -------
    Claim
        Shows itself when it ends a cell.

    Raises
    ------
    ClaimError
        If it does not hold; the message has the figures.
    ValueError
        If there is no evidence, or the statement names a figure that the evidence lacks.
    """
    if not evidence:
        raise ValueError(f"claim {name!r} has no evidence; give the figures it rests on")
    try:
        sentence = statement.format(**evidence)
    except KeyError as error:
        raise ValueError(f"claim {name!r} speaks of {error}, its evidence has {', '.join(evidence)}") from None
    if not holds:
        figures = ", ".join(f"{key} = {_short(value)}" for key, value in evidence.items())
        raise ClaimError(f"claim {name!r} does not hold on this run: {sentence} ({figures})")
    return Claim(name, sentence, dict(evidence))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
