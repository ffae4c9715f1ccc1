"""A network with batch norm in its inference form."""

import numpy as np
import pytest
import scipy.special

from course_lib import Network
from course_lib.inference import folded, population_state
from course_lib.initialization import normal
from course_lib.layers import BatchNorm, Dense, Dropout, relu, tanh

X = np.random.default_rng(1).normal(size=(64, 6)) * 2 + 1


def make(layers, dtype=np.float64):
    network = Network(np.random.default_rng(0), 6, layers, dtype=dtype)
    rng = np.random.default_rng(2)
    network.theta += normal(rng, network.theta.shape, stddev=0.3).astype(dtype)
    network.state += rng.uniform(0, 1, network.state.size).astype(dtype)
    return network


def test_population_statistics_of_the_first_batch_norm_by_hand():
    network = make([Dense(4), BatchNorm(momentum=0.9), tanh, Dense(3), BatchNorm(), Dense(2)])
    network.state[...] = population_state(network, X, 16)
    W, b = (network.weights()[f"0.dense.{key}"] for key in "Wb")
    z = (X @ W + b).reshape(4, 16, 4)
    mean, variance = (
        network.statistics()["1.batch_norm.moving_mean"],
        network.statistics()["1.batch_norm.moving_variance"],
    )
    np.testing.assert_allclose(mean, z.mean(axis=(0, 1)))
    np.testing.assert_allclose(variance, z.var(axis=1, ddof=1).mean(axis=0))


def test_with_one_whole_batch_inference_gives_what_training_gave_but_for_the_unbiased_variance():
    network = make([Dense(4), BatchNorm(), relu, Dense(2)])
    z = network.forward(X, training=True).y
    state = population_state(network, X, 64)
    variances = network.statistics(state)["1.batch_norm.moving_variance"]
    variances *= 63 / 64
    network.state[...] = state
    np.testing.assert_allclose(network.predict(X), z, atol=1e-10)


@pytest.mark.parametrize(("dtype", "atol"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_a_folded_network_has_the_same_outputs(dtype, atol):
    network = make(
        [BatchNorm(), Dense(4), BatchNorm(), relu, Dropout(keep=0.5), Dense(5), tanh, BatchNorm(), Dense(2)], dtype
    )
    smaller = folded(network)
    assert [layer.name for layer in smaller.layers] == [
        "batch_norm",
        "dense",
        "relu",
        "dense",
        "tanh",
        "batch_norm",
        "dense",
    ]
    assert smaller.theta.dtype == dtype
    np.testing.assert_allclose(smaller.predict(X), network.predict(X), atol=atol)


def test_the_loss_of_a_folded_network_is_that_of_the_answers_and_no_penalty():
    network = Network(np.random.default_rng(0), 6, [Dense(4), BatchNorm(), relu, Dense(3)], l2=0.5)
    network.state[4:] = 1e-2  # small variances make large weights
    y = np.arange(64) % 3
    z = network.predict(X)
    answers = np.mean(scipy.special.logsumexp(z, axis=1) - z[np.arange(64), y])
    assert folded(network).loss(X, y) == pytest.approx(answers, rel=1e-12)
    penalty = 0.5 * sum(np.sum(W**2) for name, W in network.weights().items() if name.endswith(".W"))
    assert network.loss(X, y) == pytest.approx(answers + penalty, rel=1e-12)


def test_a_folded_network_without_other_batch_norms_needs_no_batch():
    network = make([Dense(4), BatchNorm(), relu, Dense(2)])
    smaller = folded(network)
    assert not smaller.state.size
    np.testing.assert_allclose(smaller.predict(X)[:1], smaller.forward(X[:1], training=True).y)


def test_a_network_without_state_has_none():
    assert population_state(make([Dense(2)]), X, 16).size == 0


@pytest.mark.parametrize("size", [1, 65])
def test_refused_by_name(size):
    with pytest.raises(ValueError, match=f"batch_size must be a whole number from 2 to the 64 examples, got {size}"):
        population_state(make([Dense(2)]), X, size)
