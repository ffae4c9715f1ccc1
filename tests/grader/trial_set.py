"""Three small exercises, so that a hostile class is marked the same whatever the course's own sets become."""

import numpy as np

from course_lib.exercises import Part, Task, Wrong


def _vector(rng, hidden):
    return (rng.normal(size=int(rng.integers(3, 30 if hidden else 6))),)


def _scaled(rng, hidden):
    return (*_vector(rng, hidden), float(rng.uniform(1, 3)))


def scale(x, factor):
    """The vector times the factor."""
    return factor * x


def total(x):
    """The sum of squares."""
    return float(np.sum(x**2))


def running(x):
    """Running sums."""
    return np.cumsum(x)


TRIAL = (
    Task("trial.scale", "Scale", scale, (Part("values", _scaled, points=2),)),
    Task(
        "trial.total",
        "Sum of squares",
        total,
        (Part("values", _vector, points=2),),
        (Wrong("the sum alone", lambda x: float(np.sum(x)), "it adds the numbers, not their squares."),),
    ),
    Task("trial.running", "Running sums", running, (Part("values", _vector, points=2),)),
)
