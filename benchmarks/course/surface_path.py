"""Adam on Rosenbrock's valley: a surface of the library; the argument says whether it is compiled."""

import sys

import numpy as np

import course_lib
from benchmarks.task import ADAM, START, STEPS, time_path
from course_lib.surfaces import rosenbrock

compiled = sys.argv[1:] == ["compiled"]
time_path(lambda: course_lib.descend("adam", rosenbrock, START, STEPS, compiled=compiled, **ADAM), numpy=np.__version__)
