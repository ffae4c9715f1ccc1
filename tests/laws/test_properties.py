"""Laws of the rules over shapes, number types and hyperparameters that Hypothesis draws."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib import RULES, Stepper, descend
from course_lib.hyperparameters import RANGES

settings.register_profile("course", deadline=None, derandomize=True, max_examples=25, database=None)
settings.load_profile("course")

ELEMENTWISE = sorted(name for name, rule in RULES.items() if rule.elementwise)
SCALE_FREE = ["adagrad", "rmsprop", "rmsprop_pytorch", "adam", "adam_uncorrected", "adamax", "nadam",
              "nadam_framework", "amsgrad", "amsgrad_framework", "adamw", "lion"]  # fmt: skip
every_rule = pytest.mark.parametrize("rule", [RULES[name] for name in ELEMENTWISE], ids=ELEMENTWISE)
scale_free_rules = pytest.mark.parametrize("rule", [RULES[name] for name in SCALE_FREE], ids=SCALE_FREE)


def hyperparameters(rule):
    """Any values inside the ranges, from harmless to absurd."""

    def one(name):
        allowed = RANGES[name]
        top = 10.0 if allowed.high == np.inf else allowed.high
        exclude = allowed.high < np.inf and not allowed.with_high
        return st.floats(allowed.low, top, exclude_max=exclude)

    return st.fixed_dictionaries({name: one(name) for name in rule.hyperparameters})


shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
dtypes = st.sampled_from([np.float32, np.float64])
seeds = st.integers(0, 2**32 - 1)


def state_of(rule, rng, shape, dtype):
    return [rng.uniform(0.1, 2, shape).astype(dtype) for _ in rule.state]


@every_rule
@given(data=st.data(), shape=shapes, dtype=dtypes, seed=seeds, t=st.integers(1, 1000))
def test_shape_and_number_type_stay_and_inputs_too(rule, data, shape, dtype, seed, t):
    hyper = data.draw(hyperparameters(rule))
    rng = np.random.default_rng(seed)
    arrays = [
        rng.normal(size=shape).astype(dtype),
        rng.normal(size=shape).astype(dtype),
        *state_of(rule, rng, shape, dtype),
    ]
    copies = [array.copy() for array in arrays]
    with np.errstate(all="ignore"):
        moved = rule(*arrays, t, **hyper)
    assert [(m.shape, m.dtype) for m in moved] == [(shape, dtype)] * (1 + len(rule.state))
    assert all(np.array_equal(a, c) for a, c in zip(arrays, copies, strict=True))


@every_rule
@given(data=st.data(), shape=shapes, dtype=dtypes, seed=seeds, t=st.integers(1, 1000))
def test_the_order_of_the_parameters_does_not_matter(rule, data, shape, dtype, seed, t):
    hyper = data.draw(hyperparameters(rule))
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape).astype(dtype) for _ in range(2)] + state_of(rule, rng, shape, dtype)
    order = rng.permutation(arrays[0].size)

    def shuffled(array):
        return array.ravel()[order]

    with np.errstate(all="ignore"):
        one, two = rule(*arrays, t, **hyper), rule(*map(shuffled, arrays), t, **hyper)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(shuffled(a), b, rtol=1e-5 if dtype == np.float32 else 1e-13, equal_nan=True)


@every_rule
@given(data=st.data(), n=st.integers(1, 50), dtype=dtypes, seed=seeds)
def test_a_stepper_takes_the_steps_of_the_plain_call(rule, data, n, dtype, seed):
    hyper = data.draw(hyperparameters(rule))
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=n).astype(dtype)
    stepper = Stepper(rule, theta.copy(), **hyper)
    state = [np.full_like(theta, value) for value in rule.state.values()]
    with np.errstate(all="ignore"):
        for t in range(1, 4):
            g = rng.normal(size=n).astype(dtype)
            stepper.step(g)
            theta, *state = rule(theta, g, *state, t, **hyper)
    np.testing.assert_array_equal(stepper.theta, theta)


@every_rule
@given(data=st.data(), seed=seeds)
def test_at_rate_0_nothing_moves(rule, data, seed):
    hyper = data.draw(hyperparameters(rule)) | {"learning_rate": 0.0}
    hyper |= {"epsilon": 1e-7} if "epsilon" in hyper else {}  # at epsilon 0 a rule may be 0/0
    gradients = iter(np.random.default_rng(seed).normal(size=(5, 3)))
    path = descend(rule, lambda theta: next(gradients).reshape(theta.shape), np.ones(3), 5, **hyper)
    np.testing.assert_array_equal(path, np.ones((6, 3)))


@every_rule
@given(data=st.data(), seed=seeds)
def test_a_loss_upside_down_mirrors_the_path(rule, data, seed):
    """All gradients negated from the origin: the path negated, bit for bit."""
    hyper = data.draw(hyperparameters(rule))
    gradients = np.random.default_rng(seed).normal(size=(5, 6))
    paths = []
    for sign in (1.0, -1.0):
        stream = iter(sign * gradients)
        paths.append(descend(rule, lambda theta, stream=stream: next(stream), np.zeros(6), 5, **hyper))
    np.testing.assert_array_equal(paths[0], -paths[1])  # nan where a rule is 0/0 is nan in both


@scale_free_rules
@given(data=st.data(), seed=seeds, power=st.integers(-20, 20))
def test_without_epsilon_the_size_of_the_loss_does_not_matter(rule, data, seed, power):
    """Gradients times a power of two, which costs no rounding: the same path, bit for bit but for the roots."""
    hyper = data.draw(hyperparameters(rule))
    hyper |= {"epsilon": 0.0} if "epsilon" in hyper else {}
    assume(hyper.get("beta_1", 0.5) < 0.999 and hyper.get("beta_2", 0.5) < 0.999)
    gradients = np.random.default_rng(seed).normal(size=(5, 6))
    paths = []
    for scale in (1.0, 2.0**power):
        stream = iter(scale * gradients)
        paths.append(descend(rule, lambda theta, stream=stream: next(stream), np.zeros(6), 5, **hyper))
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-12, atol=1e-300)
