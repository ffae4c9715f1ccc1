"""Adam's relatives against closed forms, and against Adam."""

import numpy as np
import pytest

from course_lib import descend

RATE = 0.01


def constant(gradient):
    return lambda theta: np.full_like(theta, gradient)


def steps(rule, gradient=1.0, n=60, **hyper):
    """Length of each step on a constant gradient, in rates."""
    path = descend(rule, constant(gradient), np.zeros(5), n, learning_rate=RATE, **{"epsilon": 0.0, **hyper})
    return -np.diff(path[:, 0]) / RATE


def test_without_correction_the_first_steps_are_too_long():
    t = np.arange(1, 61)
    lengths = steps("adam_uncorrected")
    np.testing.assert_allclose(lengths, (1 - 0.9**t) / np.sqrt(1 - 0.999**t), rtol=1e-9)
    assert (round(lengths[0], 2), round(lengths.max(), 2)) == (3.16, 6.57)


def test_whether_the_first_step_without_correction_is_too_long_depends_on_both_decays():
    """By hand: 0.1 / sqrt(0.05) = 0.447, 0.1 / sqrt(0.01) = 1 and 0.1 / sqrt(0.001) = 3.162, all with beta_2 > beta_1."""
    firsts = [steps("adam_uncorrected", n=1, beta_2=beta_2)[0] for beta_2 in (0.95, 0.99, 0.999)]
    np.testing.assert_allclose(firsts, [0.447, 1.0, 3.162], atol=5e-4)


@pytest.mark.parametrize("rule", ["adamax", "adamax_pytorch"])
def test_adamax_goes_a_little_beyond_its_rate_where_gradients_shrink_as_the_maximum_forgets(rule):
    """Gradients 0.999^t: the weights 0.1 * 0.9^k over 0.999^k are a geometric series, 0.1 / (1 - 0.9 / 0.999) = 1.00909."""
    gradients = iter(0.999 ** np.arange(300))
    path = descend(rule, lambda theta: np.full_like(theta, next(gradients)), [0.0], 300, learning_rate=1.0, epsilon=0.0)
    np.testing.assert_allclose(-np.diff(path[:, 0])[[0, -1]], [1.0, 1.00909], atol=5e-6)


def test_adamax_is_bounded_by_its_rate():
    """The bound of section 7.1 of the paper, on gradients that do not shrink in step; a constant one reaches it."""
    np.testing.assert_allclose(steps("adamax", 0.003), 1.0, rtol=1e-12)
    rng = np.random.default_rng(0)
    path = descend("adamax", lambda theta: rng.standard_cauchy(theta.shape), np.zeros(50), 200, learning_rate=RATE)
    assert np.abs(np.diff(path, axis=0)).max() <= RATE * (1 + 1e-12)


def test_adamax_without_epsilon_is_lost_where_no_gradient_has_come():
    assert np.isnan(descend("adamax", constant(0.0), [1.0], 1, epsilon=0.0, keep="last")).all()
    assert descend("adamax", constant(0.0), [1.0], 1, keep="last") == 1.0


@pytest.mark.parametrize(("rule", "divisor"), [("adamax", 1.5), ("adamax_pytorch", 1.0)])
def test_epsilon_fades_with_its_gradient_in_pytorchs_adamax_alone(rule, divisor):
    """By hand, gradient 1 and then 0, beta_2 0.5, epsilon 1: the maximum is 1, 0.5 plus 1, or 2 and then 1."""
    gradients = iter(np.array([[1.0], [0.0]]))
    path = descend(rule, lambda theta: next(gradients), [0.0], 2, learning_rate=1.0, beta_2=0.5, epsilon=1.0)
    np.testing.assert_allclose(-np.diff(path[:, 0]), [0.5, 0.09 / 0.19 / divisor], rtol=1e-12)


def test_nadam_begins_nine_nineteenths_beyond_adam():
    """On gradient 1 the first step is beta_1 (1 - beta_1) / (1 - beta_1^2) + 1 = 1 + 9/19 for 0.9; it falls to 1."""
    lengths = steps("nadam", n=400)
    assert lengths[0] == pytest.approx(1 + 9 / 19, rel=1e-12)
    t = np.arange(1, 401)
    np.testing.assert_allclose(lengths, 0.9 * (1 - 0.9**t) / (1 - 0.9 ** (t + 1)) + 0.1 / (1 - 0.9**t), rtol=1e-9)
    assert lengths[-1] == pytest.approx(1, rel=1e-12)


def test_first_step_of_nadam_in_frameworks():
    """By hand, with momenta 0.9 (1 - 0.48) = 0.468 and 0.9 (1 - 0.4608) = 0.48528."""
    assert steps("nadam_framework")[0] == pytest.approx(1 + 0.048528 / (1 - 0.468 * 0.48528), rel=1e-12)


def test_a_momentum_that_has_grown_up_at_once_makes_both_nadams_one():
    rng = np.random.default_rng(1)
    gradients = rng.normal(size=(40, 5))
    paths = []
    for rule, hyper in (("nadam", {}), ("nadam_framework", {"momentum_decay": 1e4})):
        stream = iter(gradients)
        paths.append(descend(rule, lambda theta, stream=stream: next(stream), np.zeros(5), 40, **hyper))
    np.testing.assert_allclose(*paths, rtol=1e-12)


def test_adamw_without_decay_is_adam():
    rng = np.random.default_rng(2)
    curvature = rng.uniform(0.1, 10, 5)
    paths = [
        descend(rule, lambda theta: curvature * theta, np.ones(5), 100, learning_rate=RATE, **hyper)
        for rule, hyper in (("adam", {}), ("adamw", {"weight_decay": 0.0}))
    ]
    np.testing.assert_allclose(*paths, rtol=1e-13, atol=1e-15)  # the rate multiplies later, which rounds otherwise


@pytest.mark.parametrize(("rule", "rate"), [("adamw", 0.1), ("lion", 0.1)])
def test_decoupled_decay_alone_is_a_geometric_series(rule, rate):
    path = descend(rule, constant(0.0), [2.0], 50, learning_rate=rate, weight_decay=0.3)[:, 0]
    np.testing.assert_allclose(path, 2.0 * (1 - rate * 0.3) ** np.arange(51), rtol=1e-12)


def test_decoupled_decay_does_not_pass_through_the_moments():
    """Gradients a million times larger change nothing in AdamW's path, as without decay; an L2 term would drown in them."""
    rng = np.random.default_rng(3)
    gradients = rng.normal(size=(50, 5))
    paths = []
    for scale in (1.0, 2.0**20):
        stream = iter(scale * gradients)
        grad = lambda theta, stream=stream: next(stream)  # noqa: E731
        paths.append(descend("adamw", grad, np.ones(5), 50, learning_rate=RATE, weight_decay=0.5, epsilon=0.0))
    np.testing.assert_allclose(*paths, rtol=1e-12)
