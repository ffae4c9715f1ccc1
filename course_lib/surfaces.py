"""Loss surfaces of two coordinates, each written once; those of any number are in `landscapes`. What chapters import."""

from course_lib.benchmark_surfaces import ackley, beale, himmelblau, rastrigin, rosenbrock
from course_lib.model_surfaces import (
    bowl,
    cliff,
    linear_chain,
    monkey_saddle,
    plateau,
    quadratic,
    ravine,
    saddle,
    turned_valley,
    two_features,
    two_minima,
)
from course_lib.surface import SURFACES, Surface, as_surface, surface

__all__ = [
    "SURFACES",
    "Surface",
    "ackley",
    "as_surface",
    "beale",
    "bowl",
    "cliff",
    "himmelblau",
    "linear_chain",
    "monkey_saddle",
    "plateau",
    "quadratic",
    "rastrigin",
    "ravine",
    "rosenbrock",
    "saddle",
    "surface",
    "turned_valley",
    "two_features",
    "two_minima",
]
