"""A pass of Adam over the data with Keras's `fit`, on one thread; the argument is the network."""

import sys

import keras
import tensorflow as tf

from benchmarks.network_task import RATE, task
from benchmarks.task import ADAM

work = task(sys.argv[1])
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
keras.utils.set_random_seed(0)
_, *hidden, classes = work.widths
layers = [keras.layers.Dense(units, "relu") for units in hidden]
model = keras.Sequential([keras.Input(work.widths[:1]), *layers, keras.layers.Dense(classes)])
model.set_weights([array for pair in work.weights() for array in pair])
optimizer = keras.optimizers.Adam(**{**ADAM, "learning_rate": RATE})
model.compile(optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))  # Keras says how compiled


def epoch(x, y, shuffle=True):
    """Train for one epoch and return the mean loss on the way."""
    return model.fit(x, y, batch_size=work.batch_size, shuffle=shuffle, verbose=0).history["loss"]


losses = epoch(*work.in_order(), shuffle=False)
work.report(lambda: epoch(work.x, work.y), losses, keras=keras.__version__, tensorflow=tf.__version__)
