"""Delta-bar-delta and Lion against closed forms."""

import numpy as np
import pytest

from course_lib import descend
from course_lib.sign_based import delta_bar_delta
from course_lib.surfaces import ravine


def run(gradients, **hyper):
    """Rates of one parameter after each gradient."""
    theta, m, r, rates = 0.0, 0.0, 1.0, []
    for t, g in enumerate(gradients, start=1):
        theta, m, r = delta_bar_delta(theta, g, m, r, t, **hyper)
        rates.append(r)
    return np.array(rates)


def test_while_the_sign_stays_the_rate_grows_by_adding():
    np.testing.assert_allclose(run([2.0, 1.0, 5.0, 0.1], kappa=0.25), [1, 1.25, 1.5, 1.75])


def test_when_the_sign_turns_the_rate_shrinks_by_multiplying():
    turning = [1.0, -1.0, 1.0, -1.0, 1.0]
    np.testing.assert_allclose(run(turning, phi=0.2, beta_1=0.0), 0.8 ** np.arange(5))


def test_it_compares_with_an_average_of_the_past_and_not_with_the_last_gradient():
    """Averages before the third and fourth gradient, by hand at beta_1 = 0.7: 0.7 * 3 - 0.3 = 1.8, 0.7 * 1.8 - 0.3 = 0.96."""
    np.testing.assert_allclose(run([10.0, -1.0, -1.0, -1.0], phi=0.5, beta_1=0.7), [1, 0.5, 0.25, 0.125])


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e-23), (np.float64, 1e-170)])
def test_it_sees_signs_of_gradients_whose_product_is_no_number_any_more(dtype, size):
    gradients = np.array([1, 1, -1], dtype) * dtype(size)
    np.testing.assert_allclose(run(gradients, kappa=0.5, phi=0.5), [1, 1.5, 0.75])


def test_no_gradient_changes_no_rate():
    np.testing.assert_array_equal(run([0.0, 1.0, 0.0, 0.0]), np.ones(4))


def test_in_a_ravine_the_gentle_direction_gets_the_larger_rate():
    """One rate that is stable across the ravine crawls along it; two rates that adapt arrive."""
    plain = descend("gradient_descent", ravine, ravine.start, 200, learning_rate=0.005, keep="last")
    adapted = descend("delta_bar_delta", ravine, ravine.start, 200, learning_rate=0.005, keep="last")
    assert np.linalg.norm(adapted) < 0.01 * np.linalg.norm(plain)


@pytest.mark.parametrize("gradient", [1e-9, 0.3, -1e6])
def test_lion_moves_by_its_rate_whatever_the_size_of_the_gradient(gradient):
    path = descend("lion", lambda theta: np.full_like(theta, gradient), [0.0], 50, learning_rate=0.01)[:, 0]
    np.testing.assert_allclose(path, -0.01 * np.sign(gradient) * np.arange(51), rtol=1e-12)


def test_lion_turns_when_its_mixture_does():
    """Ten gradients of 1, then -1: m is 1 - 0.99^10 = 0.0956, so 0.9 m - 0.1 < 0 and the step turns at once."""
    signs = iter([1.0] * 10 + [-1.0])
    path = descend("lion", lambda theta: np.full_like(theta, next(signs)), np.zeros(5), 11, learning_rate=1.0)[:, 0]
    np.testing.assert_array_equal(np.diff(path), [-1.0] * 10 + [1.0])
    # a hundred of them: 0.9 * 0.634 - 0.1 > 0, and it goes on
    signs = iter([1.0] * 100 + [-1.0])
    path = descend("lion", lambda theta: np.full_like(theta, next(signs)), np.zeros(5), 101, learning_rate=1.0)[:, 0]
    assert path[-1] == -101
