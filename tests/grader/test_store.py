"""The store: whole or not at all, damaged is not believed, nothing of another folder is touched."""

import json
import shutil
import subprocess
import sys

import pytest

from exercises.grader import store as rooms
from exercises.grader.store import Store, StoreError, key_of

KEY = "ab" + "0" * 62
RECORD = {"set": "momentum", "digest": "d", "exercises": [{"name": "x", "score": 1}], "cells": ["ran"]}


def test_what_is_put_is_got_and_two_stores_are_byte_identical(tmp_path):
    for name in ("one", "two"):
        store = Store(tmp_path / name)
        assert store.get(KEY) is None
        store.put(KEY, RECORD)
        assert store.get(KEY) == RECORD
    files = [
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.json")} for n in ("one", "two")
    ]
    assert files[0] == files[1]
    assert len(files[0]) == 2


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-5], lambda t: t.replace('"score":1', '"score":9'), lambda t: "", lambda t: "[]"]
)
def test_what_is_damaged_is_not_believed(tmp_path, damage):
    store = Store(tmp_path)
    store.put(KEY, RECORD)
    path = next(tmp_path.glob("??/*.json"))
    path.write_text(damage(path.read_text()))
    assert store.get(KEY) is None


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="is not empty and is no store"):
        Store(tmp_path)
    with pytest.raises(StoreError, match="is a file"):
        Store(tmp_path / "thesis.txt")


def test_a_kill_leaves_no_half_written_record(tmp_path):
    code = f"""
import os, sys
sys.path.insert(0, {str(rooms.ROOT)!r})
from pathlib import Path
from exercises.grader.store import Store
os.replace = lambda *a: os.kill(os.getpid(), 9)
Store.__init__ = lambda self, folder: setattr(self, "folder", folder)
Store(Path({str(tmp_path)!r})).put({KEY!r}, {RECORD!r})
"""
    Store(tmp_path)
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert list(tmp_path.glob("??/*.part"))
    store = Store(tmp_path)
    assert store.get(KEY) is None
    store.sweep()
    assert not list(tmp_path.glob("??/*.part"))


def test_a_store_that_was_killed_at_birth_is_still_a_store(tmp_path):
    (tmp_path / "tmpab12.part").write_text("{")
    store = Store(tmp_path)
    store.put(KEY, RECORD)
    store.sweep()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ab", rooms.SIGN]
    assert store.get(KEY) == RECORD


def test_the_key_changes_with_all_that_marks_depend_on(monkeypatch):
    keys = {
        key_of("d", "momentum", "f"),
        key_of("e", "momentum", "f"),
        key_of("d", "normalization", "f"),
        key_of("d", "momentum", "g"),
        key_of("d", "momentum", "f", walls=False),
    }
    assert len(keys) == 5
    monkeypatch.setattr(rooms.np, "__version__", "0.0")
    keys.add(key_of("d", "momentum", "f"))
    monkeypatch.setattr(rooms.platform, "python_version", lambda: "0.0")
    keys.add(key_of("d", "momentum", "f"))
    assert len(keys) == 7


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("course_lib/momentum.py", True),  # what the course answers
        ("course_lib/exercises/momentum.py", True),
        ("course_lib/exercises/comparing.py", True),
        ("exercises/grader/notebook.py", True),  # which cells are run
        ("exercises/grader/walls.py", True),  # with which limits
        ("exercises/grader/worker.py", True),
        ("course_lib/exercises/normalization.py", False),
        ("exercises/grader/report.py", False),
        ("course_lib/plotting/paths.py", False),
    ],
)
def test_the_key_changes_with_the_files_that_decide_a_mark(tmp_path, monkeypatch, file, changes):
    for folder in ("course_lib", "exercises/grader"):
        shutil.copytree(rooms.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(rooms, "ROOT", tmp_path)
    monkeypatch.setattr(rooms, "__file__", str(tmp_path / "exercises" / "grader" / "store.py"))
    rooms._code.cache_clear()
    before = key_of("d", "momentum", "f")
    with (tmp_path / file).open("a") as changed:
        changed.write("\n# changed\n")
    rooms._code.cache_clear()
    assert (key_of("d", "momentum", "f") != before) is changes
    rooms._code.cache_clear()


def test_a_record_is_plain_json(tmp_path):
    store = Store(tmp_path)
    store.put(KEY, RECORD)
    assert json.loads(next(tmp_path.glob("??/*.json")).read_text())["record"] == RECORD
