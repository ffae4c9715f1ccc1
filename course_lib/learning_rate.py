"""Learning-rate schedules: functions of the step, which counts from 0."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import Parameter
from typing import Any

import numpy as np

from course_lib.rule import check_names, keyword_defaults, nearest, retarget
from course_lib.translator import to_javascript

LIMITS: tuple[tuple[str, set[str], Callable[[float], bool]], ...] = (
    (
        "at least 0",
        {"learning_rate", "initial_learning_rate", "maximal_learning_rate", "end_learning_rate", "warmup_learning_rate"}
        | {"decay_rate", "stable_steps", "m_mul", "gamma"},
        lambda value: value >= 0,
    ),
    (
        "greater than 0",
        {"decay_steps", "first_decay_steps", "step_size", "warmup_steps", "div_factor", "final_div_factor"},
        lambda value: value > 0,
    ),
    ("at least 1", {"t_mul"}, lambda value: value >= 1),
    ("greater than 1", {"total_steps"}, lambda value: value > 1),
    ("between 0 and 1", {"pct_start"}, lambda value: 0 < value < 1),
    ("in [0, 1]", {"alpha"}, lambda value: 0 <= value <= 1),
)
"""What the constants of the schedules below may be; a reader's own names are not limited."""


class Schedule:
    """A schedule with its constants: called with the step, from 0, it gives the value.

    Made by calling a function that `schedule` decorates.

    Parameters
    ----------
    function : callable
        ``f(step, *, constants)``; its only free name is ``np``.
    **constants : float
        The keyword arguments of the function.

    Raises
    ------
    TypeError
        If a constant is unknown or missing.
    ValueError
        If a constant is not finite or out of range.
    """

    def __init__(self, function: Callable[..., Any], **constants: float):
        defaults = keyword_defaults(function)
        check_names(f"schedule {function.__name__!r}", "constant", constants, defaults)
        self.name = function.__name__
        self.function = function
        self.constants = {**defaults, **constants}
        for name, value in self.constants.items():
            if value is Parameter.empty:
                raise TypeError(f"schedule {self.name!r} needs a value for {name}")
            if not np.isfinite(value):
                raise ValueError(f"schedule {self.name!r}: {name} must be finite, got {value}")
            for words, names, holds in LIMITS:
                if name in names and not holds(value):
                    raise ValueError(f"schedule {self.name!r}: {name} must be {words}, got {value:g}")

    def __call__(self, step: Any) -> Any:
        """Value at a step.

        Parameters
        ----------
        step : int or array_like
            Number of the step, from 0.

        Returns
        -------
        float or ndarray
            The value of the hyperparameter.
        """
        return self.function(step, **self.constants)

    def retarget(self, np: Any) -> Callable[[Any], Any]:
        """Return the same schedule on another array namespace."""
        return functools.partial(retarget(self.function, np), **self.constants)

    def to_javascript(self) -> tuple[str, dict[str, Any]]:
        """Return the same schedule as the source of a function of step and constants, and the constants."""
        return to_javascript(self.function), self.constants

    def get_config(self) -> dict[str, Any]:
        """Return name and constants, from which `schedule_from` makes it again."""
        return {"name": self.name, **self.constants}

    def __repr__(self) -> str:
        """Show the call one would write."""
        return f"{self.name}({', '.join(f'{k}={v:g}' for k, v in self.constants.items())})"


def schedule(function: Callable[..., Any]) -> Callable[..., Schedule]:
    """Turn ``f(step, *, constants)`` into a maker of schedules: ``f(constants)`` is a function of the step."""

    @functools.wraps(function)
    def make(**constants: float) -> Schedule:
        return Schedule(function, **constants)

    return make


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


def schedule_from(config: dict[str, Any]) -> Schedule:
    """Make a schedule of this module from what its ``get_config`` says.

    Parameters
    ----------
    config : dict
        Name and constants.

    Returns
    -------
    Schedule
        The schedule.

    Raises
    ------
    LookupError
        If the module has no schedule of that name.
    """
    constants = {key: value for key, value in config.items() if key != "name"}
    if config["name"] == "warm_up":
        return warm_up(schedule_from(constants.pop("after")), **constants)
    if config["name"] not in SCHEDULES:
        raise LookupError(f"no schedule is called {config['name']!r}; {nearest(config['name'], SCHEDULES)}")
    return SCHEDULES[config["name"]](**constants)


@schedule
def constant(step, *, learning_rate):
    r"""The same rate at every step.

    .. math::
        \eta_k = \eta

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    learning_rate : float >= 0
        :math:`\eta`.

    Returns
    -------
    float
        The rate.
    """
    return learning_rate + 0.0 * step


@schedule
def linear_decay(step, *, initial_learning_rate, decay_steps, end_learning_rate=0.0):
    r"""Rate that falls along a straight line to a floor, where it stays.

    .. math::
        \eta_k = (1 - \alpha) \eta_0 + \alpha \eta_\tau, \quad \alpha = \min(k / \tau, 1)

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float >= 0
        :math:`\eta_0`.
    decay_steps : float > 0
        :math:`\tau`.
    end_learning_rate : float >= 0
        :math:`\eta_\tau`, often a hundredth of the first.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``PolynomialDecay`` with power 1 is the same; its default floor is 0.0001.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, equation 8.14.
    """
    share = np.minimum(step / decay_steps, 1.0)
    return (1.0 - share) * initial_learning_rate + share * end_learning_rate


@schedule
def step_decay(step, *, initial_learning_rate, decay_steps, decay_rate):
    r"""Rate that drops by one factor after every ``decay_steps`` and is constant in between.

    .. math::
        \eta_k = \eta_0 \gamma^{\lfloor k / s \rfloor}

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float >= 0
        :math:`\eta_0`.
    decay_steps : float > 0
        :math:`s`, steps from one drop to the next.
    decay_rate : float in (0, 1]
        :math:`\gamma`, the factor.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``ExponentialDecay`` with ``staircase=True`` is the same.
    """
    return initial_learning_rate * decay_rate ** np.floor(step / decay_steps)


@schedule
def exponential_decay(step, *, initial_learning_rate, decay_steps, decay_rate):
    r"""Rate that shrinks by one factor every ``decay_steps``.

    .. math::
        \eta_k = \eta_0 \gamma^{k / s}

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float > 0
        :math:`\eta_0`.
    decay_steps : float > 0
        :math:`s`, steps for one factor.
    decay_rate : float in (0, 1]
        :math:`\gamma`, the factor.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``ExponentialDecay`` is the same.
    """
    return initial_learning_rate * decay_rate ** (step / decay_steps)


@schedule
def inverse_time_decay(step, *, initial_learning_rate, decay_steps, decay_rate):
    r"""Rate that falls as one over the step.

    .. math::
        \eta_k = \frac{\eta_0}{1 + \gamma k / s}

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float > 0
        :math:`\eta_0`.
    decay_steps : float > 0
        :math:`s`, steps until the decay has acted once.
    decay_rate : float >= 0
        :math:`\gamma`.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``InverseTimeDecay`` is the same.
    """
    return initial_learning_rate / (1 + decay_rate * step / decay_steps)


@schedule
def triangular(step, *, initial_learning_rate, maximal_learning_rate, step_size):
    r"""Rate that climbs and falls along straight lines, again and again.

    .. math::
        \eta_k = \eta_{\min} + (\eta_{\max} - \eta_{\min}) \left(1 - \left| k / s - 2 c - 1 \right|\right),
        \quad c = \lfloor k / 2 s \rfloor

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float >= 0
        :math:`\eta_{\min}`, where every cycle begins and ends.
    maximal_learning_rate : float >= 0
        :math:`\eta_{\max}`, in the middle of each.
    step_size : float > 0
        :math:`s`, half a cycle.

    Returns
    -------
    float
        The rate.

    References
    ----------
    L. N. Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.1, arXiv:1506.01186.
    """
    cycle = np.floor(step / (2.0 * step_size))
    height = 1.0 - np.abs(step / step_size - 2.0 * cycle - 1.0)
    return initial_learning_rate + (maximal_learning_rate - initial_learning_rate) * height


@schedule
def triangular2(step, *, initial_learning_rate, maximal_learning_rate, step_size):
    r"""Triangular rate whose height is halved after every cycle.

    .. math::
        \eta_k = \eta_{\min} + 2^{-c} (\eta_{\max} - \eta_{\min}) \left(1 - \left| k / s - 2 c - 1 \right|\right),
        \quad c = \lfloor k / 2 s \rfloor

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float >= 0
        :math:`\eta_{\min}`, where every cycle begins and ends.
    maximal_learning_rate : float >= 0
        :math:`\eta_{\max}`, in the middle of the first.
    step_size : float > 0
        :math:`s`, half a cycle.

    Returns
    -------
    float
        The rate.

    References
    ----------
    L. N. Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.1, arXiv:1506.01186.
    """
    cycle = np.floor(step / (2.0 * step_size))
    height = 1.0 - np.abs(step / step_size - 2.0 * cycle - 1.0)
    return initial_learning_rate + (maximal_learning_rate - initial_learning_rate) * height * 0.5**cycle


@schedule
def exp_range(step, *, initial_learning_rate, maximal_learning_rate, step_size, gamma):
    r"""Triangular rate whose height shrinks by one factor a step.

    .. math::
        \eta_k = \eta_{\min} + \gamma^k (\eta_{\max} - \eta_{\min}) \left(1 - \left| k / s - 2 c - 1 \right|\right),
        \quad c = \lfloor k / 2 s \rfloor

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float >= 0
        :math:`\eta_{\min}`, where every cycle begins and ends.
    maximal_learning_rate : float >= 0
        :math:`\eta_{\max}`, in the middle of each if nothing shrank.
    step_size : float > 0
        :math:`s`, half a cycle.
    gamma : float in (0, 1]
        :math:`\gamma`, the factor.

    Returns
    -------
    float
        The rate.

    References
    ----------
    L. N. Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.1, arXiv:1506.01186.
    """
    cycle = np.floor(step / (2.0 * step_size))
    height = 1.0 - np.abs(step / step_size - 2.0 * cycle - 1.0)
    return initial_learning_rate + (maximal_learning_rate - initial_learning_rate) * height * gamma**step


@schedule
def cosine_decay(step, *, initial_learning_rate, decay_steps, alpha=0.0):
    r"""Rate that falls along half a cosine to a floor, where it stays.

    .. math::
        \eta_k = \eta_0 \left(\alpha + \frac{1 - \alpha}{2} \left(1 + \cos \frac{\pi \min(k, s)}{s}\right)\right)

    Parameters
    ----------
    step : int >= 0
        :math:`k`.
    initial_learning_rate : float >= 0
        :math:`\eta_0`.
    decay_steps : float > 0
        :math:`s`.
    alpha : float in [0, 1]
        :math:`\alpha`, the floor as a share of the first rate.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``CosineDecay`` is the same; for its warm-up see `warm_up`.

    References
    ----------
    I. Loshchilov and F. Hutter (2017), SGDR, equation 5, arXiv:1608.03983.
    """
    wave = 0.5 * (1.0 + np.cos(np.pi * np.minimum(step / decay_steps, 1.0)))
    return initial_learning_rate * ((1.0 - alpha) * wave + alpha)


@schedule
def cosine_decay_restarts(step, *, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
    r"""Half a cosine again and again, each time longer and from a smaller maximum.

    .. math::
        \eta_k = \eta_0 \left(\alpha + \frac{1 - \alpha}{2} m^i \left(1 + \cos \frac{\pi T_{cur}}{T_i}\right)\right),
        \quad T_i = s t^i

    Parameters
    ----------
    step : int >= 0
        :math:`k`; :math:`T_{cur}` of it have passed since restart number i.
    initial_learning_rate : float >= 0
        :math:`\eta_0`.
    first_decay_steps : float > 0
        :math:`s`, length of the first period.
    t_mul : float >= 1
        :math:`t`, by which each period is longer than the one before.
    m_mul : float >= 0
        :math:`m`, by which each maximum is smaller than the one before.
    alpha : float in [0, 1]
        :math:`\alpha`, the floor as a share of the first rate.

    Returns
    -------
    float
        The rate.

    Notes
    -----
    Keras's ``CosineDecayRestarts`` is the same, but a rounded logarithm lets it restart a step late here and there.

    References
    ----------
    I. Loshchilov and F. Hutter (2017), SGDR, equation 5, arXiv:1608.03983.
    """
    done = step / first_decay_steps
    growth = np.where(t_mul == 1.0, 2.0, t_mul)  # equal periods are counted without a logarithm
    counted = np.floor(np.log(1.0 + (growth - 1.0) * done) / np.log(growth) + 1e-6)
    i = np.where(t_mul == 1.0, np.floor(done), counted)
    begun = np.where(t_mul == 1.0, i, (growth**i - 1.0) / (growth - 1.0))
    wave = 0.5 * (1.0 + np.cos(np.pi * (done - begun) / t_mul**i))
    return initial_learning_rate * ((1.0 - alpha) * m_mul**i * wave + alpha)


def restart_steps(periods: int, *, first_decay_steps: int, t_mul: float = 2.0) -> list[int]:
    """Steps after which the periods of `cosine_decay_restarts` end, where its snapshots are taken.

    Parameters
    ----------
    periods : int >= 1
        How many.
    first_decay_steps, t_mul : float
        As those of the schedule.

    Returns
    -------
    list of int
        Numbers of steps taken, rounded up to whole ones.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> restart_steps(3, first_decay_steps=100)
    [100, 300, 700]
    """
    if periods < 1 or first_decay_steps <= 0 or t_mul < 1:
        raise ValueError(
            f"expected periods >= 1, first_decay_steps > 0 and t_mul >= 1, got {periods}, {first_decay_steps} and {t_mul}"
        )
    return [int(np.ceil(first_decay_steps * sum(t_mul**j for j in range(i + 1)) - 1e-9)) for i in range(periods)]


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


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    make.__name__: make
    for make in (
        *(constant, linear_decay, inverse_time_decay, exponential_decay, step_decay),
        *(triangular, triangular2, exp_range, cosine_decay, cosine_decay_restarts),
        *(one_cycle, warmup_stable_decay),
    )
}
"""Makers of schedules by name; `warm_up`, which takes another schedule, is not among them."""
