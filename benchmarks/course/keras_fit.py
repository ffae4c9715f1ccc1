"""Keras's `fit` with Adam, by the rule or built in as the argument says; 235 146 parameters, 50 minibatches of 128."""

import sys

import keras
import numpy as np
import tensorflow as tf

from benchmarks.task import ADAM, report
from course_lib.counterparts import as_keras_optimizer

BATCHES, SIZE, WARM = 50, 128, 2

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x, y = rng.normal(size=(BATCHES * SIZE, 784)).astype("float32"), rng.integers(0, 10, BATCHES * SIZE)
layers = [keras.layers.Dense(units, activation) for units, activation in ((256, "relu"), (128, "relu"), (10, None))]
model = keras.Sequential([keras.Input((784,)), *layers])
settings = {**ADAM, "learning_rate": 1e-4}
optimizer = as_keras_optimizer("adam", **settings) if sys.argv[1] == "rule" else keras.optimizers.Adam(**settings)
model.compile(optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))  # Keras says how compiled


def fit():
    """Pass the data once and return the mean loss on the way."""
    return model.fit(x, y, batch_size=SIZE, shuffle=False, verbose=0).history["loss"]


losses = [fit() for _ in range(WARM)]
report(fit, losses, keras=keras.__version__, tensorflow=tf.__version__)
