"""The small network: shapes, views, gradients by central differences, and what it refuses."""

import numpy as np
import pytest
import scipy.special

from course_lib import Network, gradient_check
from course_lib.initialization import glorot_uniform
from course_lib.layers import Dense, Layer, dense_backward, dense_forward, relu, relu_backward, tanh
from course_lib.losses import softmax, softmax_cross_entropy_forward


def make(layers=None, dtype=np.float64):
    layers = layers or [Dense(5), tanh, Dense(4), relu, Dense(3)]
    return Network(np.random.default_rng(0), 6, layers, dtype=dtype)


def batch(seed=1, n=7):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 6)), rng.integers(3, size=n)


def test_every_weight_is_a_view_of_theta():
    network = make()
    weights = network.weights()
    assert list(weights) == ["0.dense.W", "0.dense.b", "2.dense.W", "2.dense.b", "4.dense.W", "4.dense.b"]
    assert sum(w.size for w in weights.values()) == network.theta.size == 6 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3
    weights["2.dense.b"][1] = 42.0
    assert 42.0 in network.theta
    assert all(np.shares_memory(w, network.theta) for w in weights.values())


def test_gradients_agree_with_central_differences():
    errors = gradient_check(make(), *batch())
    assert len(errors) == 6
    assert max(errors.values()) < 1e-7


def test_loss_and_gradient_at_another_point():
    network = make()
    x, y = batch()
    other = network.theta + 0.1
    loss, grad = network.loss_and_grad(x, y, at=other)
    grad = grad.copy()
    network.theta[...] = other
    assert network.loss_and_grad(x, y)[0] == loss
    np.testing.assert_array_equal(network.loss_and_grad(x, y)[1], grad)


def test_forward_pass_by_hand():
    network = Network(np.random.default_rng(0), 2, [Dense(2), relu, Dense(2)])
    weights = network.weights()
    weights["0.dense.W"][...] = [[1, -1], [2, 1]]
    weights["0.dense.b"][...] = [0, 1]
    weights["2.dense.W"][...] = [[1, 0], [3, 1]]
    weights["2.dense.b"][...] = [0, 10]
    np.testing.assert_allclose(network.predict([[1, 1], [-1, 0]]), [[3 + 3 * 1, 10 + 1], [3 * 2, 10 + 2]])


def test_cross_entropy_is_scipys_and_does_not_overflow():
    rng = np.random.default_rng(2)
    z, y = rng.normal(size=(9, 4)) * 300, rng.integers(4, size=9)
    expected = -scipy.special.log_softmax(z, axis=1)[np.arange(9), y].mean()
    assert softmax_cross_entropy_forward(z, y)[0] == pytest.approx(expected)
    np.testing.assert_allclose(softmax(z), scipy.special.softmax(z, axis=1))


def test_float32_stays_float32():
    network = make(dtype=np.float32)
    x, y = batch()
    assert network.loss_and_grad(x, y)[1].dtype == network.predict(x).dtype == np.float32


def test_glorot_uniform_has_its_bound_and_variance():
    W = glorot_uniform(np.random.default_rng(0), (300, 500))
    bound = np.sqrt(6 / 800)
    assert bound * 0.99 < np.abs(W).max() <= bound
    assert W.var() == pytest.approx(2 / 800, rel=0.02)


def broken(name, forward=None, backward=None):
    """A layer with a planted bug."""
    good = {"dense": Dense(5), "relu": relu, "tanh": tanh}[name]
    return good._replace(forward=forward or good.forward, backward=backward or good.backward)


PLANTED = {
    "bias gradient a mean": broken("dense", backward=lambda dy, c: (*dense_backward(dy, c)[:2], dy.mean(axis=0))),
    "weight gradient forgets the batch": broken(
        "dense", backward=lambda dy, c: (dy @ c[1].T, c[0].T @ dy / len(dy), dy.sum(axis=0))
    ),
    "relu lets all gradients through": broken("relu", backward=lambda dy, c: (dy,)),
    "relu the wrong way round": broken("relu", backward=lambda dy, c: (dy * ~c,)),
    "tanh without its square": broken("tanh", backward=lambda dy, c: (dy * (1 - c),)),
    "dense transposes the cache": broken(
        "dense", lambda x, W, b: (dense_forward(x, W, b)[0], (x[::-1], W)), lambda dy, c: dense_backward(dy, c)
    ),
}


@pytest.mark.parametrize("bug", PLANTED.values(), ids=PLANTED)
def test_gradient_check_finds_a_planted_bug(bug: Layer):
    hidden = [bug, tanh] if bug.units else [Dense(5), bug]
    network = make([Dense(5), tanh, *hidden, Dense(3)])
    assert max(gradient_check(network, *batch()).values()) > 1e-3


def test_relu_at_the_kink_has_gradient_zero_as_in_keras():
    np.testing.assert_array_equal(relu_backward(np.ones((1, 2)), np.array([[0.0, 1.0]]) > 0)[0], [[0, 1]])


REFUSED = {
    "rng": (TypeError, "rng must be a numpy.random.Generator", lambda n: Network(0, 6, [Dense(3)])),
    "layer": (TypeError, r"layers must come from course_lib.layers.* got 'relu'", lambda n: make([Dense(3), "relu"])),
    "no weights": (ValueError, "at least one layer with weights", lambda n: make([relu])),
    "units": (ValueError, "Dense: units must be a whole number of at least 1, got 0", lambda n: Dense(0)),
    "n_in": (ValueError, "n_in must be", lambda n: Network(np.random.default_rng(0), 0, [Dense(3)])),
    "x": (ValueError, r"x must have shape \(batch, 6\), got \(7, 5\)", lambda n: n.predict(np.ones((7, 5)))),
    "y shape": (ValueError, "one class .* for each of the 2 inputs", lambda n: n.loss(np.ones((2, 6)), [0])),
    "y floats": (ValueError, "got float64 of shape", lambda n: n.loss(np.ones((2, 6)), [0.0, 1.0])),
    "y range": (ValueError, "classes must be from 0 to 2, got 0 to 3", lambda n: n.loss(np.ones((2, 6)), [0, 3])),
    "at": (ValueError, "at must have the shape of theta", lambda n: n.loss(np.ones((1, 6)), [0], at=np.ones(3))),
    "check float32": (TypeError, "float64, got float32", lambda n: gradient_check(make(dtype=np.float32), *batch())),
    "check epsilon": (ValueError, "epsilon must be positive, got 0", lambda n: gradient_check(n, *batch(), epsilon=0)),
}


@pytest.mark.parametrize(("error", "words", "call"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(error, words, call):
    with pytest.raises(error, match=words):
        call(make())
