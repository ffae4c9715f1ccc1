"""Layers of a trained network in another one, and parameters that are held fast."""

import numpy as np
import pytest

from course_lib import Network
from course_lib.data import digits
from course_lib.layers import BatchNorm, Dense, Dropout, relu
from course_lib.training import train
from course_lib.transfer import mask_of, start_from

DATA = digits()
LAYERS = [Dense(16), BatchNorm(), relu, Dropout(keep=0.9), Dense(8), relu]


def make(seed, classes=10):
    return Network(np.random.default_rng(seed), 64, [*LAYERS, Dense(classes)])


def trained(seed=0):
    network = make(seed)
    train(np.random.default_rng(1), network, "adam", DATA.x_train, DATA.y_train, epochs=3, learning_rate=0.01)
    return network


def test_layers_are_copied_with_their_statistics_and_the_rest_is_not():
    source, network = trained(), make(5, classes=3)
    before = network.theta.copy()
    mask = start_from(network, source, ["0.dense", "1"])
    for name in ("0.dense.W", "0.dense.b", "1.batch_norm.gamma"):
        np.testing.assert_array_equal(network.weights()[name], source.weights()[name])
    np.testing.assert_array_equal(network.state, source.state)
    np.testing.assert_array_equal(network.theta[~mask], before[~mask])
    np.testing.assert_array_equal(mask, mask_of(network, ["0", "1.batch_norm"]))
    assert mask.sum() == 64 * 16 + 16 + 2 * 16


@pytest.mark.parametrize("rule", ["adamw", "nesterov", "lion", "momentum", "muon"])
def test_frozen_parameters_stay_and_the_others_learn(rule):
    network = make(5)
    mask = start_from(network, trained(), ["0.dense"])
    before = network.theta.copy()
    train(
        np.random.default_rng(1), network, rule, DATA.x_train, DATA.y_train,
        epochs=1, learning_rate=0.005, frozen=mask,
    )  # fmt: skip
    np.testing.assert_array_equal(network.theta[mask], before[mask])
    assert (network.theta[~mask] != before[~mask]).mean() > 0.9


def test_with_few_examples_a_trained_start_is_ahead():
    """A new last layer from 40 images: on layers that have seen 1000 others, held fast, against a start from nothing.

    Not so for other labels: for odd or even, layers that were trained on the ten digits bring two points at most.
    """
    layers, few = [Dense(32), relu], slice(0, 40)
    source = Network(np.random.default_rng(0), 64, [*layers, Dense(10)])
    train(np.random.default_rng(1), source, "adam", DATA.x_train[400:], DATA.y_train[400:], learning_rate=0.01)
    for seed in range(5):
        accuracies = []
        for with_start in (True, False):
            network = Network(np.random.default_rng(seed + 50), 64, [*layers, Dense(10)])
            frozen = start_from(network, source, ["0"]) if with_start else None
            run = train(
                np.random.default_rng(seed), network, "adam", DATA.x_train[few], DATA.y_train[few],
                epochs=20, batch_size=10, learning_rate=0.01, frozen=frozen, test=(DATA.x_test, DATA.y_test),
            )  # fmt: skip
            accuracies.append(run.test_accuracy)
        assert accuracies[0] > accuracies[1] + 0.03


REFUSED = {
    "name": (LookupError, "no parameter is called 'dense'; there are 0.dense.W", lambda n: mask_of(n, ["dense"])),
    "one string": (TypeError, r"several, such as \['0.dense'\], got the one string '10'", lambda n: mask_of(n, "10")),
    "one string, copied": (TypeError, "got the one string '0'", lambda n: start_from(n, make(1), "0")),
    "no such layer": (LookupError, "no parameter is called '2.relu'", lambda n: start_from(n, n, ["2.relu"])),
    "shape": (
        ValueError,
        r"6.dense.W has shape \(8, 10\), the trained network has \(8, 3\) there",
        lambda n: start_from(n, make(0, classes=3), ["0", "6"]),
    ),
    "mask": (
        ValueError,
        r"frozen must be a mask of bool of shape \(\d+,\), got int64 of shape \(3,\)",
        lambda n: train(np.random.default_rng(0), n, "adam", DATA.x_train, DATA.y_train, frozen=np.zeros(3, int)),
    ),
}


@pytest.mark.parametrize(("error", "words", "call"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(error, words, call):
    network = make(0)
    before = network.theta.copy()
    with pytest.raises(error, match=words):
        call(network)
    np.testing.assert_array_equal(network.theta, before)
