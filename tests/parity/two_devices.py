"""Train under MirroredStrategy on two logical processors and on one; print how far apart they end.

A script of its own, since TensorFlow wants to know its devices before anything else.
"""

import json

import numpy as np
import tensorflow as tf

processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)

from course_lib import Network  # noqa: E402
from course_lib.counterparts import as_keras_optimizer, keras_loss, keras_network  # noqa: E402
from course_lib.data import digits  # noqa: E402
from course_lib.layers import Dense, relu  # noqa: E402
from course_lib.learning_rate import exponential_decay  # noqa: E402

RATE = exponential_decay(initial_learning_rate=0.01, decay_steps=10, decay_rate=0.9)
DATA = digits()


def train(rule, strategy):
    """Return theta after two epochs, and on how many replicas."""
    network = Network(np.random.default_rng(0), 64, [Dense(16), relu, Dense(10)], dtype=np.float32)
    with strategy.scope():
        model = keras_network(network)
        model.compile(as_keras_optimizer(rule, learning_rate=RATE), loss=keras_loss(network))
    x, y = DATA.x_train[:640].astype("float32"), DATA.y_train[:640]
    model.fit(x, y, batch_size=32, epochs=2, shuffle=False, verbose=0)
    return np.concatenate([w.ravel() for w in model.get_weights()]), strategy.num_replicas_in_sync


report = {}
for rule in ("adam", "nesterov", "muon"):
    mirrored, replicas = train(rule, tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    alone, one = train(rule, tf.distribute.get_strategy())
    start = Network(np.random.default_rng(0), 64, [Dense(16), relu, Dense(10)], dtype=np.float32).theta
    report[rule] = {
        "replicas": [replicas, one],
        "apart": float(np.abs(mirrored - alone).max()),
        "moved": float(np.abs(alone - start).max()),
    }
print(json.dumps(report))
