"""The networks that every library trains, for one pass over the data: their first weights, data and order of examples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.task import report

RATE = 1e-3  # of Adam, all else as in `task.ADAM`
EPOCH = 60_000  # examples to which the time of the large network is scaled
LARGE, DIGITS = "large", "digits"


class Task(NamedTuple):
    """What is trained.

    Parameters
    ----------
    widths : tuple of int
        Inputs, hidden units, classes.
    batch_size : int
        Examples a step.
    x, y : ndarray
        Inputs, float32, and classes.
    scale : float
        Makes of the seconds for these examples those that are told.
    """

    widths: tuple[int, ...]
    batch_size: int
    x: np.ndarray
    y: np.ndarray
    scale: float

    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the first weights and biases of each layer, as scikit-learn draws them from the seed 0."""
        drawn, layers = np.random.RandomState(0), []
        for n_in, n_out in zip(self.widths, self.widths[1:], strict=False):
            bound = (6 / (n_in + n_out)) ** 0.5
            shapes = (n_in, n_out), (n_out,)
            layers.append(tuple(drawn.uniform(-bound, bound, shape).astype(np.float32) for shape in shapes))
        return layers

    def in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the examples in the order of the first pass, for a library that draws its own."""
        order = np.random.default_rng(0).permutation(len(self.x))
        return self.x[order], self.y[order]

    def report(self, work, losses, threads: int = 1, **versions: str) -> None:
        """Time a pass; print as `task.report`, with the mean loss of the first pass, each example counted once."""
        left = len(self.x) - self.batch_size * np.arange(len(losses))
        mean = np.average(losses, weights=np.minimum(left, self.batch_size)) if len(losses) > 1 else losses[0]
        report(work, [[mean]], threads=threads, scale=self.scale, **versions)


def task(name: str) -> Task:
    """Return a task by its name: made data for the large network, scikit-learn's digits for the small one."""
    if name == LARGE:
        rng = np.random.default_rng(1)
        x = rng.standard_normal((12_800, 784), np.float32)
        y = (x @ rng.normal(size=(784, 10)).astype(np.float32)).argmax(axis=1)
        return Task((784, 256, 128, 10), 128, x, y, EPOCH / len(x))
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return Task((64, 64, 32, 10), 32, (x / 16).astype(np.float32), y, 1.0)
