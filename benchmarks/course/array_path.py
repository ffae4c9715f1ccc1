"""Adam on Rosenbrock's valley: a gradient as a reader writes it, on arrays."""

import numpy as np

import course_lib
from benchmarks.task import ADAM, START, STEPS, time_path


def gradient(theta):
    """Gradient of Rosenbrock's function."""
    x, y = theta
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


time_path(lambda: course_lib.descend("adam", gradient, START, STEPS, **ADAM), numpy=np.__version__)
