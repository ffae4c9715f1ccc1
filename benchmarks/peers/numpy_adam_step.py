"""One step of Adam on ten million numbers, float32: NumPy as everybody writes it first."""

import numpy as np

from benchmarks.task import ADAM, COMPARED_STEPS, PARAMETERS, report

rate, beta_1, beta_2, epsilon = ADAM.values()
theta = np.linspace(-1, 1, PARAMETERS, dtype=np.float32)
g = theta[::-1].copy()
m, v, t = np.zeros_like(theta), np.zeros_like(theta), 0


def step():
    """Change all."""
    global theta, m, v, t
    t += 1
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    theta = theta - rate * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)


for _ in range(COMPARED_STEPS):
    step()
report(step, [theta[:: PARAMETERS // 7]], numpy=np.__version__)
