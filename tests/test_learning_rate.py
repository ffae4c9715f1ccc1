"""Schedules at points that can be checked in the head."""

import numpy as np
import pytest

from course_lib.learning_rate import exponential_decay, inverse_time_decay


def test_exponential_decay_halves_every_ten_steps():
    rate = exponential_decay(initial_learning_rate=0.8, decay_steps=10, decay_rate=0.5)
    np.testing.assert_allclose([rate(0), rate(10), rate(30)], [0.8, 0.4, 0.1])
    np.testing.assert_allclose(rate(np.array([0, 20])), [0.8, 0.2])


def test_inverse_time_decay_is_half_when_the_decay_has_acted_once():
    rate = inverse_time_decay(initial_learning_rate=0.8, decay_steps=5, decay_rate=1.0)
    np.testing.assert_allclose([rate(0), rate(5), rate(15)], [0.8, 0.4, 0.2])


def test_a_schedule_prints_as_it_was_made():
    rate = inverse_time_decay(initial_learning_rate=0.8, decay_steps=5, decay_rate=1.0)
    assert repr(rate) == "inverse_time_decay(initial_learning_rate=0.8, decay_steps=5, decay_rate=1)"


def test_refused_by_name():
    with pytest.raises(TypeError, match="no constant 'decay_step'; did you mean 'decay_steps'"):
        exponential_decay(initial_learning_rate=1.0, decay_step=1, decay_rate=0.5)
    with pytest.raises(TypeError, match="'exponential_decay' needs a value for decay_rate"):
        exponential_decay(initial_learning_rate=1.0, decay_steps=1)
    with pytest.raises(ValueError, match="initial_learning_rate must be finite, got nan"):
        exponential_decay(initial_learning_rate=float("nan"), decay_steps=1, decay_rate=0.5)
