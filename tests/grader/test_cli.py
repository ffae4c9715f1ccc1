"""The command line: what is asked wrongly is answered in words."""

import json
import zipfile

import pytest

from exercises.grader import __main__ as command
from exercises.grader import gradescope
from exercises.grader.gradescope import results

from .hostile import notebook


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.delenv(command.VARIABLE, raising=False)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.ipynb").write_bytes(notebook(["def nesterov(x): pass"]))
    (tmp_path / "secret").write_bytes(b"s" * 32)
    return tmp_path


def run(desk, *more, secret=True):
    words = ["run", desk / "class", "--out", desk / "g.csv", "--store", desk / "store", "--quiet"]
    return command.main([str(w) for w in (*words, *(["--secret", desk / "secret"] if secret else []), *more)])


@pytest.mark.parametrize(
    ("prepare", "more", "words"),
    [
        (lambda d: (d / "secret").write_bytes(b"short"), (), "has 5 bytes, at least 32 are needed"),
        (lambda d: (d / "secret").unlink(), (), "cannot be read"),
        (lambda d: None, ("--set", "momentun"), "no set is called 'momentun'"),
        (lambda d: None, ("--roster", "none.csv"), "the roster none.csv cannot be read"),
        (lambda d: (d / "class" / "a.ipynb").unlink(), (), "holds no submission"),
        (lambda d: ((d / "store").mkdir(), (d / "store" / "x").write_text("")), (), "is not empty and is no store"),
    ],
)
def test_what_is_asked_wrongly_is_answered_in_words(desk, capsys, prepare, more, words):
    prepare(desk)
    assert run(desk, *more) in (command.WRONG_USE, command.MACHINE)
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert not (desk / "g.csv").exists()


@pytest.mark.parametrize("name", ["store", "reports", "secret"])
def test_nothing_of_the_graders_lies_among_the_submissions(desk, capsys, name):
    place = desk / "class" / name
    if name == "secret":
        place.write_bytes(b"s" * 32)
    assert run(desk, f"--{name}", str(place)) == command.WRONG_USE
    assert f"the {name} {place} lies inside the submissions" in capsys.readouterr().err


def test_pages_of_something_else_are_not_written_over(desk, capsys):
    (desk / "site").mkdir()
    (desk / "site" / "index.html").write_text("<h1>mine</h1>")
    assert run(desk, "--reports", str(desk / "site")) == command.WRONG_USE
    assert "holds pages of something else" in capsys.readouterr().err
    assert (desk / "site" / "index.html").read_text() == "<h1>mine</h1>"


def test_a_missing_secret_says_how_to_make_one(desk, capsys):
    assert run(desk, secret=False) == command.WRONG_USE
    assert "secrets.token_hex(32)" in capsys.readouterr().err


def test_a_secret_in_the_store_is_refused(desk, capsys):
    (desk / "store").mkdir()
    (desk / "store" / "secret").write_bytes(b"s" * 32)
    assert run(desk, "--secret", str(desk / "store" / "secret")) == command.WRONG_USE
    assert "lies inside the store" in capsys.readouterr().err


def test_the_secret_may_stand_in_the_environment(desk, monkeypatch):
    monkeypatch.setenv(command.VARIABLE, "k" * 40)
    assert command.read_secret(None) == b"k" * 40


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"k" * 32 + b"\n", b"k" * 32),
        (b"e5" * 32 + b"\r\n", b"e5" * 32),
        (b"\n\x00\xff" + b"\n" * 29, b"\n\x00\xff" + b"\n" * 29),  # 32 raw bytes, each counts
        (b"e5" * 31, None),  # 31 bytes, in hexadecimal digits
        (b"k" * 31 + b"\n", None),
    ],
)
def test_a_secret_is_text_raw_bytes_or_hexadecimal_digits(desk, content, secret):
    (desk / "secret").write_bytes(content)
    if secret is None:
        with pytest.raises(command.UsageError, match="has 31 bytes.*, at least 32 are needed"):
            command.read_secret(desk / "secret")
    else:
        assert command.read_secret(desk / "secret") == secret


@pytest.mark.parametrize("number", ["0", "-2", "two", "1.5"])
def test_a_number_of_workers_that_is_none(desk, capsys, number):
    with pytest.raises(SystemExit) as ended:
        run(desk, f"--workers={number}")
    assert ended.value.code == command.WRONG_USE
    assert "1 or more" in capsys.readouterr().err


def test_a_table_that_is_a_folder_is_told_before_the_class_is_marked(desk, capsys):
    (desk / "g.csv").mkdir()
    words = ["run", desk / "class", "--out", desk / "g.csv", "--store", desk / "store", "--secret", desk / "secret"]
    assert command.main([str(w) for w in words]) == command.WRONG_USE
    assert "is a folder" in capsys.readouterr().err
    assert not (desk / "store").exists()


def test_a_folder_that_is_not_there(desk, capsys):
    assert (
        command.main(["run", str(desk / "none"), "--out", "g.csv", "--store", "s", "--secret", str(desk / "secret")])
        == 2
    )
    assert "there is nothing at" in capsys.readouterr().err


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit):
        command.main(["run", "--help"])
    said = capsys.readouterr().out
    for option in ("--out", "--store", "--roster", "--secret", "--scheduler", "--unsandboxed", "--reports", "--canvas"):
        assert option in said


RECORD = {
    "cells": ["ran", "SyntaxError: invalid"],
    "exercises": [
        {
            "name": "momentum.classical",
            "score": 3,
            "max": 3,
            "feedback": ["from rest: right"],
            "reason": "",
            "wrong": None,
        },
        {
            "name": "momentum.nesterov",
            "score": 0,
            "max": 3,
            "feedback": ["x: wrong"],
            "reason": "x",
            "wrong": "a look back",
        },
    ],
}


def test_gradescope_gets_a_test_for_each_exercise():
    made = results(RECORD)
    assert made["score"] == 3
    assert [(t["score"], t["max_score"], t["status"]) for t in made["tests"]] == [(3, 3, "passed"), (0, 3, "failed")]
    assert "a look back" in made["tests"][1]["output"]
    assert "Code cell 2" in made["output"]
    assert results(None, "damaged") == {"score": 0, "output": "damaged", "tests": []}
    json.dumps(made)


def test_gradescopes_zip_holds_what_it_needs_and_is_the_same_twice(desk, capsys):
    for name in ("a.zip", "b.zip"):
        words = ["gradescope-zip", "--set", "momentum", "--secret", str(desk / "secret"), "--out", str(desk / name)]
        assert command.main(words) == 0
    assert "share it with nobody" in capsys.readouterr().out
    assert (desk / "a.zip").read_bytes() == (desk / "b.zip").read_bytes()
    with zipfile.ZipFile(desk / "a.zip") as archive:
        names = set(archive.namelist())
        assert {"setup.sh", "run_autograder", "course.secret", "exercises/momentum/source.ipynb"} <= names
        assert archive.getinfo("run_autograder").external_attr >> 16 & 0o111
        assert not any("__pycache__" in name for name in names)
    assert (
        command.main(["gradescope-zip", "--set", "x", "--secret", str(desk / "secret"), "--out", str(desk / "c")]) == 2
    )


@pytest.mark.long
def test_one_submission_for_gradescope(desk):
    source = (gradescope.ROOT / "exercises" / "momentum" / "source.ipynb").read_bytes()
    (desk / "class" / "a.ipynb").write_bytes(source)
    (desk / "class" / "helper.py").write_bytes(b"x = 1")
    words = [
        "gradescope",
        str(desk / "class"),
        "--set",
        "momentum",
        "--secret",
        str(desk / "secret"),
        "--out",
        str(desk / "r.json"),
    ]
    assert command.main(words) == 0
    made = json.loads((desk / "r.json").read_text())
    assert made["score"] == sum(t["max_score"] for t in made["tests"]) == 21


@pytest.mark.parametrize("files", [{}, {"helper.py": b"x"}, {"a.ipynb": b"{"}])
def test_gradescope_gets_a_reason_where_there_is_nothing_to_mark(desk, files):
    (desk / "submission").mkdir()
    for name, content in files.items():
        (desk / "submission" / name).write_bytes(content)
    words = ["gradescope", desk / "submission", "--set", "momentum", "--secret", desk / "secret", "--out", desk / "r"]
    assert command.main([str(w) for w in words]) == 0
    made = json.loads((desk / "r").read_text())
    assert made["score"] == 0
    assert "no notebook" in made["output"] or "damaged" in made["output"]
