"""One step of Adam on ten million numbers, float32; the arguments are the threads and whether it is compiled."""

import os
import sys

threads, compiled = int(sys.argv[1]), sys.argv[2:] == ["compiled"]
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy as np  # noqa: E402

from benchmarks.task import ADAM, COMPARED_STEPS, PARAMETERS, report  # noqa: E402
from course_lib import Stepper  # noqa: E402

theta = np.linspace(-1, 1, PARAMETERS, dtype=np.float32)
g = theta[::-1].copy()
stepper = Stepper("adam", theta, compiled=compiled, **ADAM)
for _ in range(COMPARED_STEPS):
    stepper.step(g)
report(lambda: stepper.step(g), [theta[:: PARAMETERS // 7]], threads=threads, numpy=np.__version__)
