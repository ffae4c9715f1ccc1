"""Adam against numbers from outside."""

import numpy as np
import pytest

from course_lib import RULES, descend
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


def steps(rule, gradient, n, **hyper):
    """Length of each step on a constant gradient at rate 1."""
    path = descend(rule, lambda theta: np.full_like(theta, gradient), np.zeros(5), n, learning_rate=1.0, **hyper)
    return -np.diff(path[:, 0])


def test_the_rate_of_adagrad_dies_as_one_over_the_root_of_t():
    t = np.arange(1, 101)
    np.testing.assert_allclose(steps("adagrad", 7.0, 100, epsilon=0.0), 1 / np.sqrt(t), rtol=1e-12)
    np.testing.assert_allclose(steps("adagrad_keras", 1.0, 100, epsilon=0.0), 1 / np.sqrt(0.1 + t), rtol=1e-12)


@pytest.mark.parametrize("rule", ["rmsprop", "rmsprop_pytorch"])
def test_rmsprop_begins_with_long_steps_and_forgets(rule):
    """On a constant gradient 1 / sqrt(1 - rho^t): 3.16 rates at first, one rate for ever after."""
    t = np.arange(1, 201)
    lengths = steps(rule, 7.0, 200, epsilon=0.0)
    np.testing.assert_allclose(lengths, 1 / np.sqrt(1 - 0.9**t), rtol=1e-12)
    assert round(lengths[0], 2) == 3.16 and lengths[-1] == pytest.approx(1)


def test_where_epsilon_sits_decides_what_a_small_gradient_does():
    """Gradient 1e-6, by hand: 1e-6 / sqrt(1e-13 + 1e-7) inside, 1e-6 / (sqrt(1e-13) + 1e-7) outside."""
    assert steps("rmsprop", 1e-6, 1)[0] == pytest.approx(1e-6 / 3.16228e-4, rel=1e-5)
    assert steps("rmsprop_pytorch", 1e-6, 1)[0] == pytest.approx(1e-6 / 4.16228e-7, rel=1e-5)
    assert steps("adagrad_keras", 1e-6, 1)[0] == pytest.approx(1e-6 / np.sqrt(0.1), rel=1e-5)
    assert steps("adagrad", 1e-6, 1)[0] == pytest.approx(1 / 1.1, rel=1e-9)


def test_rmsprop_with_nesterov_reaches_a_terminal_velocity():
    """A constant gradient is scaled to 1, so the velocity ends at one rate over 1 - momentum, as in plain momentum."""
    assert steps("rmsprop_nesterov", 7.0, 400)[-1] == pytest.approx(10, rel=1e-6)


def test_rmsprop_with_nesterov_looks_ahead():
    seen = []

    def grad(theta):
        seen.append(theta.copy())
        return theta

    path = descend("rmsprop_nesterov", grad, np.ones(5), 3, learning_rate=0.01, momentum=0.5)
    np.testing.assert_allclose(seen[2], path[2] + 0.5 * (path[2] - path[1]), rtol=1e-12)


def test_the_small_constant_that_the_book_leaves_out():
    """No gradient yet: 0/0 without it, no step with it."""
    assert np.isnan(descend("rmsprop_nesterov", np.zeros_like, [1.0], 1, epsilon=0.0, keep="last")).all()
    assert descend("rmsprop_nesterov", np.zeros_like, [1.0], 1, keep="last") == 1.0


@pytest.mark.parametrize("rule", ["adagrad", "rmsprop", "rmsprop_pytorch", "adadelta", "adam"])
def test_without_epsilon_no_gradient_is_no_number(rule):
    assert np.isnan(descend(rule, np.zeros_like, [1.0], 1, epsilon=0.0, keep="last")).all()
    assert descend(rule, np.zeros_like, [1.0], 1, keep="last") == 1.0


@pytest.mark.parametrize("gradient", [0.5, 1.0, 1e4])
def test_adadelta_begins_at_the_root_of_its_epsilon(gradient):
    """sqrt(epsilon / (1 - rho)) whatever the gradient, as long as it is far above the root of epsilon; 0 at epsilon 0."""
    assert steps("adadelta", gradient, 1)[0] == pytest.approx(np.sqrt(1e-6 / 0.05), rel=1e-3)
    assert steps("adadelta", gradient, 10, epsilon=0.0).max() == 0


SLOTS = {
    "gradient_descent": 0,
    "momentum": 1,
    "rmsprop": 1,
    "lion": 1,
    "muon": 1,
    "adam": 2,
    "adadelta": 2,
    "amsgrad": 3,
}


@pytest.mark.parametrize(("name", "slots"), SLOTS.items(), ids=SLOTS)
def test_numbers_kept_for_each_parameter(name, slots):
    assert len(RULES[name].state) == slots


def wilson(n, rng):
    """Least squares with n examples and 6 n features, the construction of Wilson et al. (NeurIPS 2017), section 3.3.

    The first feature is the label, the next two are 1, and each example has a block of its own: one 1 in the
    positive class, five in the negative one.
    """
    y = np.where(rng.random(n) < 0.6, 1.0, -1.0)
    x = np.zeros((n, 3 + 5 * n))
    x[:, 0], x[:, 1:3] = y, 1
    for i, label in enumerate(y):
        x[i, 3 + 5 * i : 3 + 5 * i + (1 if label > 0 else 5)] = 1
    return x, y


WILSON = {"gradient_descent": (0.02, True), "momentum": (0.02, True)} | {
    name: (rate, False) for name, rate in {"adagrad": 0.1, "rmsprop": 0.01, "adam": 0.01}.items()
}


@pytest.mark.parametrize(("rule", "rate", "generalizes"), [(k, *v) for k, v in WILSON.items()], ids=WILSON)
def test_adaptive_rules_fit_wilsons_least_squares_and_fail_on_new_examples(rule, rate, generalizes):
    """Each fits the training set; on new examples, whose blocks are unseen, adaptive ones call all of them positive."""
    x, y = wilson(100, np.random.default_rng(0))
    start = np.zeros(x.shape[1])

    def falling(k):
        return rate / (1 + k) ** 0.5

    hyper = {"learning_rate": rate if generalizes or rule == "adagrad" else falling}
    weights = descend(rule, lambda w: x.T @ (x @ w - y) / len(y), start, 2000, keep="last", **hyper)
    assert (np.sign(x @ weights) == y).all()
    new = np.array([[label, 1.0, 1.0] for label in y]) @ weights[:3]
    wrong = np.mean(np.sign(new) != y)
    assert wrong == (0 if generalizes else np.mean(y < 0))
    if not generalizes:  # theorem: all weights of the same size, up to sign
        used = np.abs(weights[np.abs(x).sum(axis=0) > 0])
        np.testing.assert_allclose(used, used[0], rtol=0.2)
