"""A batch before and after batch norm, to shift, scale and pull at."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from course_lib.live import parts
from course_lib.live.display import LiveDisplay
from course_lib.live.outcome import number
from course_lib.rule import FloatArray

SHIFTS = [round(-3 + 0.25 * i, 2) for i in range(25)]
SCALES = [float(f"{m}e{e}") for e in range(-4, 0) for m in (1, 2, 5)] + [1.0, 1.5, 2.0, 3.0]
EPSILONS = [float(f"1e-{e}") for e in range(8, 0, -1)]
RANGE = (-6.0, 6.0)


def normalized(z, mean, variance, *, epsilon):  # type: ignore[no-untyped-def]
    """Batch norm of one number, before gamma and beta."""
    return (z - mean) / np.sqrt(variance + epsilon)


def slope(own, m, chosen, other, variance, *, epsilon):  # type: ignore[no-untyped-def]
    """Derivative of the chosen normalized output by the input of another, or of its own, from both outputs."""
    return (own - (1.0 + chosen * other) / m) / np.sqrt(variance + epsilon)


class LiveBatch(LiveDisplay):
    """One feature of a batch before and after batch norm, and the gradient of one output by all inputs.

    The reader pulls at an example, shifts and scales the whole batch and turns epsilon.

    Parameters
    ----------
    batch : array_like of shape (m,), optional
        The inputs; by default eight round numbers.
    example : int
        Number, from 1, of the example that can be pulled at first.
    shift, scale, epsilon : float
        What is added to the batch, what it is multiplied by before that, and what is added to the variance.

    Raises
    ------
    ValueError
        If the batch is no row of two to twenty finite numbers, or a setting is not on its slider.

    Attributes
    ----------
    outputs, slopes : ndarray of shape (m,)
        The normalized batch, and the gradient of the chosen output by each input.

    Examples
    --------
    >>> figure = LiveBatch([-1, 1], example=1, epsilon=1e-8)
    >>> figure.outputs.round(3).tolist()
    [-1.0, 1.0]
    """

    def __init__(
        self, batch: Any = (-1.8, -0.9, -0.5, 0.1, 0.4, 0.7, 1.2, 2.0), *, example: int = 7, shift: float = 2.0,
        scale: float = 1.5, epsilon: float = 1e-3,
    ):  # fmt: skip
        self.batch = np.asarray(batch, float)
        if self.batch.ndim != 1 or not 2 <= len(self.batch) <= 20 or not np.isfinite(self.batch).all():
            raise ValueError(f"a batch must be a row of 2 to 20 finite numbers, got {batch!r}")
        self.example = parts.check_count("example", example, len(self.batch))
        self.settings = {"shift": float(shift), "scale": float(scale), "epsilon": float(epsilon)}
        for (name, value), values in zip(self.settings.items(), (SHIFTS, SCALES, EPSILONS), strict=True):
            if value not in values:
                raise ValueError(f"{name} must be one of {values}, got {value}")
        self.inputs = shift + scale * self.batch
        self.mean, self.variance = float(self.inputs.mean()), float(self.inputs.var())
        self.outputs = normalized(self.inputs, self.mean, self.variance, epsilon=epsilon)
        own = np.arange(1, len(self.batch) + 1) == self.example
        chosen = self.outputs[self.example - 1]
        self.slopes: FloatArray = slope(own, len(self.batch), chosen, self.outputs, self.variance, epsilon=epsilon)
        self.title = "A batch and its normalization"
        self.alt = self._sentence()
        self.spec = self._spec()

    def _sentence(self) -> str:
        k, epsilon = self.example, self.settings["epsilon"]
        others = np.delete(self.slopes, k - 1)
        together = round(float(self.slopes.sum()), 9) + 0.0
        return (
            f"Example {k} at {number(self.inputs[k - 1])}, epsilon {number(epsilon)}: inputs, mean {number(self.mean)}, "
            f"standard deviation {number(np.sqrt(self.variance))}; outputs, from {number(self.outputs.min())} to "
            f"{number(self.outputs.max())}; output {k} moves by {number(self.slopes[k - 1])} for its own input, by "
            f"{number(others.min())} to {number(others.max())} for the others', by {number(together)} if all shift; a share of "
            f"{number(epsilon / (self.variance + epsilon))} is left if all scale."
        )

    def _spec(self) -> dict[str, Any]:
        sliders = zip(self.settings.items(), (SHIFTS, SCALES, EPSILONS), strict=True)
        return {
            "kind": "batch",
            "base": self.batch.tolist(),
            "moved": [self.example, float(self.batch[self.example - 1])],
            "range": RANGE,
            **self.settings,
            "sliders": [{"label": name, "value": value, "values": values} for (name, value), values in sliders],
            "curves": [
                {"label": label, **parts.look_spec(look)}
                for label, look in zip(("inputs", "outputs"), _looks(), strict=True)
            ],
        }

    @functools.cached_property
    def png(self) -> bytes:
        """The picture of the first state."""
        from course_lib.plotting import batch_picture

        return batch_picture(self.inputs, self.outputs, self.slopes, self.example, _looks(), RANGE)


def _looks() -> list[Any]:
    from course_lib.plotting.style import BLUE, GREY

    return [GREY, BLUE]
