"""What moves the inputs of a layer, by closed forms; and noise whose statistics are known."""

import numpy as np
import pytest

from course_lib import Network
from course_lib.covariate_shift import Moments, RestlessNoise, gradient_shift, moments_moved, unit_moments
from course_lib.gradient_checking import gradient_check
from course_lib.layers import BatchNorm, Dense, relu, tanh
from course_lib.losses import squared

X = np.random.default_rng(0).normal(size=(64, 3)) * 2 + 1
Y = np.arange(64) % 2


def make(layers, seed=0, **options):
    return Network(np.random.default_rng(seed), 3, layers, **options)


def test_moments_of_a_dense_layer_follow_from_those_of_the_inputs():
    network = make([Dense(4), tanh, Dense(2)])
    W, b = network.weights()["0.dense.W"], network.weights()["0.dense.b"]
    found = unit_moments(network, X, 0)
    np.testing.assert_allclose(found.mean, X.mean(axis=0) @ W + b)
    covariance = np.cov(X.T, bias=True)
    np.testing.assert_allclose(found.deviation, np.sqrt(np.einsum("ij,ik,kj->j", W, covariance, W)))


def test_after_batch_norm_the_moments_are_zero_and_one_whatever_the_weights():
    network = make([Dense(4), BatchNorm(epsilon=1e-12), relu, Dense(2)])
    before = unit_moments(network, X, 1)
    network.weights()["0.dense.W"][...] *= 3
    np.testing.assert_allclose(before, [np.zeros(4), np.ones(4)], atol=1e-9)
    assert moments_moved(before, unit_moments(network, X, -3)) < 1e-9
    assert moments_moved(unit_moments(make([Dense(4), Dense(2)]), X, 0), before) > 0.1


def test_how_far_is_measured_in_standard_deviations():
    before, after = Moments(np.array([0.0, 1.0, 5.0]), np.array([2.0, 1.0, 0.0])), None
    after = Moments(np.array([6.0, 1.0, 9.0]), np.array([10.0, 1.5, 0.0]))
    assert moments_moved(before, after) == pytest.approx((10 / 2 + 0.5) / 2), "a unit that never varied is left out"


def test_the_gradient_of_two_linear_layers_shifts_as_by_hand():
    """With scalars J = (w2 w1 x - y)**2 and G2 = 2 (w2 w1 x - y) w1 x."""
    network = Network(np.random.default_rng(0), 1, [Dense(1), Dense(1)], loss=squared)
    network.theta[...] = [1.5, 0.0, 0.5, 0.0]
    x, y, rate = 2.0, 1.0, 0.05
    error = 0.5 * 1.5 * x - y
    moved = 1.5 - rate * 2 * error * 0.5 * x, -rate * 2 * error * 0.5
    before = 2 * error * 1.5 * x
    hidden = moved[0] * x + moved[1]
    after = 2 * (0.5 * hidden - y) * hidden
    found = gradient_shift(network, [[x]], [[y]], learning_rate=rate)
    np.testing.assert_allclose(found.distance, [0, abs(after - before) / abs(before)])
    np.testing.assert_allclose(found.cosine, [1, np.sign(after * before)])
    assert network.theta[0] == 1.5


def test_noise_has_the_moments_it_says_and_vanishes_at_inference():
    layer = RestlessNoise(shift=0.6, scale=0.3)
    x = np.tile([[-1.0], [1.0]], (1, 20_000))
    y, _ = layer.forward(x, training=True, rng=np.random.default_rng(1))
    shift, scale = y.mean(axis=0), y.std(axis=0)
    assert (shift.var(), scale.var()) == pytest.approx((0.6**2 / 3, 0.3**2 / 3), rel=0.05)
    assert (np.abs(shift).max() < 0.6) and (0.7 < scale.min() < scale.max() < 1.3)
    assert layer.forward(x, training=False, rng=None)[0] is x


def test_the_gradient_through_the_noise_is_right():
    network = make([Dense(4), BatchNorm(), RestlessNoise(shift=0.5, scale=0.5), tanh, Dense(2)])
    assert max(gradient_check(network, X[:8], Y[:8]).values()) < 1e-7


def test_refused_by_name():
    with pytest.raises(ValueError, match=r"shift >= 0 and scale in \[0, 1\), got -1 and 0"):
        RestlessNoise(shift=-1, scale=0)
    with pytest.raises(ValueError, match="give rng="):
        make([Dense(2), RestlessNoise(shift=1, scale=0)]).loss_and_grad(X, Y)
    with pytest.raises(IndexError):
        unit_moments(make([Dense(2)]), X, 5)
