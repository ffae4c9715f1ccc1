"""Initializers of the course as Keras has them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras

from course_lib import initialization as init

DISTRIBUTIONS = {"normal": "untruncated_normal", "truncated": "truncated_normal", "uniform": "uniform"}
"""What Keras's ``VarianceScaling`` calls the distributions of `course_lib.initialization.variance_scaling`."""


def _scaled(scale: float, mode: str) -> Callable[..., keras.initializers.Initializer]:
    return functools.partial(
        keras.initializers.VarianceScaling, scale=scale, mode=mode, distribution="untruncated_normal"
    )


def _variance_scaling(*, distribution: str, **constants: Any) -> keras.initializers.Initializer:
    return keras.initializers.VarianceScaling(**constants, distribution=DISTRIBUTIONS[distribution])


INITIALIZERS: dict[str, Callable[..., keras.initializers.Initializer]] = {
    "zeros": lambda seed: keras.initializers.Zeros(),
    "constant": lambda value, seed: keras.initializers.Constant(value),
    "normal": keras.initializers.RandomNormal,
    "truncated_normal": keras.initializers.TruncatedNormal,
    "variance_scaling": _variance_scaling,
    "lecun_uniform": keras.initializers.LecunUniform,
    "lecun_truncated": keras.initializers.LecunNormal,
    "lecun_normal": _scaled(1.0, "fan_in"),
    "glorot_uniform": keras.initializers.GlorotUniform,
    "glorot_truncated": keras.initializers.GlorotNormal,
    "glorot_normal": _scaled(1.0, "fan_avg"),
    "he_uniform": keras.initializers.HeUniform,
    "he_truncated": keras.initializers.HeNormal,
    "he_normal": _scaled(2.0, "fan_in"),
    "orthogonal": keras.initializers.Orthogonal,
}
"""What Keras has for every initializer of the course, called with its constants and a seed."""


def counterpart_initializer(
    initializer: init.Initializer, *, seed: int | None = None
) -> keras.initializers.Initializer:
    """Return the Keras initializer that draws from the same distribution.

    Parameters
    ----------
    initializer : callable
        A function of `course_lib.initialization`, or ``functools.partial`` of one with its constants.
    seed : int, optional
        Of Keras's generator; its numbers are others than NumPy's.

    Returns
    -------
    keras.initializers.Initializer
        For example the ``kernel_initializer`` of a layer.

    Raises
    ------
    LookupError
        If it is no initializer of the library, or ``log_odds_bias``, which looks at the labels.
    """
    function, constants = initializer, {}
    if isinstance(initializer, functools.partial):
        function, constants = initializer.func, initializer.keywords
    name = getattr(function, "__name__", type(function).__name__)
    if name not in INITIALIZERS or function is not getattr(init, name):
        raise LookupError(
            f"Keras has no counterpart of the initializer {name!r}; it has those of {', '.join(INITIALIZERS)}"
        )
    parameters = inspect.signature(function).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    return INITIALIZERS[name](**{**defaults, **constants}, seed=seed)
