"""Batch and layer normalization as pairs of pure functions, and the statistics that stand in for the batch afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.rule import FloatArray

Gradients = tuple[FloatArray, FloatArray, FloatArray]


def batch_norm_forward(
    x: FloatArray, gamma: FloatArray, beta: FloatArray,
    *, epsilon: float = 1e-3,
) -> tuple[FloatArray, Any]:  # fmt: skip
    r"""Give every feature mean beta and standard deviation gamma over the batch.

    .. math::
        \mu &= \frac{1}{m} \sum_i x_i \\
        \sigma^2 &= \frac{1}{m} \sum_i (x_i - \mu)^2 \\
        \hat{x}_i &= \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}} \\
        y_i &= \gamma \hat{x}_i + \beta

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs.
    gamma, beta : ndarray of shape (n,)
        Scale and shift.
    epsilon : float >= 0
        Added to the variance; the paper leaves it open.

    Returns
    -------
    y : ndarray of shape (batch, n)
        The normalized batch, scaled and shifted.
    cache : tuple
        ``(x_hat, gamma, inverse of the standard deviation, mean, variance)``.

    Raises
    ------
    ValueError
        If a shape does not fit, epsilon is negative or not finite, or the batch has fewer than two examples: one is its
        own mean, and nothing would be left.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015, Algorithm 1, arXiv:1502.03167.
    """
    x = _checked(x, gamma, beta, epsilon=epsilon)
    _check_batch(x)
    mean = x.mean(axis=0)
    centered = x - mean
    variance = np.einsum("ij,ij->j", centered, centered) / len(x)
    inverse = 1 / np.sqrt(variance + epsilon)
    x_hat = np.multiply(centered, inverse, out=centered)
    return gamma * x_hat + beta, (x_hat, gamma, inverse, mean, variance)


def batch_norm_backward(dy: FloatArray, cache: Any) -> Gradients:
    r"""Gradient of `batch_norm_forward`, through the mean and the variance too.

    .. math::
        \frac{\partial J}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}
        \left( \frac{\partial J}{\partial y_i} - \frac{1}{m} \sum_j \frac{\partial J}{\partial y_j}
        - \frac{\hat{x}_i}{m} \sum_j \frac{\partial J}{\partial y_j} \hat{x}_j \right)

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : tuple
        From the forward pass.

    Returns
    -------
    dx : ndarray of shape (batch, n)
        Gradient by x: no part of it changes a feature's mean, and but for epsilon none its variance.
    dgamma, dbeta : ndarray of shape (n,)
        Gradients by gamma and beta.

    Raises
    ------
    ValueError
        If dy does not have the shape of the outputs.
    """
    x_hat, gamma, inverse = cache[:3]
    dy = _gradient(dy, x_hat)
    m = len(dy)
    dbeta = dy.sum(axis=0)
    dgamma = np.einsum("ij,ij->j", dy, x_hat)
    dx = gamma * inverse * (dy - (dbeta + x_hat * dgamma) / m)
    return dx, dgamma, dbeta


def batch_norm_inference_forward(
    x: FloatArray, gamma: FloatArray, beta: FloatArray, mean: FloatArray, variance: FloatArray, *, epsilon: float = 1e-3
) -> tuple[FloatArray, Any]:
    r"""Normalize by statistics that were gathered before: a fixed affine map, example by example.

    .. math::
        y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs; one example is enough.
    gamma, beta, mean, variance : ndarray of shape (n,)
        Scale, shift and the statistics.
    epsilon : float >= 0
        As in training.

    Returns
    -------
    y : ndarray of shape (batch, n)
        The outputs.
    cache : tuple
        What `batch_norm_inference_backward` needs.

    Raises
    ------
    ValueError
        If a shape does not fit, a variance is negative, or epsilon is negative or not finite.
    """
    x = _checked(x, gamma, beta, mean, variance, epsilon=epsilon)
    _check_variance(variance)
    inverse = 1 / np.sqrt(variance + epsilon)
    x_hat = (x - mean) * inverse
    return gamma * x_hat + beta, (x_hat, gamma, inverse)


def batch_norm_inference_backward(dy: FloatArray, cache: Any) -> Gradients:
    """Gradient of `batch_norm_inference_forward`; the statistics are constants.

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : tuple
        From the forward pass.

    Returns
    -------
    dx : ndarray of shape (batch, n)
        Gradient by x.
    dgamma, dbeta : ndarray of shape (n,)
        Gradients by gamma and beta.

    Raises
    ------
    ValueError
        If dy does not have the shape of the outputs.
    """
    x_hat, gamma, inverse = cache
    dy = _gradient(dy, x_hat)
    return dy * (gamma * inverse), np.einsum("ij,ij->j", dy, x_hat), dy.sum(axis=0)


def layer_norm_forward(
    x: FloatArray, gamma: FloatArray, beta: FloatArray, *, epsilon: float = 1e-3
) -> tuple[FloatArray, Any]:
    r"""Normalize every example over its own features: nothing is shared in the batch, nothing differs at inference.

    .. math::
        \hat{x}_i &= \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}} \\
        y_i &= \gamma \odot \hat{x}_i + \beta

    Parameters
    ----------
    x : ndarray of shape (batch, n)
        Inputs.
    gamma, beta : ndarray of shape (n,)
        Scale and shift of each feature.
    epsilon : float >= 0
        Added to the variance.

    Returns
    -------
    y : ndarray of shape (batch, n)
        The outputs.
    cache : tuple
        What `layer_norm_backward` needs.

    Raises
    ------
    ValueError
        If a shape does not fit, or epsilon is negative or not finite.

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", 2016, eq. (4), arXiv:1607.06450.
    """
    x = _checked(x, gamma, beta, epsilon=epsilon)
    centered = x - x.mean(axis=1, keepdims=True)
    variance = np.mean(centered**2, axis=1, keepdims=True)
    inverse = 1 / np.sqrt(variance + epsilon)
    x_hat = centered * inverse
    return gamma * x_hat + beta, (x_hat, gamma, inverse)


def layer_norm_backward(dy: FloatArray, cache: Any) -> Gradients:
    """Gradient of `layer_norm_forward`.

    Parameters
    ----------
    dy : ndarray of shape (batch, n)
        Gradient of the loss by y.
    cache : tuple
        From the forward pass.

    Returns
    -------
    dx : ndarray of shape (batch, n)
        Gradient by x.
    dgamma, dbeta : ndarray of shape (n,)
        Gradients by gamma and beta.

    Raises
    ------
    ValueError
        If dy does not have the shape of the outputs.
    """
    x_hat, gamma, inverse = cache
    dy = _gradient(dy, x_hat)
    d = dy * gamma
    along_mean = d.mean(axis=1, keepdims=True)
    along_scale = np.mean(d * x_hat, axis=1, keepdims=True)
    return inverse * (d - along_mean - x_hat * along_scale), np.einsum("ij,ij->j", dy, x_hat), dy.sum(axis=0)


def running_average(average: FloatArray, value: FloatArray, *, momentum: float = 0.99) -> FloatArray:
    r"""One step of a running statistic, in Keras's convention: momentum is the share that stays.

    .. math::
        r \leftarrow \alpha r + (1 - \alpha) s

    Parameters
    ----------
    average, value : ndarray of shape (n,)
        The running mean (from 0) or variance (from 1), and that of this batch; an average may begin as one number.
    momentum : float in [0, 1)
        Share of the average that stays; PyTorch's momentum is 1 minus this.

    Returns
    -------
    ndarray of shape (n,)
        The new average.

    Raises
    ------
    ValueError
        If momentum is outside [0, 1), or the shapes differ.

    Notes
    -----
    Keras and this library average the biased variance, divided by m; PyTorch the unbiased one.
    """
    if not 0 <= momentum < 1:
        raise ValueError(f"running_average: momentum must be in [0, 1), got {momentum}")
    if np.ndim(average) and np.shape(average) != np.shape(value):
        raise ValueError(f"running_average: value must have shape {np.shape(average)}, got {np.shape(value)}")
    return momentum * average + (1 - momentum) * value


def bias_corrected(average: FloatArray, start: float, momentum: float, t: int) -> FloatArray:
    r"""Take the share of the start out of a running statistic.

    .. math::
        \hat{r}_t = \frac{r_t - \mu^t r_0}{1 - \mu^t}

    Parameters
    ----------
    average : ndarray of shape (n,)
        The running statistic after t steps of `running_average`.
    start : float
        What it began with: 0 for the mean, 1 for the variance.
    momentum : float in [0, 1)
        The momentum of those steps.
    t : int >= 1
        How many there were.

    Returns
    -------
    ndarray of shape (n,)
        The weighted mean of the batches alone.

    Raises
    ------
    ValueError
        If t is smaller than 1 or momentum is outside [0, 1): nothing has been averaged then.
    """
    if not (t >= 1 and 0 <= momentum < 1):
        raise ValueError(f"bias_corrected needs t >= 1 and momentum in [0, 1), got {t} and {momentum}")
    left = momentum**t
    return (average - left * start) / (1 - left)


def population_statistics(means: FloatArray, variances: FloatArray, m: int) -> tuple[FloatArray, FloatArray]:
    r"""Estimate mean and variance of the population from those of many batches of m examples.

    .. math::
        \mathrm{E}[x] &= \mathrm{E}_B[\mu_B] \\
        \operatorname{Var}[x] &= \frac{m}{m - 1} \mathrm{E}_B[\sigma_B^2]

    Parameters
    ----------
    means, variances : ndarray of shape (batches, n)
        Of each batch, the variance divided by m.
    m : int >= 2
        Examples a batch.

    Returns
    -------
    mean, variance : ndarray of shape (n,)
        The unbiased estimates.

    Raises
    ------
    ValueError
        If m is no whole number of at least 2, or the shapes differ.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015, Algorithm 2, step 10, arXiv:1502.03167.
    """
    if not 2 <= m < np.inf or m != int(m):
        raise ValueError(f"population statistics need whole batches of at least 2 examples, got {m}")
    if np.shape(means) != np.shape(variances):
        raise ValueError(
            f"population statistics need a variance for each mean, {np.shape(means)}, got {np.shape(variances)}"
        )
    return np.mean(means, axis=0), m / (m - 1) * np.mean(variances, axis=0)


def fold_batch_norm(
    W: FloatArray, b: FloatArray, gamma: FloatArray, beta: FloatArray, mean: FloatArray, variance: FloatArray,
    *, epsilon: float = 1e-3,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    r"""Weights and biases of one dense layer that does what a dense layer and the batch norm after it do at inference.

    .. math::
        s &= \gamma / \sqrt{\sigma^2 + \epsilon} \\
        W &\leftarrow W \operatorname{diag}(s) \\
        b &\leftarrow (b - \mu) \odot s + \beta

    Parameters
    ----------
    W : ndarray of shape (n_in, n)
        Weights of the dense layer.
    b, gamma, beta, mean, variance : ndarray of shape (n,)
        Its biases; scale, shift and statistics of the batch norm.
    epsilon : float >= 0
        Of the batch norm.

    Returns
    -------
    W, b : ndarray
        Of the one layer.

    Raises
    ------
    ValueError
        If a shape does not fit, a variance is negative, or epsilon is negative or not finite.
    """
    W = _checked(W, b, gamma, beta, mean, variance, epsilon=epsilon, what="W of shape (n_in, n)")
    _check_variance(variance)
    scale = gamma / np.sqrt(variance + epsilon)
    return W * scale, (b - mean) * scale + beta


def _check_batch(x: FloatArray) -> None:
    if len(x) < 2:
        raise ValueError(
            f"batch norm needs a batch of at least 2 in training, got {len(x)}; the last batch of an epoch may be smaller"
        )


def _check_variance(variance: FloatArray) -> None:
    if np.less(variance, 0).any():  # nan passes: a run that diverged may still be looked at
        raise ValueError(f"a variance must be at least 0, got {np.min(variance)}")


def _checked(x: Any, *of_features: Any, epsilon: float, what: str = "x of shape (batch, n)") -> FloatArray:
    x = np.asarray(x)
    if x.ndim != 2 or any(np.shape(a) != x.shape[1:] for a in of_features):
        shapes = ", ".join(str(np.shape(a)) for a in of_features)
        raise ValueError(f"normalization takes {what} and (n,) for each of the others, got {x.shape}; {shapes}")
    if not 0 <= epsilon < np.inf:
        raise ValueError(f"normalization: epsilon must be at least 0 and finite, got {epsilon}")
    return x


def _gradient(dy: Any, y: FloatArray) -> FloatArray:
    dy = np.asarray(dy)
    if dy.shape != y.shape:
        raise ValueError(f"dy must have the shape of the outputs, {y.shape}, got {dy.shape}")
    return dy
