"""Which values a hyperparameter may take, by its Keras name; every machine that runs a rule asks here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Range:
    """An interval that begins with its lower end.

    Parameters
    ----------
    low, high : float
        Its ends.
    with_high : bool
        Whether the upper end belongs to it.
    whole : bool
        Whether only whole numbers do.
    """

    low: float
    high: float = np.inf
    with_high: bool = False
    whole: bool = False

    def holds(self, value: Any) -> Any:
        """Say whether a number, or each of an array, lies inside."""
        inside = (value >= self.low) & ((value <= self.high) if self.with_high else (value < self.high))
        return inside & (value == np.floor(value)) if self.whole else inside

    def __str__(self) -> str:
        """Say it as a sentence about a number would."""
        if self.high == np.inf:
            return f"{'a whole number of ' if self.whole else ''}at least {self.low:g}"
        return f"in [{self.low:g}, {self.high:g}{']' if self.with_high else ')'}"


NOT_NEGATIVE, SHARE, DECAY = Range(0.0), Range(0.0, 1.0, with_high=True), Range(0.0, 1.0)

RANGES = {
    "learning_rate": NOT_NEGATIVE,
    "momentum": SHARE,  # 1 is no mistake but a lesson: nothing is lost any more, so nothing settles
    "dampening": SHARE,
    "beta_1": DECAY,
    "beta_2": DECAY,
    "rho": DECAY,
    "epsilon": NOT_NEGATIVE,  # 0 is how some papers print it, and what shows why it is needed
    "weight_decay": NOT_NEGATIVE,
    "momentum_decay": NOT_NEGATIVE,
    "kappa": NOT_NEGATIVE,
    "phi": SHARE,
    "rms_rate": NOT_NEGATIVE,
    "ns_steps": Range(0.0, whole=True),
}
"""The range of each hyperparameter that the library's rules know; a reader's own names are not limited."""


def is_number(value: Any) -> bool:
    """Say whether something is one real number; True is none."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def is_count(count: Any, least: int) -> bool:
    """Say whether something is a whole number of at least ``least``, be it written 2 or 2.0."""
    if type(count) is int:  # as nearly always, and NumPy's look at it takes twenty times as long
        return count >= least
    return is_number(count) and bool(Range(least, whole=True).holds(count))


def check_count(name: str, count: Any, least: int) -> int:
    """Return a count as an int, or refuse what is none.

    Parameters
    ----------
    name : str
        How the message calls it.
    count : int or float
        A whole number.
    least : int
        The smallest that is allowed.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ValueError
        If it is no whole number of at least ``least``: a fraction, nan, inf, None, a text.
    """
    if not is_count(count, least):
        raise ValueError(f"{name} must be {Range(least, whole=True)}, got {count!r}")
    return int(count)


def check_rng(rng: np.random.Generator) -> None:
    """Refuse a source of randomness that is none.

    Parameters
    ----------
    rng : numpy.random.Generator
        What was given.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, for example np.random.default_rng(0); got {rng!r}")


def check_range(label: str, name: str, value: Any) -> None:
    """Refuse a value outside the range of its hyperparameter.

    Parameters
    ----------
    label : str
        How the message calls it.
    name : str
        Of the hyperparameter; one that is not in `RANGES` may be anything.
    value : float or ndarray
        A finite number, or several.

    Raises
    ------
    ValueError
        If it is outside; the message says what came.
    """
    allowed = RANGES.get(name)
    if allowed is None:
        return
    good = allowed.holds(value)
    if not (good.all() if isinstance(good, np.ndarray) else good):
        worst = value[~good].flat[0] if isinstance(value, np.ndarray) else value
        raise ValueError(f"{label} must be {allowed}, got {worst:g}")
