"""Sizes of signals by layer: the laws of LeCun, Glorot and He, and a chain in closed form."""

from functools import partial

import numpy as np
import pytest

from course_lib import Network
from course_lib import initialization as init
from course_lib.layers import Dense, linear, relu, tanh
from course_lib.losses import squared
from course_lib.propagation import propagation

WIDTH, DEPTH = 200, 12
X = np.random.default_rng(1).normal(size=(300, WIDTH))
Y = 1e6 * np.random.default_rng(2).normal(
    size=(300, WIDTH)
)  # the error then hardly depends on the weights, as the law assumes


def measured(initializer, activation, seed=0):
    layers = [part for _ in range(DEPTH) for part in (Dense(WIDTH), activation)]
    return propagation(Network(np.random.default_rng(seed), WIDTH, layers, initializer=initializer, loss=squared), X, Y)


def growth(initializer, activation, which="variance"):
    """Mean factor a layer, over three seeds."""
    rates = [np.log(getattr(measured(initializer, activation, seed), which)[::2]) for seed in range(3)]
    return np.exp(np.mean([rate[-1] - rate[0] for rate in rates]) / (DEPTH - 1))


@pytest.mark.parametrize(
    ("initializer", "activation", "factor"),
    [
        (init.lecun_normal, linear, 1.0),
        (init.glorot_uniform, linear, 1.0),
        (init.he_truncated, relu, 1.0),
        (init.lecun_normal, relu, 0.5),
        (init.he_normal, linear, 2.0),
        (partial(init.normal, stddev=0.01), linear, 0.01**2 * WIDTH),
    ],
)
def test_variance_by_layer_follows_the_law_forward_and_backward(initializer, activation, factor):
    assert growth(initializer, activation) == pytest.approx(factor, rel=0.1)
    backward = growth(initializer, activation, "gradient_variance")  # grows towards the first layer
    assert 1 / backward == pytest.approx(factor, rel=0.1)


def test_orthogonal_linear_layers_keep_the_variance_exactly():
    record = measured(init.orthogonal, linear)
    np.testing.assert_allclose(np.add(record.variance, np.square(record.mean)), np.mean(X**2))


def test_relu_fires_for_half_of_the_inputs_and_a_small_bias_hardly_changes_that():
    shares = {}
    for bias in (0.0, 0.01, 0.1):
        network = Network(
            np.random.default_rng(0), WIDTH, [Dense(WIDTH), relu], initializer=init.he_normal, loss=squared,
            bias_initializer=partial(init.constant, value=bias),
        )  # fmt: skip
        shares[bias] = propagation(network, X, Y).active[1]
    assert abs(shares[0.0] - 0.5) < 0.01
    assert shares[0.01] - shares[0.0] == pytest.approx(0.01 / np.sqrt(2 * np.pi * 2), rel=0.2)
    assert shares[0.1] - shares[0.0] == pytest.approx(0.1 / np.sqrt(2 * np.pi * 2), rel=0.1)


def test_the_record_names_layers_and_shows_itself():
    record = propagation(Network(np.random.default_rng(0), 3, [tanh, Dense(2)]), np.ones((4, 3)), [0, 1, 0, 1])
    assert record.layers == ["0.tanh", "1.dense"]
    assert np.isnan(record.gradient_variance[0]) and record.gradient_variance[1] > 0
    assert "| 1.dense |" in record._repr_markdown_()


def test_an_explosion_is_recorded_and_not_raised():
    record = measured(partial(init.constant, value=1e30), linear)
    assert not np.isfinite(record.variance[-1])
