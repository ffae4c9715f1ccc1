"""Loss surfaces, each written once as a function of its coordinates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

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
        All local minima, the deepest first; they hold for every value of the parameters.
    source : str
        Where the surface comes from.
    """

    def __init__(
        self,
        value_function: Callable[..., Any],
        *,
        box: Sequence[tuple[float, float]],
        start: Point,
        minima: Sequence[Point],
        source: str,
    ):
        self.name = value_function.__name__
        self.coordinates = positional_names(value_function)
        self.parameters: dict[str, float] = keyword_defaults(value_function)
        self.value_function = value_function
        self.gradient_function: Callable[..., Any]
        self.hessian_function: Callable[..., Any]
        self.box, self.start, self.minima, self.source = tuple(box), start, tuple(minima), source
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
            If a parameter is unknown.
        ValueError
            If a value is not finite.
        """
        check_names(f"surface {self.name!r}", "parameter", parameters, self.parameters)
        for name, number in parameters.items():
            if not np.isfinite(number):
                raise ValueError(f"surface {self.name!r}: {name} must be finite, got {number}")
        copy = object.__new__(Surface)
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

    def _split(self, theta: FloatArray) -> list[FloatArray]:
        n = len(self.coordinates)
        if theta.ndim == 0 or theta.shape[-1] != n:
            raise ValueError(f"surface {self.name!r} takes points of shape (..., {n}), got shape {theta.shape}")
        return [theta[..., i] for i in range(n)]

    def __repr__(self) -> str:
        """Show the call one would write."""
        return f"<surface {self.name}({', '.join([*self.coordinates, *(f'{k}={v:g}' for k, v in self.parameters.items())])})>"


def surface(**facts: Any) -> Callable[[Callable[..., Any]], Surface]:
    """Turn a function of coordinates into a `Surface`; ``facts`` are box, start, minima and source."""

    def decorate(function: Callable[..., Any]) -> Surface:
        made = Surface(function, **facts)
        if function.__module__ == __name__:
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


@surface(box=((-11, 11), (-4, 4)), start=(-9.0, 2.5), minima=[(0.0, 0.0)], source="the model problem of every textbook")
def quadratic(x, y, *, condition_number=10.0):
    """Bowl along the axes with eigenvalues 1 and the condition number."""
    return 0.5 * (x**2 + condition_number * y**2)


@quadratic.gradient
def quadratic_gradient(x, y, *, condition_number):
    """Gradient of `quadratic`."""
    return x, condition_number * y


@quadratic.curvature
def quadratic_hessian(x, y, *, condition_number):
    """Hessian of `quadratic`."""
    return (1.0, 0.0), (0.0, condition_number)


@surface(
    box=((-10, 6), (-8, 5)), start=(-9.0, -4.0), minima=[(0.0, 0.0)], source="`quadratic`, turned by the 3-4-5 angle"
)
def ravine(x, y, *, condition_number=50.0):
    """Narrow valley that runs across both axes; its floor falls gently to the origin."""
    along = 0.8 * x + 0.6 * y
    across = 0.8 * y - 0.6 * x
    return 0.5 * (along**2 + condition_number * across**2)


@ravine.gradient
def ravine_gradient(x, y, *, condition_number):
    """Gradient of `ravine`."""
    along = 0.8 * x + 0.6 * y
    across = condition_number * (0.8 * y - 0.6 * x)
    return 0.8 * along - 0.6 * across, 0.6 * along + 0.8 * across


@ravine.curvature
def ravine_hessian(x, y, *, condition_number):
    """Hessian of `ravine`."""
    mixed = 0.48 * (1.0 - condition_number)
    return (0.64 + 0.36 * condition_number, mixed), (mixed, 0.36 + 0.64 * condition_number)


@surface(
    box=((-2.2, 2.6), (-1.6, 1.6)),
    start=(-2.0, 1.2),
    minima=[(1.5, 0.0), (-1.0, 0.0)],
    source="slope (x + 1)(x + 1/2)(x - 3/2) along x, chosen so that every critical point is a round number",
)
def two_minima(x, y):
    """Shallow minimum at x = -1, a low pass at x = -1/2, the deep minimum at x = 3/2."""
    return 0.25 * x**4 - 0.875 * x**2 - 0.75 * x + 1.828125 + 0.5 * y**2


@two_minima.gradient
def two_minima_gradient(x, y):
    """Gradient of `two_minima`."""
    return (x + 1.0) * (x + 0.5) * (x - 1.5), y


@two_minima.curvature
def two_minima_hessian(x, y):
    """Hessian of `two_minima`."""
    return (3.0 * x**2 - 1.75, 0.0), (0.0, 1.0)


@surface(
    box=((-2, 2), (-1, 3)),
    start=(-1.2, 1.0),
    minima=[(1.0, 1.0)],
    source="Rosenbrock (1960), The Computer Journal 3(3), 175-184, doi:10.1093/comjnl/3.3.175",
)
def rosenbrock(x, y, *, b=100.0):
    """Curved valley: easy to reach, slow to follow."""
    return (1.0 - x) ** 2 + b * (y - x**2) ** 2


@rosenbrock.gradient
def rosenbrock_gradient(x, y, *, b):
    """Gradient of `rosenbrock`."""
    rise = y - x**2
    return -2.0 * (1.0 - x) - 4.0 * b * x * rise, 2.0 * b * rise


@rosenbrock.curvature
def rosenbrock_hessian(x, y, *, b):
    """Hessian of `rosenbrock`."""
    return (2.0 - 4.0 * b * (y - 3.0 * x**2), -4.0 * b * x), (-4.0 * b * x, 2.0 * b)
