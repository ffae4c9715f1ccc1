"""What live figures have in common: checks of what they are given, and how the script is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib.engine import check_hyper, check_start
from course_lib.learning_rate import Schedule
from course_lib.live.outcome import number
from course_lib.rule import Rule, as_rule, keyword_defaults
from course_lib.surfaces import Surface, as_surface
from course_lib.translator import to_javascript

MOST_STEPS = 10_000  # more than that no reader waits for between two frames


def rule_sources(rule: Rule) -> dict[str, Any]:
    """Return a rule as the script knows it: step, where and the start of its state.

    Parameters
    ----------
    rule : Rule
        A rule of the library or of a reader.

    Returns
    -------
    dict
        JavaScript source of the functions, and a list of numbers.

    Raises
    ------
    TranslationError
        If the rule is not written in the translator's grammar.
    """
    sources: dict[str, Any] = {"step": to_javascript(rule.function), "state": [float(x) for x in rule.state.values()]}
    if rule.where_function is not None:
        sources["where"] = to_javascript(rule.where_function)
    return sources


def surface_sources(surface: Surface) -> dict[str, str]:
    """Return a surface as the script knows it: value and gradient.

    Parameters
    ----------
    surface : Surface
        A surface of the library or of a reader.

    Returns
    -------
    dict
        JavaScript source of the functions.

    Raises
    ------
    TranslationError
        If the surface is not written in the translator's grammar.
    """
    return {"value": to_javascript(surface.value_function), "gradient": to_javascript(surface.gradient_function)}


def translatable(rule: Rule) -> bool:
    """Say whether a rule acts on each coordinate alone, which is what the script can run; a rule is unless it says ``elementwise = False``."""
    return rule.elementwise


def check_surface(surface: Surface | str) -> Surface:
    """Return a surface of two coordinates, or refuse what is none."""
    surface = as_surface(surface)
    if len(surface.coordinates) != 2:
        raise ValueError(
            f"a live figure shows a surface of two coordinates; {surface!r} has {len(surface.coordinates)}"
        )
    return surface


def check_run(label: str, rule: Rule | str, hyper: Mapping[str, Any]) -> tuple[Rule, dict[str, Any]]:
    """Return a rule that the script can run with all its hyperparameters, or refuse by name what is wrong."""
    rule = as_rule(rule)
    if not translatable(rule):
        raise TypeError(
            f"{label}: rule {rule.name!r} does not act on each coordinate alone, so it cannot run in a live figure"
        )
    for name, value in hyper.items():
        if np.ndim(value):
            raise ValueError(f"{label}: {name} must be one number or a schedule, got {np.size(value)} numbers")
    return rule, check_hyper(rule, dict(hyper), (2,))


def check_count(name: str, count: Any, most: int = MOST_STEPS) -> int:
    """Return a whole number from 1 to the most, or refuse what is none."""
    good = isinstance(count, int | float | np.number) and not isinstance(count, bool)
    if not good or not 1 <= count <= most or count != int(count):
        raise ValueError(f"{name} must be a whole number from 1 to {most}, got {count!r}")
    return int(count)


def check_point(start: Any) -> list[float]:
    """Return a point of the plane, or refuse what is none."""
    point = check_start(start)
    if point.shape != (2,):
        raise ValueError(f"start must be two numbers, got shape {point.shape}")
    return [float(x) for x in point]


def surface_label(surface: Surface) -> str:
    """Name a surface with its parameters."""
    parameters = [f"{name.replace('_', ' ')} {number(value)}" for name, value in surface.parameters.items()]
    return surface.name.replace("_", " ") + (f" with {', '.join(parameters)}" if parameters else "")


def surface_spec(surface: Surface) -> dict[str, Any]:
    """Return a surface as the script is told of it, its functions included."""
    return {
        "label": surface.name.replace("_", " "),
        "axes": surface.coordinates,
        "parameters": surface.parameters,
        "box": surface.box,
        "minima": surface.minima,
        **surface_sources(surface),
    }


def run_spec(label: str, rule: Rule, hyper: Mapping[str, Any], look: Any) -> dict[str, Any]:
    """Return a rule with its settings and its look as the script is told of it."""
    return {
        "label": label,
        "rule": rule_sources(rule),
        "hyper": {name: _value(v) for name, v in hyper.items()},
        **look_spec(look),
    }


def look_spec(look: Any) -> dict[str, Any]:
    """Return how a line is drawn."""
    return {"colors": [look.color, look.on_dark], "dash": look.dash, "marker": look.marker}


def _value(value: float | Callable[[int], float]) -> Any:
    if not callable(value):
        return value
    source, constants = (
        value.to_javascript() if isinstance(value, Schedule) else (to_javascript(value), keyword_defaults(value))
    )
    return {"schedule": source, "constants": constants}
