"""Gradients by the list: against closed forms, and against the engine that takes them from a surface."""

import itertools

import numpy as np
import pytest

from course_lib import RULES, descend
from course_lib.gradient_sequences import SEQUENCES, constant, feed, noisy, sparse


@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule.elementwise))
def test_it_is_the_engine_with_a_gradient_that_ignores_where_it_is(name):
    given = noisy(40)
    theirs = descend(name, lambda theta, g=itertools.cycle(given): np.full_like(theta, next(g)), [0.5], 40)
    np.testing.assert_allclose(feed(name, given, 0.5), theirs[:, 0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(feed(name, given[:, None], [0.5]), theirs, rtol=1e-12, atol=1e-15)


def test_uncorrected_adam_on_a_constant_gradient_is_a_closed_form():
    t = np.arange(1, 201)
    steps = -np.diff(feed("adam_uncorrected", constant(200), learning_rate=1.0, epsilon=0.0))
    np.testing.assert_allclose(steps, (1 - 0.9**t) / np.sqrt(1 - 0.999**t), rtol=1e-9)


def test_a_schedule_gets_the_step_from_0():
    path = feed("gradient_descent", constant(4), learning_rate=lambda step: 10.0**step)
    np.testing.assert_allclose(path, [0, -1, -11, -111, -1111])


def test_the_box_stops_each_step():
    np.testing.assert_allclose(feed("gradient_descent", [1, 1, -5.0], learning_rate=1.0, box=(-1, 2)), [0, -1, -1, 2])
    both = feed("gradient_descent", [[1, -9], [1, 0]], learning_rate=1.0, box=(-1, 2))
    np.testing.assert_allclose(both, [[0, 0], [-1, 2], [-1, 2]])


def test_where_floats_raise_it_goes_on_with_what_numpy_says():
    path = feed("rmsprop", [0.0, 1.0], learning_rate=1.0, epsilon=0.0)
    np.testing.assert_array_equal(path, [0, np.nan, np.nan])
    assert feed("gradient_descent", [1e200, 1e200], learning_rate=1e200)[-1] == -np.inf


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_has_its_length_and_comes_again(name):
    first = SEQUENCES[name](60)
    assert first.shape == (60,)
    assert np.abs(first).max() > 0.9
    np.testing.assert_array_equal(first, SEQUENCES[name](60))


def test_noise_has_the_moments_it_promises():
    values = noisy(200_000)
    assert values.mean() == pytest.approx(0.3, abs=0.01)
    assert np.mean(values**2) == pytest.approx(1, abs=0.01)


def test_sparse_begins_with_a_gradient():
    np.testing.assert_array_equal(sparse(5, every=3), [1, 0, 0, 1, 0])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: feed("muon", [1.0]), TypeError, "works on matrices"),
        (lambda: feed("adam", 1.0), ValueError, "got ()"),
        (lambda: feed("adam", [1.0], np.nan), ValueError, "finite start"),
        (lambda: feed("adam", [1.0], box=(1, -1)), ValueError, "box must be (low, high), got (1, -1)"),
        (lambda: feed("adam", [1.0], rho=0.5), TypeError, "rho"),
        (lambda: feed("adam", [1.0], beta_1=1.0), ValueError, "beta_1"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
