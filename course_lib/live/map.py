"""How well a rule does over its learning rate and one more hyperparameter, to explore."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib.engine import descend
from course_lib.live import parts
from course_lib.live.display import LiveDisplay
from course_lib.live.outcome import judge, number, with_meaning
from course_lib.rule import FloatArray, Rule
from course_lib.surfaces import Surface

DIVERGED = 65535  # the code for it; those below are evenly spread
MARKERS = ("diamond", "triangle", "square", "flag", "circle")
SHADED = {"speed": 2.0, "quantity": 8.0}  # powers of ten from the best to the darkest color
MOST_CELLS = 16_000
SCALES = ("linear", "log", "near one")
SYMBOLS = {"beta_1": "β₁", "beta_2": "β₂", "rho": "ρ"}  # on the axis; sentences spell the names


class LiveMap(LiveDisplay):
    """A measured map over learning rate and momentum, or another hyperparameter, with the run at a probe.

    The color says how many steps it takes until one more digit is right, or how large some other quantity is; the probe
    goes from one measured point to the next, and its run is taken in the browser.

    Parameters
    ----------
    rule : Rule or str
        A rule with a learning rate and the hyperparameter of the vertical axis, or the name of one.
    surface : Surface or str
        Where the run at the probe is shown.
    learning_rates, momenta : array_like
        Rising values, evenly spread or each a fixed ratio above the last (the axis is logarithmic then), or with such
        a ratio between what each lacks to 1 (the axis is drawn out near 1 then, as for a decay).
    factors : array_like of shape (len(momenta), len(learning_rates))
        By how much the error shrinks in a step, as measured; 1 or more, or nan, where a run diverges. Where a quantity is
        named, its values instead: positive, the smaller the better, inf or nan where a run diverges.
    marks : mapping of str to (float, float), optional
        Points to mark: label to learning rate and momentum.
    steps : int
        Length of the run at the probe.
    start : sequence of two floats, optional
        Where it starts; by default the surface's own start.
    probe : (float, float), optional
        Learning rate and momentum where the probe starts; by default the fastest run at the least momentum.
    vertical : str
        Hyperparameter whose values ``momenta`` holds.
    quantity : str, optional
        What was measured, such as "loss after 150 steps".
    contours : bool
        Draw lines of equal height; without them where what was measured is too rough.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `LiveFigure`; also if the rule has no learning rate or momentum, if the values of an axis are unevenly
        spread, if the table has another shape or holds no run that converges, or if a mark lies outside it.

    Attributes
    ----------
    factors : ndarray of shape (len(momenta), len(learning_rates))
        The factors, or the quantity, as the figure knows them, nan where a run diverges.
    fastest, probe : (int, int)
        Row and column of the fastest run, and of the one where the probe starts.

    Examples
    --------
    >>> rates, momenta = np.linspace(0.05, 0.25, 30), np.linspace(0, 0.9, 20)
    >>> measured = np.maximum(np.sqrt(momenta)[:, None], abs(1 - rates))  # a made-up table
    >>> figure = LiveMap("momentum", "quadratic", rates, momenta, measured)
    >>> round(float(figure.factors.min()), 3)
    0.75
    """

    def __init__(
        self,
        rule: Rule | str,
        surface: Surface | str,
        learning_rates: Any,
        momenta: Any,
        factors: Any,
        *,
        marks: Mapping[str, tuple[float, float]] | None = None,
        steps: int = 100,
        start: Any = None,
        probe: tuple[float, float] | None = None,
        vertical: str = "momentum",
        quantity: str | None = None,
        contours: bool = True,
    ):
        self.surface = parts.check_surface(surface)
        self.steps = parts.check_count("steps", steps)
        self.start = parts.check_point(self.surface.start if start is None else start)
        self.axes = _Axis("learning_rate", learning_rates), _Axis(vertical, momenta)
        self.quantity, self.contours = quantity, bool(contours)
        shape = self.axes[1].count, self.axes[0].count
        self.codes, self.low, self.high = _encode(factors, shape, _log_steps if quantity is None else _log_quantity)
        self.digits = _decode(self.codes, self.low, self.high)
        self.factors = 10 ** (-1 / 10**self.digits) if quantity is None else 10**self.digits
        fastest = np.unravel_index(np.nanargmin(self.digits), self.digits.shape)
        self.fastest = int(fastest[0]), int(fastest[1])
        self.marks = _check_points(marks or {}, self.axes)
        if len(self.marks) > len(MARKERS):
            raise ValueError(f"at most {len(MARKERS)} points can be marked, got {len(self.marks)}")
        if probe is not None:
            (place,) = _check_points({"probe": probe}, self.axes).values()
            self.probe = self.axes[1].index(place[1]), self.axes[0].index(place[0])
        elif np.isnan(self.digits[0]).all():
            self.probe = self.fastest
        else:
            self.probe = 0, int(np.nanargmin(self.digits[0]))
        self.rule, self.hyper = parts.check_run("map", rule, self._at(self.probe))
        self.outcome = judge(descend(self.rule, self.surface, self.start, self.steps, **self.hyper), self.surface)
        self.title = "Map of convergence"
        self.alt = self._sentence()
        self.spec = self._spec()

    def _at(self, cell: tuple[int, int]) -> dict[str, float]:
        return {axis.name: axis.value(i) for axis, i in zip(self.axes, cell[::-1], strict=True)}

    def _verdict(self, cell: tuple[int, int]) -> str:
        here = ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in self._at(cell).items())
        if np.isnan(self.digits[cell]):
            return f"{here}: diverges"
        if self.quantity is not None:
            return f"{here}: {self.quantity} {number(float(10 ** self.digits[cell]))}"
        steps = float(10 ** self.digits[cell])
        return f"{here}: converges, factor {number(10 ** (-1 / steps))} a step: one digit every {number(steps)} steps"

    def _probe_sentence(self) -> str:
        run = self.outcome.text(len(self.surface.minima) > 1)
        return with_meaning(f"At {self._verdict(self.probe)}; the run shown, {run}.", [self.outcome])

    def _sentence(self) -> str:
        sides = " and ".join(f"{side.label} {side}" for side in self.axes)
        share = float(np.isnan(self.digits).mean())
        lost = f"{number(100 * share)} % diverge" if share else "none diverges"
        points = {"The fastest" if self.quantity is None else "The best": self._verdict(self.fastest)}
        for label, (x, y) in self.marks.items():
            points[label.capitalize()] = f"learning rate {number(x)}, {self.axes[1].label} {number(y)}"
        return (
            f"{self.digits.size} runs of {self.rule.name.replace('_', ' ')} on {parts.surface_label(self.surface)}, {sides}: {lost}. "
            f"{''.join(f'{name}, {text}. ' for name, text in points.items())}{self._probe_sentence()}"
        )

    def _shades(self) -> tuple[float, float]:
        fastest = float(np.nanmin(self.digits))
        shaded = SHADED["speed" if self.quantity is None else "quantity"]
        return fastest, max(min(float(np.nanmax(self.digits)), fastest + shaded), fastest + 1e-6)

    def _levels(self) -> list[tuple[float, str]]:
        """Round numbers of steps, as logarithms, with a color that stands out there."""
        fast, slow = self._shades()
        powers = range(int(np.floor(fast)), int(np.ceil(slow)) + 1)
        if slow - fast < 3:
            levels = [round(float(np.log10(m)) + p, 6) for p in powers for m in (1, 2, 5)]
        else:  # few lines, for what is measured over many powers of ten is rough
            levels = [float(p) for p in powers if p % 2 == 0]
        middle = fast + 0.45 * (slow - fast)
        return [(level, "#00000088" if level < middle else "#ffffffaa") for level in levels if fast < level < slow]

    def _spec(self) -> dict[str, Any]:
        from course_lib.plotting import style

        (look,) = style.styles([self.rule.name])
        fast, slow = self._shades()
        return {
            "kind": "map",
            "surface": parts.surface_spec(self.surface),
            "start": self.start,
            "steps": self.steps,
            "run": parts.run_spec(self.rule.name.replace("_", " "), self.rule, self.hyper, look),
            "rate": self.axes[0].spec(),
            "vertical": {
                "name": self.axes[1].name,
                "label": self.axes[1].label,
                "symbol": self.axes[1].symbol,
                **self.axes[1].spec(),
            },
            "quantity": self.quantity,
            "table": base64.b64encode(self.codes[::-1].astype("<u2").tobytes()).decode("ascii"),
            "low": self.low,
            "high": self.high,
            "colors": style.FAST_TO_SLOW,
            "fast": fast,
            "slow": slow,
            "levels": self._levels(),
            "contours": self.contours,
            "probe": self.probe[::-1],
            "marks": [
                {"label": label, "at": at, "marker": marker}
                for (label, at), marker in zip(self.marks.items(), MARKERS, strict=False)
            ],
        }

    @functools.cached_property
    def png(self) -> bytes:
        """The picture of the first state."""
        from course_lib.plotting import map_picture

        return map_picture(
            self.surface,
            self.rule.name,
            self.outcome,
            self.digits,
            [(axis.ends(), axis.scale) for axis in self.axes],
            shades=self._shades(),
            levels=self._levels(),
            marks={label: (*at, marker) for (label, at), marker in zip(self.marks.items(), MARKERS, strict=False)},
            probe=(self.hyper["learning_rate"], self.hyper[self.axes[1].name]),
            steps=self.steps,
            vertical=self.axes[1].symbol,
            quantity=self.quantity,
            contours=self.contours,
        )


class _Axis:
    """Values evenly spread, or each a fixed ratio above the last, or with a fixed ratio between what they lack to 1."""

    def __init__(self, name: str, values: Any):
        self.name, self.label = name, name.replace("_", " ")
        self.symbol = SYMBOLS.get(name, self.label)
        values = np.asarray(values, float)
        if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all() or not (np.diff(values) > 0).all():
            raise ValueError(f"{name} must be at least two rising finite numbers, got {values!r}")
        self.low, self.high, self.count = float(values[0]), float(values[-1]), len(values)
        fitting = (scale for scale in SCALES if self._fits(scale, values))
        self.scale = next(fitting, "")
        if not self.scale:
            raise ValueError(f"{name} must be evenly spread, or each a fixed ratio above the last")

    def _fits(self, scale: str, values: FloatArray) -> bool:
        """Whether the values are even steps on a scale."""
        if (scale == "log" and self.low <= 0) or (scale == "near one" and self.high >= 1):
            return False
        self.scale = scale
        return np.allclose(values, self.values(), rtol=1e-6) and np.allclose(1 - values, 1 - self.values(), rtol=1e-6)

    def values(self) -> FloatArray:
        """All values."""
        return np.array([self.value(i) for i in range(self.count)])

    def value(self, i: float) -> float:
        """The value at an index, or between two."""
        a, b = self._place(self.low), self._place(self.high)
        place = a + i / (self.count - 1) * (b - a)
        if self.scale == "linear":
            return float(place)
        return float(10**place if self.scale == "log" else 1 - 10**-place)

    def _place(self, x: Any) -> Any:
        """Where a value stands on the axis."""
        if self.scale == "linear":
            return x
        return np.log10(x) if self.scale == "log" else -np.log10(1 - x)

    def index(self, x: float) -> int:
        """The index of the value nearest to x, as the axis is drawn."""
        return int(np.argmin(np.abs(self._place(self.values()) - self._place(x))))

    def ends(self) -> tuple[float, float]:
        """Outer edges of the first and the last cell."""
        return self.value(-0.5), self.value(self.count - 0.5)

    def spec(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high, "count": self.count, "scale": self.scale}

    def __str__(self) -> str:
        return f"{number(self.low)} to {number(self.high)}"


def _log_steps(factors: FloatArray) -> FloatArray:
    """Logarithm of the steps to a digit, nan where a run diverges."""
    converges = (factors >= 0) & (factors < 1)
    return np.log10(-1 / np.log10(np.clip(np.where(converges, factors, np.nan), 1e-15, 1 - 1e-15)))


def _log_quantity(values: FloatArray) -> FloatArray:
    """Logarithm of something positive, nan where a run diverges."""
    if (values < 0).any():
        raise ValueError(f"a quantity is mapped by its logarithm and must not be negative, got {np.nanmin(values)}")
    return np.log10(np.maximum(np.where(np.isfinite(values), values, np.nan), 1e-300))


def _encode(
    factors: Any, shape: tuple[int, int], logarithm: Callable[[FloatArray], FloatArray]
) -> tuple[Any, float, float]:
    """Codes for the logarithm of what was measured, with the values of the lowest and the highest."""
    factors = np.asarray(factors, float)
    if factors.shape != shape:
        raise ValueError(
            f"factors must have a row for each momentum and a column for each rate, {shape}, got {factors.shape}"
        )
    if factors.size > MOST_CELLS:
        raise ValueError(f"at most {MOST_CELLS} cells travel in a page, got {factors.size}")
    digits = logarithm(factors)
    good = ~np.isnan(digits)
    if not good.any():
        raise ValueError("no run of the map converges")
    low, high = float(digits[good].min()), float(digits[good].max())
    codes = np.full(shape, DIVERGED)
    codes[good] = np.rint((digits[good] - low) / ((high - low) or 1) * (DIVERGED - 1))
    return codes, low, high


def _decode(codes: Any, low: float, high: float) -> FloatArray:
    return np.where(codes == DIVERGED, np.nan, low + codes * (high - low) / (DIVERGED - 1))


def _check_points(points: Mapping[str, Any], axes: tuple[_Axis, _Axis]) -> dict[str, tuple[float, float]]:
    found = {}
    for label, (x, y) in points.items():
        for v, axis in zip((x, y), axes, strict=True):
            low, high = axis.ends()
            if not low <= v <= high:
                raise ValueError(
                    f"{label}: {axis.name} must lie on the map, from {number(low)} to {number(high)}, got {v}"
                )
        found[str(label)] = float(x), float(y)
    return found
