"""Adam on Rosenbrock's valley: a surface of the library."""

import numpy as np

import course_lib
from benchmarks.task import ADAM, START, STEPS, time_path
from course_lib.surfaces import rosenbrock

time_path(lambda: course_lib.descend("adam", rosenbrock, START, STEPS, **ADAM), numpy=np.__version__)
