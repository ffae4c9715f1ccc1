"""Losses and the logistic function against scipy and the mathematics library, where they are extreme too."""

import math

import numpy as np
import pytest
import scipy.special

from course_lib.activations import sigmoid
from course_lib.losses import logistic_backward, logistic_forward, softmax, softmax_cross_entropy_forward

SCORES = np.array([0.0, 1e-9, 0.3, 5, 17, 40, 700, 1e5])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
def test_the_logistic_function_is_right_to_its_own_size_on_both_sides(dtype):
    x = np.concatenate([-SCORES, SCORES]).astype(dtype)
    y = sigmoid(x)
    assert y.dtype == dtype
    finfo = np.finfo(dtype)
    np.testing.assert_allclose(y, scipy.special.expit(x), rtol=4 * finfo.eps, atol=finfo.tiny)


@DTYPES
@pytest.mark.parametrize("score", [0.0, 2.0, 10.0, 17.0, 40.0, 80.0])
def test_a_sure_right_answer_keeps_its_small_loss_and_gradient(dtype, score):
    """log(1 + exp(-score)) and 1 / (1 + exp(score)), for the answers 1 and 0 alike."""
    z, y = np.array([[score], [-score]], dtype), np.array([[1], [0]], dtype)
    loss, cache = logistic_forward(z, y)
    rtol = 8 * float(np.finfo(dtype).eps)
    assert loss == pytest.approx(math.log1p(math.exp(-score)), rel=rtol)
    np.testing.assert_allclose(logistic_backward(cache)[:, 0] * [-2, 2], 1 / (1 + math.exp(score)), rtol=rtol)


@DTYPES
def test_a_sure_wrong_answer_costs_its_score(dtype):
    z, y = np.array([[1e4], [-1e4]], dtype), np.array([[0], [1]], dtype)
    loss, cache = logistic_forward(z, y)
    assert loss == 1e4
    np.testing.assert_array_equal(logistic_backward(cache), [[0.5], [-0.5]])


@DTYPES
def test_softmax_is_scipys_and_does_not_overflow(dtype):
    z = np.array([[0.1, -2.0, 3.0], [1e4, 1e4 - 1, -1e4]], dtype)
    p = softmax(z)
    assert p.dtype == dtype
    rtol = 4 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(p, scipy.special.softmax(z, axis=1), rtol=rtol)
    expected = -scipy.special.log_softmax(z.astype(float), axis=1)[[0, 1], [1, 2]].mean()
    assert softmax_cross_entropy_forward(z, np.array([1, 2]))[0] == pytest.approx(expected, rel=rtol)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([0, -1], "classes must be from 0 to 2, got -1 to 0"),
        ([5, 0], "classes must be from 0 to 2, got 0 to 5"),
        ([0, 3], "classes must be from 0 to 2, got 0 to 3"),
        ([0], "one class \\(an integer\\) for each of the 2 inputs, got int64 of shape \\(1,\\)"),
        ([[0], [1]], "for each of the 2 inputs, got int64 of shape \\(2, 1\\)"),
    ],
)
def test_cross_entropy_refuses_classes_that_there_are_not(y, words):
    z = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    with pytest.raises(ValueError, match=words):
        softmax_cross_entropy_forward(z, np.array(y, np.int64))
    for kind in (np.int64, np.uint8):
        right = softmax_cross_entropy_forward(z, np.array([0, 2], kind))[0]
        assert right == pytest.approx(-scipy.special.log_softmax(z, axis=1)[[0, 1], [0, 2]].mean(), rel=1e-15)
