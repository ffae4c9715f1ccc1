"""Paths of several optimizers on a surface, to play with."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from course_lib.engine import descend
from course_lib.live import parts
from course_lib.live.display import LiveDisplay
from course_lib.live.outcome import Outcome, judge, number, point, with_meaning
from course_lib.live.sliders import Wanted, sliders
from course_lib.rule import Rule, as_rule
from course_lib.surfaces import Surface


class LiveFigure(LiveDisplay):
    """Paths of several optimizers on a surface, to play with in the browser.

    The reader drags the start and moves the sliders. Where scripts do not run, the picture of the first state stands there, with a
    text that says how each run ends.

    Parameters
    ----------
    surface : Surface or str
        A surface of two coordinates, or the name of one in `course_lib.SURFACES`.
    optimizers : mapping or sequence
        Label to rule, or to a pair of rule and hyperparameters: ``{"by hand": (momentum, {"learning_rate": 0.02})}``. A
        sequence of rules or names is labeled with their names. A reader's own rule will do, and so will a schedule.
    steps : int
        How many steps each run takes.
    start : sequence of two floats, optional
        Where they start; by default the surface's own start.
    sliders : sequence of str or mapping, optional
        Hyperparameters and surface parameters to turn; a mapping gives each a range ``(low, high)``, a list of values, or
        None for a sensible range. By default each optimizer's learning rate, and the momentum.

    Raises
    ------
    LookupError
        If a rule, a surface or a slider's parameter is unknown.
    TypeError
        If something is no rule, surface or hyperparameter of a rule.
    ValueError
        If the start, the steps or a hyperparameter is out of range.
    TranslationError
        If a reader's own rule, surface or schedule cannot be written in JavaScript.

    Attributes
    ----------
    alt : str
        A sentence that says how each run ends.
    outcomes : dict of str to Outcome
        The runs of the first state, by label.

    Examples
    --------
    >>> figure = LiveFigure("quadratic", ["momentum"], steps=50, start=(-9, 2))
    >>> figure
    From (−9, 2) on quadratic with condition number 10: momentum at learning rate 0.01, loss 0.227 after 50 steps.
    """

    def __init__(
        self,
        surface: Surface | str,
        optimizers: Mapping[str, Any] | Sequence[Rule | str],
        *,
        steps: int = 150,
        start: Any = None,
        sliders: Wanted = None,
    ):
        self.surface = parts.check_surface(surface)
        self.runs = _check_optimizers(optimizers)
        self.steps = parts.check_count("steps", steps)
        self.start = parts.check_point(self.surface.start if start is None else start)
        self.outcomes: dict[str, Outcome] = {
            label: judge(descend(rule, self.surface, self.start, self.steps, **hyper), self.surface)
            for label, (rule, hyper) in self.runs.items()
        }
        self.title = parts.surface_label(self.surface).capitalize()
        self.alt = self._sentence()
        self.spec = self._spec(sliders)

    def _sentence(self) -> str:
        clauses = []
        for label, (_, hyper) in self.runs.items():
            rate = hyper.get("learning_rate")
            at = f" at learning rate {number(rate)}" if isinstance(rate, float) else ""
            clauses.append(f"{label}{at}, {self.outcomes[label].text(len(self.surface.minima) > 1)}")
        sentence = f"From {point(self.start)} on {parts.surface_label(self.surface)}: {'; '.join(clauses)}."
        return with_meaning(sentence, self.outcomes.values())

    def _spec(self, wanted: Wanted) -> dict[str, Any]:
        from course_lib.plotting import styles  # the palette is the picture's

        looks = styles([rule.name for rule, _ in self.runs.values()])
        return {
            "kind": "descent",
            "surface": parts.surface_spec(self.surface),
            "start": self.start,
            "steps": self.steps,
            "optimizers": [
                parts.run_spec(label, rule, hyper, look)
                for (label, (rule, hyper)), look in zip(self.runs.items(), looks, strict=True)
            ],
            "sliders": sliders(
                wanted, [hyper for _, hyper in self.runs.values()], self.surface.parameters, self.surface.ranges
            ),
        }

    @functools.cached_property
    def png(self) -> bytes:
        """The picture of the first state."""
        from course_lib.plotting import descent_picture

        return descent_picture(
            self.surface,
            {
                label: (rule.name, self.outcomes[label].path, self.outcomes[label].losses)
                for label, (rule, _) in self.runs.items()
            },
            self.steps,
        )


def _check_optimizers(optimizers: Any) -> dict[str, tuple[Rule, dict[str, Any]]]:
    if isinstance(optimizers, str | Rule):
        optimizers = [optimizers]
    if not isinstance(optimizers, Mapping):
        optimizers = {as_rule(rule).name.replace("_", " "): rule for rule in optimizers}
    if not optimizers:
        raise ValueError("a live figure needs at least one optimizer, got none")
    runs = {}
    for label, entry in optimizers.items():
        rule, hyper = entry if isinstance(entry, tuple) else (entry, {})
        runs[str(label)] = parts.check_run(label, rule, hyper)
    return runs
