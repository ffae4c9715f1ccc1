"""Our initializers against Keras's: fans exactly, distributions by the two-sample Kolmogorov-Smirnov test."""

import keras
import numpy as np
import pytest
import scipy.stats
from keras.src.initializers.random_initializers import compute_fans

from course_lib import initialization as init

PAIRS = {
    f"{author}_{kind}": getattr(keras.initializers, f"{author.title()}{name}")
    for author in ("lecun", "glorot", "he")
    for kind, name in (("uniform", "Uniform"), ("truncated", "Normal"))
}


@pytest.mark.parametrize("shape", [(784, 256), (3, 3, 16, 32), (5, 4, 8), (7,)])
def test_fans(shape):
    assert init.fans(shape) == compute_fans(shape)


@pytest.mark.parametrize("shape", [(200, 300), (3, 3, 64, 100)])
@pytest.mark.parametrize("name", PAIRS)
def test_the_same_distribution(name, shape):
    ours = getattr(init, name)(np.random.default_rng(0), shape).ravel()
    theirs = np.asarray(PAIRS[name](seed=1)(shape)).ravel().astype(float)
    assert ours.var() == pytest.approx(theirs.var(), rel=0.02)
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.01)
    assert scipy.stats.ks_2samp(ours, theirs).pvalue > 0.01


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
