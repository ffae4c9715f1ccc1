"""A pass of Adam over the data with the course's network; the arguments are the network, the threads, whether compiled."""

import os
import sys

name, threads, compiled = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["compiled"]
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy as np  # noqa: E402

from benchmarks.network_task import RATE, task  # noqa: E402
from benchmarks.task import ADAM  # noqa: E402
from course_lib import Network  # noqa: E402
from course_lib.layers import Dense, relu  # noqa: E402
from course_lib.training import train  # noqa: E402

work = task(name)
_, *hidden, classes = work.widths
layers = [layer for units in hidden for layer in (Dense(units), relu)]
network = Network(np.random.default_rng(0), work.widths[0], [*layers, Dense(classes)], dtype=np.float32)
for weight, first in zip(network.weights().values(), (a for pair in work.weights() for a in pair), strict=True):
    weight[...] = first
settings = {**ADAM, "learning_rate": RATE, "batch_size": work.batch_size, "compiled": compiled}
rng = np.random.default_rng(0)


def epoch():
    """Train for one epoch."""
    return train(rng, network, "adam", work.x, work.y, epochs=1, **settings).losses


work.report(epoch, epoch(), threads, numpy=np.__version__)
