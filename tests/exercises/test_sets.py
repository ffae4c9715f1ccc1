"""The notebooks: the source solves every task, the learner's holds no solution, and the tool keeps them together."""

import json
from pathlib import Path

import pytest

from course_lib.exercises import SETS, check
from tools import exercise_sets

ROOT = Path(__file__).resolve().parents[2] / "exercises"


def code(path):
    return [
        "".join(c["source"]) for c in json.loads(path.read_text(encoding="utf8"))["cells"] if c["cell_type"] == "code"
    ]


def run(cells, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell, "cell", "exec"), names)  # what is run stands in this repository
    return names


@pytest.mark.parametrize("stem", SETS)
def test_the_source_solves_every_task(stem, monkeypatch):
    names = run(code(ROOT / stem / "source.ipynb"), monkeypatch)
    for task in SETS[stem]:
        said = check(task.name, names[task.function])
        assert said.passed, str(said)


@pytest.mark.parametrize("stem", SETS)
def test_the_learners_notebook_runs_and_solves_none(stem, monkeypatch):
    names = run(code(ROOT / stem / f"{stem}.ipynb"), monkeypatch)
    for task in SETS[stem]:
        assert not check(task.name, names[task.function]).passed, task.name


@pytest.mark.parametrize("stem", SETS)
def test_every_task_has_its_check_and_three_hints(stem):
    path = ROOT / stem / f"{stem}.ipynb"
    whole = path.read_text(encoding="utf8")
    assert "SOLUTION" not in whole
    for task in SETS[stem]:
        assert any(f'check("{task.name}", {task.function})' in cell for cell in code(path)), task.name
    assert whole.count("<summary>Hint") == 3 * len(SETS[stem])


@pytest.mark.parametrize("stem", SETS)
def test_headings_say_the_points_and_the_title_says_the_sum(stem):
    text = (ROOT / stem / f"{stem}.ipynb").read_text(encoding="utf8")
    for number, task in enumerate(SETS[stem], 1):
        assert f"## {number}. {task.title} ({task.points} point{'s' * (task.points > 1)})" in text
    assert f"{sum(task.points for task in SETS[stem])} points" in text


def test_the_notebooks_are_fresh():
    assert exercise_sets.main(["--check"]) == 0


def test_a_solution_gives_way_to_an_error():
    source = "def f(x):\n    y = 1\n    ### BEGIN SOLUTION\n    return x + y\n    ### END SOLUTION\n"
    assert exercise_sets.learners_code(source) == (
        'def f(x):\n    y = 1\n    raise NotImplementedError("not written yet")'
    )


def test_a_bug_stands_where_one_is_given():
    source = (
        "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n"
        "    ### BEGIN GIVEN\n    # if x:\n    #     return -x\n    ### END GIVEN\n"
    )
    assert exercise_sets.learners_code(source) == "def f(x):\n    if x:\n        return -x"


def test_a_block_without_an_end_is_refused():
    with pytest.raises(ValueError, match="without its other end"):
        exercise_sets.learners_code("### BEGIN SOLUTION\n1\n")
