"""How a run went, in words: the same judgement as in engine.js, for the text beside the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import numpy as np

from course_lib.rule import FloatArray
from course_lib.surfaces import Surface

# The script takes these from here.
FAR = 100  # a run that is this many windows away has diverged
CLOSE = 1e-4  # a run whose loss is this share of the first one from a minimum's is there
STAY = 10  # it has converged if it stays there to the end, for this many steps at least
MEANING = (
    "Converged: for the rest of the run, ten steps at least, the loss above the minimum is below 1/10 000 of the first."
)


@dataclass(frozen=True)
class Outcome:
    """One run and what became of it.

    Parameters
    ----------
    path : ndarray of shape (k, 2)
        The points, without those after divergence.
    losses : ndarray of shape (k,)
        The loss at each.
    word : {"diverged", "converged", "climbed", "underway"}
        What became of it.
    step : int
        The step at which it diverged, the one from which on it stayed at the minimum, or the last one.
    minimum : tuple of float, optional
        Where it converged to.
    """

    path: FloatArray
    losses: FloatArray
    word: str
    step: int
    minimum: tuple[float, ...] | None = None

    def text(self, several: bool) -> str:
        """Say it in words.

        Parameters
        ----------
        several : bool
            Whether the surface has several minima, so that one must be named.

        Returns
        -------
        str
            A clause without a verb for a subject: "converged after 83 steps, final loss 0.0012".
        """
        if self.word == "diverged":
            return f"diverged at step {self.step}"
        loss = number(self.losses[-1])
        if self.word == "converged":
            return (
                f"converged{f' to {point(self.minimum)}' if several else ''} after {self.step} steps, final loss {loss}"
            )
        return f"loss {loss} after {self.step} steps{', above the start' if self.word == 'climbed' else ''}"


def judge(path: FloatArray, surface: Surface) -> Outcome:
    """Say what became of a run.

    Parameters
    ----------
    path : ndarray of shape (steps + 1, 2)
        The points, the start included.
    surface : Surface
        What it runs on.

    Returns
    -------
    Outcome
        The run up to where it diverges, and the verdict.
    """
    losses = surface(path)
    low, high = np.array(surface.box, float).T
    with np.errstate(all="ignore"):
        near = (np.abs(path - (low + high) / 2) <= FAR * (high - low)).all(axis=1) & np.isfinite(losses)
    if not near.all():
        step = int(np.argmin(near))
        return Outcome(path[:step], losses[:step], "diverged", step)
    last = len(path) - 1
    minima = np.array(surface.minima, float).reshape(-1, 2)
    if len(minima):
        levels = surface(minima)
        nearest = int(np.argmin(np.hypot(*(minima - path[-1]).T)))
        outside = np.flatnonzero(~(np.abs(losses - levels[nearest]) <= CLOSE * (losses[0] - levels.min())))
        settled = int(outside[-1]) + 1 if len(outside) else 0
        if settled <= last - STAY:
            return Outcome(path, losses, "converged", settled, surface.minima[nearest])
    return Outcome(path, losses, "climbed" if losses[-1] > losses[0] else "underway", last)


def with_meaning(sentence: str, outcomes: Iterable[Outcome]) -> str:
    """Say what "converged" means where the word was used.

    Parameters
    ----------
    sentence : str
        What was said.
    outcomes : iterable of Outcome
        What it was said of.

    Returns
    -------
    str
        The sentence, with `MEANING` after it if a run has converged.
    """
    return f"{sentence} {MEANING}" if any(outcome.word == "converged" for outcome in outcomes) else sentence


def number(x: float) -> str:
    """Write a number with three digits that read well: 0.0152, −9, 1.2e−7.

    Parameters
    ----------
    x : float
        The number.

    Returns
    -------
    str
        The same text as in the browser.
    """
    with localcontext(rounding=ROUND_HALF_UP):  # as JavaScript rounds
        exact, size = Decimal(x), abs(x)
        if size and not 1e-3 <= size < 1e5:
            text = f"{exact:.1e}".replace("e+", "e")
        else:
            text = np.format_float_positional(float(f"{exact:.3g}"), trim="-")
    return text.replace("-", "−")


def point(p: Any) -> str:
    """Write a point: (−9, −4).

    Parameters
    ----------
    p : sequence of float
        Its coordinates.

    Returns
    -------
    str
        The same text as in the browser.
    """
    return f"({', '.join(map(number, p))})"
