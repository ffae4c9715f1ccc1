"""A signal and its averages, to play with."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from course_lib import averages
from course_lib.live import parts
from course_lib.live.display import LiveDisplay
from course_lib.live.outcome import number
from course_lib.rule import FloatArray

WINDOWS = [*range(1, 60), *range(60, 121, 2)]
LABELS = {
    "cumulative": "cumulative mean",
    "sliding": "sliding mean",
    "corrected": "bias-corrected",
    "exponential": "exponential average",
}


def drifting_signal(seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Draw noise around a mean that jumps from 4 to 8 and later slides down to 5.

    Parameters
    ----------
    seed : int
        Seed of the noise.

    Returns
    -------
    signal, mean : ndarray of shape (180,)
        The values and the mean that they scatter about with a standard deviation of 0.7.
    """
    mean = np.concatenate([np.full(60, 4.0), np.full(60, 8.0), np.linspace(8, 5, 60)])
    return mean + 0.7 * np.random.default_rng(seed).normal(size=mean.size), mean


class LiveAverage(LiveDisplay):
    """A signal with an outlier and its averages, beside the weights that they give to its values.

    The reader sets the window, moves the outlier and asks for the weights at any time.

    Parameters
    ----------
    signal, mean : array_like of shape (n,), optional
        Values, and the mean about which they scatter; by default a `drifting_signal`.
    window : int
        Window N of the sliding mean; the exponential averages have beta = (N - 1) / (N + 1).
    outlier : (int, float)
        Number of a value, from 1, and how much is added to it.
    probe : int
        Number of the value after which the weights are shown.

    Raises
    ------
    ValueError
        If signal and mean differ in shape or are not finite, the mean never moves, or a number is out of range.

    Attributes
    ----------
    curves : dict of str to ndarray
        The averages of the first state, by name: cumulative, sliding, corrected, exponential.
    weights : dict of str to ndarray
        The weights of the newest values at the probe, the newest last.

    Examples
    --------
    >>> figure = LiveAverage(window=9)
    >>> round(float(figure.weights["exponential"][-1]), 3)
    0.2
    """

    def __init__(
        self,
        signal: Any = None,
        mean: Any = None,
        *,
        window: int = 19,
        outlier: tuple[int, float] = (95, 5.0),
        probe: int = 20,
    ):
        self.signal, self.mean = _check_signal(*((signal, mean) if signal is not None else drifting_signal()))
        n = len(self.signal)
        self.window = parts.check_count("window", window, WINDOWS[-1])
        self.probe = parts.check_count("probe", probe, n)
        at = parts.check_count("the outlier's place", outlier[0], n)
        self.outlier = at, float(outlier[1])
        self.beta: float = averages.window_beta(self.window)
        self.jump = int(np.argmax(np.abs(np.diff(self.mean)))) + 1
        self.disturbed = self.signal.copy()
        self.disturbed[at - 1] += self.outlier[1]
        self.curves = self._averages(self.disturbed)
        self.weights = self._weights()
        self.title = "Averages of a signal"
        self.alt = self._sentence()
        self.spec = self._spec()

    def _averages(self, x: FloatArray) -> dict[str, FloatArray]:
        return {
            "cumulative": averages.cumulative_mean(x),
            "sliding": averages.sliding_mean(x, self.window),
            "corrected": averages.exponential_average(x, self.beta, bias_correction=True),
            "exponential": averages.exponential_average(x, self.beta),
        }

    def _weights(self) -> dict[str, FloatArray]:
        newest = min(self.probe, self.window)
        fading = averages.exponential_weights(self.beta, self.probe)
        return {
            "cumulative": np.full(self.probe, 1 / self.probe),
            "sliding": np.full(newest, 1 / newest),
            "corrected": fading / fading.sum(),
            "exponential": fading,
        }

    def _sentence(self) -> str:
        before, after = self.mean[self.jump - 1], self.mean[self.jump]
        undisturbed = self._averages(self.signal)
        clauses = []
        for name, curve in self.curves.items():
            there = np.sign(after - before) * (curve[self.jump :] - (before + after) / 2) >= 0
            after_n = int(np.argmax(there)) + 1
            lag = (
                f"half of the jump after {after_n} value{'s' * (after_n > 1)}"
                if there.any()
                else "never half of the jump"
            )
            clauses.append(
                f"{LABELS[name]}, first value {number(curve[0])}, {lag}, "
                f"pulled by the outlier by {number(np.abs(curve - undisturbed[name]).max())}, "
                f"at the probe {number(curve[self.probe - 1])}, weights add up to {number(self.weights[name].sum())}"
            )
        at, size = self.outlier
        setting = f"Window {self.window} (β = {number(self.beta)}), outlier of {number(size)} at value {at}, probe at value {self.probe}"
        intro = f"{len(self.signal)} values about a mean that jumps from {number(before)} to {number(after)} after value {self.jump}."
        return f"{intro} {setting}: {'; '.join(clauses)}."

    def _spec(self) -> dict[str, Any]:
        looks = _looks()
        return {
            "kind": "average",
            "signal": self.signal.tolist(),
            "mean": self.mean.tolist(),
            "jump": self.jump,
            "range": self._range(),
            "window": self.window,
            "windows": sorted({*WINDOWS, self.window}),
            "outlier": self.outlier,
            "probe": self.probe,
            "curves": [{"name": name, "label": LABELS[name], **parts.look_spec(looks[name])} for name in self.curves],
        }

    def _range(self) -> tuple[float, float]:
        lowest, highest = min(0.0, self.disturbed.min()), self.disturbed.max()
        room = 0.05 * (highest - lowest)
        return float(np.floor(lowest - room)), float(np.ceil(highest + room))

    @functools.cached_property
    def png(self) -> bytes:
        """The picture of the first state."""
        from course_lib.plotting import averages_picture

        looks = _looks()
        return averages_picture(
            self.disturbed,
            self.mean,
            {LABELS[name]: (looks[name], curve, self.weights[name]) for name, curve in self.curves.items()},
            probe=self.probe,
            outlier=self.outlier[0],
            limits=self._range(),
        )


def _looks() -> dict[str, Any]:
    from course_lib.plotting.style import BLUE, OLIVE, PURPLE, VERMILION

    # two that soon coincide: the dashes of one lie on the other
    return {
        "cumulative": PURPLE,
        "sliding": dataclasses.replace(OLIVE, dash=(2, 2)),
        "corrected": BLUE,
        "exponential": VERMILION,
    }


def _check_signal(signal: Any, mean: Any) -> tuple[FloatArray, FloatArray]:
    signal, mean = np.asarray(signal, float), np.asarray(mean, float)
    if signal.ndim != 1 or len(signal) < 2 or signal.shape != mean.shape:
        raise ValueError(f"signal and mean must be two rows of equal length, got shapes {signal.shape}, {mean.shape}")
    if not (np.isfinite(signal).all() and np.isfinite(mean).all()):
        raise ValueError("signal and mean must be finite")
    if not np.ptp(mean):
        raise ValueError("the mean must jump somewhere, or no average can lag behind it")
    return signal.round(3), mean.round(3)
