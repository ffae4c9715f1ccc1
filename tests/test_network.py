"""The small network: shapes, views, modes, losses, and what it refuses; its gradients are in test_gradient_checking."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import scipy.special

from course_lib import Network
from course_lib.activations import relu_backward
from course_lib.initialization import constant
from course_lib.layers import BatchNorm, Dense, Dropout, LayerNorm, relu, tanh
from course_lib.losses import logistic, softmax, softmax_cross_entropy_forward, squared, zero_one
from course_lib.training import train

ALL_KINDS = [Dropout(keep=0.9), Dense(5), BatchNorm(), tanh, Dropout(keep=0.5), Dense(4), LayerNorm(), relu, Dense(3)]


def make(layers=None, **hyper):
    layers = layers or [Dense(5), tanh, Dense(4), relu, Dense(3)]
    return Network(np.random.default_rng(0), 6, layers, **hyper)


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


def test_other_losses_by_hand():
    z = np.array([[2.0, -1.0], [0.0, 3.0]])
    assert squared.forward(z, np.array([[1.0, -1.0], [2.0, 3.0]]))[0] == (1 + 4) / 4
    y = np.array([[1.0, 0.0], [0.0, 1.0]])
    expected = -np.mean(y * np.log(scipy.special.expit(z)) + (1 - y) * np.log(scipy.special.expit(-z)))
    assert logistic.forward(z, y)[0] == pytest.approx(expected)
    assert logistic.forward(1e4 * z, 1 - y)[0] < np.inf
    assert zero_one.forward(z, np.array([0, 0]))[0] == 0.5


def test_nothing_is_trained_by_the_zero_one_loss():
    network = make(loss=zero_one)
    loss, grad = network.loss_and_grad(*batch())
    assert loss > 0 and not grad.any()


def test_losses_with_numbers_take_a_vector_where_there_is_one_output():
    network = make([Dense(1)], loss=squared)
    x = batch()[0]
    assert network.loss(x, x[:, 0]) == network.loss(x, x[:, :1])
    network = make([Dense(1)], loss=logistic)
    assert network.accuracy(x, network.predict(x)[:, 0] > 0) == 1.0


def test_the_penalty_counts_weights_only_as_keras_does():
    plain, penalized = make(), make(l2=0.1)
    x, y = batch()
    weights = plain.weights()
    for b in (plain.weights()["0.dense.b"], penalized.weights()["0.dense.b"]):
        b[...] = 3.0
    total = sum(np.sum(W**2) for name, W in weights.items() if name.endswith("W"))
    assert penalized.loss(x, y) == pytest.approx(plain.loss(x, y) + 0.1 * total)
    more = penalized.loss_and_grad(x, y)[1] - plain.loss_and_grad(x, y)[1]
    np.testing.assert_allclose(penalized.weights(more)["2.dense.W"], 0.2 * weights["2.dense.W"])
    np.testing.assert_allclose(penalized.weights(more)["0.dense.b"], 0, atol=1e-12)


@pytest.mark.parametrize("loss", [None, squared])
@pytest.mark.parametrize("training", [True, False])
def test_float32_stays_float32(training, loss):
    network = make(ALL_KINDS, dtype=np.float32, l2=0.01, **({"loss": loss} if loss else {}))
    x, y = batch()
    seen = []
    rng = np.random.default_rng(0)
    y = np.eye(3)[y] if loss else y
    network.loss_and_grad(x, y, training=training, rng=rng, watch=lambda *now: seen.append(now[2].dtype))
    dropped = 1  # nothing goes back through a layer before the first weights
    assert len(seen) == 2 * len(ALL_KINDS) - dropped
    assert {*seen, network.grad.dtype, network.predict(x).dtype, network.next_state.dtype} == {np.dtype(np.float32)}
    assert all(s.dtype == np.float32 for s in network.forward(x, training=training, rng=rng).state)


def test_first_values_by_kind_of_parameter():
    network = make(ALL_KINDS, bias_initializer=partial(constant, value=0.1))
    weights = network.weights()
    assert set(weights["1.dense.b"]) == {0.1}
    assert set(weights["2.batch_norm.gamma"]) == {1.0} and set(weights["6.layer_norm.beta"]) == {0.0}
    first = {name: set(values) for name, values in network.statistics().items()}
    assert first == {"2.batch_norm.moving_mean": {0.0}, "2.batch_norm.moving_variance": {1.0}}


def test_state_moves_only_where_it_is_written():
    network = make([Dense(5), BatchNorm(momentum=0.9), Dense(3)])
    x, y = batch()
    before = network.state.copy()
    network.loss_and_grad(x, y)
    network.loss(x, y, training=True)
    network.predict(x)
    np.testing.assert_array_equal(network.state, before)
    z = x @ network.weights()["0.dense.W"]
    after = network.statistics(network.next_state)
    np.testing.assert_allclose(after["1.batch_norm.moving_mean"], 0.1 * z.mean(axis=0))
    np.testing.assert_allclose(after["1.batch_norm.moving_variance"], 0.9 + 0.1 * z.var(axis=0))
    network.loss_and_grad(x, y, training=False)
    np.testing.assert_array_equal(network.next_state, before)


def test_inference_takes_one_example_by_itself_and_training_does_not():
    network = make(ALL_KINDS)
    x, y = batch()
    np.testing.assert_allclose(network.predict(x)[:1], network.predict(x[:1]))
    rng = np.random.default_rng(0)
    assert network.loss(x, y, training=True, rng=rng) != network.loss(x, y)
    with pytest.raises(ValueError, match="batch norm needs a batch of at least 2 in training, got 1"):
        network.loss_and_grad(x[:1], y[:1], rng=rng)


def test_masks_come_from_the_generator_alone():
    network = make(ALL_KINDS)
    losses = [network.loss(*batch(), training=True, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_classic_dropout_scales_at_inference_what_inverted_scales_in_training():
    x = batch()[0]
    classic, inverted = (make([Dropout(keep=0.25, inverted=way), Dense(3)]) for way in (False, True))
    for training, factor in ((True, 4), (False, 4)):
        z = [n.forward(x, training=training, rng=np.random.default_rng(0)).y for n in (classic, inverted)]
        np.testing.assert_allclose(z[1], factor * z[0])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_a_copy_works_on_its_own_vectors(copied):
    network = make(ALL_KINDS)
    other = copied(network)
    other.theta += 0.1
    x, y = batch()
    assert other.loss(x, y) != network.loss(x, y)
    other.loss_and_grad(x, y, rng=np.random.default_rng(0))
    assert other.grad.any() and not network.grad.any()
    network.theta[...] = other.theta
    assert other.loss(x, y) == network.loss(x, y)


def test_relu_at_the_kink_has_gradient_zero_as_in_keras():
    np.testing.assert_array_equal(relu_backward(np.ones((1, 2)), np.array([[0.0, 1.0]]) > 0)[0], [[0, 1]])


REFUSED = {
    "initializer": (
        TypeError,
        "initializer must be a function from course_lib.initialization.*got 'he'",
        lambda n: make([Dense(3)], initializer="he"),
    ),
    "bias": (
        TypeError,
        "bias_initializer must be a function .*got 0.0",
        lambda n: make([Dense(3)], bias_initializer=0.0),
    ),
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
    "empty batch": (ValueError, r"x must have shape \(batch, 6\), got \(0, 6\)", lambda n: n.predict(np.ones((0, 6)))),
    "loss": (TypeError, "loss must come from course_lib.losses.* got 'mse'", lambda n: make(loss="mse")),
    "dtype": (ValueError, "dtype must be float32 or float64, got int64", lambda n: make(dtype=int)),
    "x nan": (
        ValueError,
        "x must be finite, got nan in example 1",
        lambda n: train(np.random.default_rng(0), n, "adam", [[1.0] * 6, [np.nan] * 6], [0, 1]),
    ),
    "l2": (ValueError, "l2 must be finite and at least 0, got -1", lambda n: make(l2=-1)),
    "keep": (ValueError, "above 0 and at most 1, got 0 ", lambda n: Dropout(keep=0)),
    "momentum": (ValueError, r"BatchNorm: momentum must be in \[0, 1\), got 1", lambda n: BatchNorm(momentum=1)),
    "epsilon": (ValueError, "LayerNorm: epsilon must be positive and finite, got 0", lambda n: LayerNorm(epsilon=0)),
    "no rng": (ValueError, "give rng=", lambda n: make(ALL_KINDS).loss_and_grad(*batch())),
    "y numbers": (
        ValueError,
        r"y must have shape \(7, 3\), a number for each output, got \(7,\)",
        lambda n: make(loss=squared).loss(*batch()),
    ),
    "y nan": (
        ValueError,
        "y must be finite, got nan",
        lambda n: make([Dense(1)], loss=squared).loss([[1] * 6], [np.nan]),
    ),
    "y logistic": (
        ValueError,
        "labels must be from 0 to 1, got 2 to 2",
        lambda n: make([Dense(1)], loss=logistic).loss([[1] * 6], [2]),
    ),
    "accuracy": (
        TypeError,
        "accuracy needs a loss with classes, got squared",
        lambda n: make(loss=squared).accuracy(*batch()),
    ),
}


@pytest.mark.parametrize(("error", "words", "call"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(error, words, call):
    with pytest.raises(error, match=words):
        call(make())
