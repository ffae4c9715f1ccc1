"""First values of the weights and biases: every function takes a generator and a shape and returns an array."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from course_lib.hyperparameters import check_count, check_rng, is_count
from course_lib.rule import FloatArray

Shape = tuple[int, ...]
Initializer = Callable[[np.random.Generator, Shape], FloatArray]

TRUNCATED_STDDEV = 0.87962566103423978  # standard deviation of a standard normal cut off at -2 and 2


def fans(shape: Shape) -> tuple[int, int]:
    """Count the inputs and outputs that meet in a unit.

    Parameters
    ----------
    shape : tuple of int
        ``(n_in, n_out)`` of a dense layer, ``(*window, channels_in, channels_out)`` of a convolution, or ``(n,)``.

    Returns
    -------
    fan_in, fan_out : int
        A convolution counts the window (the receptive field) times its channels; of a vector both are its length.

    Raises
    ------
    ValueError
        If the shape is empty or one of its numbers, and so a fan, is zero.

    Examples
    --------
    >>> fans((784, 256)), fans((3, 3, 16, 32))
    ((784, 256), (144, 288))
    """
    sizes = tuple(shape) if np.iterable(shape) else (shape,)
    if not sizes or not all(is_count(size, 1) for size in sizes):
        raise ValueError(
            f"fans need a shape of whole numbers of at least 1, got {shape!r}: a fan would be zero or none"
        )
    shape = tuple(map(int, sizes))
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def zeros(rng: np.random.Generator, shape: Shape) -> FloatArray:
    """Zero everywhere: right for biases, wrong for weights, whose units would stay alike.

    Parameters
    ----------
    rng : numpy.random.Generator
        Not used.
    shape : tuple of int
        Shape of the array.

    Returns
    -------
    ndarray of that shape
        Zeros.
    """
    return np.zeros(shape)


def constant(rng: np.random.Generator, shape: Shape, *, value: float = 0.0) -> FloatArray:
    """One number everywhere, such as a bias of 0.1 before a ReLU.

    Parameters
    ----------
    rng : numpy.random.Generator
        Not used.
    shape : tuple of int
        Shape of the array.
    value : float
        The number; ``functools.partial(constant, value=0.1)`` is an initializer.

    Returns
    -------
    ndarray of that shape
        The number everywhere.

    Raises
    ------
    ValueError
        If value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"constant: value must be finite, got {value}")
    return np.full(shape, float(value))


def normal(rng: np.random.Generator, shape: Shape, *, stddev: float = 0.05) -> FloatArray:
    """Normal with mean 0 and a standard deviation that knows nothing of the fans.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Shape of the array.
    stddev : float >= 0
        Standard deviation.

    Returns
    -------
    ndarray of that shape
        The draws.

    Raises
    ------
    ValueError
        If stddev is negative or not finite.
    """
    if not (math.isfinite(stddev) and stddev >= 0):
        raise ValueError(f"normal: stddev must be finite and at least 0, got {stddev}")
    check_rng(rng)
    return rng.normal(0.0, stddev, shape)


def truncated_normal(rng: np.random.Generator, shape: Shape, *, stddev: float = 0.05) -> FloatArray:
    """Normal draws, those further than two standard deviations drawn again.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Shape of the array.
    stddev : float >= 0
        Standard deviation *before* the cut; afterwards it is 0.8796 times that.

    Returns
    -------
    ndarray of that shape
        The draws, none beyond ``2 * stddev``.

    Raises
    ------
    ValueError
        If stddev is negative or not finite.
    """
    draws = normal(rng, shape, stddev=stddev)
    while (far := np.abs(draws) > 2 * stddev).any():
        draws[far] = rng.normal(0.0, stddev, far.sum())
    return draws


def variance_scaling(
    rng: np.random.Generator, shape: Shape, *, scale: float = 1.0, mode: str = "fan_in", distribution: str = "normal"
) -> FloatArray:
    r"""Weights with mean 0 and variance :math:`\text{scale} / n`, where :math:`n` is a fan: the family of the named ones.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        As in `fans`.
    scale : float > 0
        What the variance times the fan shall be.
    mode : {"fan_in", "fan_out", "fan_avg"}
        Which :math:`n`: inputs, outputs or the mean of both.
    distribution : {"normal", "uniform", "truncated"}
        All three have the same variance; truncated ends at 2.27 standard deviations, uniform at 1.73.

    Returns
    -------
    ndarray of that shape
        The draws.

    Raises
    ------
    ValueError
        If a name is unknown, scale is not positive or a fan is zero.

    Notes
    -----
    Keras's ``VarianceScaling``, whose ``"truncated_normal"`` is ``"truncated"`` here and ``"untruncated_normal"`` is
    ``"normal"``. Its ``GlorotNormal``, ``HeNormal`` and ``LecunNormal`` are truncated, with the standard deviation
    divided by 0.8796 beforehand so that the cut leaves the wanted variance.

    References
    ----------
    Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient BackProp", 1998, section 4.6; X. Glorot and Y. Bengio,
    "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, eqs. (12) and (16);
    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015, eq. (10), arXiv:1502.01852.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"variance_scaling: scale must be positive and finite, got {scale}")
    fan_in, fan_out = fans(shape)
    counts = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in counts:
        raise ValueError(f"variance_scaling: mode must be one of {', '.join(counts)}, got {mode!r}")
    stddev = math.sqrt(scale / counts[mode])
    check_rng(rng)
    if distribution == "uniform":
        return rng.uniform(-math.sqrt(3) * stddev, math.sqrt(3) * stddev, shape)
    if distribution == "truncated":
        return truncated_normal(rng, shape, stddev=stddev / TRUNCATED_STDDEV)
    if distribution == "normal":
        return normal(rng, shape, stddev=stddev)
    raise ValueError(f"variance_scaling: distribution must be normal, uniform or truncated, got {distribution!r}")


def lecun_uniform(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`1/n_{in}`, uniform: linear units keep the variance going forward."""
    return variance_scaling(rng, shape, mode="fan_in", distribution="uniform")


def lecun_normal(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`1/n_{in}`, normal: linear units keep the variance going forward."""
    return variance_scaling(rng, shape, mode="fan_in", distribution="normal")


def lecun_truncated(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`1/n_{in}`, truncated normal: what Keras calls ``LecunNormal``."""
    return variance_scaling(rng, shape, mode="fan_in", distribution="truncated")


def glorot_uniform(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`2/(n_{in} + n_{out})`, uniform: about kept forward and backward. The default of Keras's ``Dense``."""
    return variance_scaling(rng, shape, mode="fan_avg", distribution="uniform")


def glorot_normal(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`2/(n_{in} + n_{out})`, normal: about kept forward and backward."""
    return variance_scaling(rng, shape, mode="fan_avg", distribution="normal")


def glorot_truncated(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`2/(n_{in} + n_{out})`, truncated normal: what Keras calls ``GlorotNormal``."""
    return variance_scaling(rng, shape, mode="fan_avg", distribution="truncated")


def he_uniform(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`2/n_{in}`, uniform: kept going forward although ReLU halves the mean square."""
    return variance_scaling(rng, shape, scale=2.0, mode="fan_in", distribution="uniform")


def he_normal(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`2/n_{in}`, normal, as in the paper: kept going forward although ReLU halves the mean square."""
    return variance_scaling(rng, shape, scale=2.0, mode="fan_in", distribution="normal")


def he_truncated(rng: np.random.Generator, shape: Shape) -> FloatArray:
    r"""Variance :math:`2/n_{in}`, truncated normal: what Keras calls ``HeNormal``."""
    return variance_scaling(rng, shape, scale=2.0, mode="fan_in", distribution="truncated")


def orthogonal(rng: np.random.Generator, shape: Shape, *, gain: float = 1.0) -> FloatArray:
    r"""Orthonormal columns (or rows, where there are fewer): lengths are kept exactly, not in the mean.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        At least two numbers; those before the last count as one, as in Keras.
    gain : float
        Factor on the matrix.

    Returns
    -------
    ndarray of that shape
        Every orthogonal matrix is equally likely.

    Raises
    ------
    ValueError
        If the shape has fewer than two numbers or a zero, or gain is not finite.

    References
    ----------
    A. Saxe, J. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", ICLR 2014, arXiv:1312.6120.
    """
    fans(shape)
    if len(shape) < 2:
        raise ValueError(f"orthogonal: shape needs at least two numbers, got {tuple(shape)}")
    if not math.isfinite(gain):
        raise ValueError(f"orthogonal: gain must be finite, got {gain}")
    check_rng(rng)
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))  # else the signs that QR prefers make some matrices likelier than others
    return gain * (q if rows >= columns else q.T).reshape(shape)


def log_odds_bias(y: np.ndarray, classes: int) -> FloatArray:
    r"""Biases of the last layer that make the first predictions the shares of the classes.

    .. math::
        b_k = \log \frac{n_k}{n} \quad\text{(softmax)}, \qquad b = \log \frac{n_1}{n_0} \quad\text{(one logistic unit)}

    Parameters
    ----------
    y : ndarray of int of shape (examples,)
        The classes, from 0.
    classes : int >= 1
        Units of the last layer; 1 is a logistic unit for the classes 0 and 1.

    Returns
    -------
    ndarray of shape (classes,)
        With zero weights the loss begins at the entropy of the labels.

    Raises
    ------
    ValueError
        If a class does not occur (its log-odds are not finite) or does not exist.
    """
    y = np.asarray(y)
    known = max(check_count("classes", classes, 1), 2)
    if y.ndim != 1:
        raise ValueError(f"y must hold one class an example, got shape {y.shape}")
    if y.size == 0 or not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() >= known:
        raise ValueError(f"y must hold whole numbers from 0 to {known - 1}, got {y.dtype} {np.unique(y)}")
    counts = np.bincount(y, minlength=known)
    if not counts.all():
        raise ValueError(f"class {int(np.argmin(counts))} does not occur in y: its log-odds are not finite")
    return np.log(counts[1:] / counts[:1]) if classes == 1 else np.log(counts / len(y))
