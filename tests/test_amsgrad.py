"""AMSGrad where Adam fails: the two counter-examples of Reddi, Kale and Kumar (ICLR 2018)."""

import numpy as np
import pytest

from course_lib import RULES, descend
from course_lib.rule import SCALAR, retarget


def online(rule, gradient, rate, steps, **hyper):
    """Walk on the interval [-1, 1] from its middle: each step is followed by the projection that the paper demands."""
    rule = RULES[rule]
    step = retarget(rule.function, SCALAR)
    x, state = 0.0, list(rule.state.values())
    path = []
    for t in range(1, steps + 1):
        x, *state = step(x, gradient(t), *state, t, learning_rate=rate / t**0.5, **hyper)
        x = min(1.0, max(-1.0, x))
        path.append(x)
    return np.array(path)


def rare_and_large(t):
    """1010 x once in 101 steps, else -10 x: the sum over a period is 10 x, so -1 is best (figure 1 of the paper)."""
    return 1010.0 if t % 101 == 1 else -10.0


def every_third(t):
    """C x, -x, -x with C = 3: the sum over a period is x, so -1 is best (theorem 1)."""
    return 3.0 if t % 3 == 1 else -1.0


def test_on_a_rare_large_gradient_adam_goes_to_the_worst_point_and_amsgrad_to_the_best():
    hyper = {"beta_1": 0.9, "beta_2": 0.99}
    adam = online("adam", rare_and_large, 0.5, 100_000, **hyper)
    amsgrad = online("amsgrad", rare_and_large, 0.5, 100_000, **hyper)
    assert adam[-101:].mean() > 0.99  # over a period, for each large gradient throws it back a little
    assert amsgrad[9_999] == pytest.approx(-0.80, abs=0.01)
    assert amsgrad[-1] == pytest.approx(-0.984, abs=0.002)


@pytest.mark.parametrize("rule", ["adam", "rmsprop"])
def test_with_c_3_what_forgets_goes_to_the_worst_point(rule):
    """Beta_1 = 0 and beta_2 = 1 / (1 + C^2) as in the theorem; RMSProp is the same there but for the correction."""
    decay = {"rho": 0.1} if rule == "rmsprop" else {"beta_1": 0.0, "beta_2": 0.1}
    path = online(rule, every_third, 0.5, 1000, **decay)
    assert path[99] == pytest.approx(0.95, abs=0.03)
    assert path[-1] > 0.97


@pytest.mark.parametrize("rule", ["amsgrad", "amsgrad_framework", "adagrad"])
def test_with_c_3_what_remembers_goes_to_the_best(rule):
    decay = {} if rule == "adagrad" else {"beta_1": 0.0, "beta_2": 0.1}
    path = online(rule, every_third, 0.5, 1000, **decay)
    assert path[-1] < -0.8
    if rule == "amsgrad":
        assert path[99] == pytest.approx(-1.0, abs=0.02)


def test_first_steps_of_both_forms():
    """(1 - beta_1) / sqrt(1 - beta_2) rates uncorrected, one rate corrected."""
    first = [
        -descend(rule, np.ones_like, [0.0], 1, learning_rate=1.0, epsilon=0.0, keep="last").item()
        for rule in ("amsgrad", "amsgrad_framework")
    ]
    np.testing.assert_allclose(first, [0.1 / np.sqrt(0.001), 1.0], rtol=1e-12)


def test_what_the_framework_form_divides_by_can_fall():
    """A large gradient, then small ones: with beta_1 = 0 a step is g over what is divided by, so this can be read off."""
    gradients = np.array([1.0, *np.full(9, 1e-3)])
    divided_by = {}
    for rule in ("amsgrad", "amsgrad_framework"):
        stream = iter(gradients)
        path = descend(
            rule, lambda theta, stream=stream: np.full_like(theta, next(stream)), np.zeros(5), 10,
            learning_rate=1.0, beta_1=0.0, epsilon=0.0,
        )  # fmt: skip
        divided_by[rule] = -gradients / np.diff(path[:, 0])
    np.testing.assert_allclose(divided_by["amsgrad"], np.sqrt(0.001), rtol=1e-9)
    assert (np.diff(divided_by["amsgrad_framework"]) < -0.01).all()
