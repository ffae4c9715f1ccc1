"""A step printed as calls is the plain call bit for bit, whatever a rule does with its names."""

import numpy as np
import pytest

from course_lib import RULES, Stepper
from course_lib.block_text import block_step
from course_lib.rule import update_rule
from course_lib.stepper import BLOCK_BYTES


@update_rule("v")
def other_names(theta, g, v, t, *, learning_rate=0.1):
    old = v
    older = theta
    v = 0.5 * v - learning_rate * g
    theta = theta + v
    new = theta + (old - older)
    theta = theta * t
    return new, v


@update_rule("m")
def gradient_changes(theta, g, m, t, *, learning_rate=0.1, decay=0.01):
    theta = theta - learning_rate * (np.sign(m) + decay * theta)
    g = g + decay * theta
    m = g
    g = m * (m + g * m) / (3 - -m)
    theta = theta - g
    return theta, m


@update_rule("m", "v")
def on_the_way_out(theta, g, m, v, t, *, learning_rate=0.1):
    c = learning_rate / t
    c = c * 2
    step = c * g
    again = step
    m = step
    theta = theta - again
    return theta - c * v, m + step, 0.25 * g


@update_rule("m")
def constant_state(theta, g, m, t, *, learning_rate=0.1):
    return theta - learning_rate * (g + m), 1.5


@update_rule("kept")
def keeps_the_gradient(theta, g, kept, t, *, learning_rate=0.1):
    theta = theta - learning_rate * kept
    return theta, g


@update_rule()
def stays(theta, g, t):
    return (theta,)


@update_rule("a", "b")
def exchange(theta, g, a, b, t, *, learning_rate=0.1):
    a = a + g
    theta = theta - learning_rate * a
    return theta, b, a


@update_rule()
def chooses(theta, g, t, *, learning_rate=0.1):
    theta = theta - learning_rate * np.where(g > 0, g, 2 * g)
    return (theta,)


@update_rule()
def roots_a_number(theta, g, t, *, learning_rate=0.1):
    theta = theta - learning_rate * np.sqrt(t) * g
    return (theta,)


@update_rule()
def cubes(theta, g, t, *, learning_rate=0.1):
    theta = theta - learning_rate * g**3
    return (theta,)


PRINTED = [other_names, gradient_changes, on_the_way_out, constant_state, keeps_the_gradient, stays]
REFUSED = [exchange, chooses, roots_a_number, cubes]


def test_every_elementwise_rule_of_the_library_is_printed():
    assert [rule.name for rule in RULES.values() if rule.elementwise and block_step(rule) is None] == []


@pytest.mark.parametrize("rule", [*PRINTED, *REFUSED], ids=lambda rule: rule.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_awkward_rules(rule, dtype):
    assert (block_step(rule) is not None) == (rule in PRINTED)
    rng = np.random.default_rng(3)
    n = BLOCK_BYTES // np.dtype(dtype).itemsize + 7
    plain = rng.normal(size=n).astype(dtype)
    state = [np.full_like(plain, start) for start in rule.state.values()]
    stepper = Stepper(rule, plain.copy(), compiled=False)
    for t in range(1, 5):
        g = rng.normal(size=n).astype(dtype)
        kept = g.copy()
        stepper.step(g)
        assert np.array_equal(g, kept)
        moved = rule(plain, g, *state, t)
        plain, *state = (np.full_like(plain, new) if np.ndim(new) == 0 else new.astype(dtype) for new in moved)
        assert np.array_equal(stepper.theta, plain)
        assert all(np.array_equal(a, b) for a, b in zip(stepper.state, state, strict=True))


@pytest.mark.parametrize("rule", ["lion", "adam", "momentum", "nesterov_framework", keeps_the_gradient])
def test_the_gradient_may_be_theta_itself_or_overlap_it(rule):
    for of in (lambda theta: theta, lambda theta: theta[::-1]):
        plain, mine = (Stepper(rule, np.linspace(-1, 2, 50), compiled=False, learning_rate=0.1) for _ in "ab")
        for _ in range(3):
            plain.step(of(plain.theta).copy())
            mine.step(of(mine.theta))
        assert np.array_equal(mine.theta, plain.theta)


def test_a_gradient_of_another_type_and_a_schedule_go_as_they_would_plainly():
    rng = np.random.default_rng(4)
    theta, g = rng.normal(size=9).astype(np.float32), rng.normal(size=9)
    stepper = Stepper("momentum", theta.copy(), compiled=False, learning_rate=lambda step: 0.1 * (step + 1))
    stepper.step(g)
    plain, v = RULES["momentum"](theta, g, np.zeros_like(theta), 1, learning_rate=0.1)
    assert np.array_equal(stepper.theta, plain.astype(np.float32))
    v = v.astype(np.float32)
    stepper.step(g.astype(np.float32))
    plain, v = RULES["momentum"](plain.astype(np.float32), g.astype(np.float32), v, 2, learning_rate=0.2)
    assert np.array_equal(stepper.theta, plain)
    assert np.array_equal(stepper.state[0], v)
