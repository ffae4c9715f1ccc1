"""What is done to a gradient before a rule sees it: ``before=clip_by_norm(1.0)``."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from course_lib.rule import FloatArray

Clip = Callable[[FloatArray], FloatArray]


def clip_by_norm(limit: float, *, axis: int | tuple[int, ...] = -1) -> Clip:
    r"""Shorten every gradient that is longer than a limit and keep its direction.

    .. math::
        g \leftarrow g \min\left(1, \frac{c}{\lVert g \rVert}\right)

    Parameters
    ----------
    limit : float > 0
        :math:`c`, the largest length.
    axis : int or tuple of int
        What one gradient is: the last axis where points are vectors, ``(-2, -1)`` where they are matrices, as in
        ``descend("muon", ...)``, whose rows would else be clipped one by one.

    Returns
    -------
    callable
        From gradients to gradients of the same shape; each run of a batch has its own length, and the flat gradient of a
        network is measured as a whole (the global norm), whatever the rule makes of its blocks.

    Raises
    ------
    ValueError
        If the limit is not a positive number.

    Notes
    -----
    Keras's ``global_clipnorm`` is the same over all variables together, its ``clipnorm`` measures each variable alone, so
    it may turn the whole gradient. PyTorch's ``clip_grad_norm_`` adds 1e-6 to the length.

    References
    ----------
    R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
    Algorithm 1, arXiv:1211.5063.

    Examples
    --------
    >>> clip_by_norm(1.0)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    return functools.partial(clipped_by_norm, limit=_positive(limit), axis=axis)


def clip_by_value(limit: float) -> Clip:
    r"""Cut every component of a gradient at a limit, which may turn the gradient.

    .. math::
        g_i \leftarrow \max(-c, \min(c, g_i))

    Parameters
    ----------
    limit : float > 0
        :math:`c`, the largest component in size.

    Returns
    -------
    callable
        From gradients of any shape to gradients of that shape.

    Raises
    ------
    ValueError
        If the limit is not a positive number.

    Notes
    -----
    Keras's ``clipvalue`` and PyTorch's ``clip_grad_value_`` are the same.

    References
    ----------
    T. Mikolov, "Statistical language models based on neural networks", PhD thesis, Brno University of Technology 2012,
    section 3.2.2.

    Examples
    --------
    >>> clip_by_value(1.0)(np.array([3.0, -0.5]))
    array([ 1. , -0.5])
    """
    return functools.partial(clipped_by_value, limit=_positive(limit))


def clipped_by_norm(g: FloatArray, *, limit: float, axis: int | tuple[int, ...] = -1) -> FloatArray:
    """What `clip_by_norm` does."""
    largest = np.max(np.abs(g), axis=axis, keepdims=True, initial=limit)  # else a square overflows, and the step is 0
    norm = np.sqrt(np.sum((g / largest) ** 2, axis=axis, keepdims=True))
    share = limit / largest
    return np.asarray(g * (share / np.maximum(norm, share)))


def clipped_by_value(g: FloatArray, *, limit: float) -> FloatArray:
    """What `clip_by_value` does."""
    return np.clip(g, -limit, limit)


def _positive(limit: float) -> float:
    if not (isinstance(limit, int | float | np.number) and 0 < limit < np.inf):
        raise ValueError(f"the limit of a gradient must be a positive number, got {limit!r}")
    return float(limit)
