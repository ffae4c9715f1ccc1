"""What a reader can turn: each slider runs over a list of round values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from course_lib.hyperparameters import RANGES, Range
from course_lib.rule import nearest

SURFACE = -1  # a slider's target: the surface instead of an optimizer
Wanted = Mapping[str, Any] | Sequence[str] | None


def sliders(
    wanted: Wanted,
    hypers: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, float],
    ranges: Mapping[str, Range] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Work out the sliders of a figure.

    Parameters
    ----------
    wanted : mapping, sequence of str or None
        Names of hyperparameters and surface parameters; a mapping may give each a range ``(low, high)``, a longer
        list of values, or None. By default the learning rates and the momentum.
    hypers : sequence of mapping
        The hyperparameters of each optimizer.
    parameters : mapping
        The parameters of the surface.
    ranges : mapping
        What these may be.

    Returns
    -------
    list of dict
        name, label, targets, values, value; a hyperparameter with one value all over has one slider, the
        learning rate has one for each optimizer.

    Raises
    ------
    LookupError
        If nothing has such a parameter.
    ValueError
        If a range is empty or a value is no finite number, or one that the parameter cannot have.
    """
    known = list(dict.fromkeys([*(name for hyper in hypers for name in hyper), *parameters]))
    if wanted is None:
        wanted = [name for name in ("learning_rate", "momentum") if name in known]
    asked = dict(wanted) if isinstance(wanted, Mapping) else dict.fromkeys(wanted)
    found = []
    for name, given in asked.items():
        if name not in known:
            raise LookupError(f"nothing in this figure has a parameter {name!r} for a slider; {nearest(name, known)}")
        owners = {i: hyper[name] for i, hyper in enumerate(hypers) if _is_number(hyper.get(name))}
        if name in parameters:
            owners[SURFACE] = parameters[name]
        shared = name != "learning_rate" and len(set(owners.values())) == 1
        groups = [list(owners)] if shared else [[i] for i in owners]
        limits = _allowed(name, given, _limits(name, given, list(owners.values())), {**RANGES, **ranges}.get(name))
        for targets in groups:
            value = owners[targets[0]]
            found.append(
                {
                    "name": name,
                    "label": name.replace("_", " "),
                    "targets": targets,
                    "value": value,
                    "values": sorted({*limits, value}),
                }
            )
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _limits(name: str, given: Any, values: Sequence[float]) -> list[float]:
    if given is not None:
        numbers = [float(x) for x in given]
        if len(numbers) < 2 or not all(map(math.isfinite, numbers)) or sorted(set(numbers)) != numbers:
            raise ValueError(f"slider {name!r}: expected (low, high) or a rising list of finite values, got {given!r}")
        if len(numbers) > 2:
            return numbers
        low, high = numbers
        return _geometric(low, high) if low > 0 and high / low > 20 else _even(low, high)
    if name in RANGES and RANGES[name].high == 1 and all(0 <= v < 1 for v in values):
        return _even(0, 0.99)
    if min(values, default=0) > 0:
        wide = 10 if name == "learning_rate" else 5
        return _geometric(min(values) / wide, max(values) * wide)
    return _even(min(values, default=0) - 1, max(values, default=0) + 1)


def _allowed(name: str, given: Any, values: list[float], allowed: Range | None) -> list[float]:
    """Leave out what the parameter cannot be; refuse it where it was asked for, but for an end that does not belong to it."""
    if allowed is None:
        return values
    if given is not None and not all(allowed.low <= value <= allowed.high for value in values):
        raise ValueError(f"slider {name!r}: {name} must be {allowed}, got {given!r}")
    return [value for value in values if allowed.holds(value)]


def _even(low: float, high: float) -> list[float]:
    """Return about a hundred values a round step apart."""
    step = 10.0 ** math.floor(math.log10((high - low) / 50))
    return [round(k * step, 12) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _geometric(low: float, high: float) -> list[float]:
    """Return values of two or three digits, each 2 to 5 % above the last."""
    mantissas = [*range(100, 200, 5), *range(200, 500, 10), *range(500, 1000, 20)]
    exponents = range(math.floor(math.log10(low)) - 2, math.floor(math.log10(high)) - 1)
    values = [float(f"{m}e{e}") for e in exponents for m in mantissas]
    return [v for v in values if low * 0.999 <= v <= high * 1.001]
