"""Averages against sums written out, and the figures that textbooks quote."""

import numpy as np
import pytest

from course_lib.averages import (
    cumulative_mean,
    exponential_average,
    exponential_weights,
    sliding_mean,
    window_beta,
    window_length,
    window_weight,
)

SIGNAL = np.random.default_rng(0).normal(size=(50, 3))


def test_cumulative_mean_is_the_mean_of_all_so_far():
    expected = [SIGNAL[:n].mean(axis=0) for n in range(1, 51)]
    np.testing.assert_allclose(cumulative_mean(SIGNAL), expected, atol=1e-12)


def test_sliding_mean_of_a_jump():
    np.testing.assert_allclose(sliding_mean([0, 0, 0, 3, 3, 3], 3), [0, 0, 0, 1, 2, 3])


def test_exponential_average_by_hand():
    np.testing.assert_allclose(exponential_average([1, 1, 5], 0.5), [0.5, 0.75, 2.875])
    np.testing.assert_allclose(exponential_average([1, 1, 5], 0.5, start=1.0), [1, 1, 3])


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99])
def test_exponential_average_is_the_weighted_sum(beta):
    average = exponential_average(SIGNAL[:, 0], beta)
    np.testing.assert_allclose(average[-1], exponential_weights(beta, 50) @ SIGNAL[:, 0], rtol=1e-10)


def test_correction_makes_a_constant_signal_constant():
    np.testing.assert_allclose(exponential_average(np.full(30, 4.2), 0.9, bias_correction=True), 4.2, rtol=1e-12)


def test_weights_add_up_to_what_the_start_has_lost():
    np.testing.assert_allclose(exponential_weights(0.9, 25).sum(), 1 - 0.9**25)


@pytest.mark.parametrize(("beta", "share"), [(0.5, 0.875), (0.9, 0.8649), (0.98, 0.8647), (0.99, 0.8647)])
def test_the_window_holds_about_86_percent(beta, share):
    assert window_weight(beta, window_length(beta)) == pytest.approx(share, abs=5e-5)


def test_beta_of_a_window_turns_its_length_round():
    assert window_beta(19) == pytest.approx(0.9)
    assert window_length(window_beta(7)) == pytest.approx(7)


def test_the_window_has_the_variance_of_a_sliding_mean():
    noise = np.random.default_rng(1).normal(size=(4000, 200))
    beta = 0.8
    assert exponential_average(noise, beta)[200:].var() == pytest.approx(1 / window_length(beta), rel=0.02)


REFUSED = {
    "beta 1": (lambda: exponential_average([1.0], 1.0), r"beta must be in \[0, 1\), got 1.0"),
    "beta text": (lambda: window_length("0.9"), r"beta must be in \[0, 1\), got '0.9'"),
    "beta nan": (lambda: window_length(float("nan")), r"beta must be in \[0, 1\), got nan"),
    "no value": (lambda: cumulative_mean([]), r"at least one value along its first axis, got shape \(0,\)"),
    "window 0": (lambda: sliding_mean([1.0], 0), "window must be a whole number of at least 1, got 0"),
    "correction": (
        lambda: exponential_average([1.0], 0.9, start=2.0, bias_correction=True),
        "starts at 0, got start=2.0",
    ),
    "window nan": (lambda: sliding_mean([1.0], float("nan")), "window must be a whole number of at least 1, got nan"),
    "window inf": (lambda: sliding_mean([1.0], float("inf")), "window must be a whole number of at least 1, got inf"),
    "n 0": (lambda: exponential_weights(0.9, 0), "n must be a whole number of at least 1, got 0"),
    "n 2.5": (lambda: exponential_weights(0.9, 2.5), "n must be a whole number of at least 1, got 2.5"),
    "window negative": (lambda: window_weight(0.9, -1), "window must not be negative, got -1"),
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
