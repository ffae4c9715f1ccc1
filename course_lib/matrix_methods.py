"""Rules that see a matrix of weights as a matrix."""

from __future__ import annotations

import numpy as np

from course_lib.rule import update_rule


@update_rule("m", elementwise=False)
def muon(theta, g, m, t, *, learning_rate=0.001, momentum=0.95, weight_decay=0.004, rms_rate=0.2, ns_steps=5):
    r"""Step along the momentum with all its singular values made about equal (momentum, orthogonalized).

    .. math::
        m &\leftarrow \alpha m + g \\
        x &\leftarrow g + \alpha m \\
        x &\leftarrow \frac{x}{\lVert x \rVert_F + 10^{-7}} \\
        a &\leftarrow x^\top x \quad \text{(this line and the next, } s \text{ times)} \\
        x &\leftarrow 3.4445 x + x (2.0315 a a - 4.775 a) \\
        \theta &\leftarrow \theta - \eta (\gamma \sqrt{\max(n, k)} x + \lambda \theta)

    Parameters
    ----------
    theta, g, m : ndarray of shape (..., n, k)
        Matrix of parameters, gradient, decaying sum of gradients.
    t : int
        Number of the step, from 1; not used.
    learning_rate : float >= 0
        :math:`\eta`, size of a step.
    momentum : float in [0, 1]
        :math:`\alpha`, share of the sum that survives a step.
    weight_decay : float >= 0
        :math:`\lambda`, share of a parameter that a step at rate 1 takes away.
    rms_rate : float >= 0
        :math:`\gamma`, about the root mean square of a step in rates, whatever the shape, so that AdamW's rates fit.
    ns_steps : int >= 0
        :math:`s`, Newton-Schulz steps.

    Returns
    -------
    theta, m : ndarray of shape (..., n, k)
        The new parameters and sum.

    Notes
    -----
    With :math:`x = U S V^\top` a Newton-Schulz step turns every singular value :math:`\sigma` into
    :math:`3.4445 \sigma - 4.775 \sigma^3 + 2.0315 \sigma^5` and leaves U and V alone; after five those that held more than a
    hundredth of the norm stand between 0.68 and 1.14, smaller ones below 1.21. The product :math:`x^\top x` is the smaller
    one of the two where a matrix has more inputs than outputs; the author's code turns the matrix instead, which gives the
    same. Made for the hidden matrices of a network: all else takes AdamW (`course_lib.network_stepper.NetworkStepper`), by
    its author's advice the output layer too, unless ``exclude_layers=()`` says otherwise. The author's first form has no
    decay, and the root of outputs over inputs, but at least 1, in place of :math:`\gamma \sqrt{\max(n, k)}`; with inputs
    first, as in a network here, that is :math:`\sqrt{\max(1, k/n)}`. Keras's ``Muon`` is the same on matrices, and gives
    the output layer to AdamW only where ``exclude_layers`` names it.

    References
    ----------
    K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024,
    https://kellerjordan.github.io/posts/muon/; J. Liu et al., "Muon is scalable for LLM training", 2025, section 2.2
    (decay and scale), arXiv:2502.16982.
    """
    m = momentum * m + g
    x = g + momentum * m
    x = x / (np.sqrt(np.sum(x**2, axis=(-2, -1), keepdims=True)) + 1e-7)
    for _ in range(int(ns_steps)):
        a = np.swapaxes(x, -2, -1) @ x
        x = 3.4445 * x + x @ (2.0315 * a @ a - 4.775 * a)
    theta = theta - learning_rate * (rms_rate * max(theta.shape[-2:]) ** 0.5 * x + weight_decay * theta)
    return theta, m
