"""What every library is given to do, and how it is timed; needs nothing but Python."""

import json
import statistics
import time
from collections.abc import Callable, Sequence

START = (-1.2, 1.0)
STEPS = 500
ADAM = {"learning_rate": 0.02, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}

RUN_STEPS, RATES, MOMENTA = 500, 100, 50  # of a heat map: a run for each pair
LEAST_RATE, MOST_RATE, MOST_MOMENTUM = 1e-5, 3e-4, 0.95
EIGENVALUES = [100 ** (k / 9) for k in range(10)]  # of the quadratic in ten dimensions
LOOKED_AT = (0, 49, 2500, 4950, 4999)  # runs whose ends are compared

PARAMETERS = 10_000_000  # of the vector that one step of Adam changes
COMPARED_STEPS = 3

LEAST_SECONDS, LEAST_TIMES = 0.5, 5


def pairs() -> list[tuple[float, float]]:
    """Return the rate and the momentum of each run of a heat map."""
    rates = [LEAST_RATE * (MOST_RATE / LEAST_RATE) ** (k / (RATES - 1)) for k in range(RATES)]
    return [(rate, MOST_MOMENTUM * k / (MOMENTA - 1)) for rate in rates for k in range(MOMENTA)]


def time_path(follow: Callable[[], Sequence[Sequence[float]]], **versions: str) -> None:
    """Time a function that returns the whole path, a point for the start and one for every step; print as `report` does.

    Parameters
    ----------
    follow : callable
        Runs the task.
    **versions : str
        What took part.
    """
    path = follow()
    report(follow, path[:: STEPS // 5], **versions)


def report(
    work: Callable[[], object],
    points: Sequence[Sequence[float]] = (),
    *,
    threads: int = 1,
    scale: float = 1,
    **versions: str,
) -> None:
    """Time a piece of work; print the median as JSON, with points that it went to.

    Whatever it does the first time was done before. Measured is the CPU time of the process, which hardly depends on who
    else is busy; with more than one thread the time on the clock.

    Parameters
    ----------
    work : callable
        Runs the task.
    points : sequence
        Where it led, to compare with others; none where nothing can be compared.
    threads : int
        How many take part.
    scale : float
        Makes of the seconds those that are told, where only a part of the work was done.
    **versions : str
        What took part.
    """
    numbers = [[float(x) for x in point] for point in points]  # before they change
    clock = time.process_time if threads == 1 else time.perf_counter
    seconds: list[float] = []
    while len(seconds) < LEAST_TIMES or sum(seconds) < LEAST_SECONDS:
        began = clock()
        work()
        seconds.append(clock() - began)
    answer = {"seconds": scale * statistics.median(seconds), "points": numbers, "versions": versions}
    print(json.dumps({key: value for key, value in answer.items() if value}))
