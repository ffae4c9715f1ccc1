"""A course network in Keras, from the same weights, on the same minibatches."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from course_lib.network import Network
from course_lib.training import History, minibatches


def keras_network(network: Network) -> keras.Sequential:
    """Build the same network in Keras, with the same weights.

    Parameters
    ----------
    network : Network
        The NumPy network; its current theta is copied.

    Returns
    -------
    keras.Sequential
        Layers of the same data type; it gives scores, so its loss is taken ``from_logits=True``.
    """
    dtype = network.theta.dtype.name
    model = keras.Sequential([keras.Input((network.n_in,), dtype=dtype)])
    for layer in network.layers:
        activation = layer.units is None
        model.add(
            keras.layers.Activation(layer.name, dtype=dtype)
            if activation
            else keras.layers.Dense(layer.units, dtype=dtype)
        )
    model.set_weights(list(network.weights().values()))
    return model


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

    Returns
    -------
    History
        Loss of each minibatch before its step.

    Raises
    ------
    ValueError
        As `course_lib.training.minibatches`.
    """
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
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
