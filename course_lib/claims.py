"""Sentences that are checked where they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


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
        anchor = f"claim-{self.name.replace('.', '-')}"  # the page of all claims links here
        return (
            f'<div class="course-claim" id="{anchor}">\n\n**Claim** `{self.name}`. {self.statement}\n\n'
            f"*Checked in this run:* {figures(self.evidence)}\n\n</div>"
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
    return Claim(name, checked(f"claim {name!r}", statement, holds, evidence), dict(evidence))


def checked(what: str, statement: str, holds: bool, evidence: Mapping[str, Any]) -> str:
    """Fill the figures into a sentence, or stop where it does not hold.

    Parameters
    ----------
    what : str
        What is checked, for the message.
    statement : str
        The sentence, as for `claim`.
    holds : bool
        Whether it does.
    evidence : mapping of str to number
        The figures, not empty.

    Returns
    -------
    str
        The sentence.

    Raises
    ------
    ClaimError, ValueError
        As `claim`.
    """
    if not evidence:
        raise ValueError(f"{what} has no evidence; give the figures it rests on")
    try:
        sentence = statement.format(**evidence)
    except KeyError as error:
        raise ValueError(f"{what} speaks of {error}, its evidence has {', '.join(evidence)}") from None
    if not holds:
        shown = ", ".join(f"{key} = {_short(value)}" for key, value in evidence.items())
        raise ClaimError(f"{what} does not hold on this run: {sentence} ({shown})")
    return sentence


def figures(evidence: Mapping[str, Any]) -> str:
    """The figures of an evidence by name, as a page shows them."""
    return " · ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in evidence.items())


@dataclass(frozen=True)
class Effect:
    """How much larger one method's results are than another's, run by run.

    Parameters
    ----------
    ratio : float
        Geometric mean of the ratios.
    low, high : float
        95 % interval of that mean, by resampling the runs.
    above : int
        Runs whose ratio is above 1.
    runs : int
        Runs in all.
    """

    ratio: float
    low: float
    high: float
    above: int
    runs: int

    def __str__(self) -> str:
        """Ratio, interval and count."""
        return f"{self.ratio:.3g} (95 % interval {self.low:.3g} to {self.high:.3g}; above 1 in {self.above} of {self.runs} runs)"


def paired_ratio(a: Any, b: Any, *, resamples: int = 10_000) -> Effect:
    """Compare two methods on the same seeds or starts.

    Parameters
    ----------
    a, b : array_like of shape (runs,)
        Positive results, such as steps or losses, of the two methods in the same order.
    resamples : int
        Bootstrap samples of the runs; their seed is fixed, so a page says the same each time.

    Returns
    -------
    Effect
        The ratio a / b with its percentile interval.

    Raises
    ------
    ValueError
        If there are fewer than five runs, or a result is not positive and finite.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, section 13.3.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.ndim != 1 or len(a) < 5:
        raise ValueError(f"a comparison needs at least five runs of both methods, got shapes {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all() and (a > 0).all() and (b > 0).all()):
        raise ValueError("a ratio needs results that are positive and finite")
    logs = np.log(a / b)
    means = np.random.default_rng(0).choice(logs, size=(resamples, len(logs))).mean(axis=1)
    low, high = np.exp(np.quantile(means, [0.025, 0.975]))
    return Effect(float(np.exp(logs.mean())), float(low), float(high), int((logs > 0).sum()), len(logs))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
