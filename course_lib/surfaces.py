"""Loss surfaces of two coordinates, each written once; those of any number are in `landscapes`."""

from __future__ import annotations

import itertools

import numpy as np

from course_lib.surface import SURFACES as SURFACES
from course_lib.surface import Surface as Surface
from course_lib.surface import as_surface as as_surface
from course_lib.surface import surface as surface


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
    box=((-1, 4.5), (-1.5, 2)),
    start=(0.5, 1.5),
    minima=[(3.0, 0.5)],
    others=[(0.0, 1.0)],
    source="Beale (1958), On an iterative method for finding a local minimum, Princeton technical report 25",
)
def beale(x, y):
    """Flat valleys that bend about a saddle at (0, 1)."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@beale.gradient
def beale_gradient(x, y):
    """Gradient of `beale`."""
    a = 1.5 - x + x * y
    b = 2.25 - x + x * y**2
    c = 2.625 - x + x * y**3
    return (
        2.0 * (a * (y - 1.0) + b * (y**2 - 1.0) + c * (y**3 - 1.0)),
        2.0 * x * (a + 2.0 * b * y + 3.0 * c * y**2),
    )


@beale.curvature
def beale_hessian(x, y):
    """Hessian of `beale`."""
    a = 1.5 - x + x * y
    b = 2.25 - x + x * y**2
    c = 2.625 - x + x * y**3
    xx = 2.0 * ((y - 1.0) ** 2 + (y**2 - 1.0) ** 2 + (y**3 - 1.0) ** 2)
    slopes = x * ((y - 1.0) + 2.0 * y * (y**2 - 1.0) + 3.0 * y**2 * (y**3 - 1.0))
    xy = 2.0 * (slopes + a + 2.0 * b * y + 3.0 * c * y**2)
    yy = 2.0 * x * (x * (1.0 + 4.0 * y**2 + 9.0 * y**4) + 2.0 * b + 6.0 * c * y)
    return (xx, xy), (xy, yy)


@surface(
    box=((-5.5, 5.5), (-5, 5)),
    start=(-0.6, -0.6),
    minima=[
        (3.0, 2.0),
        (3.5844283403304917, -1.8481265269644036),
        (-3.779310253377747, -3.2831859912861696),
        (-2.805118086952745, 3.131312518250573),
    ],
    others=[
        (3.385154183607021, 0.07385187983774928),
        (0.08667750455539636, 2.884254701174776),
        (-3.0730257507643897, -0.08135304428796751),
        (-0.12796134673068008, -1.9537149802445763),
        (-0.2708445906673476, -0.9230385564799815),
    ],
    source="Himmelblau (1972), Applied Nonlinear Programming, McGraw-Hill",
)
def himmelblau(x, y):
    """Four minima of the same depth, four saddles between them, one hilltop in the middle."""
    return (x**2 + y - 11.0) ** 2 + (x + y**2 - 7.0) ** 2


@himmelblau.gradient
def himmelblau_gradient(x, y):
    """Gradient of `himmelblau`."""
    a = x**2 + y - 11.0
    b = x + y**2 - 7.0
    return 4.0 * x * a + 2.0 * b, 2.0 * a + 4.0 * y * b


@himmelblau.curvature
def himmelblau_hessian(x, y):
    """Hessian of `himmelblau`."""
    mixed = 4.0 * (x + y)
    return (12.0 * x**2 + 4.0 * y - 42.0, mixed), (mixed, 12.0 * y**2 + 4.0 * x - 26.0)


def _in_all_corners(*points: tuple[float, float]) -> list[tuple[float, float]]:
    """Every mirror image of some points by the axes and the diagonal, each once, in the order of the points."""
    images = (
        (a * p, b * q) for x, y in points for p, q in ((x, y), (y, x)) for a, b in itertools.product((1, -1), repeat=2)
    )
    return list(dict.fromkeys((p + 0.0, q + 0.0) for p, q in images))


@surface(
    box=((-1.7, 1.7), (-1.4, 1.4)),
    start=(-1.4, 0.7),
    minima=_in_all_corners((0.0, 0.0), (0.9949586376523348, 0.0), (0.9949586376523348, 0.9949586376523348)),
    source="Rastrigin (1974), Systems of extremal control (in Russian), Nauka",
)
def rastrigin(x, y):
    """A bowl full of egg cups: a local minimum near every pair of whole numbers."""
    return 20.0 + x**2 - 10.0 * np.cos(2.0 * np.pi * x) + y**2 - 10.0 * np.cos(2.0 * np.pi * y)


@rastrigin.gradient
def rastrigin_gradient(x, y):
    """Gradient of `rastrigin`."""
    return 2.0 * x + 20.0 * np.pi * np.sin(2.0 * np.pi * x), 2.0 * y + 20.0 * np.pi * np.sin(2.0 * np.pi * y)


@rastrigin.curvature
def rastrigin_hessian(x, y):
    """Hessian of `rastrigin`."""
    return (
        (2.0 + 40.0 * np.pi**2 * np.cos(2.0 * np.pi * x), 0.0),
        (0.0, 2.0 + 40.0 * np.pi**2 * np.cos(2.0 * np.pi * y)),
    )


@surface(
    box=((-2.4, 2.4), (-2.4, 2.4)),
    start=(-1.7, 1.3),
    minima=_in_all_corners(
        (0.0, 0.0),
        (0.9521665459501717, 0.0),
        (0.9684776587077244, 0.9684776587077244),
        (1.9589197181217173, 0.0),
        (1.9646166628629864, 0.9824160350791393),
        (1.9744519864841166, 1.9744519864841166),
    ),
    source="Ackley (1987), A Connectionist Machine for Genetic Hillclimbing, doi:10.1007/978-1-4613-1997-9",
)
def ackley(x, y):
    """A funnel with dimples; its tip is a kink, where we call the gradient zero."""
    r = np.sqrt(0.5 * (x**2 + y**2))
    waves = 0.5 * (np.cos(2.0 * np.pi * x) + np.cos(2.0 * np.pi * y))
    return 20.0 - 20.0 * np.exp(-0.2 * r) + np.exp(1.0) - np.exp(waves)


@ackley.gradient
def ackley_gradient(x, y):
    """Gradient of `ackley`."""
    r = np.maximum(np.sqrt(0.5 * (x**2 + y**2)), 1e-300)
    funnel = 2.0 * np.exp(-0.2 * r) / r
    waves = np.pi * np.exp(0.5 * (np.cos(2.0 * np.pi * x) + np.cos(2.0 * np.pi * y)))
    return funnel * x + waves * np.sin(2.0 * np.pi * x), funnel * y + waves * np.sin(2.0 * np.pi * y)


@ackley.curvature
def ackley_hessian(x, y):
    """Hessian of `ackley`."""
    r = np.maximum(np.sqrt(0.5 * (x**2 + y**2)), 1e-300)
    u = 0.5 * x / r  # slope of r along x
    v = 0.5 * y / r  # and along y
    funnel = 4.0 * np.exp(-0.2 * r)
    bend = 0.5 / r
    waves = np.pi**2 * np.exp(0.5 * (np.cos(2.0 * np.pi * x) + np.cos(2.0 * np.pi * y)))
    a = np.sin(2.0 * np.pi * x)
    b = np.sin(2.0 * np.pi * y)
    xx = funnel * (bend - u**2 * (0.2 + 2.0 * bend)) + waves * (2.0 * np.cos(2.0 * np.pi * x) - a**2)
    xy = -funnel * u * v * (0.2 + 2.0 * bend) - waves * a * b
    yy = funnel * (bend - v**2 * (0.2 + 2.0 * bend)) + waves * (2.0 * np.cos(2.0 * np.pi * y) - b**2)
    return (xx, xy), (xy, yy)


@surface(
    box=((-4, 3), (-2.2, 2.2)),
    start=(-3.2, 1.2),
    minima=[(0.0, 0.0)],
    source="a bell turned over: what a saturated unit makes of a bowl",
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
