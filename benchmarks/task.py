"""What every library is given to do, and how it is timed; needs nothing but Python."""

import json
import statistics
import time
from collections.abc import Callable, Sequence

START = (-1.2, 1.0)
STEPS = 500
ADAM = {"learning_rate": 0.02, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}

LEAST_SECONDS, LEAST_TIMES = 0.5, 5


def time_path(follow: Callable[[], Sequence[Sequence[float]]], **versions: str) -> None:
    """Time a function that returns the whole path; print the median as JSON, with points of the path.

    The first call is not counted. Measured is the CPU time of the process, which hardly depends on who else is busy.

    Parameters
    ----------
    follow : callable
        Runs the task and returns a point for the start and one for every step.
    **versions : str
        What took part.
    """
    path = follow()
    seconds: list[float] = []
    while len(seconds) < LEAST_TIMES or sum(seconds) < LEAST_SECONDS:
        began = time.process_time()
        follow()
        seconds.append(time.process_time() - began)
    points = [[float(x) for x in point] for point in path[:: STEPS // 5]]
    print(json.dumps({"seconds": statistics.median(seconds), "points": points, "versions": versions}))
