"""A course network in Keras, from the same weights, on the same minibatches."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from course_lib.feature_scaling import Scaling
from course_lib.layers import Layer
from course_lib.network import Network
from course_lib.training import History, minibatches


def keras_layer(layer: Layer, dtype: str, l2: float = 0.0) -> keras.layers.Layer:
    """Return the Keras layer that is the same function, without its weights.

    Parameters
    ----------
    layer : Layer
        From `course_lib.layers`.
    dtype : str
        Data type of its weights.
    l2 : float
        Penalty on the weights of a dense layer.

    Returns
    -------
    keras.layers.Layer
        Not built yet.

    Raises
    ------
    LookupError
        If Keras has none: classic dropout, which scales at inference, or a layer of the reader's.
    """
    hyper = layer.hyper
    if layer.name == "dense":
        penalty = keras.regularizers.L2(l2) if l2 else None
        return keras.layers.Dense(layer.units, kernel_regularizer=penalty, dtype=dtype)
    if layer.name == "batch_norm":
        return keras.layers.BatchNormalization(momentum=hyper["momentum"], epsilon=hyper["epsilon"], dtype=dtype)
    if layer.name == "layer_norm":
        return keras.layers.LayerNormalization(epsilon=hyper["epsilon"], dtype=dtype)
    if layer.name == "dropout" and hyper["inverted"]:
        return keras.layers.Dropout(1 - hyper["keep"], dtype=dtype)
    if layer.name in ("linear", "relu", "tanh", "sigmoid"):
        return keras.layers.Activation(layer.name, dtype=dtype)
    what = "classic dropout: its dropout scales in training" if layer.name == "dropout" else f"the layer {layer.name!r}"
    raise LookupError(f"Keras has no counterpart of {what}")


def keras_scaling(scaling: Any) -> keras.layers.Normalization:
    """Return the Keras layer that scales inputs as a fitted scaling does.

    Parameters
    ----------
    scaling : Scaling
        From `course_lib.feature_scaling`: standard, min-max or mean normalization.

    Returns
    -------
    keras.layers.Normalization
        Of the same data; it needs no ``adapt``.

    Raises
    ------
    LookupError
        If Keras has none: a logarithm, or whitening, which mixes the features. Also for a feature so narrow that Keras takes
        another width for it.

    Notes
    -----
    Keras divides by at least ``keras.config.epsilon()``, 1e-7, where ours divides by the width whatever it is. The layer
    computes in ``keras.config.floatx()``: in float32 a feature is right to about the spacing of the numbers at its center by
    its width, which for one at 1e6 with deviation 1 is 0.06.
    """
    if not isinstance(scaling, Scaling):
        raise LookupError(
            f"Keras has no counterpart of {type(scaling).__name__}: its Normalization is affine by feature"
        )
    width = np.asarray(scaling.width, float)
    if (narrow := width < keras.config.epsilon()).any():
        i = int(np.argmax(narrow))
        raise LookupError(
            f"Keras has no counterpart of width {width[i]:.3g}, of feature {i}: its Normalization divides by at least "
            f"{keras.config.epsilon():g}; measure the feature in a smaller unit"
        )
    return keras.layers.Normalization(mean=scaling.center - scaling.low * width, variance=width**2)


def keras_network(network: Network) -> keras.Sequential:
    """Build the same network in Keras, with the same weights and running statistics.

    Parameters
    ----------
    network : Network
        The NumPy network; its current theta and state are copied.

    Returns
    -------
    keras.Sequential
        Layers of the same data type; it gives scores, so its loss is `keras_loss`, taken from logits.

    Raises
    ------
    LookupError
        If Keras has no counterpart of a layer.
    """
    dtype = network.theta.dtype.name
    model = keras.Sequential([keras.Input((network.n_in,), dtype=dtype)])
    arrays = {**network.weights(), **network.statistics()}
    for i, layer in enumerate(network.layers):
        model.add(keras_layer(layer, dtype, network.l2))
        # gamma, beta, moving_mean, moving_variance: the order is Keras's too
        model.layers[-1].set_weights([array for name, array in arrays.items() if name.startswith(f"{i}.")])
    return model


def copy_from_keras(network: Network, model: keras.Sequential) -> None:
    """Copy weights and running statistics back into the network a model came from.

    Parameters
    ----------
    network : Network
        Its theta and its state are changed.
    model : keras.Sequential
        From `keras_network`, trained meanwhile.

    Raises
    ------
    TypeError
        If it is no model.
    ValueError
        If the model has other layers.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"expected a model from keras_network(network), got {type(model).__name__}")
    arrays = {**network.weights(), **network.statistics()}
    theirs = [layer.get_weights() for layer in model.layers]
    ours = [[array for name, array in arrays.items() if name.startswith(f"{i}.")] for i in range(len(network.layers))]
    if [[a.shape for a in layer] for layer in theirs] != [[a.shape for a in layer] for layer in ours]:
        raise ValueError("the model's layers are not those of the network: take one from keras_network(network)")
    for from_layer, to_layer in zip(theirs, ours, strict=True):
        for source, target in zip(from_layer, to_layer, strict=True):
            target[...] = source


def keras_loss(network: Network) -> keras.losses.Loss:
    """Return the Keras loss that is the network's, on scores.

    Parameters
    ----------
    network : Network
        The NumPy network.

    Returns
    -------
    keras.losses.Loss
        For ``model.compile``.

    Raises
    ------
    LookupError
        If Keras has none: the 0-1 loss is a metric there.
    """
    losses = {
        "softmax_cross_entropy": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "logistic": lambda: keras.losses.BinaryCrossentropy(from_logits=True),
        "squared": keras.losses.MeanSquaredError,
    }
    name = network.loss_function.name
    if name not in losses:
        raise LookupError(f"Keras has no counterpart of the loss {name!r}")
    return losses[name]()


def train_keras(
    rng: np.random.Generator,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    x: Any,
    y: Any,
    *,
    epochs: int = 5,
    batch_size: int = 32,
    test: tuple[Any, Any] | None = None,
    name: str = "Keras",
    loss: keras.losses.Loss | None = None,
) -> History:
    """Train a Keras model on the minibatches that `course_lib.training.train` takes.

    Parameters
    ----------
    rng : numpy.random.Generator
        With the seed of the NumPy run the batches are the same.
    model : keras.Model
        Gives scores of classes; it is compiled and trained in place.
    optimizer : keras.optimizers.Optimizer
        For example from `counterpart`.
    x, y : array_like
        Inputs and classes.
    epochs, batch_size : int
        Passes over the data and examples a step.
    test : (x, y), optional
        Data for the accuracy at the end.
    name : str
        Of the run.
    loss : keras.losses.Loss, optional
        From `keras_loss`; softmax cross-entropy where not given.

    Returns
    -------
    History
        Loss of each minibatch before its step.

    Raises
    ------
    ValueError
        As `course_lib.training.minibatches`.
    """
    model.compile(optimizer, loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = np.asarray(x), np.asarray(y)
    history = History(name)
    for batch in minibatches(rng, len(x), batch_size, epochs):
        model.reset_metrics()  # else the loss is the mean of all batches so far
        history.losses.append(float(model.train_on_batch(x[batch], y[batch])))
    optimizer.finalize_variable_values(model.trainable_variables)
    if test is not None:
        scores = model.predict_on_batch(np.asarray(test[0]))
        history.test_accuracy = float(np.mean(np.argmax(scores, axis=1) == test[1]))
    return history
