"""Learning rates that begin low: a line up to any schedule, one cycle, warm-up-stable-decay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.rule import retarget
from course_lib.schedule import Schedule, schedule
from course_lib.translator import to_javascript


class WarmUp(Schedule):
    """A schedule that is led up to along a straight line; made by `warm_up`."""

    def __init__(self, after: Schedule, **constants: float):
        super().__init__(_ramp, first=float(after(0)), **constants)
        self.name, self.after = "warm_up", after

    def __call__(self, step: Any) -> Any:
        """Value at a step, from 0."""
        return self._on(np)(step)

    def retarget(self, np: Any) -> Callable[[Any], Any]:
        """Return the same schedule on another array namespace."""
        return self._on(np)

    def _on(self, np: Any) -> Callable[[Any], Any]:
        ramp, after = retarget(self.function, np), self.after.retarget(np)
        late = self.constants["warmup_steps"]
        return lambda step: ramp(step, after(np.maximum(step - late, 0.0)), **self.constants)

    def to_javascript(self) -> tuple[str, dict[str, Any]]:
        """Return the same schedule as the source of a function of step and constants, and the constants."""
        ramp, (after, constants) = to_javascript(self.function), self.after.to_javascript()
        source = f"(step, c) => ({ramp})(step, ({after})(Math.max(step - c.warmup_steps, 0), c.after), c)"
        return source, {**self.constants, "after": constants}

    def get_config(self) -> dict[str, Any]:
        """Return name and constants, from which `schedule_from` makes it again."""
        constants = {name: value for name, value in self.constants.items() if name != "first"}
        return {"name": self.name, "after": self.after.get_config(), **constants}

    def __repr__(self) -> str:
        """Show the call one would write."""
        constants = ", ".join(f"{k}={v:g}" for k, v in self.get_config().items() if k not in ("name", "after"))
        return f"warm_up({self.after!r}, {constants})"


def _ramp(step, rest, *, first, warmup_steps, warmup_learning_rate):
    """Straight line to the first value of another schedule, then what that one gives."""
    line = warmup_learning_rate + (first - warmup_learning_rate) * step / warmup_steps
    return np.where(step < warmup_steps, line, rest)


_ramp.__name__ = "warm_up"  # as messages name it


def warm_up(after: Schedule, *, warmup_steps: float, warmup_learning_rate: float = 0.0) -> WarmUp:
    """Lead up to any schedule along a straight line; it begins when the line has reached its first value.

    Parameters
    ----------
    after : Schedule
        What follows, its steps counted from the end of the warm-up.
    warmup_steps : float > 0
        Length of the line.
    warmup_learning_rate : float >= 0
        Where it starts.

    Returns
    -------
    WarmUp
        A schedule.

    Raises
    ------
    TypeError
        If ``after`` is no schedule.
    ValueError
        If a number is out of range.

    Notes
    -----
    Keras has it inside ``CosineDecay`` only (``warmup_target``, ``warmup_steps``), where it is the same.

    References
    ----------
    P. Goyal et al. (2017), Accurate, Large Minibatch SGD, section 2.2, arXiv:1706.02677.
    """
    if not isinstance(after, Schedule):
        raise TypeError(f"warm_up leads up to a schedule of this module, got {type(after).__name__}; see constant")
    return WarmUp(after, warmup_steps=warmup_steps, warmup_learning_rate=warmup_learning_rate)


@schedule
def one_cycle(step, *, maximal_learning_rate, total_steps, pct_start=0.3, div_factor=25.0, final_div_factor=1e4):
    r"""One climb along half a cosine to a large rate, one fall to a tiny one.

    .. math::
        \eta_k = \begin{cases}
        \eta_{\max} / d + (\eta_{\max} - \eta_{\max} / d) (1 - \cos(\pi k / a)) / 2 & k < a = pT - 1 \\
        \eta_{end} + (\eta_{\max} - \eta_{end}) (1 + \cos(\pi (k - a) / (T - 1 - a))) / 2 & \text{else}
        \end{cases}

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    maximal_learning_rate : float >= 0
        :math:`\eta_{\max}`.
    total_steps : float > 1
        :math:`T`, length of the cycle; the last rate stays.
    pct_start : float in (0, 1)
        :math:`p`, share of the climb.
    div_factor, final_div_factor : float > 0
        :math:`d`, and the d' of :math:`\eta_{end} = \eta_{\max} / d d'`.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    The same as PyTorch's ``OneCycleLR``, whose names these are; Keras has none. Smith's lines are straight, and his
    momentum falls while the rate climbs: give ``momentum`` a schedule of its own.

    References
    ----------
    L. N. Smith and N. Topin (2018), Super-Convergence, section 3, arXiv:1708.07120.
    """
    first = maximal_learning_rate / div_factor
    last = first / final_div_factor
    top = np.maximum(pct_start * total_steps - 1.0, 1e-9)
    fall = np.minimum((step - top) / (total_steps - 1.0 - top), 1.0)
    climbing = first + (maximal_learning_rate - first) * 0.5 * (1.0 - np.cos(np.pi * step / top))
    falling = last + (maximal_learning_rate - last) * 0.5 * (1.0 + np.cos(np.pi * fall))
    return np.where(step < top, climbing, falling)


@schedule
def warmup_stable_decay(step, *, maximal_learning_rate, warmup_steps, stable_steps, decay_steps, end_learning_rate=0.0):
    r"""A line up, a plateau, a line down: where to stop need only be known when the fall begins.

    .. math::
        \eta_k = \eta_{\max} \min(k / w, 1)
        - (\eta_{\max} - \eta_{end}) \min(\max((k - w - p) / s, 0), 1)

    Parameters
    ----------
    step : int >= 0
        :math:`k`; at the first one the rate is 0.
    maximal_learning_rate : float >= 0
        :math:`\eta_{\max}`.
    warmup_steps : float > 0
        :math:`w`.
    stable_steps : float >= 0
        :math:`p`.
    decay_steps : float > 0
        :math:`s`.
    end_learning_rate : float >= 0
        :math:`\eta_{end}`.

    Returns
    -------
    float
        The rate.

    References
    ----------
    S. Hu et al. (2024), MiniCPM, section 4, arXiv:2404.06395.
    """
    climb = np.minimum(step / warmup_steps, 1.0)
    fall = np.minimum(np.maximum((step - warmup_steps - stable_steps) / decay_steps, 0.0), 1.0)
    return maximal_learning_rate * climb - (maximal_learning_rate - end_learning_rate) * fall
