"""Every schedule against Keras's own, as a Keras schedule, and in the browser."""

import keras
import numpy as np
import pytest

from course_lib import learning_rate as rates
from course_lib.counterparts.schedules import ScheduleOnKeras, counterpart_schedule

CYCLE = {"initial_learning_rate": 0.01, "maximal_learning_rate": 0.1, "step_size": 7}
COSINE = rates.cosine_decay(initial_learning_rate=0.1, decay_steps=40, alpha=0.1)
KERAS_HAS = [
    rates.linear_decay(initial_learning_rate=0.1, decay_steps=30, end_learning_rate=0.001),
    rates.inverse_time_decay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5),
    rates.exponential_decay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5),
    rates.step_decay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5),
    COSINE,
    rates.cosine_decay_restarts(initial_learning_rate=0.1, first_decay_steps=8, m_mul=0.8, alpha=0.05),
    rates.cosine_decay_restarts(initial_learning_rate=0.1, first_decay_steps=10, t_mul=1.0),
    rates.cosine_decay_restarts(initial_learning_rate=0.1, first_decay_steps=10, t_mul=1.5),
    rates.warm_up(COSINE, warmup_steps=10, warmup_learning_rate=0.02),
]
KERAS_LACKS = [
    rates.constant(learning_rate=0.1),
    rates.triangular(**CYCLE),
    rates.triangular2(**CYCLE),
    rates.exp_range(**CYCLE, gamma=0.98),
    rates.one_cycle(maximal_learning_rate=0.1, total_steps=60),
    rates.warmup_stable_decay(maximal_learning_rate=0.1, warmup_steps=10, stable_steps=20, decay_steps=15),
    rates.warm_up(rates.triangular2(**CYCLE), warmup_steps=5),
]
ALL = KERAS_HAS + KERAS_LACKS
STEPS = np.arange(75)


def ids(rate):
    return rate.name


@pytest.fixture
def float64():
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


def on_keras(rate):
    return np.array([float(keras.ops.convert_to_numpy(rate(int(k)))) for k in STEPS])


@pytest.mark.parametrize("rate", KERAS_HAS, ids=ids)
def test_keras_has_the_same_schedule(rate, float64):
    # In float64 too Keras rounds its constants, and the count of restarts, to float32
    np.testing.assert_allclose(on_keras(counterpart_schedule(rate)), rate(STEPS), rtol=0, atol=1e-6 * rate(STEPS).max())


@pytest.mark.parametrize("rate", ALL, ids=ids)
def test_the_schedule_itself_runs_on_keras_and_comes_back_from_its_config(rate):
    carried = ScheduleOnKeras(**rate.get_config())
    again = ScheduleOnKeras.from_config(carried.get_config())
    np.testing.assert_allclose(on_keras(again), rate(STEPS), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("rate", KERAS_LACKS, ids=ids)
def test_what_keras_lacks_is_said(rate):
    with pytest.raises(LookupError, match=f"Keras has no counterpart of {rate.name}"):
        counterpart_schedule(rate)


@pytest.mark.parametrize("rate", ALL, ids=ids)
def test_the_browser_computes_the_same(rate, browser):
    page = browser.new_page()
    theirs = page.evaluate(
        "([source, constants, steps]) => steps.map((k) => eval(source)(k, constants))",
        [*rate.to_javascript(), STEPS.tolist()],
    )
    page.close()
    np.testing.assert_allclose(theirs, rate(STEPS), rtol=1e-12, atol=1e-16)


def test_a_function_is_no_schedule():
    with pytest.raises(TypeError, match="expected a schedule of course_lib.learning_rate, got function <function"):
        counterpart_schedule(lambda k: 0.1)


def test_no_schedule_was_left_out():
    assert {rate.name for rate in ALL} == {*rates.SCHEDULES, "warm_up"}
