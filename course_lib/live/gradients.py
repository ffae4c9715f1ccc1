"""Gradients by the list and what several rules make of them, to play with."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.gradient_sequences import SEQUENCES, feed
from course_lib.live import parts
from course_lib.live.display import LiveDisplay
from course_lib.live.outcome import number
from course_lib.live.sliders import Wanted, sliders
from course_lib.rule import FloatArray, Rule, nearest

SCALES = [1.0, *(float(f"{m}e-{e}") for e in range(1, 7) for m in (3, 1))]
TURNED: dict[str, Sequence[float]] = {
    "beta_1": [0.0, 0.5, 0.8, 0.9, 0.95, 0.99],
    "beta_2": [0.0, 0.5, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999],
    "rho": [0.0, 0.5, 0.9, 0.95, 0.99, 0.995, 0.999],
    "epsilon": [float(f"1e{e}") for e in range(-10, -1)],
}
"""What can be turned where nothing is said, over values that tell something."""
LONGEST = 0.999  # a step this near to the longest is as long


class LiveGradients(LiveDisplay):
    """Steps and effective rates of several rules on the same gradients, to play with in the browser.

    The gradients come from a list, wherever the parameter is: constant, alternating, sparse, noisy or fading, at any scale.
    So what is seen is the rule alone, its start, its memory and its epsilon.

    Parameters
    ----------
    optimizers : mapping
        Label to rule, or to a pair of rule and hyperparameters, as in `LiveFigure`.
    sequence : str
        Which of `course_lib.gradient_sequences.SEQUENCES` is shown first.
    scale : float > 0
        What the gradients are multiplied by at first.
    steps : int
        How many gradients.
    learning_rate : float > 0
        That of each rule which has none of its own, so that effective rates can be compared.
    sliders : sequence of str or mapping, optional
        Hyperparameters to turn, as in `LiveFigure`; by default those of `TURNED` that the rules have.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `LiveFigure`; also if there is no such sequence, or the scale is not positive.

    Attributes
    ----------
    lengths : dict of str to ndarray
        Steps of the first state against the gradient, in learning rates, by label.

    Examples
    --------
    >>> figure = LiveGradients({"Adam": "adam", "without correction": "adam_uncorrected"})
    >>> round(float(figure.lengths["without correction"].max()), 2)
    6.57
    """

    def __init__(
        self,
        optimizers: Mapping[str, Rule | str | tuple[Rule | str, Mapping[str, Any]]],
        *,
        sequence: str = "constant",
        scale: float = 1.0,
        steps: int = 60,
        learning_rate: float = 0.01,
        sliders: Wanted = None,
    ):
        if sequence not in SEQUENCES:
            raise LookupError(f"no sequence of gradients is called {sequence!r}; {nearest(sequence, SEQUENCES)}")
        if not 0 < scale < np.inf:
            raise ValueError(f"scale must be positive and finite, got {scale!r}")
        self.sequence, self.scale, self.steps = sequence, float(scale), parts.check_count("steps", steps, 500)
        self.runs = {label: _check_run(label, given, learning_rate) for label, given in optimizers.items()}
        self.shown = {name: make(self.steps).round(4) for name, make in SEQUENCES.items()}
        self.gradients = self.scale * self.shown[sequence]
        self.lengths = {
            label: -np.diff(feed(rule, self.gradients, **hyper)) / hyper["learning_rate"]
            for label, (rule, hyper) in self.runs.items()
        }
        self.sliders = self._sliders(sliders)
        self.title = "What rules make of gradients"
        self.alt = self._sentence()
        self.spec = self._spec()

    def rates(self, label: str) -> tuple[Any, FloatArray]:
        """Steps at which there is a gradient, from 1, and the effective rate there."""
        there = np.flatnonzero(self.gradients)
        moved = self.runs[label][1]["learning_rate"] * np.abs(self.lengths[label])
        return there + 1, np.asarray(moved[there] / np.abs(self.gradients[there]))

    def _sliders(self, wanted: Wanted) -> list[dict[str, Any]]:
        hypers = [hyper for _, hyper in self.runs.values()]
        if wanted is None:
            wanted = {name: values for name, values in TURNED.items() if any(name in hyper for hyper in hypers)}
        return sliders(wanted, hypers, {})

    def _text(self, label: str) -> str:
        sizes, (_, rates) = np.abs(self.lengths[label]), self.rates(label)
        at = int(np.argmax(sizes >= LONGEST * sizes.max())) + 1
        return (
            f"first step {number(sizes[0])}, longest {number(sizes.max())} (step {at}), last {number(sizes[-1])}, "
            f"effective rate {number(rates[0])}, at last {number(rates[-1])}"
        )

    def _sentence(self) -> str:
        setting = "".join(f", {slider['label']} {number(slider['value'])}" for slider in self.sliders)
        clauses = "; ".join(f"{label}, {self._text(label)}" for label in self.runs)
        return f"{_label(self.sequence)} gradients of scale {number(self.scale)}{setting}; steps in learning rates: {clauses}."

    def _spec(self) -> dict[str, Any]:
        return {
            "kind": "gradients",
            "sequences": [{"label": _label(name), "values": values.tolist()} for name, values in self.shown.items()],
            "sequence": list(self.shown).index(self.sequence),
            "scale": self.scale,
            "scales": sorted({*SCALES, self.scale}, reverse=True),
            "steps": self.steps,
            "optimizers": [
                parts.run_spec(label, rule, hyper, look)
                for (label, (rule, hyper)), look in zip(self.runs.items(), self._looks(), strict=True)
            ],
            "sliders": self.sliders,
        }

    def _looks(self) -> list[Any]:
        from course_lib.plotting import styles  # the palette is the picture's

        return styles([rule.name for rule, _ in self.runs.values()])

    @functools.cached_property
    def png(self) -> bytes:
        """The picture of the first state."""
        from course_lib.plotting import gradients_picture

        return gradients_picture(
            self.shown[self.sequence],
            {
                label: (look, self.lengths[label], *self.rates(label))
                for label, look in zip(self.runs, self._looks(), strict=True)
            },
        )


def _label(name: str) -> str:
    return name.capitalize()


def _check_run(label: str, given: Any, learning_rate: float) -> tuple[Rule, dict[str, Any]]:
    rule, hyper = given if isinstance(given, tuple) else (given, {})
    rule, values = parts.check_run(label, rule, {"learning_rate": learning_rate, **hyper})
    if any(map(callable, values.values())) or not values.get("learning_rate"):
        raise TypeError(f"{label}: steps are told in learning rates, so it must be a number above 0, and no schedule")
    return rule, values
