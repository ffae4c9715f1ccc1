"""Turn a trained network with batch norm into its inference form: population statistics, then folding."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from course_lib.initialization import zeros
from course_lib.layers import Layer
from course_lib.network import Network
from course_lib.normalization import fold_batch_norm, population_statistics
from course_lib.rule import FloatArray


def population_state(
    network: Network, x: Any, batch_size: int, *, rng: np.random.Generator | None = None
) -> FloatArray:
    """Population statistics in place of the running ones.

    Parameters
    ----------
    network : Network
        Not changed.
    x : array_like of shape (examples, n_in)
        Training data, in a random order; what is left over after the last whole batch is not used.
    batch_size : int >= 2
        Examples a batch, as in training.
    rng : numpy.random.Generator, optional
        Source of the masks of dropout.

    Returns
    -------
    ndarray of shape (k,)
        A state: the means over batches of the means, and of the variances times m/(m-1). Write it to ``network.state``.

    Raises
    ------
    ValueError
        If batch_size is no whole number from 2 to the number of examples, or x is none of the network's inputs.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015, Algorithm 2, steps 8-10, arXiv:1502.03167.
    """
    x = np.asarray(x)
    if not 2 <= batch_size <= len(x) or batch_size != int(batch_size):
        raise ValueError(f"batch_size must be a whole number from 2 to the {len(x)} examples, got {batch_size}")
    of_one_batch = rebuilt(network, [_forgetful(layer) for layer in network.layers])
    of_one_batch.theta[...], of_one_batch.state[...] = network.theta, network.state
    states = []
    for i in range(0, len(x) - batch_size + 1, batch_size):
        new = of_one_batch.forward(x[i : i + batch_size], training=True, rng=rng).state
        states.append(np.concatenate([np.ravel(s) for s in new]) if new else network.state)
    plain, unbiased = population_statistics(np.array(states), np.array(states), batch_size)
    is_variance = np.zeros(network.state.size, bool)
    for name, (where, _) in network.state_blocks.items():
        is_variance[where] = name.endswith("variance")
    return np.where(is_variance, unbiased, plain).astype(network.state.dtype)


def folded(network: Network) -> Network:
    """Build the same network for inference without its batch norms after dense layers, and without dropout.

    Parameters
    ----------
    network : Network
        Not changed.

    Returns
    -------
    Network
        With the same outputs in inference mode: a batch norm right after a dense layer is folded into it, inverted
        dropout is left out. A batch norm elsewhere stays. Its l2 is 0: the penalty is on the weights of training, and
        these are others.
    """
    weights, statistics = network.weights(), network.statistics()
    layers: list[Layer] = []
    arrays: list[list[FloatArray]] = []
    states: list[FloatArray] = []
    for i, layer in enumerate(network.layers):
        own = [a for name, a in weights.items() if name.startswith(f"{i}.")]
        kept = [a for name, a in statistics.items() if name.startswith(f"{i}.")]
        if layer.name == "dropout" and layer.hyper["inverted"]:
            continue
        if layer.name == "batch_norm" and layers and layers[-1].name == "dense":
            W, b = arrays[-1]
            arrays[-1] = list(fold_batch_norm(W, b, *own, *kept, epsilon=layer.hyper["epsilon"]))
            continue
        layers.append(layer)
        arrays.append(own)
        states += kept
    smaller = rebuilt(network, layers)
    for target, source in zip(smaller.weights().values(), [a for own in arrays for a in own], strict=True):
        target[...] = source
    for target, source in zip(smaller.statistics().values(), states, strict=True):
        target[...] = source
    return smaller


def rebuilt(network: Network, layers: list[Layer]) -> Network:
    """Build a network of other layers that is like this one in all else but the penalty; its weights are zero."""
    return Network(
        np.random.default_rng(0), network.n_in, layers, dtype=network.theta.dtype, initializer=zeros,
        loss=network.loss_function,
    )  # fmt: skip


def _forgetful(layer: Layer) -> Layer:
    """Let the state of a layer be that of the last batch alone."""
    return layer._replace(forward=partial(layer.forward, momentum=0.0)) if "momentum" in layer.hyper else layer
