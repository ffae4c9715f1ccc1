"""The class for show: what was planned is what the overview counts."""

import re
from collections import Counter

import numpy as np
import pytest

from course_lib.exercises import SETS, difference
from course_lib.exercises.task import call
from exercises.grader import demo


@pytest.mark.parametrize("name", SETS)
def test_most_mistakes_can_be_written_as_a_learner_would(name):
    mistakes = [(task, wrong) for task in SETS[name] for wrong in task.wrong]
    made = [demo.mistaken(task, wrong) for task, wrong in mistakes]
    assert sum(m is not None for m in made) >= 12
    for (task, wrong), text in zip(mistakes, made, strict=True):
        if text:
            names: dict = {"np": np}
            exec(text, names)  # what is run stands in this repository
            args = task.parts[0].draw(np.random.default_rng(0), True)
            assert difference(names[task.function](*args), call(wrong.formula, args)) is None
            assert "course_lib" not in text


def test_the_plan_is_the_same_each_time_and_has_every_kind():
    people = demo.plan("momentum")
    assert people == demo.plan("momentum")
    assert len(people) == 200
    assert set(Counter(p["kind"] for p in people)) == {"right", "mistakes", "part", "blank", "broken", "unreadable"}


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_overview_counts_what_was_planned(tmp_path):
    assert demo.main(["adaptive_rates", "--no-open"], folder=tmp_path, size=40) == 0
    people = demo.plan("adaptive_rates", 40)
    overview = (tmp_path / "reports" / "index.html").read_text()
    unreadable = sum(p["kind"] == "unreadable" for p in people)
    assert f"{40 - unreadable} submissions marked" in overview
    for (_, wrong), count in demo.expected(people).most_common(3):
        assert re.search(rf"{re.escape(wrong)}: {count}\b", overview), (wrong, count)
