"""Surfaces in any number of dimensions: each function makes one for the size asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.hyperparameters import check_count
from course_lib.rule import FloatArray
from course_lib.surface import Surface


class Landscape(Surface):
    """A surface in any number of dimensions: its functions take theta whole, the coordinates on its last axis.

    Parameters
    ----------
    name : str
        What it is called.
    value, gradient, hessian : callable
        Functions of an array of shape ``(..., n)``; the results have shape ``(...)``, ``(..., n)`` and ``(..., n, n)``. The
        gradient is elementwise along the leading axes, so that a batch of runs is bit for bit the single runs.
    start : sequence of float
        A point that shows what is interesting; its length is n.
    minima : sequence of sequence of float
        Local minima, the deepest first, as far as they are known.
    source : str
        Where the surface comes from.
    others : sequence of sequence of float
        Other critical points, as far as they are known.
    each : (callable, mapping of str to ndarray of shape (n,)), optional
        For a gradient that acts on each coordinate alone: a function of one coordinate, and its keyword arguments with a
        value for each coordinate. The compiled engine runs the coordinates side by side.
    """

    def __init__(
        self,
        name: str,
        value: Callable[[FloatArray], Any],
        gradient: Callable[[FloatArray], Any],
        hessian: Callable[[FloatArray], Any],
        *,
        start: Any,
        minima: Sequence[Any],
        source: str,
        others: Sequence[Any] = (),
        each: tuple[Callable[..., Any], Mapping[str, FloatArray]] | None = None,
    ):
        self.name, self.source, self.box, self.each = name, source, (), each
        self.coordinates = tuple(f"x_{i + 1}" for i in range(len(start)))
        self.parameters = {}
        self.value_function, self.gradient_function, self.hessian_function = value, gradient, hessian
        self.start, *points = (tuple(map(float, point)) for point in (start, *minima, *others))
        self.minima, self.others = tuple(points[: len(minima)]), tuple(points[len(minima) :])

    def grad(self, theta: Any) -> FloatArray:
        """Gradient at each point; shapes and errors as those of a surface."""
        with np.errstate(all="ignore"):
            return np.asarray(self.gradient_function(*self._split(np.asarray(theta, float))))

    def hessian(self, theta: Any) -> FloatArray:
        """Hessian at each point; shapes and errors as those of a surface."""
        with np.errstate(all="ignore"):
            return np.asarray(self.hessian_function(*self._split(np.asarray(theta, float))))

    @functools.cached_property
    def scalar_gradient(self) -> Callable[..., Any]:
        """The gradient on plain Python floats, one argument a coordinate."""
        return lambda *theta: self.grad(theta).tolist()

    def _split(self, theta: FloatArray) -> list[FloatArray]:
        super()._split(theta)
        return [theta]

    def __repr__(self) -> str:
        """Name and number of dimensions."""
        return f"<surface {self.name} in {len(self.coordinates)} dimensions>"


def spectral_quadratic(eigenvalues: Any) -> Landscape:
    r"""Quadratic along the axes whose Hessian has a given spectrum.

    .. math::
        J = \frac{1}{2} \sum_i \lambda_i \theta_i^2

    Parameters
    ----------
    eigenvalues : array_like of shape (n,)
        :math:`\lambda`; a negative one makes a saddle, a zero a flat direction.

    Returns
    -------
    Landscape
        Its start is one in every coordinate.

    Raises
    ------
    ValueError
        If there is no eigenvalue, or one is not finite.

    Examples
    --------
    >>> valley = spectral_quadratic([1.0, 10.0, 100.0])
    >>> valley.grad([1.0, 1.0, 1.0])
    array([  1.,  10., 100.])
    """
    spectrum = np.array(eigenvalues, float)
    if spectrum.ndim != 1 or not spectrum.size or not np.isfinite(spectrum).all():
        raise ValueError(f"eigenvalues must be a row of at least one finite number, got {eigenvalues!r}")
    origin = np.zeros(len(spectrum))
    lowest = (spectrum >= 0).all()

    def hessian(theta: FloatArray) -> FloatArray:
        return np.broadcast_to(np.diag(spectrum), (*theta.shape, len(spectrum))).copy()

    return Landscape(
        "spectral_quadratic",
        lambda theta: 0.5 * (spectrum * theta**2).sum(axis=-1),
        lambda theta: _scaled(theta, eigenvalue=spectrum),
        hessian,
        start=np.ones(len(spectrum)),
        minima=[origin] if lowest else [],
        others=[] if lowest else [origin],
        source="the model problem of every textbook, in its eigenvectors",
        each=(_scaled, {"eigenvalue": spectrum}),
    )


def extended_rosenbrock(n: int) -> Landscape:
    r"""Rosenbrock's valley in n dimensions, each coordinate the square of the one before.

    .. math::
        J = \sum_{i<n} (1 - \theta_i)^2 + 100 (\theta_{i+1} - \theta_i^2)^2

    Parameters
    ----------
    n : int >= 2
        Number of dimensions.

    Returns
    -------
    Landscape
        One critical point in two and three dimensions; in four a second minimum and a saddle between the two, which are
        listed. Of more dimensions only the deepest minimum is listed.

    Raises
    ------
    ValueError
        If n is smaller than 2 or no whole number.

    References
    ----------
    S. Kok and C. Sandrock (2009), Locating and characterizing the stationary points of the extended Rosenbrock function,
    Evolutionary Computation 17(3), doi:10.1162/evco.2009.17.3.437.
    """
    n = check_count("n", n, 2)
    second = (-0.7756592265653526, 0.6130933654850435, 0.38206284633839316, 0.1459720185521946)
    between = (-0.6561246357194459, 0.44312004097157237, 0.20431224822836433, 0.041743494776128764)
    return Landscape(
        "extended_rosenbrock",
        _rosenbrock_value,
        _rosenbrock_gradient,
        _rosenbrock_hessian,
        start=np.where(np.arange(n) % 2, 1.0, -1.2),
        minima=[np.ones(n), second] if n == 4 else [np.ones(n)],
        others=[between] if n == 4 else [],
        source="Kok and Sandrock (2009), Evolutionary Computation 17(3), doi:10.1162/evco.2009.17.3.437",
    )


def deep_linear_chain(depth: int, *, x: float = 1.0, target: float = 1.0) -> Landscape:
    r"""Squared error of a chain of linear layers with one weight each.

    .. math::
        J = \frac{1}{2} (w_1 w_2 \cdots w_L x - y)^2

    Parameters
    ----------
    depth : int >= 1
        :math:`L`, the number of weights.
    x : float
        The input, not 0.
    target : float
        :math:`y`, the output that is wanted.

    Returns
    -------
    Landscape
        Its start is 0.5 in every weight. One of its minima is listed, where the weights are alike; from three layers on the
        origin is a critical point without curvature.

    Raises
    ------
    ValueError
        If depth is smaller than 1, x is 0, or a number is not finite.
    """
    depth = check_count("depth", depth, 1)
    if x == 0 or not np.isfinite([x, target]).all():
        raise ValueError(f"expected a finite input x other than 0 and a finite target, got {x} and {target}")

    def gradient(w: FloatArray) -> FloatArray:
        return (w.prod(axis=-1, keepdims=True) * x - target) * x * _product_of_others(w)

    def hessian(w: FloatArray) -> FloatArray:
        slope = x * _product_of_others(w)
        error = w.prod(axis=-1) * x - target
        out = slope[..., :, None] * slope[..., None, :]
        for i in range(depth):
            without = w.copy()
            without[..., i] = 1.0
            mixed = error[..., None] * x * _product_of_others(without)
            mixed[..., i] = 0.0
            out[..., i, :] += mixed
        return out

    alike = np.full(depth, abs(target / x) ** (1 / depth))
    alike[0] *= np.sign(target / x)
    return Landscape(
        "deep_linear_chain",
        lambda w: 0.5 * (w.prod(axis=-1) * x - target) ** 2,
        gradient,
        hessian,
        start=np.full(depth, 0.5),
        minima=[alike],
        others=[np.zeros(depth)] if depth > 1 and target else [],
        source="Goodfellow, Bengio and Courville (2016), Deep Learning, section 8.7.1",
    )


def _scaled(x: Any, *, eigenvalue: Any) -> Any:
    return eigenvalue * x


def _rosenbrock_value(theta: FloatArray) -> Any:
    x, rise = theta[..., :-1], theta[..., 1:] - theta[..., :-1] ** 2
    return ((1.0 - x) ** 2 + 100.0 * rise**2).sum(axis=-1)


def _rosenbrock_gradient(theta: FloatArray) -> FloatArray:
    x, rise = theta[..., :-1], theta[..., 1:] - theta[..., :-1] ** 2
    g = np.zeros_like(theta)
    g[..., :-1] = -2.0 * (1.0 - x) - 400.0 * x * rise
    g[..., 1:] += 200.0 * rise
    return g


def _rosenbrock_hessian(theta: FloatArray) -> FloatArray:
    n = theta.shape[-1]
    first, last = np.arange(n - 1), np.arange(1, n)
    h = np.zeros((*theta.shape, n))
    h[..., first, first] = 2.0 + 1200.0 * theta[..., :-1] ** 2 - 400.0 * theta[..., 1:]
    h[..., last, last] += 200.0
    h[..., first, last] = h[..., last, first] = -400.0 * theta[..., :-1]
    return h


def _product_of_others(w: FloatArray) -> FloatArray:
    """For each weight the product of all the others, without a division."""
    out = np.ones_like(w)
    out[..., 1:] = np.cumprod(w[..., :-1], axis=-1)
    out[..., :-1] *= np.cumprod(w[..., :0:-1], axis=-1)[..., ::-1]
    return out
