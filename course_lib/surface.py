"""What a loss surface is: value, gradient and curvature, each written once as a function of its coordinates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from course_lib.hyperparameters import Range, check_rng, is_number
from course_lib.rule import SCALAR, FloatArray, check_names, keyword_defaults, nearest, positional_names, retarget

Point = tuple[float, ...]

_SURFACES: dict[str, Surface] = {}

SURFACES: Mapping[str, Surface] = MappingProxyType(_SURFACES)
"""Every surface of the library by name; a surface enters by being defined."""


class Surface:
    """A function of a few coordinates with its gradient, Hessian, minima and a window to look through.

    Made by `surface`. Called on an array of points it gives the values; `grad` and `hessian` take the same array.

    Parameters
    ----------
    value_function : callable
        ``f(x, y, *, parameters)``; its only free name is ``np``.
    box : sequence of (float, float)
        The window to draw, one interval a coordinate.
    start : tuple of float
        A point that shows what is interesting about the surface.
    minima : sequence of tuple of float
        The local minima inside the box, the deepest first; they hold for every value that the parameters may take. Of
        minima that fill a curve there is one.
    source : str
        Where the surface comes from.
    others : sequence of tuple of float
        Critical points inside the box that are no minima, as far as they are known.
    ranges : mapping of str to Range, optional
        What the parameters may be; one that is not named may be any finite number.

    Raises
    ------
    TypeError
        If a default is no number, or a range is that of no parameter.
    ValueError
        If a default is out of range.
    """

    def __init__(
        self,
        value_function: Callable[..., Any],
        *,
        box: Sequence[tuple[float, float]],
        start: Point,
        minima: Sequence[Point],
        source: str,
        others: Sequence[Point] = (),
        ranges: Mapping[str, Range] = MappingProxyType({}),
    ):
        self.name = value_function.__name__
        self.coordinates = positional_names(value_function)
        self.parameters: dict[str, float] = keyword_defaults(value_function)
        self.value_function = value_function
        self.gradient_function: Callable[..., Any]
        self.hessian_function: Callable[..., Any]
        self.box, self.start, self.source = tuple(box), start, source
        self.minima, self.others, self.ranges = tuple(minima), tuple(others), dict(ranges)
        self._check(self.parameters)
        check_names(f"surface {self.name!r}", "parameter", self.ranges, self.parameters)
        self.__doc__ = value_function.__doc__
        self.__module__ = value_function.__module__

    def gradient(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate the gradient: the same arguments, one component a coordinate."""
        self.gradient_function = function
        return function

    def curvature(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate the Hessian: the same arguments, one row a coordinate."""
        self.hessian_function = function
        return function

    def with_parameters(self, **parameters: float) -> Surface:
        """Return the same surface with other parameters.

        Parameters
        ----------
        **parameters : float
            New values, for example ``condition_number=100``.

        Returns
        -------
        Surface
            A copy; the original is unchanged.

        Raises
        ------
        TypeError
            If a parameter is unknown or a value is no number.
        ValueError
            If a value is not finite or out of range.
        """
        check_names(f"surface {self.name!r}", "parameter", parameters, self.parameters)
        self._check(parameters)
        copy = object.__new__(type(self))
        own = {k: v for k, v in self.__dict__.items() if k != "scalar_gradient"}
        copy.__dict__.update(own, parameters={**self.parameters, **parameters})
        return copy

    def __call__(self, theta: Any) -> FloatArray:
        """Value at each point.

        Parameters
        ----------
        theta : array_like of shape (..., n)
            Points; n is the number of coordinates.

        Returns
        -------
        ndarray of shape (...)
            The values.

        Raises
        ------
        ValueError
            If the last axis is not n long.
        """
        with np.errstate(all="ignore"):
            return np.asarray(self.value_function(*self._split(np.asarray(theta, float)), **self.parameters))

    def grad(self, theta: Any) -> FloatArray:
        """Gradient at each point.

        Parameters
        ----------
        theta : array_like of shape (..., n)
            Points.

        Returns
        -------
        ndarray of shape (..., n)
            The gradients, in the memory layout of the points.

        Raises
        ------
        ValueError
            If the last axis is not n long.
        """
        theta = np.asarray(theta, float)
        out = np.empty_like(theta)
        with np.errstate(all="ignore"):
            for i, component in enumerate(self.gradient_function(*self._split(theta), **self.parameters)):
                out[..., i] = component
        return out

    def hessian(self, theta: Any) -> FloatArray:
        """Hessian at each point.

        Parameters
        ----------
        theta : array_like of shape (..., n)
            Points.

        Returns
        -------
        ndarray of shape (..., n, n)
            The second derivatives.

        Raises
        ------
        ValueError
            If the last axis is not n long.
        """
        theta = np.asarray(theta, float)
        out = np.empty((*theta.shape, theta.shape[-1]))
        with np.errstate(all="ignore"):
            for i, row in enumerate(self.hessian_function(*self._split(theta), **self.parameters)):
                for j, entry in enumerate(row):
                    out[..., i, j] = entry
        return out

    @functools.cached_property
    def scalar_gradient(self) -> Callable[..., Any]:
        """The gradient on plain Python floats, one argument a coordinate."""
        copy = retarget(self.gradient_function, SCALAR)
        copy.__kwdefaults__ = dict(self.parameters)
        return copy

    def _check(self, parameters: Mapping[str, Any]) -> None:
        for name, value in parameters.items():
            label, allowed = f"surface {self.name!r}: {name}", self.ranges.get(name)
            if not is_number(value):
                raise TypeError(f"{label} must be a number, got {value!r}")
            if not np.isfinite(value):
                raise ValueError(f"{label} must be finite, got {value}")
            if allowed is not None and not allowed.holds(value):
                raise ValueError(f"{label} must be {allowed}, got {value:g}")

    def _split(self, theta: FloatArray) -> list[FloatArray]:
        n = len(self.coordinates)
        if theta.ndim == 0 or theta.shape[-1] != n:
            raise ValueError(f"surface {self.name!r} takes points of shape (..., {n}), got shape {theta.shape}")
        return [theta[..., i] for i in range(n)]

    def __repr__(self) -> str:
        """Show the call one would write."""
        return f"<surface {self.name}({', '.join([*self.coordinates, *(f'{k}={v:g}' for k, v in self.parameters.items())])})>"


def surface(**facts: Any) -> Callable[[Callable[..., Any]], Surface]:
    """Turn a function of coordinates into a `Surface`; ``facts`` are box, start, minima, source, others and ranges."""

    def decorate(function: Callable[..., Any]) -> Surface:
        made = Surface(function, **facts)
        if function.__module__.startswith("course_lib."):
            _SURFACES[made.name] = made
        return made

    return decorate


def as_surface(what: Surface | str) -> Surface:
    """Return the surface itself, or the library's surface of that name.

    Parameters
    ----------
    what : Surface or str
        A surface, or a name in `SURFACES`.

    Returns
    -------
    Surface
        The surface.

    Raises
    ------
    LookupError
        If no surface has that name.
    TypeError
        If it is neither.
    """
    if isinstance(what, Surface):
        return what
    if isinstance(what, str):
        if what not in SURFACES:
            raise LookupError(f"no surface is called {what!r}; {nearest(what, SURFACES)}")
        return SURFACES[what]
    raise TypeError(f"expected a surface or the name of one, got {type(what).__name__}")


def classify(hessian: Any, *, tolerance: float = 1e-9) -> str:
    """Say what kind of critical point has this Hessian, from the signs of its eigenvalues.

    Parameters
    ----------
    hessian : array_like of shape (n, n)
        Second derivatives at a point where the gradient is zero.
    tolerance : float >= 0
        Eigenvalues below this share of the largest one in absolute value count as zero.

    Returns
    -------
    {"minimum", "maximum", "saddle", "degenerate"}
        Eigenvalues of both signs make a saddle, whatever the others are; without them, a zero leaves the question to
        higher derivatives: the point is degenerate.

    Raises
    ------
    ValueError
        If the matrix is not square, symmetric and finite.

    Examples
    --------
    >>> classify([[1.0, 0.0], [0.0, -1.0]])
    'saddle'
    """
    h = np.asarray(hessian, float)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or not h.size:
        raise ValueError(f"a Hessian has shape (n, n), got {h.shape}")
    if not np.isfinite(h).all() or not np.allclose(h, h.T, rtol=1e-6, atol=1e-6 * np.abs(h).max()):
        i, j = np.unravel_index(np.argmax(np.abs(h - np.nan_to_num(h.T))), h.shape)
        raise ValueError(f"a Hessian is symmetric and finite, got {h[i, j]:g} at ({i}, {j}), {h[j, i]:g} at ({j}, {i})")
    eigenvalues = np.linalg.eigvalsh(h)
    zero = tolerance * np.abs(eigenvalues).max()
    up, down = (eigenvalues > zero).any(), (eigenvalues < -zero).any()
    if up and down:
        return "saddle"
    if (np.abs(eigenvalues) <= zero).any():
        return "degenerate"
    return "minimum" if up else "maximum"


def inexact(
    rng: np.random.Generator, grad: Surface | Callable[[FloatArray], Any], *, variance: Any = 0.0, bias: Any = 0.0
) -> Callable[[FloatArray], FloatArray]:
    """Add Gaussian noise or a bias to a gradient, as a small minibatch or a wrong formula would.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise; every call draws afresh, for every run of a batch.
    grad : Surface or callable
        A surface, or any function from points to gradients.
    variance : float or array_like of shape (n,)
        Variance of the noise in each coordinate, at least 0.
    bias : float or array_like of shape (n,)
        What is added to each coordinate, always the same.

    Returns
    -------
    callable
        A function from points to gradients, for `course_lib.descend` and its like.

    Raises
    ------
    TypeError
        If rng is no generator or grad is no gradient.
    ValueError
        If the variance is negative, or something is not finite; by the gradient, if their shapes do not fit.

    Examples
    --------
    >>> inexact(np.random.default_rng(0), lambda theta: theta, bias=0.5)(np.array([1.0]))
    array([1.5])
    """
    check_rng(rng)
    exact = grad.grad if isinstance(grad, Surface) else grad
    if not callable(exact):
        raise TypeError(f"grad must be a surface or a function of a point, got {type(grad).__name__}")
    spread, shift = np.asarray(variance, float), np.asarray(bias, float)
    if not (np.isfinite(spread).all() and (spread >= 0).all()):
        raise ValueError(f"variance must be finite and at least 0, got {variance}")
    if not np.isfinite(shift).all():
        raise ValueError(f"bias must be finite, got {bias}")
    deviation = np.sqrt(spread)

    def inexact_gradient(theta: FloatArray) -> FloatArray:
        g = np.asarray(exact(theta))
        for name, array in (("variance", spread), ("bias", shift)):
            if array.ndim and array.shape != g.shape[-1:]:
                raise ValueError(f"{name} must be a number or have shape {g.shape[-1:]}, got shape {array.shape}")
        return np.asarray(g + shift + deviation * rng.normal(size=g.shape), g.dtype)

    return inexact_gradient
