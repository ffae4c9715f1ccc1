"""Schedules at points that can be checked in the head, and against numbers that PyTorch 2.13 printed."""

import math
from fractions import Fraction

import numpy as np
import pytest

from course_lib import descend
from course_lib.learning_rate import (
    SCHEDULES,
    constant,
    cosine_decay,
    cosine_decay_restarts,
    exp_range,
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    one_cycle,
    restart_steps,
    schedule_from,
    step_decay,
    triangular,
    triangular2,
    warm_up,
    warmup_stable_decay,
)


def test_exponential_decay_halves_every_ten_steps():
    rate = exponential_decay(initial_learning_rate=0.8, decay_steps=10, decay_rate=0.5)
    np.testing.assert_allclose([rate(0), rate(10), rate(30)], [0.8, 0.4, 0.1])
    np.testing.assert_allclose(rate(np.array([0, 20])), [0.8, 0.2])


def test_inverse_time_decay_is_half_when_the_decay_has_acted_once():
    rate = inverse_time_decay(initial_learning_rate=0.8, decay_steps=5, decay_rate=1.0)
    np.testing.assert_allclose([rate(0), rate(5), rate(15)], [0.8, 0.4, 0.2])


def values(rate, steps):
    """The same from arrays and from one step at a time."""
    together = rate(np.arange(steps))
    np.testing.assert_allclose([float(rate(k)) for k in range(steps)], together, rtol=1e-14, atol=1e-17)
    return together


def test_linear_decay_reaches_its_floor_and_stays():
    rate = linear_decay(initial_learning_rate=1.0, decay_steps=4, end_learning_rate=0.2)
    np.testing.assert_allclose(values(rate, 7), [1.0, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2])


def test_step_decay_is_a_staircase():
    rate = step_decay(initial_learning_rate=0.8, decay_steps=3, decay_rate=0.5)
    np.testing.assert_allclose(values(rate, 7), [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2])


CYCLES = {"initial_learning_rate": 0.001, "maximal_learning_rate": 0.006, "step_size": 4}


@pytest.mark.parametrize(
    ("rate", "printed"),
    [
        (triangular(**CYCLES), [0.001, 0.00225, 0.0035, 0.00475, 0.006, 0.00475, 0.0035, 0.00225, 0.001, 0.00225]),
        (triangular2(**CYCLES), [0.001, 0.00225, 0.0035, 0.00475, 0.006, 0.00475, 0.0035, 0.00225, 0.001, 0.001625]),
        (
            exp_range(**CYCLES, gamma=0.9),
            [0.001, 0.002125, 0.003025, 0.00373375, 0.0042805, 0.0032143375, 0.0023286025, 0.001597871125],
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_cyclical_rates_are_pytorchs(rate, printed):
    np.testing.assert_allclose(values(rate, len(printed)), printed, rtol=1e-12)


def test_triangular2_halves_its_maximum_every_cycle():
    rate = triangular2(initial_learning_rate=0.0, maximal_learning_rate=1.0, step_size=5)
    np.testing.assert_allclose(rate(np.array([5, 15, 25, 35])), [1.0, 0.5, 0.25, 0.125])


def test_one_cycle_is_pytorchs():
    printed = {
        0: 0.0040000000000000036,
        1: 0.013167184270002533,
        2: 0.037167184270002526,
        4: 0.09083281572999748,
        5: 0.1,
        6: 0.09874640062350874,
        10: 0.07169430017913009,
        12: 0.0500002,
        18: 0.0012539993764912555,
        19: 4e-07,
    }
    rate = one_cycle(maximal_learning_rate=0.1, total_steps=20)
    np.testing.assert_allclose(values(rate, 20)[list(printed)], list(printed.values()), rtol=1e-12)
    assert rate(30) == pytest.approx(4e-7)


def test_cosine_decay_is_half_way_in_the_middle_and_ends_on_its_floor():
    rate = cosine_decay(initial_learning_rate=2.0, decay_steps=10, alpha=0.1)
    np.testing.assert_allclose(rate(np.array([0, 5, 10, 15])), [2.0, 1.1, 0.2, 0.2])


@pytest.mark.parametrize(("t_mul", "ends"), [(1.0, [7, 14, 21, 28]), (2.0, [7, 21, 49, 105]), (3.0, [7, 28, 91, 280])])
def test_restarts_come_on_time_and_each_maximum_is_smaller(t_mul, ends):
    assert restart_steps(4, first_decay_steps=7, t_mul=t_mul) == ends
    rate = cosine_decay_restarts(initial_learning_rate=0.8, first_decay_steps=7, t_mul=t_mul, m_mul=0.5)
    all_values = values(rate, ends[-1] + 1)
    np.testing.assert_allclose(all_values[[0, *ends]], 0.8 * 0.5 ** np.arange(5))
    jumps = np.flatnonzero(np.diff(all_values) > 0) + 1
    np.testing.assert_array_equal(jumps, ends)


def test_restarts_stay_on_time_for_a_hundred_thousand_steps():
    for first in (2, 3, 10, 1000):
        for t_mul in (2.0, 3.0):
            ends = [end for end in restart_steps(20, first_decay_steps=first, t_mul=t_mul) if end < 1e5]
            rate = cosine_decay_restarts(initial_learning_rate=1.0, first_decay_steps=first, t_mul=t_mul)
            np.testing.assert_allclose(rate(np.array(ends, float)), 1.0)
            assert (rate(np.array(ends, float) - 1) < 0.99).all()


@pytest.mark.parametrize("t_mul", ["1", "1.001", "1.1", "1.5", "2", "3.7"])
@pytest.mark.parametrize("first", ["1", "10", "1000", "2.5"])
def test_restarts_are_those_of_a_plain_loop_in_fractions(t_mul, first):
    rate = cosine_decay_restarts(
        initial_learning_rate=1.0, first_decay_steps=float(first), t_mul=float(t_mul), m_mul=0.9
    )
    begun, length, ends = Fraction(0), Fraction(first), []
    for i in range(60):
        end = begun + length
        if end > 10**9:
            break
        ends.append(math.ceil(end))
        steps = sorted({math.ceil(begun), math.ceil(begun) + 1, math.ceil((begun + end) / 2), math.ceil(end) - 1})
        steps = [step for step in steps if begun <= step < end]
        shares = [float((step - begun) / length) for step in steps]
        expected = 0.9**i * (1 + np.cos(np.pi * np.array(shares))) / 2
        np.testing.assert_allclose(rate(np.array(steps)), expected, rtol=1e-9, atol=1e-9)
        begun, length = end, length * Fraction(t_mul)
    assert restart_steps(len(ends), first_decay_steps=float(first), t_mul=float(t_mul)) == ends


def test_warm_up_leads_to_any_schedule():
    for make in (cosine_decay, linear_decay):
        after = make(initial_learning_rate=1.0, decay_steps=8)
        rate = warm_up(after, warmup_steps=4, warmup_learning_rate=0.2)
        np.testing.assert_allclose(rate(np.arange(5)), [0.2, 0.4, 0.6, 0.8, 1.0])
        np.testing.assert_allclose(rate(np.arange(4, 20)), after(np.arange(16)))
    twice = warm_up(warm_up(constant(learning_rate=1.0), warmup_steps=2, warmup_learning_rate=0.5), warmup_steps=1)
    np.testing.assert_allclose(twice(np.arange(5)), [0.0, 0.5, 0.75, 1.0, 1.0])


def test_warm_up_stable_decay_is_a_trapezium():
    rate = warmup_stable_decay(
        maximal_learning_rate=1.0, warmup_steps=2, stable_steps=3, decay_steps=2, end_learning_rate=0.5
    )
    np.testing.assert_allclose(values(rate, 9), [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.5])


EXAMPLES = {
    **{name: SCHEDULES[name](learning_rate=0.1) for name in ("constant",)},
    "warm_up": warm_up(step_decay(initial_learning_rate=0.1, decay_steps=3, decay_rate=0.5), warmup_steps=2),
    "one_cycle": one_cycle(maximal_learning_rate=0.1, total_steps=20),
}


@pytest.mark.parametrize("rate", EXAMPLES.values(), ids=EXAMPLES)
def test_a_schedule_is_made_again_from_its_config(rate):
    again = schedule_from(rate.get_config())
    assert repr(again) == repr(rate) and again.get_config() == rate.get_config()
    np.testing.assert_array_equal(again(np.arange(9)), rate(np.arange(9)))


def test_a_constant_schedule_is_the_number():
    path = descend("gradient_descent", lambda theta: theta, [1.0], 9, learning_rate=constant(learning_rate=0.1))
    np.testing.assert_array_equal(path, descend("gradient_descent", lambda theta: theta, [1.0], 9, learning_rate=0.1))


def test_a_schedule_prints_as_it_was_made():
    rate = inverse_time_decay(initial_learning_rate=0.8, decay_steps=5, decay_rate=1.0)
    assert repr(rate) == "inverse_time_decay(initial_learning_rate=0.8, decay_steps=5, decay_rate=1)"


def test_refused_by_name():
    with pytest.raises(TypeError, match="no constant 'decay_step'; did you mean 'decay_steps'"):
        exponential_decay(initial_learning_rate=1.0, decay_step=1, decay_rate=0.5)
    with pytest.raises(TypeError, match="'exponential_decay' needs a value for decay_rate"):
        exponential_decay(initial_learning_rate=1.0, decay_steps=1)
    for wrong in ("0.1", [0.1], True, None):
        with pytest.raises(TypeError, match="schedule 'constant': learning_rate must be a number, got"):
            constant(learning_rate=wrong)
    with pytest.raises(ValueError, match="initial_learning_rate must be finite, got nan"):
        exponential_decay(initial_learning_rate=float("nan"), decay_steps=1, decay_rate=0.5)


@pytest.mark.parametrize(
    ("make", "constants", "words"),
    [
        (constant, {"learning_rate": -0.1}, "learning_rate must be at least 0, got -0.1"),
        (linear_decay, {"initial_learning_rate": 1, "decay_steps": 0}, "decay_steps must be greater than 0, got 0"),
        (triangular, {**CYCLES, "step_size": -1}, "step_size must be greater than 0, got -1"),
        (cosine_decay, {"initial_learning_rate": 1, "decay_steps": 9, "alpha": 2}, r"alpha must be in \[0, 1\], got 2"),
        (
            cosine_decay_restarts,
            {"initial_learning_rate": 1, "first_decay_steps": 9, "t_mul": 0.5},
            "t_mul must be at least 1, got 0.5",
        ),
        (one_cycle, {"maximal_learning_rate": 1, "total_steps": 1}, "total_steps must be greater than 1, got 1"),
        (
            exponential_decay,
            {"initial_learning_rate": 1, "decay_steps": 9, "decay_rate": 1.5},
            "decay_rate must be greater than 0 and at most 1, got 1.5",
        ),
        (
            step_decay,
            {"initial_learning_rate": 1, "decay_steps": 9, "decay_rate": 0},
            "decay_rate must be greater than 0 and at most 1, got 0",
        ),
        (
            inverse_time_decay,
            {"initial_learning_rate": 1, "decay_steps": 9, "decay_rate": -1},
            "decay_rate must be at least 0, got -1",
        ),
        (exp_range, {**CYCLES, "gamma": 2}, "gamma must be greater than 0 and at most 1, got 2"),
    ],
)
def test_constants_out_of_range_are_refused(make, constants, words):
    with pytest.raises(ValueError, match=words):
        make(**constants)


def test_refused_by_name_when_combined():
    with pytest.raises(TypeError, match="warm_up leads up to a schedule of this module, got float"):
        warm_up(0.1, warmup_steps=3)
    with pytest.raises(ValueError, match="schedule 'warm_up': warmup_steps must be greater than 0, got 0"):
        warm_up(constant(learning_rate=1.0), warmup_steps=0)
    with pytest.raises(LookupError, match="no schedule is called 'cosine_deca'; did you mean 'cosine_decay'"):
        schedule_from({"name": "cosine_deca"})
    with pytest.raises(LookupError, match="no schedule is called None; known: constant, linear_decay"):
        schedule_from({})
    with pytest.raises(ValueError, match="periods >= 1, .* got 2.5, 3 and 2.0"):
        restart_steps(2.5, first_decay_steps=3)
    for periods in (0, np.inf, None):
        with pytest.raises(ValueError, match="expected a whole number of periods >= 1"):
            restart_steps(periods, first_decay_steps=3)
