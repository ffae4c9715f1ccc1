"""Momentum for many rates and momenta at once; the arguments are the dimensions and whether it is compiled."""

import sys

import numpy as np

import course_lib
from benchmarks.task import EIGENVALUES, LOOKED_AT, RUN_STEPS, START, pairs, report
from course_lib.landscapes import spectral_quadratic
from course_lib.surfaces import rosenbrock

surface, start = (rosenbrock, START) if sys.argv[1] == "2" else (spectral_quadratic(EIGENVALUES), np.ones(10))
hyper = dict(zip(("learning_rate", "momentum"), np.array(pairs()).T[..., None], strict=True))
starts = np.tile(start, (len(pairs()), 1))


def run():
    """Return the end of every run."""
    compiled = sys.argv[2:] == ["compiled"]
    return course_lib.descend("momentum", surface, starts, RUN_STEPS, keep="last", compiled=compiled, **hyper)


report(run, run()[list(LOOKED_AT)], numpy=np.__version__)
