"""What every surface shares: kinds of critical points, inexact gradients."""

import numpy as np
import pytest

from course_lib import descend
from course_lib.surface import classify, inexact
from course_lib.surfaces import quadratic


@pytest.mark.parametrize(
    ("spectrum", "kind"),
    [
        ([1, 2, 3], "minimum"),
        ([-1, -2, -1e-3], "maximum"),
        ([1, -1e-3, 5], "saddle"),
        ([1, 0, -1], "saddle"),
        ([1, 0, 2], "degenerate"),
        ([-1, 0, -2], "degenerate"),
        ([0, 0, 0], "degenerate"),
        ([1, 1e-12, 2], "degenerate"),
    ],
)
def test_the_signs_of_the_eigenvalues_decide_in_any_basis(spectrum, kind):
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    assert classify(np.diag(spectrum)) == kind
    if any(spectrum):
        assert classify(q @ np.diag(spectrum) @ q.T) == kind


def test_the_share_of_random_matrices_that_are_minima_is_the_closed_form():
    """The positive definite ones fill a cone of 45 degrees in the space of symmetric 2 x 2 matrices: (1 - cos 45)/2."""
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(4000, 2, 2))
    share = np.mean([classify(a + a.T) == "minimum" for a in draws])
    assert share == pytest.approx((1 - np.sqrt(0.5)) / 2, abs=0.02)


def test_noise_has_the_variance_and_the_mean_asked_for():
    points = np.tile([1.0, -2.0], (100_000, 1))
    drawn = inexact(np.random.default_rng(0), quadratic, variance=[0.04, 4.0], bias=[0.5, 0.0])(points)
    np.testing.assert_allclose(drawn.mean(axis=0), [1.5, -20.0], atol=0.02)
    np.testing.assert_allclose(drawn.var(axis=0), [0.04, 4.0], rtol=0.02)


def test_descent_with_a_bias_ends_where_gradient_and_bias_cancel():
    biased = inexact(np.random.default_rng(0), quadratic, bias=[1.0, 1.0])
    end = descend("gradient_descent", biased, [3.0, 3.0], 400, keep="last", learning_rate=0.1)
    np.testing.assert_allclose(end, [-1.0, -0.1], atol=1e-9)


def test_descent_with_noise_hovers_with_the_variance_of_the_closed_form():
    """From theta' = (1 - eta h) theta - eta noise: the variance is eta s^2 / (h (2 - eta h))."""
    noisy = inexact(np.random.default_rng(1), quadratic, variance=1.0)
    path = descend("gradient_descent", noisy, np.zeros((2000, 2)), 400, learning_rate=0.1)
    np.testing.assert_allclose(path[200:].var(axis=(0, 1)), [0.1 / 1.9, 0.1 / 10], rtol=0.03)


def test_float32_stays_float32():
    g = inexact(np.random.default_rng(0), lambda theta: theta, variance=1.0)(np.ones(3, np.float32))
    assert g.dtype == np.float32


def test_refused_by_name():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"a Hessian has shape \(n, n\), got \(2, 3\)"):
        classify(np.ones((2, 3)))
    for matrix, words in (
        ([[1.0, 2.0], [0.0, 1.0]], r"got 2 at \(0, 1\), 0 at \(1, 0\)"),
        ([[1.0, 0.0], [0.0, np.nan]], r"got nan at \(1, 1\)"),
        ([[1.0, np.inf], [3.0, 1.0]], r"got inf at \(0, 1\), 3 at \(1, 0\)"),
        ([[-np.inf, 0.0], [0.0, 1.0]], r"got -inf at \(0, 0\)"),
    ):
        with pytest.raises(ValueError, match=f"a Hessian is symmetric and finite, {words}"):
            classify(matrix)
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        inexact(0, quadratic)
    with pytest.raises(TypeError, match="grad must be a surface or a function of a point, got str"):
        inexact(rng, "quadratic")
    with pytest.raises(ValueError, match="variance must be finite and at least 0, got -1"):
        inexact(rng, quadratic, variance=-1)
    with pytest.raises(ValueError, match="bias must be finite, got nan"):
        inexact(rng, quadratic, bias=np.nan)
