"""Averages of a path against closed forms and the theorem of Polyak and Juditsky."""

import numpy as np
import pytest

from course_lib import Stepper, descend
from course_lib.averages import PathAverage, average_path, cumulative_mean, exponential_average, exponential_weights


def test_without_beta_it_is_the_mean_of_all_points():
    path = np.random.default_rng(0).normal(size=(40, 3, 2))
    np.testing.assert_allclose(average_path(path)[-1], path.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(average_path(path), cumulative_mean(path), rtol=1e-12)


def test_with_beta_the_weights_fall_geometrically_and_the_first_point_has_the_rest():
    path = np.random.default_rng(1).normal(size=(30, 2))
    weights = exponential_weights(0.8, 30)
    weights[0] += 0.8**30
    np.testing.assert_allclose(average_path(path, beta=0.8)[-1], weights @ path, rtol=1e-10)


@pytest.mark.parametrize("beta", [0.0, 0.8, 0.99])
def test_corrected_the_weights_fall_geometrically_to_the_first_point_and_add_up_to_one(beta):
    path = np.random.default_rng(1).normal(size=(30, 2))
    weights = exponential_weights(beta, 30)
    average = average_path(path, beta=beta, bias_correction=True)
    np.testing.assert_allclose(average[-1], weights / weights.sum() @ path, rtol=1e-10)
    np.testing.assert_allclose(average, exponential_average(path, beta, bias_correction=True), rtol=1e-10)
    np.testing.assert_allclose(average[0], path[0], rtol=1e-14)


def test_a_corrected_average_that_hardly_forgets_is_the_mean():
    """Kingma and Ba, section 7.2: beta near 1 comes to Polyak and Ruppert's average; uncorrected, to the first point."""
    path = np.random.default_rng(3).normal(size=(50, 2))
    corrected = average_path(path, beta=1 - 1e-9, bias_correction=True)
    np.testing.assert_allclose(corrected, cumulative_mean(path), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(average_path(path, beta=1 - 1e-9), np.broadcast_to(path[0], path.shape), atol=1e-6)


def test_an_average_beside_a_stepper_is_that_of_the_path():
    def grad(theta):
        return np.array([1.0, 9.0]) * theta

    theta = np.array([3.0, -1.0])
    stepper = Stepper("momentum", theta, learning_rate=0.05)
    average = PathAverage(theta, beta=0.9)
    for _ in range(25):
        stepper.step(grad(theta))
        average.update()
    path = descend("momentum", grad, [3.0, -1.0], 25, learning_rate=0.05)
    np.testing.assert_allclose(average.theta, average_path(path[1:], beta=0.9)[-1], rtol=1e-12)
    assert average.n == 25 and average.theta is not theta


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_the_averaged_path_has_the_least_variance_there_is_at_every_rate(rate):
    """Noise of variance s^2 on a slope of curvature a: s^2 / (a^2 n), theorem 1; the last point stays at its rate's noise."""
    a, s, n, runs = 2.0, 3.0, 2000, 3000
    rng = np.random.default_rng(2)
    path = descend(
        "gradient_descent", lambda theta: a * theta + s * rng.normal(size=theta.shape), np.zeros((runs, 1)), n,
        learning_rate=rate,
    )  # fmt: skip
    assert average_path(path[1:])[-1].var() == pytest.approx(s**2 / a**2 / n, rel=0.1)
    assert path[-1].var() == pytest.approx(rate * s**2 / (a * (2 - rate * a)), rel=0.1)


def test_refused_by_name():
    with pytest.raises(TypeError, match="theta must be the array of floats that the steps change, got list"):
        PathAverage([1.0])
    with pytest.raises(ValueError, match=r"beta must be in \[0, 1\), got 1"):
        PathAverage(np.ones(2), beta=1)
    with pytest.raises(TypeError, match="the array of floats that the steps change, got an array of int64"):
        PathAverage(np.array([1, 2]))
    with pytest.raises(ValueError, match="bias correction belongs to an average that forgets: give beta"):
        average_path([[1.0]], bias_correction=True)
    with pytest.raises(ValueError, match="at least one value"):
        average_path([])
