"""What people read: names cannot break a page, counts agree with the class, nobody is left out."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from course_lib.exercises import SETS
from exercises.grader.report import Entry, entries, page_name, write_reports

from .trial_set import TRIAL

SECRET_INPUT = "0.123456789"
EVIL = '<script>alert("x")</script> & "Ann"'


@pytest.fixture(autouse=True)
def trial(monkeypatch):
    monkeypatch.setitem(SETS, "trial", TRIAL)


def record(*scores, wrong=None, cells=("ran", "ran")):
    return {
        "set": "trial",
        "digest": "d" + "".join(map(str, scores)),
        "exercises": [
            {
                "name": task.name,
                "score": score,
                "max": 2,
                "reason": "" if score == 2 else "values: what it returns has the opposite sign",
                "feedback": ["values: right" if score == 2 else "values: has the opposite sign"],
                "wrong": wrong if task.name == "trial.total" and score == 0 else None,
            }
            for task, score in zip(TRIAL, scores, strict=True)
        ],
        "cells": list(cells),
    }


@pytest.fixture
def folder(tmp_path):
    everyone = [
        Entry("a.ipynb", "Ann", "1", record(2, 2, 2)),
        Entry("b.ipynb", "Ben", "2", record(2, 0, 2, wrong="the sum alone")),
        Entry(
            "c.ipynb",
            "Cleo",
            "2",
            record(2, 0, 0, wrong="the sum alone", cells=("ran", "SyntaxError: invalid")),
            cells=("x = 1", "def scale(x:\n    return x"),
        ),
        Entry("d.zip", "Dee", None, None, "not a zip file"),
        Entry("e.ipynb", EVIL, "5", record(0, 0, 0)),
        *entries([], [], {}, absent=["Fay"]),
    ]
    write_reports(tmp_path / "reports", everyone, site="https://book.example")
    return tmp_path / "reports"


def test_there_is_a_page_for_everybody_who_handed_something_in_and_an_overview(folder):
    assert len(list(folder.glob("*.html"))) == 5 + 1
    overview = (folder / "index.html").read_text()
    for file in folder.glob("*.html"):
        assert file.name == "index.html" or file.name in overview
    assert "4 submissions marked, 2 without a mark" in overview
    for page in (overview, next(folder.glob("dee-*.html")).read_text()):
        assert "not a zip file" in page
    assert re.search(r"<td>Fay</td><td>–</td><td>nothing was handed in</td>", overview)


def test_the_overview_counts_what_the_records_hold(folder):
    overview = (folder / "index.html").read_text()
    assert re.search(r"the sum alone.*?class=\"number\">2<", overview, re.DOTALL)
    assert "the sum alone: 2" in overview  # in the words of the picture
    assert "All points were reached in Scale: 3 of 4; Sum of squares: 1 of 4; Running sums: 2 of 4." in overview
    assert "b.ipynb, c.ipynb" in overview  # the same file twice


def test_a_learner_reads_what_was_wrong_and_where_to_read_on(folder):
    page = next(file for file in folder.glob("cleo-*.html")).read_text()
    assert "2 of 6 points" in page
    assert "it adds the numbers, not their squares." in page
    assert "Code cell 2, &#34;def scale(x:&#34;: SyntaxError: invalid" in page
    assert "https://book.example/chapters/trial.html" in page


def test_a_name_cannot_break_a_page_or_leave_the_folder(folder):
    for file in folder.glob("*.html"):
        assert "<script" not in file.read_text()
        assert re.fullmatch(r"[a-z0-9-]+\.html", file.name)
    for name in ("../../etc/passwd", "..", "a/b", "名前", "", "x" * 500, "CON", "a\u202eb"):
        assert re.fullmatch(r"[a-z0-9-]{8,60}\.html", page_name(Entry("s", name)))


def test_people_of_one_name_keep_apart():
    assert page_name(Entry("a.ipynb", "Ann")) != page_name(Entry("b.ipynb", "Ann"))


def test_reports_are_the_same_twice(folder, tmp_path):
    before = {file.name: file.read_bytes() for file in folder.glob("*")}
    write_reports(folder, [Entry("a.ipynb", "Ann", "1", record(2, 2, 2))])
    assert (folder / page_name(Entry("a.ipynb", "Ann"))).exists()
    assert set(before) == {file.name for file in folder.glob("*")}


def test_a_weak_wall_is_told(tmp_path):
    write_reports(tmp_path, [Entry("a.ipynb", "Ann", "1", record(2, 2, 2))], mode="none")
    assert "without a sandbox" in (tmp_path / "index.html").read_text()


def test_an_empty_class_has_an_overview(tmp_path):
    assert "0 submissions marked" in write_reports(tmp_path, []).read_text()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_for_everyone(folder, browser, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 800})
    for file in folder.glob("*.html"):
        page = context.new_page()
        page.goto(file.as_uri())
        page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
        found = Axe().run(page)
        assert not [v["id"] for v in found.response["violations"] if v["impact"] in {"serious", "critical"}]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()
    context.close()
