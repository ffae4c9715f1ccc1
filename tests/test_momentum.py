"""Closed forms and conversions; no formula of the library is typed again."""

import numpy as np
import pytest

from course_lib import descend
from course_lib.learning_rate import exponential_decay
from course_lib.surfaces import ravine

RATE, ALPHA, STEPS = 0.02, 0.9, 60


def eigenvalue_path(matrix, start, steps):
    """x_k = M^k x_0 by matrix powers: the linear-algebra answer for a quadratic."""
    return np.array([np.linalg.matrix_power(matrix, k) @ start for k in range(steps + 1)])


@pytest.mark.parametrize("curvature", [0.5, 3.0, 40.0, 99.0])
def test_gradient_descent_shrinks_by_one_factor(curvature):
    path = descend("gradient_descent", lambda theta: curvature * theta, [2.0], STEPS, learning_rate=RATE)[:, 0]
    np.testing.assert_allclose(path, 2.0 * (1 - RATE * curvature) ** np.arange(STEPS + 1), rtol=1e-10)


@pytest.mark.parametrize("curvature", [0.5, 3.0, 40.0])
def test_momentum_is_a_power_of_the_two_by_two_matrix(curvature):
    # rows: theta_{k+1} = theta_k + v_{k+1}, v_{k+1} = alpha v_k - eta lambda theta_k
    matrix = np.array([[1 - RATE * curvature, ALPHA], [-RATE * curvature, ALPHA]])
    expected = eigenvalue_path(matrix, np.array([2.0, 0.0]), STEPS)[:, 0]
    path = descend("momentum", lambda theta: curvature * theta, [2.0], STEPS, learning_rate=RATE, momentum=ALPHA)[:, 0]
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("curvature", [0.5, 3.0, 20.0])
def test_nesterov_is_a_power_of_its_matrix(curvature):
    shrink = 1 - RATE * curvature
    matrix = np.array([[shrink, ALPHA * shrink], [shrink - 1, ALPHA * shrink]])
    expected = eigenvalue_path(matrix, np.array([2.0, 0.0]), STEPS)[:, 0]
    path = descend("nesterov", lambda theta: curvature * theta, [2.0], STEPS, learning_rate=RATE, momentum=ALPHA)[:, 0]
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)


def test_terminal_velocity():
    path = descend("momentum", np.ones_like, [0.0], 400, learning_rate=0.01, momentum=0.9)[:, 0]
    velocity = np.diff(path)
    np.testing.assert_allclose(velocity[-1], -0.01 / (1 - 0.9), rtol=1e-12)
    np.testing.assert_allclose(velocity, -0.1 * (1 - 0.9 ** np.arange(1, 401)), rtol=1e-10)


@pytest.mark.parametrize("averaged", ["momentum_averaged_step", "momentum_averaged_gradient"])
def test_averaged_forms_are_classical_momentum_at_a_scaled_rate(averaged):
    classical = descend("momentum", ravine, ravine.start, STEPS, learning_rate=0.01, momentum=ALPHA)
    other = descend(averaged, ravine, ravine.start, STEPS, learning_rate=0.01 / (1 - ALPHA), momentum=ALPHA)
    np.testing.assert_allclose(other, classical, rtol=1e-9, atol=1e-9)


def test_the_forms_part_under_a_schedule():
    """Gradient 1, rate 0.1 then 0.01, momentum 0.9, by hand: -0.1 - 0.09 - 0.01 against -0.1 - 0.019."""

    def falling(k):
        return [0.1, 0.01][k]

    def falling_averaged(k):
        return 10 * falling(k)

    inside = descend("momentum", np.ones_like, [0.0], 2, learning_rate=falling, momentum=0.9)
    outside = descend(
        "momentum_averaged_gradient", np.ones_like, [0.0], 2, learning_rate=falling_averaged, momentum=0.9
    )
    np.testing.assert_allclose([inside[-1, 0], outside[-1, 0]], [-0.200, -0.119])


def test_first_step():
    """Plain descent's in the classical form, (1 - beta) times it in the averaged ones."""
    first = {
        rule: descend(rule, np.ones_like, [0.0], 1, learning_rate=0.5)[1, 0]
        for rule in ("gradient_descent", "momentum", "momentum_averaged_step", "momentum_averaged_gradient")
    }
    np.testing.assert_allclose(list(first.values()), [-0.5, -0.5, -0.05, -0.05])


@pytest.mark.parametrize("rate", [0.01, exponential_decay(initial_learning_rate=0.015, decay_steps=10, decay_rate=0.8)])
def test_the_frameworks_nesterov_walks_through_the_look_ahead_points(rate):
    seen = []

    def grad(theta):
        seen.append(theta)
        return ravine.grad(theta)

    descend("nesterov", grad, ravine.start, STEPS, learning_rate=rate)
    framework = descend("nesterov_framework", ravine, ravine.start, STEPS, learning_rate=rate)
    np.testing.assert_allclose(np.array(seen), framework[:-1], rtol=1e-9, atol=1e-9)


def test_without_momentum_all_rules_are_gradient_descent():
    plain = descend("gradient_descent", ravine, ravine.start, 20, learning_rate=0.01)
    for rule in ("momentum", "momentum_averaged_step", "momentum_averaged_gradient", "nesterov", "nesterov_framework"):
        np.testing.assert_allclose(
            descend(rule, ravine, ravine.start, 20, learning_rate=0.01, momentum=0.0), plain, rtol=1e-12
        )


def test_pytorchs_form_is_the_classical_one_while_the_rate_is_constant():
    classical = descend("momentum", ravine, ravine.start, STEPS, learning_rate=0.01)
    outside = descend("momentum_pytorch", ravine, ravine.start, STEPS, learning_rate=0.01)
    np.testing.assert_allclose(outside, classical, rtol=1e-9, atol=1e-9)


def test_pytorchs_trace_with_dampening():
    """Torch 2.13.0, SGD(lr=0.1, momentum=0.9, dampening=0.5), gradient 1 three times: buffers 1, 1.4, 1.76."""
    path = descend(
        "momentum_pytorch",
        np.ones_like,
        [0.0],
        3,
        learning_rate=0.1,
        dampening=lambda k: 0.5 if k else 0.0,
    )
    np.testing.assert_allclose(path[:, 0], [0, -0.1, -0.24, -0.416], rtol=1e-12)


def test_when_the_rate_falls_pytorchs_nesterov_slows_down_at_once():
    """By hand: gradient 1 twice, the rate 0.1 and then 0.01; steps 0.19 and 0.01 (1 + 0.9 * 1.9), or 0.19 and 0.1."""
    falling = {"learning_rate": lambda k: 0.01 if k else 0.1}
    outside = descend("nesterov_pytorch", np.ones_like, [0.0], 2, **falling)
    inside = descend("nesterov_framework", np.ones_like, [0.0], 2, **falling)
    np.testing.assert_allclose(outside[:, 0], [0, -0.19, -0.2171], rtol=1e-12)
    np.testing.assert_allclose(inside[:, 0], [0, -0.19, -0.29], rtol=1e-12)
