"""Networks trained side by side: each goes the way that it goes alone."""

import numpy as np
import pytest

from course_lib import Network
from course_lib.layers import BatchNorm, Dense, Dropout, LayerNorm, relu, sigmoid, tanh
from course_lib.many_networks import train_many
from course_lib.training import train

X = np.random.default_rng(0).normal(size=(50, 6)) + 1
Y = (X[:, 0] * X[:, 1] > 1).astype(int)
STACKS = {
    "plain": [Dense(5), tanh, Dense(4), sigmoid, Dense(2)],
    "batch norm": [Dense(5), BatchNorm(momentum=0.9), relu, Dense(4), BatchNorm(), tanh, Dense(2)],
    "layer norm": [Dense(5), LayerNorm(), relu, Dense(4), tanh, LayerNorm(), Dense(2)],
}


def networks(layers, seeds=range(4), **options):
    return [Network(np.random.default_rng(s), 6, layers, **options) for s in seeds]


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
@pytest.mark.parametrize("rule", ["gradient_descent", "adam"])
def test_each_network_goes_the_way_it_goes_alone(layers, rule):
    together, alone = networks(layers, l2=1e-3), networks(layers, l2=1e-3)
    rates = [0.01, 0.03, 0.1, 0.3]
    options = {"epochs": 3, "batch_size": 16, "test": (X, Y)}
    histories = train_many(
        [np.random.default_rng(9 + s) for s in range(4)], together, rule, X, Y, learning_rate=rates, **options
    )
    for s, rate in enumerate(rates):
        history = train(np.random.default_rng(9 + s), alone[s], rule, X, Y, learning_rate=rate, **options)
        np.testing.assert_allclose(histories[s].losses, history.losses, rtol=1e-8)
        np.testing.assert_allclose(together[s].theta, alone[s].theta, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(together[s].state, alone[s].state, rtol=1e-6, atol=1e-8)
        assert histories[s].test_accuracy == history.test_accuracy


def test_a_network_cannot_be_two_runs():
    one = networks(STACKS["plain"], [0])[0]
    with pytest.raises(ValueError, match="a network for each run, got the same one twice"):
        train_many([np.random.default_rng(s) for s in range(2)], [one, one], "adam", X, Y)


@pytest.mark.parametrize("value", ["a", True, None])
def test_a_hyperparameter_that_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="adam: learning_rate: expected a number"):
        train_many([np.random.default_rng(0)], networks(STACKS["plain"], [0]), "adam", X, Y, learning_rate=value)


def test_who_diverges_ends_and_disturbs_nobody():
    layers = [Dense(5), relu, Dense(5), relu, Dense(2)]
    together, alone = networks(layers, [0, 1]), networks(layers, [0, 1])
    rngs = [np.random.default_rng(s) for s in range(2)]
    calm, wild = train_many(rngs, together, "gradient_descent", X, Y, epochs=20, learning_rate=[0.1, 1e60])
    single = train(np.random.default_rng(0), alone[0], "gradient_descent", X, Y, epochs=20, learning_rate=0.1)
    np.testing.assert_allclose(calm.losses, single.losses, rtol=1e-8)
    assert wild.diverged and len(wild.losses) < len(calm.losses) == 40


def test_float32_stays_float32():
    made = networks(STACKS["batch norm"], dtype=np.float32)
    train_many([np.random.default_rng(s) for s in range(4)], made, "momentum", X, Y, learning_rate=0.1)
    assert {network.theta.dtype for network in made} == {np.dtype(np.float32)}


def run(layers=STACKS["plain"], made=None, rngs=4, rule="adam", **hyper):
    return train_many([np.random.default_rng(s) for s in range(rngs)], made or networks(layers), rule, X, Y, **hyper)


REFUSED = {
    "generators": (lambda: run(rngs=3), ValueError, "one generator a network, got 3 for 4"),
    "two shapes": (
        lambda: run(made=networks([Dense(2)], [0, 1]) + networks([Dense(3), Dense(2)], [0, 1])),
        ValueError,
        "same layers",
    ),
    "dropout": (lambda: run([Dense(3), Dropout(keep=0.5), Dense(2)]), LookupError, "dropout"),
    "matrices": (lambda: run(rule="muon"), TypeError, "elementwise rule without a look-ahead, got 'muon'"),
    "look-ahead": (lambda: run(rule="nesterov"), TypeError, "without a look-ahead, got 'nesterov'"),
    "schedule": (lambda: run(learning_rate=lambda step: 0.1), TypeError, "learning_rate must be a number"),
    "two rates": (lambda: run(learning_rate=[0.1, 0.2]), ValueError, r"one number or 4, got shape \(2,\)"),
}


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(call, error, words):
    with pytest.raises(error, match=words):
        call()
