"""Surfaces of two coordinates that the literature tests optimizers on."""

from __future__ import annotations

import itertools

import numpy as np

from course_lib.hyperparameters import NOT_NEGATIVE
from course_lib.surface import surface


@surface(
    box=((-2, 2), (-1, 3)),
    start=(-1.2, 1.0),
    minima=[(1.0, 1.0)],
    source="Rosenbrock (1960), The Computer Journal 3(3), 175-184, doi:10.1093/comjnl/3.3.175",
    ranges={"b": NOT_NEGATIVE},
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
