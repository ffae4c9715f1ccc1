"""One kernel for the step of all variables, where TensorFlow would do operation after operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from course_lib.compiled import PAYS, wanted

PAYS_FROM = (
    100_000  # parameters; for fewer, compiling (about half a second at the first step) takes longer than it saves
)


def in_one_kernel(update: Callable[[], None], variables: Sequence[Any]) -> None:
    """Run an update of variables, through XLA where that pays, whether or not the model around it is compiled so.

    It pays in a traced step of TensorFlow with many parameters, on one device. ``COURSE_COMPILED`` says otherwise: 0 never,
    1 for any number of parameters. The kernel rounds as XLA does, a few last digits apart.

    Parameters
    ----------
    update : callable
        Assigns to the variables.
    variables : sequence of keras.Variable
        What it updates.
    """
    parameters = sum(int(np.prod(variable.shape)) for variable in variables)
    if keras.config.backend() == "tensorflow" and wanted(None, PAYS if parameters >= PAYS_FROM else 0):
        import tensorflow as tf

        if tf.inside_function() and not tf.distribute.has_strategy():
            update = tf.function(update, jit_compile=True)
    update()
