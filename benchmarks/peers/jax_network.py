"""A pass of Adam over the data with JAX, the whole pass one compiled scan; the arguments are the network and the threads."""

import os
import sys

name, threads = sys.argv[1], int(sys.argv[2])
if threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

from benchmarks.network_task import RATE, task  # noqa: E402
from benchmarks.task import ADAM  # noqa: E402

work = task(name)
optimizer = optax.adam(RATE, ADAM["beta_1"], ADAM["beta_2"], eps=ADAM["epsilon"])
x, y = jnp.array(work.x), jnp.array(work.y)


def mean_loss(weights, batch):
    """Mean cross-entropy of a batch."""
    z = x[batch]
    for W, b in weights[:-1]:
        z = jax.nn.relu(z @ W + b)
    W, b = weights[-1]
    return optax.softmax_cross_entropy_with_integer_labels(z @ W + b, y[batch]).mean()


def step(carry, batch):
    """One step; it also returns the loss."""
    weights, state = carry
    loss, grad = jax.value_and_grad(mean_loss)(weights, batch)
    updates, state = optimizer.update(grad, state)
    return (optax.apply_updates(weights, updates), state), loss


@jax.jit
def scan(carry, batches):
    """All steps."""
    return jax.lax.scan(step, carry, batches)


weights = jax.tree.map(jnp.array, work.weights())
carry = weights, optimizer.init(weights)
rng = np.random.default_rng(0)


def epoch():
    """Train for one epoch."""
    global carry
    carry, losses = scan(carry, rng.permutation(len(x)).reshape(-1, work.batch_size))
    return np.asarray(losses)


work.report(epoch, epoch(), threads, jax=jax.__version__, optax=optax.__version__)
