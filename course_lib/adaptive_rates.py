"""Rules that give every parameter a rate of its own."""

from __future__ import annotations

import numpy as np

from course_lib.rule import update_rule


@update_rule("m", "v")
def adam(theta, g, m, v, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    r"""Divide an averaged gradient by the root of an averaged squared gradient, both corrected for their start.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        \hat{m} &\leftarrow \frac{m}{1 - \beta_1^t} \\
        \hat{v} &\leftarrow \frac{v}{1 - \beta_2^t} \\
        \theta &\leftarrow \theta - \eta \frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}

    Parameters
    ----------
    theta, g, m, v : ndarray of shape (..., n)
        Parameters, gradient, first and second moment.
    t : int
        Number of the step, from 1.
    learning_rate : float > 0
        :math:`\eta`, about the largest change of a parameter in a step.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moments.
    epsilon : float > 0
        Added to the root; the paper uses 1e-8.

    Returns
    -------
    theta, m, v : ndarray of shape (..., n)
        The new parameters and moments.

    Notes
    -----
    Keras's ``Adam`` adds its epsilon to the uncorrected root: it is this rule with
    :math:`\epsilon_t = \epsilon / \sqrt{1 - \beta_2^t}`.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, Algorithm 1, arXiv:1412.6980.
    """
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta, m, v
