"""The page for instructors: its example is a task, its commands exist, its picture is drawn."""

import re
from pathlib import Path

import numpy as np

from course_lib.exercises.task import call
from exercises.grader import __main__ as command
from tests.grader.hostile import everyone
from tools import marks_page, performance_page

PAGE = Path(__file__).resolve().parents[2] / "appendices" / "instructors.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf8"), re.DOTALL)


def test_the_example_is_a_task_that_knows_its_mistake():
    names: dict = {}
    exec(next(b for b in blocks("python") if "CLIP" in b), names)  # what is run stands in this repository
    task = names["CLIP"]
    calls = [task.parts[0].draw(np.random.default_rng(n), True) for n in range(5)]
    assert all(task.difference(call(task.answer, args), args) is None for args in calls)
    wrong = [(args, call(task.wrong[0].formula, args)) for args in calls]
    assert task.diagnose([wrong]) is task.wrong[0]
    assert np.isclose(np.linalg.norm(task.answer(np.array([3.0, 4.0]), 1.0)), 1.0)


def test_every_option_that_the_page_names_exists():
    text = "".join(blocks("sh"))
    known = command.parser()
    told = set(re.findall(r"--[a-z]+", text))
    helps = "".join(sub.format_help() for action in known._subparsers._group_actions for sub in action.choices.values())
    assert told
    assert all(option in helps for option in told), told


def test_the_hostile_class_is_as_large_as_the_page_says():
    assert len(everyone()) == 80
    assert "Eighty hostile submissions" in PAGE.read_text(encoding="utf8")


def test_the_picture_and_the_figures():
    address, words = marks_page.overview()
    assert address.startswith("data:image/svg+xml;base64,")
    assert "synthetic class of 200" in words
    assert performance_page.marking()
