"""Adam against numbers from outside."""

import numpy as np
import pytest

from course_lib import descend
from course_lib.adaptive_rates import adam


@pytest.mark.parametrize("gradient", [1e-3, 0.7, -50.0])
def test_first_step_of_adam_is_the_rate_against_the_sign(gradient):
    path = descend(adam, lambda theta: np.full_like(theta, gradient), [0.0], 1, learning_rate=0.1, epsilon=0.0)
    np.testing.assert_allclose(path[1, 0], -0.1 * np.sign(gradient), rtol=1e-12)


def test_adam_on_a_constant_gradient_moves_at_its_rate():
    path = descend(adam, np.ones_like, [0.0], 100, learning_rate=0.01, epsilon=0.0)[:, 0]
    np.testing.assert_allclose(path, -0.01 * np.arange(101), rtol=1e-9)


def test_uncorrected_moments_of_adam_are_3_16_and_at_most_6_57_times_too_large():
    """The ratio m / sqrt(v) without correction for gradient 1: published in the course's facts, computed by geometric sums."""
    t = np.arange(1, 101)
    m, v, ratio = np.zeros(1), np.zeros(1), []
    for k in t:
        _, m, v = adam(np.zeros(1), np.ones(1), m, v, int(k))
        ratio.append((m / np.sqrt(v)).item())
    np.testing.assert_allclose(ratio, (1 - 0.9**t) / np.sqrt(1 - 0.999**t), rtol=1e-9)
    assert round(ratio[0], 2) == 3.16
    assert (round(max(ratio), 2), int(np.argmax(ratio)) + 1) == (6.57, 12)
