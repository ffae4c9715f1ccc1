"""The same work in JAX, float64, one thread, compiled before the clock starts; the argument says which.

``path`` is 500 steps of Adam in one scan, ``step`` the same with a compiled step of optax called from Python, ``2`` and
``10`` are the heat maps, all runs in one scan.
"""

import os
import sys

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.task import ADAM, EIGENVALUES, LOOKED_AT, RUN_STEPS, START, STEPS, pairs, report, time_path

jax.config.update("jax_enable_x64", True)
rate, beta_1, beta_2, epsilon = ADAM.values()
spectrum = jnp.array(EIGENVALUES)[:, None]


def valley(theta):
    """Rosenbrock's function, summed over the runs."""
    x, y = theta
    return jnp.sum((1 - x) ** 2 + 100 * (y - x**2) ** 2)


def bowl(theta):
    """The quadratic, summed over the runs."""
    return 0.5 * jnp.sum(spectrum * theta**2)


def adam(carry, t):
    """One step of Adam; it also returns the point."""
    theta, m, v = carry
    g = jax.grad(valley)(theta)
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    theta = theta - rate * (m / (1 - beta_1**t)) / (jnp.sqrt(v / (1 - beta_2**t)) + epsilon)
    return (theta, m, v), theta


@jax.jit
def whole(start):
    """The whole path in one scan."""
    carry = start, jnp.zeros(2), jnp.zeros(2)
    return jnp.concatenate([start[None], jax.lax.scan(adam, carry, jnp.arange(1.0, STEPS + 1))[1]])


optimizer = optax.adam(rate, beta_1, beta_2, eps=epsilon)


@jax.jit
def one_step(theta, state):
    """One step of optax's Adam."""
    updates, state = optimizer.update(jax.grad(valley)(theta), state)
    return optax.apply_updates(theta, updates), state


def step_by_step():
    """Return the path, a call for each step."""
    theta = jnp.array(START)
    state, path = optimizer.init(theta), [theta]
    for _ in range(STEPS):
        theta, state = one_step(theta, state)
        path.append(theta)
    return np.array(path)


def heat_map(loss, start):
    """Return a function that returns the end of every run."""
    rates, momenta = jnp.array(pairs()).T

    def step(carry, _):
        theta, v = carry
        v = momenta * v - rates * jax.grad(loss)(theta)
        return (theta + v, v), None

    @jax.jit
    def run(theta):
        return jax.lax.scan(step, (theta, jnp.zeros_like(theta)), length=RUN_STEPS)[0][0]

    theta = jnp.repeat(jnp.array(start)[:, None], len(rates), axis=1)
    return lambda: np.asarray(run(theta))


def main(what):
    """Measure."""
    versions = {"jax": jax.__version__, "optax": optax.__version__}
    if what == "path":
        start = jnp.array(START)
        return time_path(lambda: np.asarray(whole(start)), **versions)
    if what == "step":
        return time_path(step_by_step, **versions)
    run = heat_map(valley, START) if what == "2" else heat_map(bowl, [1.0] * 10)
    return report(run, run()[:, list(LOOKED_AT)].T, **versions)


main(sys.argv[1])
