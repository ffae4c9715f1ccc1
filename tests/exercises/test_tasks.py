"""Every task of every set: the solution is right, each mistake is known by its name, and nobody else is."""

import copy
import functools
import inspect
import itertools
import json

import numpy as np
import pytest

from course_lib.exercises import SETS, check, difference
from course_lib.exercises.task import call
from exercises.grader import wire

TASKS = [task for tasks in SETS.values() for task in tasks]
MISTAKES = [(task, wrong) for task in TASKS for wrong in task.wrong]
of_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
of_mistake = pytest.mark.parametrize(("task", "wrong"), MISTAKES, ids=lambda x: getattr(x, "name", None))


def draws(task, hidden, seed=7):
    return [
        part.draw(np.random.default_rng([seed, n, k]), hidden)
        for n, part in enumerate(task.parts)
        for k in range(part.calls)
    ]


def returned(task, function, hidden, seed=7):
    """Return for each part the arguments of its calls and what a function returns."""
    calls = iter(draws(task, hidden, seed))
    return [[(args, call(function, args)) for args in itertools.islice(calls, part.calls)] for part in task.parts]


def plain(value):
    if isinstance(value, (list, tuple)):
        return all(plain(v) for v in value)
    if isinstance(value, dict):
        return all(type(k) is str and plain(v) for k, v in value.items())
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufc"
    return value is None or type(value) in (bool, int, float, str)


@of_task
def test_the_answer_passes_its_own_check(task):
    said = check(task.name, task.answer)
    assert said.passed, str(said)


@of_task
@pytest.mark.parametrize("hidden", [False, True])
def test_draws_are_plain_data_repeat_and_differ(task, hidden):
    calls = draws(task, hidden)
    assert all(plain(args) for args in calls)
    assert difference(calls, draws(task, hidden)) is None
    assert difference(calls, draws(task, hidden, seed=8)) is not None


@of_task
def test_arguments_stay_as_they_are(task):
    for args in draws(task, True):
        before = copy.deepcopy(args)
        task.answer(*args)
        assert difference(args, before) is None


@of_task
def test_inputs_for_marks_differ_in_shape_from_those_a_learner_sees(task):
    def shapes(hidden):
        return {json.dumps([np.shape(a) for a in args]) for args in draws(task, hidden)}

    assert shapes(True) - shapes(False), "a table of the public shapes must not do"


@of_task
def test_a_constant_and_the_untouched_function_earn_nothing(task):
    calls = draws(task, True)
    for value in (None, 0.0, [], calls[0][0], call(task.answer, calls[0])):
        for n, part in enumerate(task.parts):
            drawn = [part.draw(np.random.default_rng([7, n, k]), True) for k in range(part.calls)]
            assert any(task.difference(value, args) for args in drawn)


@of_task
def test_a_table_of_all_that_a_check_shows_earns_nothing(task):
    table = {repr(args) for seed in range(50) for args in draws(task, False, seed)}
    assert not table & {repr(args) for args in draws(task, True)}


@of_mistake
@pytest.mark.parametrize("hidden", [False, True])
def test_a_mistake_is_known_by_its_name_and_is_wrong(task, wrong, hidden):
    for seed in range(10):
        found = task.diagnose(returned(task, wrong.formula, hidden, seed))
        assert found is wrong, f"taken for {found.name if found else 'no mistake'}"


@of_mistake
def test_the_check_names_the_mistake(task, wrong):
    said = check(task.name, wrong.formula)
    assert not said.passed
    assert wrong.name in str(said), str(said)


@of_task
def test_no_diagnosis_fires_on_the_solution(task):
    for hidden in (False, True):
        assert task.diagnose(returned(task, task.answer, hidden)) is None


def in_single_precision(value):
    return value.astype(np.float32) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def as_lists(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [as_lists(one) for one in value] if isinstance(value, (tuple, list)) else value


def as_one_array(value):
    alike = isinstance(value, (tuple, list)) and len({(np.shape(one), isinstance(one, str)) for one in value}) == 1
    return np.array(value) if alike else value


SPELLINGS = {
    "single precision": lambda answer, args: answer(*map(in_single_precision, args)),
    "lists": lambda answer, args: as_lists(answer(*args)),
    "one array": lambda answer, args: as_one_array(answer(*args)),
}


@of_task
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=list(SPELLINGS))
def test_the_right_numbers_are_right_however_they_are_handed_over(task, spelling):
    for seed in range(10):
        for args in draws(task, True, seed):
            handed = wire.decode(json.loads(json.dumps(wire.encode(spelling(task.answer, args)))))
            assert task.difference(handed, args) is None

    @functools.wraps(task.answer)
    def function(*args):
        return spelling(task.answer, args)

    said = check(task.name, function)
    assert said.passed, str(said)


@of_task
def test_the_task_says_what_it_is(task):
    assert task.title
    assert task.name.count(".") == 1
    assert all(w.says.endswith((".", "?")) for w in task.wrong)
    assert len({w.name for w in task.wrong}) == len(task.wrong)
    assert list(inspect.signature(task.answer).parameters)


@pytest.mark.parametrize("name", [name for name in SETS if SETS[name]])
def test_a_set_has_six_to_eight_tasks_and_knows_twelve_mistakes(name):
    tasks = SETS[name]
    assert 6 <= len(tasks) <= 8
    assert len({task.name for task in tasks}) == len(tasks)
    assert all(task.name.startswith(name + ".") for task in tasks)
    assert sum(len(task.wrong) for task in tasks) >= 12
