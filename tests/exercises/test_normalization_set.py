"""Wrong answers that look right: no set of secrets may give them full marks, nor the check pass them."""

import numpy as np
import pytest

from course_lib.exercises import SETS, check
from course_lib.exercises.task import call


def task(name):
    return next(one for one in SETS["normalization"] if one.function == name)


def points(one, function, seed):
    score = 0
    for number, part in enumerate(one.parts):
        drawn = [part.draw(np.random.default_rng([seed, number, k]), True) for k in range(part.calls)]
        with np.errstate(all="ignore"):
            score += part.points * all(one.difference(call(function, a), a, part.only) is None for a in drawn)
    return score


def where_positive(train, other):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    return np.divide(other - mean, deviation, where=deviation > 0, out=np.zeros_like(other))


def constant_in_other(train, other):
    constant = other.min(axis=0) == other.max(axis=0)
    return np.where(constant, 0.0, (other - train.mean(axis=0)) / np.where(constant, 1.0, train.std(axis=0)))


def no_nan(train, other):
    return np.nan_to_num((other - train.mean(axis=0)) / train.std(axis=0))


@pytest.mark.parametrize("function", [where_positive, constant_in_other, no_nan])
def test_a_constant_feature_is_asked_for_in_earnest(function):
    one = task("standardize")
    assert {points(one, function, seed) for seed in range(40)} == {2}
    assert not check(one.name, function).passed


def test_the_leak_is_named_though_the_constant_feature_fails():
    def leak(train, other):
        return (other - other.mean(axis=0)) / other.std(axis=0)

    assert "a leak" in str(check("normalization.standardize", leak))


def stories(means, moving_means, momentum, moving):
    words = []
    for batches, saved in zip(means, moving_means, strict=True):
        found = {
            "right": moving(list(batches), momentum),
            "other convention": moving(list(batches), 1 - momentum),
            "never updated": np.zeros_like(saved),
            "updated twice": moving(moving.twice(list(batches)), momentum),
        }
        words.append(min(found, key=lambda word: np.abs(found[word] - saved).max()))
    return words


def average(batches, share):
    value = np.zeros_like(batches[0])
    for mean in batches:
        value = share * value + (1 - share) * mean
    return value


def diagnose(moving, twice):
    def function(means, moving_means, momentum):
        moving.twice = twice
        return stories(means, moving_means, momentum, moving)

    return function


def corrected(batches, share):
    return average(batches, share) / (1 - share ** len(batches))


def in_a_row(batches):
    return [mean for mean in batches for _ in range(2)]


def second_pass(batches):
    return batches + batches


@pytest.mark.parametrize(
    ("moving", "twice"), [(corrected, in_a_row), (average, second_pass)], ids=["corrected", "second pass"]
)
def test_other_stories_are_told_apart(moving, twice):
    one = task("diagnose")
    assert max(points(one, diagnose(moving, twice), seed) for seed in range(40)) < one.points
    assert not check(one.name, diagnose(moving, twice)).passed


def test_the_right_stories_written_otherwise_are_right():
    one = task("diagnose")
    assert {points(one, diagnose(average, in_a_row), seed) for seed in range(10)} == {one.points}


def test_two_gradients_of_three_earn_their_part():
    one = task("backward")

    def halfway(dy, x, gamma, epsilon):
        return (np.zeros_like(dy), *one.answer(dy, x, gamma, epsilon)[1:])

    assert points(one, halfway, 0) == 1


def test_epsilon_is_not_always_the_same():
    one = task("batch_norm")
    assert points(one, lambda x, gamma, beta, epsilon: one.answer(x, gamma, beta, 1e-3), 0) == 0
