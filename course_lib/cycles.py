"""Learning rates that rise again: cyclical ones and warm restarts."""

from __future__ import annotations

import itertools
import math

import numpy as np

from course_lib.hyperparameters import is_count
from course_lib.schedule import schedule


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
    near = np.floor(np.log(1.0 + (growth - 1.0) * done) / np.log(growth) + 0.5)  # this period or the next
    due = done * 1.0000000000001  # powers are rounded, and a restart on a whole step shall not come one late
    counted = np.where(due < (growth**near - 1.0) / (growth - 1.0), near - 1.0, near)
    i = np.where(t_mul == 1.0, np.floor(due), counted)
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
    good = is_count(periods, 1) and 0 < first_decay_steps < np.inf and 1 <= t_mul < np.inf
    if not good:
        raise ValueError(
            "expected a whole number of periods >= 1, first_decay_steps > 0 and t_mul >= 1, "
            f"got {periods}, {first_decay_steps} and {t_mul}"
        )
    ends = itertools.accumulate(first_decay_steps * t_mul**i for i in range(int(periods)))
    return [math.ceil(end * (1 - 1e-13)) for end in ends]  # as much room for rounding as the schedule leaves
