"""One step of classical momentum beside one of Nesterov's, to play with."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from course_lib.engine import Stepper, descend
from course_lib.live import parts
from course_lib.live.display import LiveDisplay
from course_lib.live.outcome import Outcome, judge, number, point, with_meaning
from course_lib.live.sliders import Wanted, sliders
from course_lib.momentum import momentum as classical_momentum
from course_lib.momentum import nesterov
from course_lib.rule import FloatArray, Rule
from course_lib.surfaces import Surface

RULES = {"classical": classical_momentum, "Nesterov": nesterov}
HALVES = {
    "classical": ("gradient half-step", "momentum half-step"),
    "Nesterov": ("momentum half-step", "gradient half-step"),
}


class Halves(NamedTuple):
    """A step in two halves.

    Parameters
    ----------
    start, turn, end : ndarray of shape (2,)
        Where the step begins, where its first half ends, and where the second one does.
    """

    start: FloatArray
    turn: FloatArray
    end: FloatArray

    @property
    def lengths(self) -> tuple[float, float]:
        """Length of each half."""
        return _distance(self.start, self.turn), _distance(self.turn, self.end)


class LiveLookAhead(LiveDisplay):
    """Classical against Nesterov's momentum: one step of both, from the same place and velocity, under a glass.

    The place and velocity are classical momentum's before the step. Its step is taken apart into the gradient's half and
    the velocity's; Nesterov's goes to the look-ahead point first and is corrected by the gradient there.

    Parameters
    ----------
    surface : Surface or str
        A surface of two coordinates, or the name of one in `course_lib.SURFACES`.
    learning_rate, momentum : float
        What both methods use.
    step : int
        Which step, from 1, is under the glass.
    steps : int
        Length of the paths.
    start : sequence of two floats, optional
        Where they start; by default the surface's own start.
    sliders : sequence of str or mapping, optional
        As in `LiveFigure`; by default the learning rate and the momentum.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `LiveFigure`.

    Attributes
    ----------
    halves : dict of str to Halves
        The step of each method, by label; empty if classical momentum has diverged by then.
    outcomes : dict of str to Outcome
        The whole path of each method from the start.

    Examples
    --------
    >>> figure = LiveLookAhead("quadratic", learning_rate=0.05, momentum=0.9, step=2)
    >>> figure.halves["classical"].end.round(3)
    array([-7.718, -0.5  ])
    """

    def __init__(
        self,
        surface: Surface | str,
        *,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        step: int = 8,
        steps: int = 60,
        start: Any = None,
        sliders: Wanted = None,
    ):
        self.surface = parts.check_surface(surface)
        given = {"learning_rate": learning_rate, "momentum": momentum}
        self.runs = {label: parts.check_run(label, rule, given) for label, rule in RULES.items()}
        self.hyper = self.runs["classical"][1]
        if any(map(callable, self.hyper.values())):
            raise TypeError("a step is taken apart at one learning rate and one momentum: numbers, no schedules")
        self.steps = parts.check_count("steps", steps)
        self.step = parts.check_count("step", step, self.steps)
        self.start = parts.check_point(self.surface.start if start is None else start)
        self.outcomes: dict[str, Outcome] = {
            label: judge(descend(rule, self.surface, self.start, self.steps, **hyper), self.surface)
            for label, (rule, hyper) in self.runs.items()
        }
        self.halves = self._halves()
        self.title = "Classical and Nesterov's momentum"
        self.alt = self._sentence()
        self.spec = self._spec(sliders)

    def _halves(self) -> dict[str, Halves]:
        if self.step > len(self.outcomes["classical"].path):
            return {}
        before = Stepper(classical_momentum, np.array(self.start), **self.hyper)
        for _ in range(self.step - 1):
            before.step(self.surface.grad(before.where()))
        return {label: self._half_steps(rule, before) for label, rule in RULES.items()}

    def _half_steps(self, rule: Rule, before: Stepper) -> Halves:
        theta, state, t = before.theta, before.state, self.step
        ahead = rule.where_function
        point = theta if ahead is None else ahead(theta, *state, **rule.where_hyperparameters(self.hyper))
        g = self.surface.grad(point)
        turn = rule(theta, g, *rule.state.values(), t, **self.hyper)[0] if ahead is None else point
        return Halves(theta, turn, rule(theta, g, *state, t, **self.hyper)[0])

    def _sentence(self) -> str:
        clauses, apart = [f"{label}, no step to show, classical momentum has diverged" for label in RULES], ""
        if self.halves:
            clauses = [
                f"{label}, {HALVES[label][0]} {number(half.lengths[0])}, then {HALVES[label][1]} {number(half.lengths[1])}, "
                f"to loss {number(float(self.surface(half.end)))}"
                for label, half in self.halves.items()
            ]
            apart = f"The two end {number(_distance(*(half.end for half in self.halves.values())))} apart. "
        place = point(self.halves["classical"].start) if self.halves else "nowhere"
        setting = ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in self.hyper.items())
        several = len(self.surface.minima) > 1
        whole = "; ".join(f"{label}, {outcome.text(several)}" for label, outcome in self.outcomes.items())
        sentence = (
            f"Step {self.step} from {place} on {parts.surface_label(self.surface)}, {setting}: {'; '.join(clauses)}. "
            f"{apart}On their own paths: {whole}."
        )
        return with_meaning(sentence, self.outcomes.values())

    def _spec(self, wanted: Wanted) -> dict[str, Any]:
        looks = _looks()
        return {
            "kind": "look_ahead",
            "surface": parts.surface_spec(self.surface),
            "start": self.start,
            "steps": self.steps,
            "step": self.step,
            "names": list(HALVES.values()),
            "optimizers": [
                parts.run_spec(label, rule, hyper, look)
                for (label, (rule, hyper)), look in zip(self.runs.items(), looks, strict=True)
            ],
            "sliders": sliders(wanted, [self.hyper], {}),
        }

    @functools.cached_property
    def png(self) -> bytes:
        """The picture of the first state."""
        from course_lib.plotting import look_ahead_picture

        return look_ahead_picture(
            self.surface,
            {label: (look, self.outcomes[label].path) for label, look in zip(RULES, _looks(), strict=True)},
            self.halves,
        )


def _looks() -> list[Any]:
    from course_lib.plotting import styles

    return styles([rule.name for rule in RULES.values()])


def _distance(a: FloatArray, b: FloatArray) -> float:
    return float(np.hypot(*(b - a)))
