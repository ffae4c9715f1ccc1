"""Rules that look at the sign of a gradient, or at how often it turns, more than at its size."""

from __future__ import annotations

import numpy as np

from course_lib.rule import update_rule


@update_rule("m", r=1.0)
def delta_bar_delta(theta, g, m, r, t, *, learning_rate=0.01, kappa=0.1, phi=0.1, beta_1=0.7):
    r"""Raise the rate of a parameter while its gradient keeps its sign, lower it when the sign turns.

    .. math::
        s &\leftarrow \operatorname{sign}(m) \operatorname{sign}(g) \\
        r &\leftarrow r + \kappa \max(s, 0) - \phi r \max(-s, 0) \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        \theta &\leftarrow \theta - \eta r g

    Parameters
    ----------
    theta, g, m, r : ndarray of shape (..., n)
        Parameters, gradient, average of past gradients, factor on the rate, which starts at 1.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, the rate that every parameter starts from.
    kappa : float >= 0
        :math:`\kappa`, what is added to the factor while the sign stays.
    phi : float in [0, 1]
        :math:`\phi`, share of the factor that is taken away when the sign turns.
    beta_1 : float in [0, 1)
        Decay of the average; the paper calls it theta.

    Returns
    -------
    theta, m, r : ndarray of shape (..., n)
        The new parameters, average and factor.

    Notes
    -----
    Up by adding, down by multiplying: a rate grows slowly and falls fast, and never below zero. The gradient is compared
    with an average of the past ones; the factor does not change where either is 0. The paper's own rates are
    :math:`\eta r`, so its constant is :math:`\eta\kappa`. Meant for full batches: noise turns signs. No framework has it.

    References
    ----------
    R. A. Jacobs, "Increased rates of convergence through learning rate adaptation", Neural Networks 1(4) (1988),
    295-307, the delta-bar-delta rule, doi:10.1016/0893-6080(88)90003-2.
    """
    s = np.sign(m) * np.sign(g)
    r = r + kappa * np.maximum(s, 0) - phi * r * np.maximum(-s, 0)
    m = beta_1 * m + (1 - beta_1) * g
    theta = theta - learning_rate * r * g
    return theta, m, r


@update_rule("m")
def lion(theta, g, m, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.99, weight_decay=0.0):
    r"""Step by the rate against the sign of a mixture of momentum and gradient.

    .. math::
        c &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        \theta &\leftarrow \theta - \eta (\operatorname{sign}(c) + \lambda \theta) \\
        m &\leftarrow \beta_2 m + (1 - \beta_2) g

    Parameters
    ----------
    theta, g, m : ndarray of shape (..., n)
        Parameters, gradient, average of past gradients.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, change of each parameter in each step; the paper takes a third to a tenth of Adam's.
    beta_1 : float in [0, 1)
        Weight of the average in the step.
    beta_2 : float in [0, 1)
        Decay of the average.
    weight_decay : float >= 0
        :math:`\lambda`, share of a parameter that a step at rate 1 takes away.

    Returns
    -------
    theta, m : ndarray of shape (..., n)
        The new parameters and average.

    Notes
    -----
    One state array, and no epsilon, for nothing is divided. Keras's ``Lion`` is the same (it refuses beta_1 = 0).

    References
    ----------
    X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, Algorithm 2, arXiv:2302.06675.
    """
    c = beta_1 * m + (1 - beta_1) * g
    theta = theta - learning_rate * (np.sign(c) + weight_decay * theta)
    m = beta_2 * m + (1 - beta_2) * g
    return theta, m
