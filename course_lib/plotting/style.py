"""One look for each optimizer, the same on every page: color, line style and end marker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Look:
    """How an optimizer is drawn.

    Parameters
    ----------
    color, on_dark : str
        Color on a light and on a dark ground; the hues are those of Okabe and Ito, which the color-blind can tell apart.
    dash : tuple of int
        Lengths of line and gap in pixels; empty for a solid line.
    marker : str
        Shape at the end of the path.
    """

    color: str
    on_dark: str
    dash: tuple[int, ...]
    marker: str

    @property
    def linestyle(self) -> str | tuple[int, tuple[float, ...]]:
        """The dash as matplotlib wants it: in units of the line's width."""
        return (0, tuple(d / 2 for d in self.dash)) if self.dash else "solid"


BLUE = Look("#0072B2", "#56B4E9", (), "circle")
VERMILION = Look("#C25400", "#FF9A4D", (7, 3), "square")
GREEN = Look("#007F5F", "#35D0A5", (2, 2), "triangle")
PURPLE = Look("#A6407A", "#E9A0CB", (9, 3, 2, 3), "diamond")
OLIVE = Look("#7A6200", "#F0E442", (12, 4), "flag")
VIOLET = Look("#5B3FC4", "#B9A8FF", (4, 2), "circle")
TEAL = Look("#17748A", "#7FE0F0", (9, 2, 2, 2, 2, 2), "square")
CRIMSON = Look("#B3263E", "#FF97A3", (1, 3), "diamond")
BROWN = Look("#7B4B2A", "#DDB892", (14, 3, 3, 3), "triangle")
LEAF = Look("#4A7310", "#B5E36B", (6, 2, 1, 2), "flag")
NAVY = Look("#233A86", "#93B5FF", (3, 1), "square")
GREY = Look("#4B4F54", "#D5D9DD", (16, 8), "circle")
LOOKS = (BLUE, VERMILION, GREEN, PURPLE, OLIVE, VIOLET, TEAL, CRIMSON, BROWN, LEAF, NAVY, GREY)

OPTIMIZERS = {
    "gradient_descent": BLUE,
    "momentum": VERMILION,
    "nesterov": GREEN,
    "adam": PURPLE,
    "momentum_averaged_gradient": OLIVE,
    "momentum_averaged_step": VIOLET,
    "nesterov_framework": TEAL,
    "momentum_pytorch": CRIMSON,
    "adagrad": BROWN,
    "rmsprop": LEAF,
    "lion": NAVY,
    "muon": GREY,
}

FAST_TO_SLOW = (
    "#fee838",
    "#dec958",
    "#bcae6c",
    "#9b9476",
    "#7d7c78",
    "#61656f",
    "#434e6c",
    "#1a386f",
    "#00224e",
)
"""Colors of a map from good to bad, evenly spread: cividis, which looks the same to the color-blind."""


def styles(names: Sequence[str]) -> list[Look]:
    """Give every optimizer of one figure its look.

    Parameters
    ----------
    names : sequence of str
        Names of rules. A known one gets its own look; an unknown one, or a second run of the same rule, one that is free.

    Returns
    -------
    list of Look
        One a name.

    Raises
    ------
    ValueError
        If there are more than can be told apart.
    """
    if len(names) > len(LOOKS):
        raise ValueError(f"at most {len(LOOKS)} optimizers can be told apart in one figure, got {len(names)}")
    first = {name: OPTIMIZERS[name] for name in names if name in OPTIMIZERS}
    free = [look for look in LOOKS if look not in first.values()]
    return [first.pop(name) if name in first else free.pop(0) for name in names]


def use_course_style() -> None:
    """Give every figure from now on the course's look."""
    import matplotlib.pyplot as plt

    plt.style.use(STYLE_FILE)


STYLE_FILE = Path(__file__).with_name("course.mplstyle")
