"""Learning rates that fall, each in its own way, or stay."""

from __future__ import annotations

import numpy as np

from course_lib.schedule import schedule


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
