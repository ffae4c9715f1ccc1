"""Where a source says otherwise: its words, what is so instead, and the run that settles it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from course_lib.claims import checked, figures


class Source(NamedTuple):
    """A document that the course is built on.

    Parameters
    ----------
    label : str
        What a sentence calls it.
    citation : str
        Who wrote it, what it is called, where and when; in Markdown.
    """

    label: str
    citation: str


SOURCES: Mapping[str, Source] = {
    "notes": Source(
        "the notes *Neural Network Optimization*",
        "*Neural Network Optimization*, study notes after an article of the same name in Towards Data Science, "
        "<https://towardsdatascience.com/neural-network-optimization-7ca72d4db3e0>.",
    ),
    "mondal": Source(
        "Mondal's slides",
        "A. Mondal, *Optimization*, slides of CS551 Introduction to Deep Learning, Indian Institute of Technology Patna.",
    ),
    "66days": Source(
        "the notes of *66 Days of Data*",
        "*Optimization for Training Deep Models*, notes of 66 Days of Data, day 21, on chapter 8 of I. Goodfellow, Y. Bengio and "
        "A. Courville, *Deep Learning*, MIT Press 2016.",
    ),
    "tennakoon": Source(
        "Tennakoon's slides",
        "R. Tennakoon, *Neural Network Optimization*, slides of COSC2779 Deep Learning, RMIT University, August 2, 2021.",
    ),
    "zazo": Source(
        "Zazo and Protopapas",
        "J. Zazo and P. Protopapas, *Optimization algorithms, understanding dropout and batch normalization*, section notes "
        "of Data Science 2, AC 209b, Harvard University, February 15, 2019.",
    ),
}
"""The documents by name; the appendix lists them."""


@dataclass(frozen=True)
class Disagreement:
    """A sentence of a source and what is so instead, as shown on the page.

    Parameters
    ----------
    name : str
        Unique, such as ``momentum.misprint``.
    sources : sequence of str
        Names in `SOURCES`.
    says : str
        What they say, literally.
    instead : str
        What is so, figures filled in.
    evidence : mapping of str to number
        The figures by name.
    """

    name: str
    sources: Sequence[str]
    says: str
    instead: str
    evidence: Mapping[str, Any]

    def _repr_markdown_(self) -> str:
        who = join([SOURCES[source].label for source in self.sources])
        anchor = f"disagreement-{self.name.replace('.', '-')}"  # the page of all disagreements links here
        return (
            f'<div class="course-disagreement" id="{anchor}">\n\n**The source says otherwise.** {who[0].upper()}{who[1:]}: '
            f"“{self.says}”\n\n{self.instead}\n\n*Settled by this run:* {figures(self.evidence)}\n\n</div>"
        )

    def __repr__(self) -> str:
        return f"{', '.join(self.sources)}: {self.says!r}; instead: {self.instead}"


def disagreement(
    name: str, source: str | Sequence[str], says: str, instead: str, holds: bool, evidence: Mapping[str, Any]
) -> Disagreement:
    """Quote a source that errs, has aged or disagrees with others, and say what is so; or stop where the run says otherwise.

    Parameters
    ----------
    name : str
        Unique, ``chapter.what-it-is-about``.
    source : str or sequence of str
        Who says so: names in `SOURCES`.
    says : str
        Their words, quoted literally and fairly; an equation in dollars.
    instead : str
        What is so; ``{key}`` or ``{key:.2f}`` stands for a figure of the evidence.
    holds : bool
        Whether it is, computed from this run.
    evidence : mapping of str to number
        The figures that settle it, not empty.

    Returns
    -------
    Disagreement
        Shows itself when it ends a cell; an appendix collects all of them.

    Raises
    ------
    ClaimError
        If the run does not bear it out; the message has the figures.
    LookupError
        If a source has no such name.
    ValueError
        If there is no evidence, or the text names a figure that the evidence lacks.
    """
    sources = [source] if isinstance(source, str) else list(source)
    for given in sources:
        if given not in SOURCES:
            raise LookupError(f"no source is called {given!r}; known: {', '.join(SOURCES)}")
    sentence = checked(f"disagreement {name!r}", instead, holds, evidence)
    return Disagreement(name, sources, says, sentence, dict(evidence))


def join(words: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
