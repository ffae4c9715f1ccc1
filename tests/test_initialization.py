"""First weights: fans, variances and bounds from closed forms, orthogonality, output biases, and what is refused."""

from functools import partial

import numpy as np
import pytest
import scipy.stats

from course_lib import Network
from course_lib import initialization as init
from course_lib.layers import Dense, relu, sigmoid, tanh
from course_lib.losses import softmax, softmax_cross_entropy_forward

SHAPE = (300, 500)
VARIANCES = {"lecun": 1 / 300, "glorot": 2 / 800, "he": 2 / 300}


def draw(name, shape=SHAPE, seed=0, **hyper):
    return getattr(init, name)(np.random.default_rng(seed), shape, **hyper)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((784, 256), (784, 256)), ((3, 3, 16, 32), (144, 288)), ((5, 4, 8), (20, 40)), ((7,), (7, 7))],
)
def test_fans(shape, expected):
    assert init.fans(shape) == expected


@pytest.mark.parametrize("kind", ["uniform", "normal", "truncated"])
@pytest.mark.parametrize("author", VARIANCES)
def test_mean_variance_and_bound(author, kind):
    W = draw(f"{author}_{kind}")
    stddev = np.sqrt(VARIANCES[author])
    assert abs(W.mean()) < 5 * stddev / np.sqrt(W.size)
    assert W.var() == pytest.approx(VARIANCES[author], rel=0.02)
    bound = {"uniform": np.sqrt(3), "normal": np.inf, "truncated": 2 / 0.87962566103423978}[kind] * stddev
    assert np.abs(W).max() <= bound
    if np.isfinite(bound):
        assert np.abs(W).max() > 0.99 * bound


def test_the_distributions_are_scipys():
    """The factor 0.8796 is the standard deviation of scipy's truncated normal."""
    assert scipy.stats.truncnorm(-2, 2).std() == pytest.approx(init.TRUNCATED_STDDEV, rel=1e-12)
    scaled = draw("truncated_normal", (20_000,), stddev=3.0) / 3.0
    assert scipy.stats.kstest(scaled, scipy.stats.truncnorm(-2, 2).cdf).pvalue > 0.01
    assert scipy.stats.kstest(draw("normal", (20_000,), stddev=0.5), scipy.stats.norm(0, 0.5).cdf).pvalue > 0.01


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (3, 3, 2, 8)])
def test_orthogonal_keeps_lengths(shape):
    W = draw("orthogonal", shape, gain=2.0)
    matrix = W.reshape(-1, shape[-1])
    gram = matrix.T @ matrix if len(matrix) >= shape[-1] else matrix @ matrix.T
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_favors_no_direction():
    """Uniform over the orthogonal group: an entry's mean is 0 and its square's mean 1/n; QR's own signs would show."""
    many = np.array([draw("orthogonal", (3, 3), seed) for seed in range(4000)])
    np.testing.assert_allclose(many.mean(axis=0), 0, atol=5 * np.sqrt(1 / 3 / 4000))
    np.testing.assert_allclose((many**2).mean(axis=0), 1 / 3, atol=0.025)


def test_constants():
    np.testing.assert_array_equal(draw("zeros", (2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(partial(init.constant, value=0.1)(np.random.default_rng(0), (4,)), [0.1] * 4)


def test_log_odds_start_the_loss_at_the_entropy_of_the_labels():
    y = np.array([0, 0, 0, 1, 1, 2])
    b = init.log_odds_bias(y, 3)
    np.testing.assert_allclose(softmax(b), [1 / 2, 1 / 3, 1 / 6])
    loss = softmax_cross_entropy_forward(np.tile(b, (6, 1)), y)[0]
    assert loss == pytest.approx(scipy.stats.entropy([3, 2, 1]))
    np.testing.assert_allclose(init.log_odds_bias(np.array([1, 1, 1, 0]), 1), [np.log(3)])


def moved(activation, y, steps, value=0.0):
    """Which blocks have left their first value after so many steps of plain descent; and the network."""
    layers = [part for _ in range(3) for part in (Dense(4), activation)] + [Dense(2)]
    network = Network(np.random.default_rng(0), 3, layers, initializer=partial(init.constant, value=value))
    x = np.random.default_rng(1).normal(size=(len(y), 3))
    for _ in range(steps):
        network.theta -= 0.5 * network.loss_and_grad(x, y)[1]
    first = {"W": value, "b": 0.0}
    return [name for name, w in network.weights().items() if (w != first[name[-1]]).any()], network


def test_from_zero_weights_a_sigmoid_network_moves_one_layer_deeper_each_step():
    """Not nothing is learned, as is often said: every layer moves, but its units stay alike."""
    y = np.array([0, 0, 0, 1, 1, 0])
    depths = [min(int(name[0]) for name in moved(sigmoid, y, steps)[0]) for steps in (1, 2, 3, 4)]
    assert depths == [6, 4, 2, 0]
    W = moved(sigmoid, y, 10)[1].weights()["2.dense.W"]
    assert np.ptp(W) == 0 and W[0, 0] != 0


@pytest.mark.parametrize("activation", [relu, tanh])
def test_from_zero_weights_relu_and_tanh_move_the_output_bias_alone_and_that_only_with_unequal_classes(activation):
    assert moved(activation, np.array([0, 0, 0, 1, 1, 0]), 10)[0] == ["6.dense.b"]
    assert moved(activation, np.arange(8) % 2, 10)[0] == []  # eighths: sums without rounding


def test_units_that_start_alike_stay_alike():
    W = moved(tanh, np.array([0, 0, 0, 1, 1, 0]), 10, value=0.5)[1].weights()["0.dense.W"]
    np.testing.assert_allclose(np.ptp(W, axis=1), 0, atol=1e-15)
    assert np.ptp(W) > 1e-3


REFUSED = {
    "fan of zero": (
        r"whole numbers of at least 1, got \(0, 3\): a fan would be zero",
        lambda: draw("he_normal", (0, 3)),
    ),
    "no shape": ("a fan would be zero", lambda: init.fans(())),
    "mode": ("mode must be one of fan_in, fan_out, fan_avg, got 'fan'", lambda: draw("variance_scaling", mode="fan")),
    "distribution": ("must be normal, uniform or trun", lambda: draw("variance_scaling", distribution="cauchy")),
    "scale": ("scale must be positive and finite, got -1", lambda: draw("variance_scaling", scale=-1)),
    "stddev": ("stddev must be finite and at least 0, got nan", lambda: draw("normal", stddev=float("nan"))),
    "value": ("value must be finite, got inf", lambda: draw("constant", value=float("inf"))),
    "vector": (r"orthogonal: shape needs at least two numbers, got \(3,\)", lambda: draw("orthogonal", (3,))),
    "gain": ("gain must be finite", lambda: draw("orthogonal", gain=float("inf"))),
    "missing class": ("class 1 does not occur in y", lambda: init.log_odds_bias(np.array([0, 2]), 3)),
    "unknown class": ("whole numbers from 0 to 1, got", lambda: init.log_odds_bias(np.array([0, 2]), 1)),
}


@pytest.mark.parametrize(("words", "call"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(words, call):
    with pytest.raises(ValueError, match=words):
        call()
