"""Our initializers against Keras's: fans exactly, distributions by the two-sample Kolmogorov-Smirnov test."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
from keras.src.initializers.random_initializers import compute_fans

from course_lib import initialization as init
from course_lib.counterparts import counterpart_initializer
from course_lib.counterparts.initializers import INITIALIZERS

MADE = {
    **{name: getattr(init, name) for name in INITIALIZERS},
    "constant with its value": functools.partial(init.constant, value=0.1),
    "normal with its spread": functools.partial(init.normal, stddev=0.3),
    "truncated with its spread": functools.partial(init.truncated_normal, stddev=0.3),
    "orthogonal with its gain": functools.partial(init.orthogonal, gain=1.5),
    "scaled, fan out": functools.partial(init.variance_scaling, scale=3.0, mode="fan_out", distribution="uniform"),
    "scaled, truncated": functools.partial(init.variance_scaling, scale=0.5, distribution="truncated"),
}


@pytest.mark.parametrize("shape", [(784, 256), (3, 3, 16, 32), (5, 4, 8), (7,)])
def test_fans(shape):
    assert init.fans(shape) == compute_fans(shape)


@pytest.mark.parametrize("shape", [(200, 300), (3, 3, 64, 100)], ids=str)
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_the_counterpart_draws_from_the_same_distribution(make, shape):
    ours = make(np.random.default_rng(0), shape).ravel()
    theirs = np.asarray(counterpart_initializer(make, seed=1)(shape)).ravel().astype(float)
    if np.ptp(ours) == 0:
        np.testing.assert_allclose(theirs, ours, rtol=1e-7)
        return
    assert ours.var() == pytest.approx(theirs.var(), rel=0.02)
    assert scipy.stats.ks_2samp(ours, theirs).pvalue > 0.01
    largest, edge = np.abs(ours).max(), np.abs(theirs).max()
    assert largest == pytest.approx(edge, rel=0.01 if largest < 2.5 * ours.std() else 0.2)  # cut off, or a tail


def test_every_initializer_has_a_counterpart_or_a_word():
    draws = {name for name, f in vars(init).items() if list(getattr(f, "__annotations__", ()))[:2] == ["rng", "shape"]}
    assert draws == set(INITIALIZERS)
    for other in (init.log_odds_bias, functools.partial(np.full, fill_value=1.0), lambda rng, shape: np.ones(shape)):
        with pytest.raises(LookupError, match="Keras has no counterpart of the initializer"):
            counterpart_initializer(other)


def test_he_normal_of_the_paper_is_not_keras_he_normal():
    """Same variance, other shape: the test above has teeth."""
    ours = init.he_normal(np.random.default_rng(0), (200, 300)).ravel()
    theirs = np.asarray(keras.initializers.HeNormal(seed=1)((200, 300))).ravel().astype(float)
    assert ours.var() == pytest.approx(theirs.var(), rel=0.02)
    assert scipy.stats.ks_2samp(ours, theirs).pvalue < 1e-6


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 8)])
def test_orthogonal_is_orthogonal_along_the_same_axes(shape):
    for W in (
        init.orthogonal(np.random.default_rng(0), shape),
        np.asarray(keras.initializers.Orthogonal(seed=0)(shape)),
    ):
        matrix = W.reshape(-1, shape[-1])
        gram = matrix.T @ matrix if len(matrix) >= shape[-1] else matrix @ matrix.T
        np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-5)
