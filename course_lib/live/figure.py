"""The live figure: what Python says about it and shows where no script runs."""

from __future__ import annotations

import base64
import functools
import html
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.engine import check_hyper, check_start, descend
from course_lib.learning_rate import Schedule
from course_lib.live.outcome import Outcome, judge, number, point
from course_lib.live.sliders import Wanted, sliders
from course_lib.rule import RULES, Rule, as_rule, keyword_defaults
from course_lib.surfaces import SURFACES, Surface, as_surface
from course_lib.translator import to_javascript

MOST_STEPS = 10_000  # more than that no reader waits for between two frames


class LiveFigure:
    """Paths of several optimizers on a surface, to play with in the browser.

    The reader drags the start and moves the sliders. Where scripts do not run, the picture of the first state stands there, with a
    text that says how each run ends.

    Parameters
    ----------
    surface : Surface or str
        A surface of two coordinates, or the name of one in `course_lib.SURFACES`.
    optimizers : mapping or sequence
        Label to rule, or to a pair of rule and hyperparameters: ``{"by hand": (momentum, {"learning_rate": 0.02})}``. A
        sequence of rules or names is labelled with their names. A reader's own rule will do, and so will a schedule.
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
        self.surface = _check_surface(surface)
        self.runs = _check_optimizers(optimizers)
        self.steps = _check_steps(steps)
        self.start = _check_start(self.surface.start if start is None else start)
        self.outcomes: dict[str, Outcome] = {
            label: judge(descend(rule, self.surface, self.start, self.steps, **hyper), self.surface)
            for label, (rule, hyper) in self.runs.items()
        }
        self.alt = self._sentence()
        self.spec = self._spec(sliders)

    def _sentence(self) -> str:
        clauses = []
        for label, (_, hyper) in self.runs.items():
            rate = hyper.get("learning_rate")
            at = f" at learning rate {number(rate)}" if isinstance(rate, float) else ""
            clauses.append(f"{label}{at}, {self.outcomes[label].text(len(self.surface.minima) > 1)}")
        return f"From {point(self.start)} on {_label(self.surface)}: {'; '.join(clauses)}."

    def _spec(self, wanted: Wanted) -> dict[str, Any]:
        from course_lib.live import script
        from course_lib.plotting import style  # the palette is the picture's

        surface, styles = self.surface, style.styles([rule.name for rule, _ in self.runs.values()])
        own = not any(surface.value_function is s.value_function for s in SURFACES.values())
        return {
            "kind": "descent",
            "alt": self.alt,
            "surface": {
                "name": "" if own else surface.name,
                "label": surface.name.replace("_", " "),
                "axes": surface.coordinates,
                "parameters": surface.parameters,
                **(script.surface_sources(surface) if own else {}),
            },
            "box": surface.box,
            "minima": surface.minima,
            "start": self.start,
            "steps": self.steps,
            "optimizers": [
                {
                    "label": label,
                    "rule": rule.name if RULES.get(rule.name) is rule else script.rule_sources(rule),
                    "hyper": {name: _value(v) for name, v in hyper.items()},
                    "colours": [look.colour, look.on_dark],
                    "dash": look.dash,
                    "marker": look.marker,
                }
                for (label, (rule, hyper)), look in zip(self.runs.items(), styles, strict=True)
            ],
            "sliders": sliders(wanted, [hyper for _, hyper in self.runs.values()], surface.parameters),
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

    def to_html(self, *, inline: bool | None = None) -> str:
        """Return the figure as HTML.

        Parameters
        ----------
        inline : bool, optional
            Whether the script comes along. By default it does, except while the book is built (environment variable
            ``COURSE_SITE``), whose pages share one.

        Returns
        -------
        str
            A ``<live-fig>`` element that holds the picture.
        """
        from course_lib.live import script

        if inline is None:
            inline = os.environ.get("COURSE_SITE") != "1"
        picture = f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{self._base64()}" style="max-width: 100%; background: #fff">'
        spec = html.escape(json.dumps(self.spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
        code = f"<script>{script.site_script()}</script>" if inline else ""
        return f'<live-fig spec="{spec}">{picture}</live-fig>{code}'

    def to_page(self) -> str:
        """Return a whole HTML page that holds the figure and needs nothing else.

        Returns
        -------
        str
            The page.
        """
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        title = f"<title>{html.escape(_label(self.surface).capitalize())}</title>"
        return f'<!doctype html><html lang="en"><head>{head}{title}</head><body><main>{self.to_html(inline=True)}</main></body></html>'

    def _base64(self) -> str:
        return base64.b64encode(self.png).decode("ascii")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "image/png": self._base64(), "text/plain": self.alt}

    def __repr__(self) -> str:
        """Say how each run ends."""
        return self.alt


def _label(surface: Surface) -> str:
    parameters = [f"{name.replace('_', ' ')} {number(value)}" for name, value in surface.parameters.items()]
    return surface.name.replace("_", " ") + (f" with {', '.join(parameters)}" if parameters else "")


def _check_surface(surface: Surface | str) -> Surface:
    surface = as_surface(surface)
    if len(surface.coordinates) != 2:
        raise ValueError(
            f"a live figure shows a surface of two coordinates; {surface!r} has {len(surface.coordinates)}"
        )
    return surface


def _check_optimizers(optimizers: Any) -> dict[str, tuple[Rule, dict[str, Any]]]:
    from course_lib.live.script import translatable

    if isinstance(optimizers, str | Rule):
        optimizers = [optimizers]
    if not isinstance(optimizers, Mapping):
        optimizers = {as_rule(rule).name.replace("_", " "): rule for rule in optimizers}
    if not optimizers:
        raise ValueError("a live figure needs at least one optimizer, got none")
    runs = {}
    for label, entry in optimizers.items():
        rule, hyper = entry if isinstance(entry, tuple) else (entry, {})
        rule = as_rule(rule)
        if not translatable(rule):
            raise TypeError(
                f"{label}: rule {rule.name!r} does not act on each coordinate alone, so it cannot run in a live figure"
            )
        for name, value in dict(hyper).items():
            if np.ndim(value):
                raise ValueError(f"{label}: {name} must be one number or a schedule, got {np.size(value)} numbers")
        values = check_hyper(rule, dict(hyper), (2,))
        runs[str(label)] = rule, values
    return runs


def _check_steps(steps: Any) -> int:
    if (
        isinstance(steps, bool)
        or not isinstance(steps, int | float | np.number)
        or steps != int(steps)
        or not 1 <= steps <= MOST_STEPS
    ):
        raise ValueError(f"steps must be a whole number from 1 to {MOST_STEPS}, got {steps!r}")
    return int(steps)


def _check_start(start: Any) -> list[float]:
    point = check_start(start)
    if point.shape != (2,):
        raise ValueError(f"start must be two numbers, got shape {point.shape}")
    return [float(x) for x in point]


def _value(value: float | Callable[[int], float]) -> Any:
    if not callable(value):
        return value
    function, constants = (
        (value.function, value.constants) if isinstance(value, Schedule) else (value, keyword_defaults(value))
    )
    return {"schedule": to_javascript(function), "constants": constants}
