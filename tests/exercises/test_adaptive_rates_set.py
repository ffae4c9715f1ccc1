"""The set adaptive_rates: its answers against numbers from outside, and marks that luck cannot reach."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.exercises import SETS, check, task
from course_lib.exercises.task import call

TASKS = SETS["adaptive_rates"]
FOLDER = Path(__file__).resolve().parents[2] / "exercises/adaptive_rates"
PARTLY_RIGHT = {  # these earn the points of a part, and should
    ("adagrad", "the sum of squares"): {
        "the sum without its root",
        "epsilon inside the root",
        "the sum of the step before",
    },
    ("rmsprop", "the average of squares"): {"epsilon outside the root"},
    ("adam", "both averages"): {
        "no correction",
        "a correction without its exponent",
        "epsilon inside the root",
        "Keras's epsilon",
    },
    ("adam", "the first step"): {"a correction without its exponent"},
    ("find_epsilon", "epsilon outside the root"): {"the root of epsilon", "outside taken for granted"},
    ("find_epsilon", "epsilon inside the root"): {"inside taken for granted"},
}


def cells(notebook, kind):
    raw = json.loads((FOLDER / notebook).read_text(encoding="utf8"))
    return ["".join(cell["source"]) for cell in raw["cells"] if cell["cell_type"] == kind]


def drawn(part, number, seed):
    return [part.draw(np.random.default_rng([seed, number, k]), True) for k in range(part.calls)]


def answer(name, *args):
    return task(f"adaptive_rates.{name}").answer(*args)


def test_the_headings_tell_the_points():
    said = re.findall(r"^## (\d+)\. (.+) \((\d+) points\)$", "\n".join(cells("source.ipynb", "markdown")), re.MULTILINE)
    assert said == [(str(n), one.title, str(one.points)) for n, one in enumerate(TASKS, 1)]
    assert f"{sum(one.points for one in TASKS)} points" in cells("source.ipynb", "markdown")[0]


@pytest.mark.parametrize("one", TASKS, ids=lambda one: one.function)
def test_no_mistake_earns_a_part_it_should_not(one):
    for number, part in enumerate(one.parts):
        earns = PARTLY_RIGHT.get((one.function, part.name), set())
        for wrong in one.wrong:
            for seed in range(30):
                right = all(
                    one.difference(call(wrong.formula, args), args, part.only) is None
                    for args in drawn(part, number, seed)
                )
                assert right == (wrong.name in earns), (part.name, wrong.name, seed)


def test_the_given_bug_earns_nothing_and_is_named():
    names = {"np": np}
    exec(next(cell for cell in cells("adaptive_rates.ipynb", "code") if "def denominators" in cell), names)
    one = task("adaptive_rates.denominators")
    for number, part in enumerate(one.parts):
        for seed in range(30):
            assert any(one.difference(names["denominators"](*args), args) for args in drawn(part, number, seed))
    assert "one memory for two things" in str(check(one.name, names["denominators"]))


@pytest.mark.parametrize(
    ("name", "wrong_form", "words"),
    [
        ("adagrad", lambda theta, g, r, learning_rate, epsilon: theta, "expected a tuple of 2"),
        ("adamw", lambda *args: None, "nothing (None)"),
        ("which_rules", lambda gradients, logs, learning_rate: "adam", "expected a list of 4"),
    ],
)
def test_a_value_of_another_form_is_told_so(name, wrong_form, words):
    assert words in str(check(f"adaptive_rates.{name}", wrong_form))


def test_steps_by_hand():
    one = np.array([1.0])
    theta, r = answer("adagrad", one, 3 * one, 16 * one, 0.5, 1.0)  # the root of 16 + 9 is 5
    np.testing.assert_allclose([*theta, *r], [1 - 0.5 * 3 / 6, 25])
    theta, r = answer("rmsprop", one, 4 * one, 0 * one, 0.5, 0.75, 12.0)  # the root of 4 + 12 is 4
    np.testing.assert_allclose([*theta, *r], [0.5, 4])
    theta, m, v = answer("adam", one, 2 * one, 0 * one, 0 * one, 1, 0.5, 0.75, 0.75, 2.0)
    np.testing.assert_allclose([*theta, *m, *v], [1 - 0.5 * 2 / (2 + 2), 0.5, 1])
    np.testing.assert_allclose(answer("adamw", 2 * one, 3 * one, 9 * one, 0.1, 0.5), [1.8])


def test_passes_bring_equal_singular_values_where_the_polynomial_does():
    sigma = 0.5**0.5  # of an orthogonal 2 by 2 matrix divided by its Frobenius norm
    for _ in range(3):
        sigma = np.polyval([2.0315, 0, -4.775, 0, 3.4445, 0], sigma)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(answer("orthogonalize", 7 * turn, 3), sigma * turn)


def test_roots_by_hand():
    roots = answer("denominators", np.array([[4.0], [0.0], [4.0]]), 0.75)  # averages 4, 3 and 6.25
    np.testing.assert_allclose(roots, [[2], [2], [2.5]])


@pytest.mark.parametrize(("steps", "place", "epsilon"), [([0.25, 0.5], "outside", 3.0), ([0.5, 0.6], "inside", 3.0)])
def test_epsilon_by_hand(steps, place, epsilon):
    gradients = np.array([1.0, 3.0]) if place == "outside" else np.array([1.0, 0.75 * 3**0.5])
    found = answer("find_epsilon", gradients, np.array(steps), 1.0)
    assert found[0] == place
    assert found[1] == pytest.approx(epsilon)


def test_second_steps_by_hand_tell_the_rules_apart():
    gradients = np.array([[1.0], [1.0]])
    second = [0.5**0.5, 0.19**-0.5, 1.0, 0.19 / 0.001999**0.5]
    first = [1.0, 0.1**-0.5, 1.0, 0.1 / 0.001**0.5]
    logs = -0.2 * np.stack([first, second], axis=1)[:, :, None]
    assert answer("which_rules", gradients, logs, 0.2) == ["adagrad", "rmsprop", "adam", "adam without correction"]


@pytest.mark.parametrize("hidden", [False, True])
def test_logs_of_two_rules_are_never_near_each_other_and_all_four_occur(hidden):
    one = task("adaptive_rates.which_rules")
    for seed in range(50):
        gradients, logs, rate = one.parts[0].draw(np.random.default_rng(seed), hidden)
        names = one.answer(gradients, logs, rate)
        assert len(set(names)) == 4
        for a, mine in zip(names, logs, strict=True):
            for b, other in zip(names, logs, strict=True):
                assert (np.abs(mine - other).max() < 1e-9 * rate) == (a == b)
                assert a == b or np.abs(mine - other).max() > 0.1 * rate
