"""Methods that use curvature: Newton and its repairs, quasi-Newton, coordinate descent. The names that chapters import."""

from course_lib.coordinate_methods import block_coordinate_descent, coordinate_descent
from course_lib.descent import DescentRecord, steepest_descent
from course_lib.newton_methods import damped_newton, newton, saddle_free_newton, truncated_newton
from course_lib.quasi_newton import bfgs, lbfgs

__all__ = [
    "DescentRecord",
    "bfgs",
    "block_coordinate_descent",
    "coordinate_descent",
    "damped_newton",
    "lbfgs",
    "newton",
    "saddle_free_newton",
    "steepest_descent",
    "truncated_newton",
]
