"""Rules that give every parameter a rate of its own: AdaGrad, RMSProp, AdaDelta and Adam."""

from __future__ import annotations

import numpy as np

from course_lib.rule import update_rule


@update_rule("r")
def adagrad(theta, g, r, t, *, learning_rate=0.01, epsilon=1e-7):
    r"""Divide the gradient by the root of the sum of all its squares so far.

    .. math::
        r &\leftarrow r + g^2 \\
        \theta &\leftarrow \theta - \eta \frac{g}{\sqrt{r} + \epsilon}

    Parameters
    ----------
    theta, g, r : ndarray of shape (..., n)
        Parameters, gradient, sum of squared gradients.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of the first step.
    epsilon : float >= 0
        Added to the root.

    Returns
    -------
    theta, r : ndarray of shape (..., n)
        The new parameters and sum.

    Notes
    -----
    The diagonal form of the paper, whose :math:`\delta` is epsilon. PyTorch's ``Adagrad`` is the same. Keras's starts
    its sum at 0.1 and adds epsilon inside the root: `adagrad_keras`.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
    JMLR 12 (2011), 2121-2159, Figure 1 with :math:`H_t = \delta I + \mathrm{diag}(s_t)`.
    """
    r = r + g**2
    theta = theta - learning_rate * g / (np.sqrt(r) + epsilon)
    return theta, r


@update_rule(r=0.1)
def adagrad_keras(theta, g, r, t, *, learning_rate=0.001, epsilon=1e-7):
    r"""Divide the gradient by the root of 0.1 plus the sum of all its squares so far (AdaGrad as Keras writes it).

    .. math::
        r &\leftarrow r + g^2 \\
        \theta &\leftarrow \theta - \eta \frac{g}{\sqrt{r + \epsilon}}

    Parameters
    ----------
    theta, g, r : ndarray of shape (..., n)
        Parameters, gradient, sum of squared gradients, which starts at 0.1.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, the longest step.
    epsilon : float >= 0
        Added to the sum, inside the root.

    Returns
    -------
    theta, r : ndarray of shape (..., n)
        The new parameters and sum.

    Notes
    -----
    The start is far larger than epsilon: it, not epsilon, is what keeps the first steps short where gradients are small.
    `adagrad` is the form of the paper.

    References
    ----------
    Keras 3, ``keras.optimizers.Adagrad``; J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online
    learning and stochastic optimization", JMLR 12 (2011), 2121-2159, Figure 1, from which it departs as said.
    """
    r = r + g**2
    theta = theta - learning_rate * g / np.sqrt(r + epsilon)
    return theta, r


@update_rule("r")
def rmsprop(theta, g, r, t, *, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    r"""Divide the gradient by the root of a decaying average of its squares (epsilon inside the root).

    .. math::
        r &\leftarrow \rho r + (1 - \rho) g^2 \\
        \theta &\leftarrow \theta - \eta \frac{g}{\sqrt{r + \epsilon}}

    Parameters
    ----------
    theta, g, r : ndarray of shape (..., n)
        Parameters, gradient, averaged squared gradient.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step while the gradient keeps its size.
    rho : float in [0, 1)
        :math:`\rho`, share of the average that survives a step.
    epsilon : float >= 0
        Added to the average, inside the root.

    Returns
    -------
    theta, r : ndarray of shape (..., n)
        The new parameters and average.

    Notes
    -----
    Hinton's slide has no epsilon, the book's algorithm has it inside the root, as has Keras's ``RMSprop``, which is the
    same; PyTorch has it outside: `rmsprop_pytorch`. The average starts at zero and is never corrected, so the first step
    is :math:`1/\sqrt{1-\rho}` rates long.

    References
    ----------
    T. Tieleman and G. Hinton, "Lecture 6.5: RMSProp", COURSERA: Neural networks for machine learning, 2012;
    I. Goodfellow, Y. Bengio and A. Courville, "Deep learning", MIT Press 2016, Algorithm 8.5.
    """
    r = rho * r + (1 - rho) * g**2
    theta = theta - learning_rate * g / np.sqrt(r + epsilon)
    return theta, r


@update_rule("r")
def rmsprop_pytorch(theta, g, r, t, *, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    r"""Divide the gradient by the root of a decaying average of its squares (epsilon outside the root).

    .. math::
        r &\leftarrow \rho r + (1 - \rho) g^2 \\
        \theta &\leftarrow \theta - \eta \frac{g}{\sqrt{r} + \epsilon}

    Parameters
    ----------
    theta, g, r : ndarray of shape (..., n)
        Parameters, gradient, averaged squared gradient.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step while the gradient keeps its size.
    rho : float in [0, 1)
        :math:`\rho`, share of the average that survives a step; PyTorch calls it alpha.
    epsilon : float >= 0
        Added to the root; PyTorch uses 1e-8.

    Returns
    -------
    theta, r : ndarray of shape (..., n)
        The new parameters and average.

    Notes
    -----
    The same number limits the steps at much larger gradients inside the root than outside: gradients count as small
    below :math:`\sqrt{\epsilon}` there, below :math:`\epsilon` here. Keras has the other form, `rmsprop`.

    References
    ----------
    PyTorch 2.9, ``torch.optim.RMSprop``, the algorithm in its documentation; T. Tieleman and G. Hinton, "Lecture 6.5:
    RMSProp", COURSERA: Neural networks for machine learning, 2012, which has no epsilon.
    """
    r = rho * r + (1 - rho) * g**2
    theta = theta - learning_rate * g / (np.sqrt(r) + epsilon)
    return theta, r


@update_rule("v", "r")
def rmsprop_nesterov(theta, g, v, r, t, *, learning_rate=0.001, momentum=0.9, rho=0.9, epsilon=1e-7):
    r"""RMSProp inside a velocity, with the gradient taken where the velocity is about to lead.

    The gradient is :math:`g = \nabla J(\theta + \alpha v)`.

    .. math::
        r &\leftarrow \rho r + (1 - \rho) g^2 \\
        v &\leftarrow \alpha v - \eta \frac{g}{\sqrt{r + \epsilon}} \\
        \theta &\leftarrow \theta + v

    Parameters
    ----------
    theta, v, r : ndarray of shape (..., n)
        Parameters, velocity, averaged squared gradient.
    g : ndarray of shape (..., n)
        Gradient at the look-ahead point ``rmsprop_nesterov.where_function(theta, v, r, momentum=momentum)``.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, share of the scaled gradient that enters the velocity.
    momentum : float in [0, 1]
        :math:`\alpha`, share of the velocity that survives a step.
    rho : float in [0, 1)
        :math:`\rho`, share of the average that survives a step.
    epsilon : float >= 0
        Added to the average, inside the root.

    Returns
    -------
    theta, v, r : ndarray of shape (..., n)
        The new parameters, velocity and average.

    Notes
    -----
    The book's algorithm has no epsilon: it divides 0 by 0 wherever no gradient has come yet. It stands here as in its
    plain RMSProp. No framework has this rule: the momentum of Keras's and PyTorch's ``RMSprop`` is classical.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, "Deep learning", MIT Press 2016, Algorithm 8.6.
    """
    r = rho * r + (1 - rho) * g**2
    v = momentum * v - learning_rate * g / np.sqrt(r + epsilon)
    theta = theta + v
    return theta, v, r


@rmsprop_nesterov.where
def rmsprop_nesterov_look_ahead(theta, v, r, *, momentum):
    """Point that the velocity alone would reach."""
    return theta + momentum * v


@update_rule("v", "u")
def adadelta(theta, g, v, u, t, *, learning_rate=1.0, rho=0.95, epsilon=1e-6):
    r"""Scale each gradient by past steps over past gradients, which gives the step the unit of a parameter.

    .. math::
        v &\leftarrow \rho v + (1 - \rho) g^2 \\
        \Delta &\leftarrow -\frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}} g \\
        u &\leftarrow \rho u + (1 - \rho) \Delta^2 \\
        \theta &\leftarrow \theta + \eta \Delta

    Parameters
    ----------
    theta, g, v, u : ndarray of shape (..., n)
        Parameters, gradient, averaged squared gradient, averaged squared step.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, multiplies the step; 1 in the paper, which has no rate.
    rho : float in [0, 1)
        :math:`\rho`, share of the averages that survives a step.
    epsilon : float >= 0
        Added inside both roots. It alone starts the motion: at 0 nothing ever moves, and no gradient yet is 0/0.

    Returns
    -------
    theta, v, u : ndarray of shape (..., n)
        The new parameters and averages.

    Notes
    -----
    Keras's ``Adadelta`` is the same, but its default rate is 0.001, a thousandth of the paper's, and its epsilon 1e-7.
    The averaged steps are those before the rate.

    References
    ----------
    M. D. Zeiler, "ADADELTA: an adaptive learning rate method", 2012, Algorithm 1, arXiv:1212.5701.
    """
    v = rho * v + (1 - rho) * g**2
    delta = -np.sqrt(u + epsilon) / np.sqrt(v + epsilon) * g
    u = rho * u + (1 - rho) * delta**2
    theta = theta + learning_rate * delta
    return theta, v, u


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
    learning_rate : float >= 0
        :math:`\eta`, about the largest change of a parameter in a step.
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
