"""Surfaces of two coordinates that show one difficulty each."""

from __future__ import annotations

import numpy as np

from course_lib.hyperparameters import NOT_NEGATIVE, Range
from course_lib.surface import surface


@surface(
    box=((-3, 3), (-2, 2)),
    start=(-2.6, 1.4),
    minima=[(0.0, 0.0)],
    source="the pseudo-Huber loss of the distance: Charbonnier et al. (1997), doi:10.1109/83.551699",
)
def bowl(x, y):
    """Convex, round at the bottom and a cone further out; full Newton steps take the distance r to r cubed."""
    return np.sqrt(1.0 + x**2 + y**2) - 1.0


@bowl.gradient
def bowl_gradient(x, y):
    """Gradient of `bowl`."""
    root = np.sqrt(1.0 + x**2 + y**2)
    return x / root, y / root


@bowl.curvature
def bowl_hessian(x, y):
    """Hessian of `bowl`."""
    cube = np.sqrt(1.0 + x**2 + y**2) ** 3
    mixed = -x * y / cube
    return ((1.0 + y**2) / cube, mixed), (mixed, (1.0 + x**2) / cube)


@surface(
    box=((-11, 11), (-4, 4)),
    start=(-9.0, 2.5),
    minima=[(0.0, 0.0)],
    source="the model problem of every textbook",
    ranges={"condition_number": NOT_NEGATIVE},
)
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
    box=((-10, 6), (-8, 5)),
    start=(-9.0, -4.0),
    minima=[(0.0, 0.0)],
    source="`quadratic`, turned by the 3-4-5 angle",
    ranges={"condition_number": NOT_NEGATIVE},
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
    box=((-11, 11), (-7, 7)),
    start=(-9.0, -3.0),
    minima=[(0.0, 0.0)],
    source="`quadratic`, turned by an angle that may be chosen",
    ranges={"condition_number": NOT_NEGATIVE},
)
def turned_valley(x, y, *, condition_number=50.0, angle=0.0):
    """Narrow valley whose floor makes an angle, in degrees, with the x axis."""
    a = angle * np.pi / 180.0
    along = np.cos(a) * x + np.sin(a) * y
    across = np.cos(a) * y - np.sin(a) * x
    return 0.5 * (along**2 + condition_number * across**2)


@turned_valley.gradient
def turned_valley_gradient(x, y, *, condition_number, angle):
    """Gradient of `turned_valley`."""
    a = angle * np.pi / 180.0
    along = np.cos(a) * x + np.sin(a) * y
    across = condition_number * (np.cos(a) * y - np.sin(a) * x)
    return np.cos(a) * along - np.sin(a) * across, np.sin(a) * along + np.cos(a) * across


@turned_valley.curvature
def turned_valley_hessian(x, y, *, condition_number, angle):
    """Hessian of `turned_valley`."""
    a = angle * np.pi / 180.0
    c = np.cos(a)
    s = np.sin(a)
    mixed = c * s * (1.0 - condition_number)
    return (c**2 + condition_number * s**2, mixed), (mixed, s**2 + condition_number * c**2)


@surface(
    box=((-2.2, 2.6), (-1.6, 1.6)),
    start=(-2.0, 1.2),
    minima=[(1.5, 0.0), (-1.0, 0.0)],
    others=[(-0.5, 0.0)],
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
    box=((-2, 2), (-1.8, 1.8)),
    start=(-1.8, 0.001),
    minima=[(0.0, 1.0), (0.0, -1.0)],
    others=[(0.0, 0.0)],
    source="x**2 / 2 - y**2 / 2 near the origin; the fourth power of y puts a floor under it",
)
def saddle(x, y):
    """Saddle at the origin between two minima of the same depth; whoever comes along the x axis ends there."""
    return 0.5 * x**2 + 0.25 * (y**2 - 1.0) ** 2


@saddle.gradient
def saddle_gradient(x, y):
    """Gradient of `saddle`."""
    return x, y * (y**2 - 1.0)


@saddle.curvature
def saddle_hessian(x, y):
    """Hessian of `saddle`."""
    return (1.0, 0.0), (0.0, 3.0 * y**2 - 1.0)


@surface(
    box=((-1.6, 1.6), (-1.3, 1.3)),
    start=(1.3, 0.002),
    minima=[(-1.0, 0.0), (0.5, 0.8660254037844386), (0.5, -0.8660254037844386)],
    others=[(0.0, 0.0)],
    source="x**3 - 3 x y**2, the real part of (x + iy)**3, near the origin; the fourth power of the distance puts a floor under it",
)
def monkey_saddle(x, y):
    """Three ways down and three up, one for the tail; at the origin gradient and Hessian are both zero."""
    return 0.25 + x**3 - 3.0 * x * y**2 + 0.75 * (x**2 + y**2) ** 2


@monkey_saddle.gradient
def monkey_saddle_gradient(x, y):
    """Gradient of `monkey_saddle`."""
    square = 3.0 * (x**2 + y**2)
    return 3.0 * (x**2 - y**2) + square * x, square * y - 6.0 * x * y


@monkey_saddle.curvature
def monkey_saddle_hessian(x, y):
    """Hessian of `monkey_saddle`."""
    mixed = 6.0 * y * (x - 1.0)
    return (6.0 * x + 9.0 * x**2 + 3.0 * y**2, mixed), (mixed, 3.0 * x**2 + 9.0 * y**2 - 6.0 * x)


@surface(
    box=((-4, 3), (-2.2, 2.2)),
    start=(-3.2, 1.2),
    minima=[(0.0, 0.0)],
    source="a bell turned over: what a saturated unit makes of a bowl",
    ranges={"width": Range(1e-100, 1e100)},  # its square is neither 0 nor infinite
)
def plateau(x, y, *, width=1.0):
    """A hollow in a plain so flat that plain descent hardly moves."""
    return 1.0 - np.exp(-0.5 * (x**2 + y**2) / width**2)


@plateau.gradient
def plateau_gradient(x, y, *, width):
    """Gradient of `plateau`."""
    slope = np.exp(-0.5 * (x**2 + y**2) / width**2) / width**2
    return slope * x, slope * y


@plateau.curvature
def plateau_hessian(x, y, *, width):
    """Hessian of `plateau`."""
    slope = np.exp(-0.5 * (x**2 + y**2) / width**2) / width**2
    mixed = -slope * x * y / width**2
    return (slope * (1.0 - x**2 / width**2), mixed), (mixed, slope * (1.0 - y**2 / width**2))


@surface(
    box=((-2.5, 2.5), (-1.6, 1.6)),
    start=(1.8, 1.2),
    minima=[(0.0, 0.0)],
    source="two gentle slopes joined by a wall, as in Goodfellow, Bengio and Courville (2016), Deep Learning, figure 8.3",
    ranges={"steepness": NOT_NEGATIVE},
)
def cliff(x, y, *, steepness=8.0):
    """A gentle bowl with a wall on each side of its floor: the step taken on the wall is far too long."""
    return 0.2 * x**2 + 0.5 * y**2 + 1.5 * (1.0 + np.tanh(steepness * (x**2 - 1.0)))


@cliff.gradient
def cliff_gradient(x, y, *, steepness):
    """Gradient of `cliff`."""
    wall = 3.0 * steepness * (1.0 - np.tanh(steepness * (x**2 - 1.0)) ** 2)
    return x * (0.4 + wall), y


@cliff.curvature
def cliff_hessian(x, y, *, steepness):
    """Hessian of `cliff`."""
    rise = np.tanh(steepness * (x**2 - 1.0))
    wall = 3.0 * steepness * (1.0 - rise**2)
    return (0.4 + wall * (1.0 - 4.0 * steepness * x**2 * rise), 0.0), (0.0, 1.0)


@surface(
    box=((-2.4, 2.4), (-2, 2)),
    start=(-1.4, 1.1),
    minima=[(1.0, 1.0)],
    others=[(0.0, 0.0)],
    source="Goodfellow, Bengio and Courville (2016), Deep Learning, section 8.7.1, with two layers",
)
def linear_chain(x, y):
    """Two linear layers of one weight each that shall make 1 out of 1: every point of xy = 1 is a minimum."""
    return 0.5 * (x * y - 1.0) ** 2


@linear_chain.gradient
def linear_chain_gradient(x, y):
    """Gradient of `linear_chain`."""
    error = x * y - 1.0
    return error * y, error * x


@linear_chain.curvature
def linear_chain_hessian(x, y):
    """Hessian of `linear_chain`."""
    mixed = 2.0 * x * y - 1.0
    return (y**2, mixed), (mixed, x**2)


@surface(
    box=((-11, 11), (-5, 5)),
    start=(-9.0, 3.5),
    minima=[(0.0, 0.0)],
    source="half the mean squared error of a linear model: its Hessian is the covariance of the features",
    ranges={"scale": Range(-1e100, 1e100), "correlation": Range(-1.0, 1.0, with_high=True)},
)
def two_features(w1, w2, *, scale=1.0, correlation=0.0):
    """Errors of two weights; the first feature has variance 1, the second that of the scale squared."""
    return 0.5 * (w1**2 + 2.0 * correlation * scale * w1 * w2 + scale**2 * w2**2)


@two_features.gradient
def two_features_gradient(w1, w2, *, scale, correlation):
    """Gradient of `two_features`."""
    return w1 + correlation * scale * w2, correlation * scale * w1 + scale**2 * w2


@two_features.curvature
def two_features_hessian(w1, w2, *, scale, correlation):
    """Hessian of `two_features`."""
    mixed = correlation * scale
    return (1.0, mixed), (mixed, scale**2)
