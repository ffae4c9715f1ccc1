"""Adam with a denominator that cannot forget, as its paper and as frameworks write it."""

from __future__ import annotations

import numpy as np

from course_lib.rule import update_rule


@update_rule("m", "v", "v_max")
def amsgrad(theta, g, m, v, v_max, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    r"""Divide an averaged gradient by the root of the largest second moment seen so far.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        v_{\max} &\leftarrow \max(v_{\max}, v) \\
        \theta &\leftarrow \theta - \eta \frac{m}{\sqrt{v_{\max}} + \epsilon}

    Parameters
    ----------
    theta, g, m, v, v_max : ndarray of shape (..., n)
        Parameters, gradient, first and second moment, largest second moment.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step while the gradient keeps its size; the paper lets it fall as :math:`1/\sqrt{t}`.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moments.
    epsilon : float >= 0
        Added to the root; the paper has none.

    Returns
    -------
    theta, m, v, v_max : ndarray of shape (..., n)
        The new parameters and moments.

    Notes
    -----
    The paper corrects neither moment and projects onto the feasible set after each step; a rule has no such set. Keras
    and PyTorch correct both: `amsgrad_framework`.

    References
    ----------
    S. J. Reddi, S. Kale and S. Kumar, "On the convergence of Adam and beyond", ICLR 2018, Algorithm 2,
    arXiv:1904.09237.
    """
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    v_max = np.maximum(v_max, v)
    theta = theta - learning_rate * m / (np.sqrt(v_max) + epsilon)
    return theta, m, v, v_max


@update_rule("m", "v", "v_max")
def amsgrad_framework(theta, g, m, v, v_max, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    r"""AMSGrad with Adam's corrections, as Keras and PyTorch have it.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        v_{\max} &\leftarrow \max(v_{\max}, v) \\
        \hat{m} &\leftarrow \frac{m}{1 - \beta_1^t} \\
        \hat{v} &\leftarrow \frac{v_{\max}}{1 - \beta_2^t} \\
        \theta &\leftarrow \theta - \eta \frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}

    Parameters
    ----------
    theta, g, m, v, v_max : ndarray of shape (..., n)
        Parameters, gradient, first and second moment, largest second moment.
    t : int
        Number of the step, from 1.
    learning_rate : float >= 0
        :math:`\eta`, about the largest change of a parameter in a step.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moments.
    epsilon : float >= 0
        Added to the root.

    Returns
    -------
    theta, m, v, v_max : ndarray of shape (..., n)
        The new parameters and moments.

    Notes
    -----
    The maximum is that of the uncorrected moment and is corrected afterwards, so what is divided by can still fall, which
    the paper's form, `amsgrad`, excludes. PyTorch's ``Adam(amsgrad=True)`` is the same. Keras's adds its epsilon to the
    uncorrected root: it is this rule with :math:`\epsilon_t = \epsilon / \sqrt{1 - \beta_2^t}`.

    References
    ----------
    Keras 3, ``keras.optimizers.Adam(amsgrad=True)``; PyTorch 2.9, ``torch.optim.Adam``, the algorithm in its
    documentation; S. J. Reddi, S. Kale and S. Kumar, "On the convergence of Adam and beyond", ICLR 2018, Algorithm 2,
    from which they depart as said, arXiv:1904.09237.
    """
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    v_max = np.maximum(v_max, v)
    m_hat = m / (1 - beta_1**t)
    v_hat = v_max / (1 - beta_2**t)
    theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta, m, v, v_max
