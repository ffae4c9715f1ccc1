"""The gradient of every layer and loss by central differences, and bugs that the loss does not show."""

from functools import partial

import numpy as np
import pytest

from course_lib import Network, gradient_check
from course_lib import losses as losses
from course_lib import normalization as norm
from course_lib.layers import (
    BatchNorm,
    Dense,
    Dropout,
    LayerNorm,
    dense_backward,
    dense_forward,
    linear,
    relu,
    sigmoid,
    tanh,
)

LOSSES = {"softmax": losses.softmax_cross_entropy, "logistic": losses.logistic, "squared": losses.squared}
HIDDEN = {
    "linear": linear, "relu": relu, "tanh": tanh, "sigmoid": sigmoid, "dense": Dense(4),
    "batch norm": BatchNorm(), "layer norm": LayerNorm(), "dropout": Dropout(keep=0.6),
    "classic dropout": Dropout(keep=0.6, inverted=False),
}  # fmt: skip


def make(hidden, loss=losses.softmax_cross_entropy, l2=0.0, **hyper):
    """A layer between dense ones, so that its gradient by its inputs counts too; gamma and beta are not their first values."""
    network = Network(np.random.default_rng(0), 6, [Dense(5), hidden, tanh, Dense(3)], loss=loss, l2=l2, **hyper)
    network.theta += np.random.default_rng(2).normal(0, 0.3, network.theta.size).astype(network.theta.dtype)
    return network


def batch(loss=losses.softmax_cross_entropy, n=7):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(n, 6)), rng.integers(3, size=n)
    return x, (y if loss.check is losses.check_classes else np.eye(3)[y])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_gradients_agree_with_central_differences(hidden, loss, training):
    network = make(hidden, loss, l2=0.01)
    before = network.theta.copy(), network.state.copy()
    errors = gradient_check(network, *batch(loss), training=training)
    assert list(errors) == list(network.blocks)
    assert max(errors.values()) < 1e-7
    np.testing.assert_array_equal(np.concatenate(before), np.concatenate([network.theta, network.state]))


def test_a_bias_before_batch_norm_has_no_gradient_and_is_no_bug():
    network = make(BatchNorm())
    assert gradient_check(network, *batch())["0.dense.b"] == 0.0
    assert np.abs(network.weights(network.grad)["0.dense.b"]).max() < 1e-15


def bn_bug(change):
    """Batch norm in training with another way back."""
    return BatchNorm()._replace(backward=lambda dy, cache: change(dy, *cache[1][:3]))


def sound(dy, x_hat, gamma, inverse):
    return norm.batch_norm_backward(dy, (x_hat, gamma, inverse))


def swapped(pair):
    return pair[0], pair[2], pair[1]


def through_layer_norm(change):
    return LayerNorm()._replace(backward=lambda dy, cache: change(dy, *cache))


def dense(backward=dense_backward, forward=dense_forward):
    return Dense(4)._replace(forward=forward, backward=lambda dy, cache: backward(dy, cache))


def activation(good, backward):
    return good._replace(backward=backward)


def keeping(cache):
    """Dropout that hands another cache to its way back."""
    good = Dropout(keep=0.6)
    return good._replace(forward=lambda *a, **k: (good.forward(*a, **k)[0], cache(*good.forward(*a, **k), a[0])))


PLANTED = {
    "dense: bias gradient is a mean": dense(lambda dy, c: (*dense_backward(dy, c)[:2], dy.mean(axis=0))),
    "dense: weight gradient is a mean": dense(lambda dy, c: (dy @ c[1].T, c[0].T @ dy / len(dy), dy.sum(axis=0))),
    "dense: weights not transposed": Dense(5)._replace(backward=lambda dy, c: (dy @ c[1], *dense_backward(dy, c)[1:])),
    "dense: examples in another order": dense(
        forward=lambda x, W, b: (dense_forward(x, W, b)[0], (x[::-1], W)), backward=lambda dy, c: dense_backward(dy, c)
    ),
    "relu: lets all through": activation(relu, lambda dy, c: (dy,)),
    "relu: the wrong way round": activation(relu, lambda dy, c: (dy * ~c,)),
    "relu: mask of the gradient": activation(relu, lambda dy, c: (np.maximum(dy, 0),)),
    "tanh: without its square": activation(tanh, lambda dy, c: (dy * (1 - c),)),
    "tanh: slope at the output": activation(tanh, lambda dy, c: (dy * (1 - np.tanh(c) ** 2),)),
    "sigmoid: tanh's slope": activation(sigmoid, lambda dy, c: (dy * (1 - c**2),)),
    "sigmoid: half its slope": activation(sigmoid, lambda dy, c: (dy * c,)),
    "linear: sign": activation(linear, lambda dy, c: (-dy,)),
    "batch norm: mean taken for constant": bn_bug(
        lambda dy, x_hat, gamma, inverse: (
            gamma * inverse * (dy - x_hat * np.mean(dy * x_hat, axis=0)), *sound(dy, x_hat, gamma, inverse)[1:],
        )
    ),
    "batch norm: variance taken for constant": bn_bug(
        lambda dy, x_hat, gamma, inverse: (
            gamma * inverse * (dy - dy.mean(axis=0)), *sound(dy, x_hat, gamma, inverse)[1:],
        )
    ),
    "batch norm: unbiased by mistake": bn_bug(
        lambda dy, x_hat, gamma, inverse: (
            gamma * inverse * (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).sum(axis=0) / (len(dy) - 1)),
            *sound(dy, x_hat, gamma, inverse)[1:],
        )
    ),
    "batch norm: gamma forgotten": bn_bug(
        lambda dy, x_hat, gamma, inverse: sound(dy, x_hat, np.ones_like(gamma), inverse)
    ),
    "batch norm: gamma and beta swapped": bn_bug(lambda *a: swapped(sound(*a))),
    "layer norm: over the batch": through_layer_norm(
        lambda dy, x_hat, gamma, inverse: norm.batch_norm_backward(dy, (x_hat, gamma, inverse))
    ),
    "layer norm: gamma after the means": through_layer_norm(
        lambda dy, x_hat, gamma, inverse: (
            gamma * norm.layer_norm_backward(dy, (x_hat, np.ones_like(gamma), inverse))[0],
            *norm.layer_norm_backward(dy, (x_hat, gamma, inverse))[1:],
        )
    ),
    "dropout: no mask on the way back": keeping(lambda y, mask, x: 1.0),
    "dropout: not scaled on the way back": keeping(lambda y, mask, x: (mask > 0).astype(float)),
    "dropout: mask taken from the outputs' sign": keeping(lambda y, mask, x: mask * (y > 0)),
}  # fmt: skip

LOSS_BUGS = {
    "softmax: not divided by the batch": ("softmax", lambda good, c: good(c) * len(c[2])),
    "softmax: label of the next example": (
        "softmax",
        lambda good, c: np.roll(good((np.roll(c[0], 1, axis=1), np.roll(c[1], 1), c[2])), -1, axis=0),
    ),
    "logistic: slope of the sigmoid too many": ("logistic", lambda good, c: good(c) * 0.25 / np.cosh(c[0] / 2) ** 2),
    "squared: factor 2 forgotten": ("squared", lambda good, c: good(c) / 2),
    "squared: divided by the batch, not by all numbers": ("squared", lambda good, c: good(c) * 3),
}


def test_there_are_enough_bugs_and_every_layer_has_some():
    kinds = {name.partition(":")[0] for name in [*PLANTED, *LOSS_BUGS]}
    assert kinds == {*HIDDEN, *LOSSES} - {"classic dropout"}
    assert len(PLANTED) + len(LOSS_BUGS) >= 25


def assert_found_though_not_seen(sound, broken, x, y):
    rng = lambda: np.random.default_rng(0)  # noqa: E731
    assert broken.loss_and_grad(x, y, rng=rng())[0] == sound.loss_and_grad(x, y, rng=rng())[0]
    assert max(gradient_check(sound, x, y).values()) < 1e-7
    assert max(gradient_check(broken, x, y).values()) > 1e-3


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found_and_the_loss_does_not_show_it(name):
    bug, kind = PLANTED[name], name.partition(":")[0]
    good = HIDDEN[kind] if kind != "dense" else Dense(bug.units)
    assert_found_though_not_seen(make(good), make(bug), *batch())


@pytest.mark.parametrize("name", LOSS_BUGS)
def test_a_planted_bug_in_a_loss_is_found_and_the_loss_does_not_show_it(name):
    kind, change = LOSS_BUGS[name]
    good = LOSSES[kind]
    bug = good._replace(backward=partial(change, good.backward))
    assert_found_though_not_seen(make(tanh, good), make(tanh, bug), *batch(good))


def test_a_penalty_that_the_gradient_forgets_is_found():
    class Forgetful(Network):
        def loss_and_grad(self, *a, **k):
            loss, grad = super().loss_and_grad(*a, **k)
            for name, W in self.weights(grad).items():
                if name.endswith("W"):
                    W -= 2 * self.l2 * self.weights()[name]
            return loss, grad

    network = Forgetful(np.random.default_rng(0), 6, [Dense(5), tanh, Dense(3)], l2=0.1)
    assert max(gradient_check(network, *batch()).values()) > 1e-3


def test_refused_by_name():
    with pytest.raises(TypeError, match="float64, got float32"):
        gradient_check(make(relu, dtype=np.float32), *batch())
    with pytest.raises(ValueError, match="epsilon must be positive and finite, got 0"):
        gradient_check(make(relu), *batch(), epsilon=0)
