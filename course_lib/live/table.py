"""Curves that were computed beforehand, to go through with sliders."""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.live import parts
from course_lib.live.display import LiveDisplay
from course_lib.live.outcome import number
from course_lib.rule import FloatArray, nearest

MISSING = 65535  # the code for it; those below are evenly spread
MOST_NUMBERS = 40_000


class LiveTable(LiveDisplay):
    r"""Curves at the points of a grid, beside one number of each curve along an axis of the grid.

    For what no browser computes while it draws, such as training runs: every slider goes over the values that were run.

    Parameters
    ----------
    curves : mapping of str to array_like of shape (\*grid, len(x))
        Label to the values of a curve at every point of the grid; nan or inf from where on a run is lost.
    grid : mapping of str to sequence
        A label for each slider and the values that it goes over: numbers, or words.
    x : array_like
        Rising positions of the values, such as steps.
    totals : mapping of str to array_like of shape (\*grid)
        One number of each curve at every point of the grid; nan where there is none.
    names : sequence of three str
        What x, the values and the totals are called.
    along : str
        The axis of the grid against which the totals are drawn; its values are numbers. Where they come near 1, such as
        0.9, 0.99 and 0.999, the axis is what they lack to it, on a logarithmic scale.
    start : mapping of str to object, optional
        Where the sliders stand at first; the first value of each where not given.
    log : bool
        Whether the values are drawn on a logarithmic scale.
    limits, total_limits : (float, float), optional
        Ends of the vertical axes; by default what is there.
    log_totals : bool
        Whether the totals are drawn on a logarithmic scale.
    lost : str
        What is said of a curve that ends early.
    note : str
        A line below the picture.

    Raises
    ------
    LookupError
        If the axis or a start is not on the grid.
    ValueError
        If shapes do not fit, x does not rise, there is nothing to show or too much, or a logarithm is wanted of what is not
        positive.

    Attributes
    ----------
    values : dict of str to ndarray
        The curves as the figure knows them, nan where one is lost.

    Examples
    --------
    >>> made = {"power": np.array([[1.0, 2.0, 4.0], [1.0, 3.0, 9.0]])}
    >>> LiveTable(made, {"base": [2, 3]}, [0, 1, 2], {"power": [4, 9]}, ("step", "value", "end"), along="base")
    At base 2: power, value 4 at step 2, end 4.
    """

    def __init__(
        self,
        curves: Mapping[str, Any],
        grid: Mapping[str, Sequence[Any]],
        x: Any,
        totals: Mapping[str, Any],
        names: Sequence[str],
        *,
        along: str,
        start: Mapping[str, Any] | None = None,
        log: bool = True,
        limits: tuple[float, float] | None = None,
        log_totals: bool = False,
        total_limits: tuple[float, float] | None = None,
        lost: str = "diverged",
        note: str = "the sliders go over what was run",
    ):
        self.grid = {label: [_plain(v) for v in values] for label, values in grid.items()}
        self.x = np.asarray(x, float)
        self.log, self.lost, self.note, self.names = log, lost, note, dict(zip(("x", "y", "total"), names, strict=True))
        shape = tuple(map(len, self.grid.values()))
        self.codes, self.low, self.high = _encode(_stack(curves, (*shape, len(self.x)), "curves"), log)
        decoded = _decode(self.codes, self.low, self.high, log)
        self.values = dict(zip(curves, decoded, strict=True))
        all_totals = _stack({label: totals[label] for label in curves}, shape, "totals")
        self.totals = dict(zip(curves, all_totals, strict=True))
        if self.x.ndim != 1 or len(self.x) < 2 or (np.diff(self.x) <= 0).any():
            raise ValueError("x must be rising positions, two or more")
        if along not in self.grid:
            raise LookupError(f"the grid has no axis {along!r}; {nearest(along, list(self.grid))}")
        self.along = list(self.grid).index(along)
        self.at = [self._index(label, (start or {}).get(label, values[0])) for label, values in self.grid.items()]
        self.limits = _axis(limits or (np.nanmin(decoded), np.nanmax(decoded)), log)
        self.total_limits = _axis(total_limits or (np.nanmin(all_totals), np.nanmax(all_totals)), log_totals)
        self.title = f"{self.names['y']} against {self.names['x']}".capitalize()
        self.alt = self._sentence()
        self.spec = self._spec()

    def _index(self, label: str, value: Any) -> int:
        if value not in self.grid[label]:
            raise LookupError(f"{label} {value!r} is not on the grid; it has {self.grid[label]}")
        return self.grid[label].index(value)

    def _sentence(self) -> str:
        setting = ", ".join(
            f"{label} {_text(values[i])}" for (label, values), i in zip(self.grid.items(), self.at, strict=True)
        )
        clauses = []
        for label, values in self.values.items():
            now, total = values[tuple(self.at)], self.totals[label][tuple(self.at)]
            gone = np.isnan(now)
            end = (
                f"{self.lost} at {self.names['x']} {number(self.x[int(gone.argmax())])}"
                if gone.any()
                else f"{self.names['y']} {number(now[-1])} at {self.names['x']} {number(self.x[-1])}"
            )
            clauses.append(f"{label}, {end}, {self.names['total']} {'none' if np.isnan(total) else number(total)}")
        return f"At {setting}: {'; '.join(clauses)}."

    def _spec(self) -> dict[str, Any]:
        grid = [{"label": label, "values": values} for label, values in self.grid.items()]
        side: Any = grid[self.along]
        side.update(_side(side["label"], side["values"]))
        return {
            "kind": "table",
            "grid": grid,
            "x": self.x.tolist(),
            "table": base64.b64encode(self.codes.astype("<u2").tobytes()).decode("ascii"),
            "low": self.low,
            "high": self.high,
            "log": self.log,
            "limits": self.limits,
            "totalLimits": self.total_limits,
            "along": self.along,
            "names": self.names,
            "lost": self.lost,
            "note": self.note,
            "at": self.at,
            "curves": [
                {"label": label, "totals": [None if np.isnan(t) else t for t in self.totals[label].ravel().tolist()], **parts.look_spec(look)}
                for label, look in zip(self.values, _looks(len(self.values)), strict=True)
            ],
        }  # fmt: skip

    @functools.cached_property
    def png(self) -> bytes:
        """The picture of the first state."""
        from course_lib.plotting import table_picture

        side = self.spec["grid"][self.along]
        row: list[Any] = list(self.at)
        row[self.along] = slice(None)
        return table_picture(
            self.x,
            {
                label: (look, values[tuple(self.at)], self.totals[label][tuple(row)])
                for (label, values), look in zip(self.values.items(), _looks(len(self.values)), strict=True)
            },
            side=np.asarray(side.get("places", side["values"]), float),
            here=self.at[self.along],
            labels=(self.names["x"], self.names["y"], side.get("name", side["label"]), self.names["total"]),
            axes=(self.limits, side, self.total_limits),
        )


def _stack(arrays: Mapping[str, Any], shape: tuple[int, ...], what: str) -> FloatArray:
    """All curves in one array; a value that is no number is missing."""
    if not arrays or not shape or min(shape) < 1:
        raise ValueError(f"{what}: there is nothing to show")
    for label, array in arrays.items():
        if np.shape(array) != shape:
            raise ValueError(f"{what} of {label!r} must have shape {shape}, got {np.shape(array)}")
    stacked = np.stack([np.asarray(array, float) for array in arrays.values()])
    if stacked.size > MOST_NUMBERS:
        raise ValueError(f"a figure holds at most {MOST_NUMBERS} numbers, got {stacked.size}")
    return np.where(np.isfinite(stacked), stacked, np.nan)


def _encode(values: FloatArray, log: bool) -> tuple[Any, float, float]:
    """Codes from 0 to 65534 between the least and the largest value; from the first missing value on all are missing."""
    if log and (values <= 0).any():
        raise ValueError("a logarithmic scale needs positive values")
    numbers = np.log10(values) if log else values
    numbers = np.where(np.isnan(numbers).cumsum(axis=-1) > 0, np.nan, numbers)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    codes = np.nan_to_num(np.round((numbers - low) / (max(high - low, 1e-12)) * (MISSING - 1)), nan=MISSING)
    return codes.astype(np.uint16), low, max(high, low + 1e-12)


def _decode(codes: Any, low: float, high: float, log: bool) -> FloatArray:
    numbers = low + codes * (high - low) / (MISSING - 1)
    return np.where(codes == MISSING, np.nan, 10**numbers if log else numbers)


def _axis(ends: tuple[Any, Any], log: bool) -> dict[str, Any]:
    low, high = map(float, ends)
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - 1, high + 1)
    return {"low": low, "high": high, "log": bool(log)}


def _side(label: str, values: Sequence[float]) -> dict[str, Any]:
    """The axis of the totals: of the values, or of what they lack to 1 where that is what differs, falling to the right."""
    lacks = [1 - v for v in values]
    if max(values) < 1 and _is_geometric(lacks):
        return {**_axis((min(lacks), max(lacks)), True), "places": lacks, "name": f"1 − {label}"}
    return _axis((min(values), max(values)), _is_geometric(values))


def _is_geometric(values: Sequence[float]) -> bool:
    return len(values) > 2 and min(values) > 0 and max(values) / min(values) > 20


def _looks(count: int) -> list[Any]:
    from course_lib.plotting.style import LOOKS

    return list(LOOKS[:count])


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else number(value)
