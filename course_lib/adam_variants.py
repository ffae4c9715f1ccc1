"""What others made of Adam: without its correction, with another norm, with Nesterov, with decoupled decay."""

from __future__ import annotations

import numpy as np

from course_lib.rule import update_rule


@update_rule("m", "v")
def adam_uncorrected(theta, g, m, v, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    r"""Divide an averaged gradient by the root of an averaged squared gradient, neither corrected for its start.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        \theta &\leftarrow \theta - \eta \frac{m}{\sqrt{v} + \epsilon}

    Parameters
    ----------
    theta, g, m, v : ndarray of shape (..., n)
        Parameters, gradient, first and second moment.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step once the averages have filled.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moments.
    epsilon : float >= 0
        Added to the root.

    Returns
    -------
    theta, m, v : ndarray of shape (..., n)
        The new parameters and moments.

    Notes
    -----
    A comparison, not a recommendation: `adam` without the lines that make it safe. On a constant gradient step t is
    :math:`(1-\beta_1^t)/\sqrt{1-\beta_2^t}` rates long: too long from the first where
    :math:`1 - \beta_2 < (1 - \beta_1)^2`, as with the defaults, too short at first where it is larger. No framework has it.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 6.4 and Figure 4 compare
    the two, arXiv:1412.6980.
    """
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    theta = theta - learning_rate * m / (np.sqrt(v) + epsilon)
    return theta, m, v


@update_rule("m", "u")
def adamax(theta, g, m, u, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    r"""Divide Adam's first moment by a decaying maximum of the gradient's size instead of a root.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        u &\leftarrow \max(\beta_2 u, |g|) \\
        \hat{m} &\leftarrow \frac{m}{1 - \beta_1^t} \\
        \theta &\leftarrow \theta - \eta \frac{\hat{m}}{u + \epsilon}

    Parameters
    ----------
    theta, g, m, u : ndarray of shape (..., n)
        Parameters, gradient, first moment, decaying maximum.
    t : int
        Number of the step, from 1.
    learning_rate : float >= 0
        :math:`\eta`, about the largest change of a parameter in a step; the paper uses 0.002.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moment and of the maximum.
    epsilon : float >= 0
        Added to the maximum; the paper has none.

    Returns
    -------
    theta, m, u : ndarray of shape (..., n)
        The new parameters, moment and maximum.

    Notes
    -----
    The maximum needs no correction: zero at the start never wins. Without epsilon, as printed, it is 0/0 wherever no
    gradient has come yet. The paper bounds a step by the rate; where gradients shrink as fast as the maximum forgets, steps
    come to :math:`(1-\beta_1)/(1-\beta_1/\beta_2)` rates, 1.009 with the defaults. Keras's ``Adamax`` is the same. PyTorch
    adds epsilon to the size of the gradient, inside the maximum: `adamax_pytorch`.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, Algorithm 2, arXiv:1412.6980.
    """
    m = beta_1 * m + (1 - beta_1) * g
    u = np.maximum(beta_2 * u, np.abs(g))
    m_hat = m / (1 - beta_1**t)
    theta = theta - learning_rate * m_hat / (u + epsilon)
    return theta, m, u


@update_rule("m", "u")
def adamax_pytorch(theta, g, m, u, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    r"""Adamax whose epsilon is added to each gradient's size, inside the maximum (as PyTorch writes it).

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        u &\leftarrow \max(\beta_2 u, |g| + \epsilon) \\
        \hat{m} &\leftarrow \frac{m}{1 - \beta_1^t} \\
        \theta &\leftarrow \theta - \eta \frac{\hat{m}}{u}

    Parameters
    ----------
    theta, g, m, u : ndarray of shape (..., n)
        Parameters, gradient, first moment, decaying maximum.
    t : int
        Number of the step, from 1.
    learning_rate : float >= 0
        :math:`\eta`, about the largest change of a parameter in a step.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moment and of the maximum.
    epsilon : float >= 0
        Added to the size of each gradient; PyTorch uses 1e-8.

    Returns
    -------
    theta, m, u : ndarray of shape (..., n)
        The new parameters, moment and maximum.

    Notes
    -----
    An epsilon that came with a large gradient fades with it: what is divided by lies between :math:`u` and
    :math:`u + \epsilon` of `adamax`, and never below epsilon.

    References
    ----------
    PyTorch 2.9, ``torch.optim.Adamax``, the algorithm in its documentation; D. P. Kingma and J. Ba, "Adam: a method for
    stochastic optimization", ICLR 2015, Algorithm 2, from which it departs as said, arXiv:1412.6980.
    """
    m = beta_1 * m + (1 - beta_1) * g
    u = np.maximum(beta_2 * u, np.abs(g) + epsilon)
    m_hat = m / (1 - beta_1**t)
    theta = theta - learning_rate * m_hat / u
    return theta, m, u


@update_rule("m", "v")
def nadam(theta, g, m, v, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    r"""Adam with Nesterov's momentum: this gradient enters at once, the average as it will stand one step later.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        \hat{m} &\leftarrow \frac{\beta_1 m}{1 - \beta_1^{t + 1}} + \frac{(1 - \beta_1) g}{1 - \beta_1^t} \\
        \hat{v} &\leftarrow \frac{v}{1 - \beta_2^t} \\
        \theta &\leftarrow \theta - \eta \frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}

    Parameters
    ----------
    theta, g, m, v : ndarray of shape (..., n)
        Parameters, gradient, first and second moment.
    t : int
        Number of the step, from 1.
    learning_rate : float >= 0
        :math:`\eta`, about the length of a step; the paper uses 0.002.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moments.
    epsilon : float >= 0
        Added to the root; the paper uses 1e-8.

    Returns
    -------
    theta, m, v : ndarray of shape (..., n)
        The new parameters and moments.

    Notes
    -----
    The paper's algorithm with one constant momentum. It multiplies the corrected second moment by one more
    :math:`\beta_2`, which neither its author's code nor any framework does; so does this rule not. What frameworks have
    is `nadam_framework`, whose momentum grows.

    References
    ----------
    T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016, Algorithm 2,
    https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ.
    """
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = beta_1 * m / (1 - beta_1 ** (t + 1)) + (1 - beta_1) * g / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta, m, v


@update_rule("m", "v", product=1.0)
def nadam_framework(
    theta, g, m, v, product, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, momentum_decay=1.0
):
    r"""Nadam with a growing momentum, as Keras and PyTorch have it.

    .. math::
        \mu_t &\leftarrow \beta_1 (1 - 0.5 \cdot 0.96^{\psi t}) \\
        \mu_{t+1} &\leftarrow \beta_1 (1 - 0.5 \cdot 0.96^{\psi (t + 1)}) \\
        \Pi &\leftarrow \Pi \mu_t \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        \hat{m} &\leftarrow \frac{\mu_{t+1} m}{1 - \Pi \mu_{t+1}} + \frac{(1 - \mu_t) g}{1 - \Pi} \\
        \hat{v} &\leftarrow \frac{v}{1 - \beta_2^t} \\
        \theta &\leftarrow \theta - \eta \frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}

    Parameters
    ----------
    theta, g, m, v, product : ndarray of shape (..., n)
        Parameters, gradient, first and second moment, product of all momenta so far, which starts at 1.
    t : int
        Number of the step, from 1.
    learning_rate : float >= 0
        :math:`\eta`, about the length of a step.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moments; beta_1 is also what the momentum grows to.
    epsilon : float >= 0
        Added to the root.
    momentum_decay : float >= 0
        :math:`\psi`, how fast the momentum grows: fixed at 1 in Keras, 0.004 by default in PyTorch.

    Returns
    -------
    theta, m, v, product : ndarray of shape (..., n)
        The new parameters, moments and product.

    Notes
    -----
    The paper lets its first moment decay by :math:`\mu_t`; both frameworks let it decay by :math:`\beta_1` and use
    :math:`\mu_t` for the look-ahead alone, as here. At :math:`\psi = 1` the momentum is within 1 % of :math:`\beta_1`
    after 96 steps, at 0.004 after 24 000.

    References
    ----------
    Keras 3, ``keras.optimizers.Nadam``; PyTorch 2.9, ``torch.optim.NAdam``, the algorithm in its documentation;
    T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016, Algorithm 2, from which they depart as said.
    """
    mu = beta_1 * (1 - 0.5 * 0.96 ** (momentum_decay * t))
    mu_next = beta_1 * (1 - 0.5 * 0.96 ** (momentum_decay * (t + 1)))
    product = product * mu
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
    v_hat = v / (1 - beta_2**t)
    theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta, m, v, product


@update_rule("m", "v")
def adamw(theta, g, m, v, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, weight_decay=0.004):
    r"""Adam whose weight decay acts on the parameters alone, not through the moments.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        \hat{m} &\leftarrow \frac{m}{1 - \beta_1^t} \\
        \hat{v} &\leftarrow \frac{v}{1 - \beta_2^t} \\
        \theta &\leftarrow \theta - \eta (\frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon} + \lambda \theta)

    Parameters
    ----------
    theta, g, m, v : ndarray of shape (..., n)
        Parameters, gradient of the loss without any penalty, first and second moment.
    t : int
        Number of the step, from 1.
    learning_rate : float >= 0
        :math:`\eta`, about the largest change of a parameter in a step.
    beta_1, beta_2 : float in [0, 1)
        Decay of the moments.
    epsilon : float >= 0
        Added to the root.
    weight_decay : float >= 0
        :math:`\lambda`, share of a parameter that a step at rate 1 takes away.

    Returns
    -------
    theta, m, v : ndarray of shape (..., n)
        The new parameters and moments.

    Notes
    -----
    The paper multiplies the decay by its schedule only, not by the base rate; here, in Keras and in PyTorch the whole
    rate multiplies it. Keras and PyTorch decay before the step, on the same theta: the sum is the same but for rounding.
    Keras's ``AdamW`` has the epsilon of Keras's ``Adam``: it is this rule with
    :math:`\epsilon_t = \epsilon / \sqrt{1 - \beta_2^t}`.

    References
    ----------
    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019, Algorithm 2, arXiv:1711.05101.
    """
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    theta = theta - learning_rate * (m_hat / (np.sqrt(v_hat) + epsilon) + weight_decay * theta)
    return theta, m, v
