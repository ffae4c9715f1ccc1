"""One rule, several machines: they agree, and they refuse by name."""

import warnings

import numpy as np
import pytest

from course_lib import RULES, Stepper, descend
from course_lib.rule import update_rule
from course_lib.stepper import BLOCK_BYTES
from course_lib.surfaces import quadratic, ravine, rosenbrock


@pytest.fixture(params=sorted(name for name, rule in RULES.items() if rule.elementwise))
def rule(request):
    return RULES[request.param]


def random_hyper(rule, rng, shape=()):
    ranges = {"learning_rate": (1e-4, 5e-3), "epsilon": (1e-8, 1e-2)}
    return {name: rng.uniform(*ranges.get(name, (0.05, 0.95)), size=shape) for name in rule.hyperparameters}


@pytest.mark.parametrize("surface", [quadratic, ravine, rosenbrock], ids=lambda s: s.name)
def test_floats_agree_with_arrays(rule, surface):
    rng = np.random.default_rng(0)
    for _ in range(5):
        hyper = random_hyper(rule, rng)
        floats = descend(rule, surface, surface.start, 200, **hyper)
        nudged = np.array(surface.start) * (1 + 1e-15)
        arrays, twin = np.moveaxis(descend(rule, surface, [surface.start, nudged], 200, **hyper), 1, 0)
        assert type(floats) is np.ndarray and floats.shape == (201, 2)
        # a chaotic path takes a last bit apart: no more is allowed than what it does to a twin that starts one away
        end = np.argmin(np.append(np.isfinite([floats, arrays, twin]).all(axis=(0, 2)), False))  # where a run diverges
        floats, arrays, twin = floats[:end], arrays[:end], twin[:end]
        chaos = np.maximum.accumulate(np.abs(twin - arrays).max(axis=1, keepdims=True))
        assert end > 5
        assert (np.abs(floats - arrays) <= 1e-12 * (1 + np.abs(arrays)) + chaos).all()


def test_a_batch_row_is_a_batch_of_one_bit_for_bit(rule):
    rng = np.random.default_rng(1)
    runs = 37
    starts = rng.normal(size=(runs, 2))
    hyper = random_hyper(rule, rng, (runs, 1))
    for surface in (ravine, rosenbrock):
        batch = descend(rule, surface, starts, 100, **hyper)
        assert batch.shape == (101, runs, 2)
        for i in range(runs):
            alone = descend(rule, surface, starts[i : i + 1], 100, **{k: v[i : i + 1] for k, v in hyper.items()})
            assert np.array_equal(batch[:, i], alone[:, 0], equal_nan=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_equal_the_plain_call_bit_for_bit(rule, dtype):
    rng = np.random.default_rng(2)
    n = 2 * BLOCK_BYTES // np.dtype(dtype).itemsize + 1001  # three blocks, the last one ragged
    theta = rng.normal(size=n).astype(dtype)
    hyper = {name: float(value) for name, value in random_hyper(rule, rng).items()}
    stepper = Stepper(rule, theta.copy(), **hyper)
    mine = stepper.theta
    plain, state = theta, [np.full_like(theta, start) for start in rule.state.values()]
    for t in range(1, 6):
        g = rng.normal(size=n).astype(dtype)
        if rule.where_function is not None:
            expected = rule.where_function(plain, *state, **rule.where_hyperparameters(hyper))
            assert np.array_equal(stepper.where(), expected)
        stepper.step(g)
        plain, *state = rule(plain, g, *state, t, **hyper)
        assert plain.dtype == dtype
        assert np.array_equal(stepper.theta, plain)
        assert all(np.array_equal(a, b) for a, b in zip(stepper.state, state, strict=True))
    assert stepper.theta is mine


def test_stepper_and_descend_walk_the_same_path(rule):
    theta = np.array(ravine.start)
    stepper = Stepper(rule, theta, learning_rate=0.005)
    path = descend(rule, ravine, ravine.start, 30, learning_rate=0.005)
    for point in path[1:]:
        stepper.step(ravine.grad(stepper.where()))
        np.testing.assert_allclose(theta, point, rtol=1e-12)


def test_keep_last_is_the_end_of_the_path(rule):
    for start in (ravine.start, [ravine.start, (1.0, 2.0)]):
        path = descend(rule, ravine, start, 25, learning_rate=0.005)
        assert np.array_equal(descend(rule, ravine, start, 25, learning_rate=0.005, keep="last"), path[-1])


def test_a_schedule_gets_the_step_from_zero():
    path = descend(
        "gradient_descent", lambda theta: np.ones_like(theta), np.zeros(6), 3, learning_rate=lambda k: 10.0**-k
    )
    np.testing.assert_allclose(path[:, 0], [0, -1, -1.1, -1.11])


def test_now_overrides_one_step():
    stepper = Stepper("gradient_descent", np.zeros(2), learning_rate=1.0)
    stepper.step(np.ones(2), learning_rate=0.25)
    stepper.step(np.ones(2))
    np.testing.assert_array_equal(stepper.theta, [-1.25, -1.25])


def test_before_changes_the_gradient_first():
    def clip(g):
        return np.clip(g, -1, 1)

    for start in ([5.0], [[5.0], [-3.0]]):
        path = descend("gradient_descent", lambda theta: theta, start, 1, learning_rate=1.0, before=clip)
        np.testing.assert_array_equal(path[1], path[0] - np.sign(path[0]))


def test_look_ahead_takes_the_gradient_where_the_velocity_leads():
    seen = []

    def grad(theta):
        seen.append(theta.copy())
        return theta

    path = descend("nesterov", grad, np.ones(5), 2, learning_rate=0.1, momentum=0.5)
    np.testing.assert_allclose(seen[1], path[1] + 0.5 * (path[1] - path[0]))


@pytest.mark.parametrize("start", [rosenbrock.start, [rosenbrock.start, (0.1, 0.2)]], ids=["path", "batch"])
def test_a_diverging_run_is_inf_or_nan_without_a_warning(rule, start):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = descend(rule, rosenbrock, start, 60, learning_rate=1e10)
        descend(rule, rosenbrock, start, 60, learning_rate=1e10, keep="last")
    assert path.shape[0] == 61
    if rule.function.__module__ == "course_lib.momentum":  # others bound their steps by the rate
        assert not np.isfinite(path[-1]).all()
    assert np.isfinite(path[0]).all()


def test_the_step_where_floats_overflow_is_the_step_where_arrays_do():
    floats = descend("momentum", rosenbrock, rosenbrock.start, 12, learning_rate=1.0)
    arrays = descend("momentum", rosenbrock, [rosenbrock.start], 12, learning_rate=1.0)[:, 0]
    np.testing.assert_array_equal(np.isfinite(floats), np.isfinite(arrays))
    finite = np.isfinite(floats).all(axis=1) & (np.abs(floats) < 1e100).all(axis=1)
    np.testing.assert_allclose(floats[finite], arrays[finite], rtol=1e-10)


def test_float32_stays_float32():
    start = np.ones((3, 2), np.float32)
    assert descend("adam", lambda theta: theta, start, 3).dtype == np.float32
    assert descend("adam", lambda theta: theta, start[0], 3).dtype == np.float32


REFUSED = {
    "unknown rule": (LookupError, "did you mean 'momentum'", {"rule": "momentun"}),
    "unknown hyperparameter": (TypeError, "did you mean 'momentum'", {"momentums": 0.9}),
    "rate nan": (ValueError, "momentum: learning_rate must be finite, got nan", {"learning_rate": float("nan")}),
    "rate text": (TypeError, "momentum: learning_rate: expected a number.* got str '0.1'", {"learning_rate": "0.1"}),
    "rate none": (TypeError, "expected a number.* got NoneType", {"learning_rate": None}),
    "schedule nan": (ValueError, "learning_rate at step 0 must be finite", {"learning_rate": lambda k: np.nan}),
    "start not finite": (ValueError, r"theta0 must be finite, got inf at index 1", {"theta0": [0.0, np.inf]}),
    "start empty": (ValueError, r"theta0 must have shape", {"theta0": []}),
    "start scalar": (ValueError, r"theta0 must have shape \(\.\.\., n\)", {"theta0": 3.0}),
    "start wrong width": (
        ValueError,
        r"takes points of shape \(\.\.\., 2\), theta0 has shape \(3,\)",
        {"theta0": [1.0, 2, 3]},
    ),
    "steps negative": (ValueError, "steps must be a whole number of at least 0, got -1", {"steps": -1}),
    "steps fraction": (ValueError, "steps must be a whole number of at least 0, got 1.5", {"steps": 1.5}),
    "rates of a wrong shape": (
        ValueError,
        r"shape \(3,\) does not fit theta of shape \(2,\)",
        {"learning_rate": np.ones(3)},
    ),
    "keep": (ValueError, "keep must be 'path' or 'last', got 'all'", {"keep": "all"}),
    "gradient of a wrong shape": (
        ValueError,
        r"the gradient must have the shape of theta, \(2,\), got \(1,\)",
        {"grad": lambda theta: theta[:1]},
    ),
}


@pytest.mark.parametrize(("error", "words", "given"), REFUSED.values(), ids=REFUSED)
def test_descend_refuses_by_name(error, words, given):
    call = {"rule": "momentum", "grad": ravine, "theta0": ravine.start, "steps": 3, **given}
    with pytest.raises(error, match=words):
        descend(**call)


def test_stepper_refuses_by_name():
    with pytest.raises(TypeError, match="theta must be an array of floats.* got list"):
        Stepper("adam", [1.0, 2.0])
    with pytest.raises(TypeError, match="got an array of int64, shape"):
        Stepper("adam", np.arange(3))
    with pytest.raises(ValueError, match="contiguous, writeable vector"):
        Stepper("adam", np.ones((2, 2)))
    with pytest.raises(ValueError, match="numbers or schedules"):
        Stepper("adam", np.ones(2), learning_rate=np.ones(2))
    with pytest.raises(ValueError, match=r"shape of theta, \(2,\), got \(3,\)"):
        Stepper("adam", np.ones(2)).step(np.ones(3))


def test_an_exception_of_the_readers_gradient_reaches_the_reader():
    def grad(theta):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        descend("momentum", grad, [1.0], 2)


def test_a_readers_rule_runs_on_every_machine():
    @update_rule()
    def sign_descent(theta, g, t, *, learning_rate=0.25):
        theta = theta - learning_rate * np.sign(g)
        return (theta,)

    for start in ([1.0], [[1.0], [2.0]], np.ones(7)):
        path = descend(sign_descent, lambda theta: theta, start, 2)
        np.testing.assert_array_equal(path[-1], path[0] - 0.5)
