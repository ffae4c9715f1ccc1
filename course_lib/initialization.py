"""First values of the weights."""

from __future__ import annotations

import numpy as np

from course_lib.rule import FloatArray


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    r"""Uniform weights that keep the variance about the same forward and backward.

    .. math::
        W_{ij} \sim U(-a, a), \qquad a = \sqrt{6 / (n_{in} + n_{out})}

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : (int, int)
        Fan-in and fan-out.

    Returns
    -------
    ndarray of that shape
        The weights.

    Notes
    -----
    The default of Keras's ``Dense``.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, eq. (16).
    """
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape)
