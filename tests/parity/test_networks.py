"""Layers and whole networks carried over to Keras weight by weight: same outputs, losses and gradients in both modes."""

import keras
import numpy as np
import pytest

from course_lib import Network
from course_lib import losses as losses
from course_lib.counterparts import (
    copy_from_keras,
    counterpart,
    keras_layer,
    keras_loss,
    keras_network,
    keras_scaling,
    train_keras,
)
from course_lib.data import digits
from course_lib.feature_scaling import fit_log, fit_mean_normalization, fit_min_max, fit_standard, fit_whitening
from course_lib.initialization import he_normal
from course_lib.layers import BatchNorm, Dense, Dropout, Layer, LayerNorm, linear, relu, sigmoid, tanh
from course_lib.training import train

DATA = digits()
LAYERS = {
    "dense": Dense(7), "linear": linear, "relu": relu, "tanh": tanh, "sigmoid": sigmoid, "batch norm": BatchNorm(),
    "batch norm with other settings": BatchNorm(momentum=0.7, epsilon=1e-5), "layer norm": LayerNorm(epsilon=1e-4),
    "no dropout": Dropout(keep=1.0),
}  # fmt: skip
LOSSES = {"softmax": losses.softmax_cross_entropy, "logistic": losses.logistic, "squared": losses.squared}
DEEP = [
    Dense(16), BatchNorm(), relu, Dropout(keep=1.0), Dense(12), LayerNorm(), tanh, BatchNorm(momentum=0.8), Dense(10),
]  # fmt: skip


def make(layers, n_in=64, **hyper):
    """A network whose parameters and statistics are not their first values, in float32."""
    network = Network(np.random.default_rng(0), n_in, layers, dtype=np.float32, initializer=he_normal, **hyper)
    rng = np.random.default_rng(1)
    network.theta += rng.normal(0, 0.1, network.theta.size).astype(np.float32)
    network.state += rng.uniform(0, 0.5, network.state.size).astype(np.float32)
    return network


def labels(loss, y):
    return y if loss.check is losses.check_classes else np.eye(10, dtype=np.float32)[y]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_layer_gives_the_same_outputs_gradients_and_statistics(layer, training):
    tf = pytest.importorskip("tensorflow", reason="its tape takes the gradients")
    network = make([Dense(5), layer], n_in=6)
    model = keras_network(network)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(9, 6)).astype(np.float32)
    y = rng.normal(size=(9, network.n_out)).astype(np.float32)
    with tf.GradientTape() as tape:
        z = model(x, training=training)
        loss = tf.reduce_mean((z - y) ** 2)
    theirs = tape.gradient(loss, model.trainable_variables)
    network.loss_function = losses.squared
    run = np.random.default_rng(0)
    np.testing.assert_allclose(network.forward(x, training=training, rng=run).y, z, atol=3e-6)
    _, grad = network.loss_and_grad(x, y, training=training, rng=run)
    for g, ours in zip(theirs, network.weights(grad).values(), strict=True):
        np.testing.assert_allclose(ours, g, atol=3e-6)
    after = [a for layer in model.layers for a in layer.non_trainable_variables if "moving" in a.path]
    for a, ours in zip(after, network.statistics(network.next_state).values(), strict=True):
        np.testing.assert_allclose(ours, a, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_whole_network_trains_along_the_same_losses_and_statistics(loss, l2):
    network = make(DEEP, loss=loss, l2=l2)
    model = keras_network(network)
    x, y = DATA.x_train.astype(np.float32), labels(loss, DATA.y_train)
    hyper = {"learning_rate": 0.05, "momentum": 0.9}
    theirs = train_keras(
        np.random.default_rng(3), model, counterpart("momentum", **hyper), x, y, epochs=1, loss=keras_loss(network)
    )
    ours = train(np.random.default_rng(3), network, "momentum", x, y, epochs=1, **hyper)
    np.testing.assert_allclose(theirs.losses, ours.losses, rtol=2e-4, atol=2e-5)
    assert ours.losses[-1] < 0.9 * ours.losses[0]
    back = make(DEEP, loss=loss)
    copy_from_keras(back, model)
    np.testing.assert_allclose(back.state, network.state, atol=5e-4)
    np.testing.assert_allclose(back.theta, network.theta, atol=5e-4)
    scores = model.predict_on_batch(DATA.x_test.astype(np.float32))
    np.testing.assert_allclose(back.predict(DATA.x_test), scores, atol=1e-5)


def test_dropout_keeps_and_scales_alike_though_not_the_same_units():
    layer = Dropout(keep=0.3)
    x = np.ones((400, 50), np.float32)
    theirs = np.asarray(keras_layer(layer, "float32")(x, training=True))
    ours = layer.forward(x, training=True, rng=np.random.default_rng(0))[0]
    for y in (theirs, ours):
        np.testing.assert_allclose(np.unique(y), [0, 1 / 0.3], rtol=1e-6)
        assert (y > 0).mean() == pytest.approx(0.3, abs=0.02)
    network = make([Dense(5), Dropout(keep=0.3), Dense(3)], n_in=6)
    x = np.random.default_rng(2).normal(size=(9, 6)).astype(np.float32)
    np.testing.assert_allclose(keras_network(network).predict_on_batch(x), network.predict(x), atol=1e-6)


@pytest.mark.parametrize("fit", [fit_standard, fit_min_max, fit_mean_normalization])
def test_inputs_are_scaled_alike(fit):
    rng = np.random.default_rng(4)
    x = rng.normal([3.0, -200.0, 1.0], [0.1, 50.0, 0.0], size=(40, 3))  # the last feature is constant
    scaling = fit(x)
    new = rng.normal([3.0, -200.0, 2.0], [0.1, 50.0, 1.0], size=(9, 3))
    np.testing.assert_allclose(keras_scaling(scaling)(new.astype("float32")), scaling.apply(new), rtol=1e-4, atol=1e-4)


def test_standard_scaling_is_what_keras_adapts_to():
    x = np.random.default_rng(4).normal([3.0, -200.0], [0.1, 50.0], size=(400, 2))
    layer = keras.layers.Normalization()
    layer.adapt(x)
    np.testing.assert_allclose(
        layer(x.astype("float32")), keras_scaling(fit_standard(x))(x.astype("float32")), atol=1e-3
    )


def test_a_feature_narrower_than_keras_divides_by_is_refused():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(40, 2)) * [1.0, 1e-9]
    with pytest.raises(
        LookupError, match=r"no counterpart of width .*e-10, of feature 1: .* divides by at least 1e-07"
    ):
        keras_scaling(fit_standard(x * 0.5))
    theirs = keras.layers.Normalization(mean=[0.0], variance=[1e-18])(np.array([[1e-9]], np.float32))
    np.testing.assert_allclose(theirs, 0.01, rtol=1e-5)  # 1 by 100, though the deviation says 1


def test_far_from_zero_float32_is_as_far_off_as_the_docstring_says():
    x = 1e6 + np.random.default_rng(4).normal(size=(400, 1))
    scaling = fit_standard(x)
    off = np.abs(keras_scaling(scaling)(x.astype("float32")) - scaling.apply(x)).max()
    assert 0.01 < off < np.spacing(np.float32(1e6)) / scaling.width[0] * 1.01


def test_what_keras_lacks_is_said():
    for fit in (fit_log, fit_whitening):
        with pytest.raises(LookupError, match="Keras has no counterpart of .*: its Normalization is affine by feature"):
            keras_scaling(fit(np.random.default_rng(0).uniform(1, 2, size=(9, 2))))
    with pytest.raises(
        LookupError, match="Keras has no counterpart of classic dropout: its dropout scales in training"
    ):
        keras_network(make([Dense(5), Dropout(keep=0.5, inverted=False)]))
    with pytest.raises(LookupError, match="no counterpart of the layer 'mine'"):
        keras_layer(Layer("mine", *linear[1:3]), "float32")
    with pytest.raises(LookupError, match="no counterpart of the loss 'zero_one'"):
        keras_loss(make([Dense(5)], loss=losses.zero_one))
    with pytest.raises(ValueError, match="layers are not those of the network"):
        copy_from_keras(make([Dense(5)]), keras.Sequential([keras.Input((64,)), keras.layers.Dense(4)]))
    with pytest.raises(TypeError, match=r"expected a model from keras_network\(network\), got NoneType"):
        copy_from_keras(make([Dense(5)]), None)
