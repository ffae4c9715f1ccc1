"""The matrix products of a pass over the data with the large network, and nothing else: no library can be faster."""

import numpy as np

from benchmarks.network_task import LARGE, task
from benchmarks.task import report

work = task(LARGE)
rng = np.random.default_rng(0)
values = [rng.standard_normal((work.batch_size, width), np.float32) for width in work.widths]
results = [a.copy() for a in values]
matrices = [W for W, _ in work.weights()]
gradients = [W.copy() for W in matrices]


def epoch():
    """Forward, then backward, for each batch; nobody wants the gradient by the first layer's inputs."""
    for _ in range(len(work.x) // work.batch_size):
        for i, W in enumerate(matrices):
            np.matmul(values[i], W, out=results[i + 1])
        for i, W in reversed(list(enumerate(matrices))):
            np.matmul(values[i].T, values[i + 1], out=gradients[i])
            if i:
                np.matmul(values[i + 1], W.T, out=results[i])


epoch()
report(epoch, scale=work.scale, numpy=np.__version__)
