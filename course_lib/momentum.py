"""Gradient descent and the rules that remember where they were going."""

from __future__ import annotations

from course_lib.rule import update_rule


@update_rule()
def gradient_descent(theta, g, t, *, learning_rate=0.01):
    r"""Step against the gradient.

    .. math::
        \theta \leftarrow \theta - \eta g

    Parameters
    ----------
    theta, g : ndarray of shape (..., n)
        Parameters and gradient.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, change of a parameter per unit of gradient.

    Returns
    -------
    theta : ndarray of shape (..., n)
        The new parameters.

    Notes
    -----
    Keras's ``SGD`` without momentum is the same.

    References
    ----------
    A. Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées",
    Comptes rendus 25 (1847), 536-538.
    """
    theta = theta - learning_rate * g
    return (theta,)


@update_rule("v")
def momentum(theta, g, v, t, *, learning_rate=0.01, momentum=0.9):
    r"""Move by a velocity that decays and is pushed by each gradient (classical momentum).

    .. math::
        v &\leftarrow \alpha v - \eta g \\
        \theta &\leftarrow \theta + v

    Parameters
    ----------
    theta, g, v : ndarray of shape (..., n)
        Parameters, gradient, velocity: the step taken last.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, share of the gradient that enters the velocity.
    momentum : float in [0, 1]
        :math:`\alpha`, share of the velocity that survives a step.

    Returns
    -------
    theta, v : ndarray of shape (..., n)
        The new parameters and velocity.

    Notes
    -----
    Keras's ``SGD(momentum=...)`` is the same, under a schedule too: the rate is inside the velocity.
    PyTorch keeps it outside, :math:`v \leftarrow \alpha v + g`, :math:`\theta \leftarrow \theta - \eta v`:
    the same path while the rate is constant.

    References
    ----------
    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Computational
    Mathematics and Mathematical Physics 4(5) (1964), 1-17, eq. (9), doi:10.1016/0041-5553(64)90137-5;
    I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, eqs. (1)-(2).
    """
    v = momentum * v - learning_rate * g
    theta = theta + v
    return theta, v


@update_rule("z")
def momentum_averaged_step(theta, g, z, t, *, learning_rate=0.1, momentum=0.9):
    r"""Move along an exponentially weighted average of the downhill directions.

    .. math::
        z &\leftarrow \beta z - (1 - \beta) g \\
        \theta &\leftarrow \theta + \eta z

    Parameters
    ----------
    theta, g, z : ndarray of shape (..., n)
        Parameters, gradient, averaged downhill direction.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step per unit of the average.
    momentum : float in [0, 1]
        :math:`\beta`, weight of the old average.

    Returns
    -------
    theta, z : ndarray of shape (..., n)
        The new parameters and average.

    Notes
    -----
    With a constant rate this is `momentum` at learning rate :math:`(1-\beta)\eta` and :math:`v = \eta z`.
    Keras has no such form; under a schedule no setting of Keras's ``SGD`` gives the same path.

    References
    ----------
    `momentum_averaged_gradient` with the sign of the average turned.
    """
    z = momentum * z - (1 - momentum) * g
    theta = theta + learning_rate * z
    return theta, z


@update_rule("v")
def momentum_averaged_gradient(theta, g, v, t, *, learning_rate=0.1, momentum=0.9):
    r"""Move against an exponentially weighted average of the gradients.

    .. math::
        v &\leftarrow \beta v + (1 - \beta) g \\
        \theta &\leftarrow \theta - \eta v

    Parameters
    ----------
    theta, g, v : ndarray of shape (..., n)
        Parameters, gradient, averaged gradient.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step per unit of the average.
    momentum : float in [0, 1]
        :math:`\beta`, weight of the old average.

    Returns
    -------
    theta, v : ndarray of shape (..., n)
        The new parameters and average.

    Notes
    -----
    With a constant rate this is `momentum` at learning rate :math:`(1-\beta)\eta`. The average starts at zero and
    is not corrected, so the first step is :math:`1-\beta` times that of gradient descent. PyTorch's ``dampening``
    is not this form: its first gradient enters undamped. Under a schedule no setting of Keras's ``SGD`` gives the
    same path.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, Algorithm 1 without its second
    moment and corrections, arXiv:1412.6980.
    """
    v = momentum * v + (1 - momentum) * g
    theta = theta - learning_rate * v
    return theta, v


@update_rule("v")
def momentum_pytorch(theta, g, v, t, *, learning_rate=0.01, momentum=0.9, dampening=0.0):
    r"""Move by the rate times a decaying sum of gradients (classical momentum as PyTorch writes it).

    .. math::
        v &\leftarrow \alpha v + (1 - d) g \\
        \theta &\leftarrow \theta - \eta v

    Parameters
    ----------
    theta, g, v : ndarray of shape (..., n)
        Parameters, gradient, decaying sum of gradients.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step per unit of the sum.
    momentum : float in [0, 1]
        :math:`\alpha`, share of the sum that survives a step.
    dampening : float in [0, 1]
        :math:`d`, share of the gradient that does not enter the sum.

    Returns
    -------
    theta, v : ndarray of shape (..., n)
        The new parameters and sum.

    Notes
    -----
    PyTorch takes the first gradient undamped: it is this rule with the schedule ``lambda k: d if k else 0.0`` for
    dampening. The rate stands outside the sum, so a change of the rate acts at once on all that is stored; in Keras's
    form, `momentum`, it acts on new gradients only. Under a schedule no setting of Keras's ``SGD`` gives the same path.

    References
    ----------
    PyTorch 2.9, ``torch.optim.SGD``, the algorithm in its documentation;
    I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, eqs. (1)-(2),
    from which it departs by where the rate stands.
    """
    v = momentum * v + (1 - dampening) * g
    theta = theta - learning_rate * v
    return theta, v


@update_rule("v")
def nesterov(theta, g, v, t, *, learning_rate=0.01, momentum=0.9):
    r"""Classical momentum whose gradient is taken where the velocity is about to lead (Nesterov's look-ahead).

    The gradient is :math:`g = \nabla J(\theta + \alpha v)`.

    .. math::
        v &\leftarrow \alpha v - \eta g \\
        \theta &\leftarrow \theta + v

    Parameters
    ----------
    theta, v : ndarray of shape (..., n)
        Parameters and velocity.
    g : ndarray of shape (..., n)
        Gradient at the look-ahead point ``nesterov.where_function(theta, v, momentum=momentum)``.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, share of the gradient that enters the velocity.
    momentum : float in [0, 1]
        :math:`\alpha`, share of the velocity that survives a step.

    Returns
    -------
    theta, v : ndarray of shape (..., n)
        The new parameters and velocity.

    Notes
    -----
    Keras and PyTorch store the look-ahead point instead of theta: `nesterov_framework`.

    References
    ----------
    Y. Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)", Soviet
    Mathematics Doklady 27(2) (1983), 372-376; I. Sutskever et al., "On the importance of initialization and momentum
    in deep learning", ICML 2013, eqs. (3)-(4).
    """
    v = momentum * v - learning_rate * g
    theta = theta + v
    return theta, v


@nesterov.where
def nesterov_look_ahead(theta, v, *, momentum):
    r"""Point that the velocity alone would reach, :math:`\theta + \alpha v`."""
    return theta + momentum * v


@update_rule("v")
def nesterov_framework(theta, g, v, t, *, learning_rate=0.01, momentum=0.9):
    r"""Nesterov's momentum in the variable that frameworks store, the look-ahead point.

    .. math::
        v &\leftarrow \alpha v - \eta g \\
        \theta &\leftarrow \theta + \alpha v - \eta g

    Parameters
    ----------
    theta, g, v : ndarray of shape (..., n)
        Look-ahead point, gradient there, velocity.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, share of the gradient that enters the velocity.
    momentum : float in [0, 1]
        :math:`\alpha`, share of the velocity that survives a step.

    Returns
    -------
    theta, v : ndarray of shape (..., n)
        The new look-ahead point and velocity.

    Notes
    -----
    With :math:`\phi = \theta + \alpha v` in `nesterov` the two are one algorithm. Keras's
    ``SGD(momentum=..., nesterov=True)`` is the same; PyTorch's, `nesterov_pytorch`, parts from it under a schedule.

    References
    ----------
    Y. Bengio, N. Boulanger-Lewandowski and R. Pascanu, "Advances in optimizing recurrent networks", ICASSP 2013,
    eqs. (6)-(7), arXiv:1212.0901.
    """
    v = momentum * v - learning_rate * g
    theta = theta + momentum * v - learning_rate * g
    return theta, v


@update_rule("v")
def nesterov_pytorch(theta, g, v, t, *, learning_rate=0.01, momentum=0.9):
    r"""Nesterov's momentum in the look-ahead point, the rate times a decaying sum (as PyTorch writes it).

    .. math::
        v &\leftarrow \alpha v + g \\
        \theta &\leftarrow \theta - \eta (g + \alpha v)

    Parameters
    ----------
    theta, g, v : ndarray of shape (..., n)
        Look-ahead point, gradient there, decaying sum of gradients.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, length of a step per unit of gradient and sum.
    momentum : float in [0, 1]
        :math:`\alpha`, share of the sum that survives a step.

    Returns
    -------
    theta, v : ndarray of shape (..., n)
        The new look-ahead point and sum.

    Notes
    -----
    PyTorch's ``SGD(momentum=..., nesterov=True)``. While the rate is constant it is `nesterov_framework` with the sign
    and scale of v changed; when the rate falls, all that is stored is scaled down at once.

    References
    ----------
    PyTorch 2.9, ``torch.optim.SGD``, the algorithm in its documentation; I. Sutskever et al., "On the importance of
    initialization and momentum in deep learning", ICML 2013, eqs. (3)-(4), from which it departs as said.
    """
    v = momentum * v + g
    theta = theta - learning_rate * (g + momentum * v)
    return theta, v
