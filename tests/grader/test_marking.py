"""The verdict: whatever comes out of the walls is judged without an exception, and tells neither inputs nor right values."""

import json
import random

import numpy as np
import pytest

from course_lib.exercises import SETS
from course_lib.exercises.task import call
from exercises.grader import marking
from exercises.grader.handed import Submission
from exercises.grader.session import Answer, Execution

SECRET = b"s" * 32
ODD = [
    None, True, 0, -1, 2**63 - 1, -(2**63), float("nan"), float("inf"), 1e308, 1e-320, 1j, complex("nan"), "", "adam",
    "x" * 9000, [], (), {}, {"a": 1}, [1, [2, 3]], [{"a": 1}], ["a", 1], [None], [True, 1, 1.5, 1j], ({}, []),
    [np.ones(2), np.ones(3)], {"theta": np.ones(2)}, np.array(3), np.array([]), np.zeros((0, 3)), np.ones((2, 2, 2)),
    np.array([2**64 - 1], "u8"), np.full(3, 6e4, "f2"), np.array([True, False]), np.array([1 + 2j]), np.float32(1),
    np.bool_(True), np.complex64(1j), np.array([1, 2], ">f8"), np.full(4, 1e308),
]  # fmt: skip


def marked(set_name, values):
    """Return the record of a submission whose functions return these values."""
    answers = tuple(Answer("value", value) for value in values)
    return marking.mark(
        Submission("a", "a", "d", ("x",)), set_name, SECRET, None, lambda *_: Execution(("ran",), answers)
    )


def right(set_name):
    """Return what the course's own functions return."""
    return [call(task.answer, args) for task, _, args in marking.questions(set_name, SECRET)]


def disturbed(value, chance):
    """Return a value with something odd in its place or in it."""
    if isinstance(value, (tuple, list)) and value and chance.random() < 0.6:
        place = chance.randrange(len(value))
        return [disturbed(v, chance) if n == place else v for n, v in enumerate(value)]
    if isinstance(value, dict) and value and chance.random() < 0.6:
        return {**value, chance.choice(sorted(value)): chance.choice(ODD)}
    if isinstance(value, np.ndarray) and chance.random() < 0.6:
        return chance.choice([value.astype("f2"), value + 1j, value.T, -value, value[None], value.tolist(), 2 * value])
    return chance.choice(ODD)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of arithmetic with such values
@pytest.mark.parametrize("set_name", list(SETS))
def test_odd_values_are_judged_and_earn_nothing(set_name):
    chance, wanted = random.Random(0), right(set_name)
    assert sum(e["score"] for e in marked(set_name, wanted)["exercises"]) == sum(t.points for t in SETS[set_name])
    for value in ODD:
        record = marked(set_name, [value] * len(wanted))
        assert not any(e["score"] for e in record["exercises"]), value
        json.dumps(record, allow_nan=False)
    for _ in range(50):
        json.dumps(marked(set_name, [disturbed(value, chance) for value in wanted]), allow_nan=False)


def numbers(value):
    """Return all numbers in a value that a reader would know again."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [x for one in value for x in numbers(one)]
    if isinstance(value, str) or value is None:
        return []
    return [abs(float(x)) for x in np.ravel(value) if not float(x).is_integer()]


@pytest.mark.parametrize("set_name", list(SETS))
@pytest.mark.parametrize("factor", [-1.0, 0.5, 1.3])
def test_what_a_learner_reads_has_no_input_and_no_right_value_in_it(set_name, factor):
    def scaled(value):
        if isinstance(value, (tuple, list)):
            return type(value)(scaled(v) for v in value)
        return value if isinstance(value, (str, dict)) or value is None else factor * np.asarray(value)

    asked, wanted = marking.questions(set_name, SECRET), right(set_name)
    said = json.dumps(marked(set_name, [scaled(value) for value in wanted]))
    hidden = [x for _, _, args in asked for x in numbers(args)] + numbers(wanted)
    secrets = {text for x in hidden for text in (repr(x)[:6], f"{x:.4g}", f"{x:.5g}") if len(text.strip("0.")) >= 4}
    assert len(secrets) > 100
    assert not [text for text in secrets if text in said]
