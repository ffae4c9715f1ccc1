"""What was handed in, from whoever delivers it: none is lost, none is trusted, each has a reason in words."""

import contextlib
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from exercises.grader import files
from exercises.grader.handed import Rejected, Submission, Unreadable, clean, key_of
from exercises.grader.ingest import collect, collect_one
from exercises.grader.notebook import NOTEBOOK_BYTES, cells_of

from .hostile import notebook, zipped

ROOT = Path(__file__).resolve().parents[2]

GOOD = notebook(["x = 1", "y = 2"])
NAMES = [  # of files, as people and attackers choose them
    "=1+1.ipynb",
    "+cmd.ipynb",
    "-rf.ipynb",
    "@sum.ipynb",
    "a b  c.ipynb",
    "a\\b.ipynb",
    "..ipynb.ipynb",
    "ÅNGSTRÖM.ipynb",
    "A\u030angstro\u0308m-2.ipynb",
    "report\u202ebpyn.ipynb",
    "zero\u200bwidth.ipynb",
    "עברית.ipynb",
    "名前.ipynb",
    "emoji-🙂.ipynb",
    "tab\there.ipynb",
    "line\nbreak.ipynb",
    "x" * 200 + ".ipynb",
]


def test_hostile_names_are_read_shown_clean_and_none_is_lost(tmp_path):
    for name in NAMES:
        (tmp_path / name).write_bytes(GOOD)
    found = collect(tmp_path)
    assert len(found) == len(NAMES)
    assert all(isinstance(one, Submission) for one in found)
    for one in found:
        assert one.learner == clean(one.learner)
        assert len(one.learner) <= 120
        assert not any(ord(c) < 32 or c in "\u202e\u200b" for c in one.learner)
    assert sorted(os.listdir(tmp_path)) == sorted(NAMES)


def test_names_that_people_take_for_the_same_are_flagged_and_both_kept(tmp_path):
    for folder in ("Ann Lee", "ann  lee", "ＡＮＮ LEE"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.ipynb").write_bytes(notebook([folder]))
    found = collect(tmp_path)
    assert len(found) == 3
    assert len({key_of(one.learner) for one in found}) == 1
    assert all("also stands on" in one.note for one in found)


def test_canvas_delivers_names_and_attempts(tmp_path):
    for name in ("doejane_12_345_hw.ipynb", "doejane_LATE_12_400_hw-1.ipynb", "roe_13_346_Copy of hw.ipynb"):
        (tmp_path / name).write_bytes(notebook([name]))
    found = {one.name: one for one in collect(tmp_path)}
    assert isinstance(found["doejane_LATE_12_400_hw-1.ipynb"], Submission)
    assert found["doejane_LATE_12_400_hw-1.ipynb"].keys == ("12", "doejane")
    earlier = found["doejane_12_345_hw.ipynb"]
    assert isinstance(earlier, Rejected)
    assert "a later attempt counts" in earlier.reason
    assert found["roe_13_346_Copy of hw.ipynb"].keys == ("13", "roe")


@pytest.mark.parametrize("other", ["plot.png", "essay.pdf", "text.html", "helper.py", "data.csv", "hw.ipynb.txt"])
def test_a_file_beside_a_notebook_takes_nothing_from_it(tmp_path, other):
    (tmp_path / "doe_12_345_hw.ipynb").write_bytes(GOOD)
    (tmp_path / f"doe_12_346_{other}").write_bytes(b"x")
    assert [(type(one), one.name) for one in collect(tmp_path)] == [(Submission, "doe_12_345_hw.ipynb")]


@pytest.mark.parametrize(
    "name", ["doe_12_345_text.html", "doe_12_345_data.csv", "doe_LATE_12_345_a.txt", "ann.txt", "a.json"]
)
def test_who_handed_in_something_else_has_a_row(tmp_path, name):
    (tmp_path / "roe_13_346_hw.ipynb").write_bytes(GOOD)
    (tmp_path / name).write_bytes(b"x")
    rows = {one.name: one for one in collect(tmp_path)}
    assert set(rows) == {name, "roe_13_346_hw.ipynb"}
    assert "hand in the notebook" in rows[name].reason


def test_a_later_attempt_that_cannot_be_read_takes_nothing_from_an_earlier_one(tmp_path):
    (tmp_path / "doe_12_345_hw.ipynb").write_bytes(GOOD)
    (tmp_path / "doe_12_346_hw-1.ipynb").write_bytes(GOOD[:50])
    rows = {one.name: one for one in collect(tmp_path)}
    assert isinstance(rows["doe_12_345_hw.ipynb"], Submission)
    assert "damaged" in rows["doe_12_346_hw-1.ipynb"].reason


def test_two_notebooks_of_different_names_are_both_kept_and_flagged(tmp_path):
    for name in ("doe_12_345_hw.ipynb", "doe_12_346_notes.ipynb"):
        (tmp_path / name).write_bytes(notebook([name]))
    found = collect(tmp_path)
    assert [type(one) for one in found] == [Submission, Submission]
    assert all("also stands on" in one.note for one in found)


def test_nobody_in_the_zip_of_a_class_is_left_out(tmp_path):
    (tmp_path / "class.zip").write_bytes(
        zipped(
            ("ann_1_10_hw.zip", zipped(("deep/hw.ipynb", GOOD))),
            ("ben_2_11_hw.docx", b"x"),
            ("cid_3_12_hw.ipynb", GOOD),
            ("dan/essay.pdf", b"x"),
            ("eve/", b""),
            ("fay/a.zip", zipped(("hw.ipynb", GOOD))),
            ("gus_4_13_hw.zip", b"PK no zip"),
            ("__MACOSX/._x", b"x"),
            ("grades.csv", b"x"),
        )
    )
    rows = {one.learner: one for one in collect(tmp_path / "class.zip")}
    assert set(rows) == {"ann_1", "ben_2", "cid_3", "dan", "eve", "fay", "gus_4"}
    assert {who for who, one in rows.items() if isinstance(one, Submission)} == {"ann_1", "cid_3", "fay"}
    reasons = [rows[who].reason for who in ("ben_2", "dan", "eve", "gus_4")]
    for reason, words in zip(reasons, ("hand in the notebook", "no notebook", "no notebook", "damaged"), strict=True):
        assert words in reason


def test_a_folder_that_was_zipped_as_a_whole_is_a_class_too(tmp_path):
    (tmp_path / "c.zip").write_bytes(zipped(("all/ann.ipynb", notebook(["a"])), ("all/ben.ipynb", notebook(["b"]))))
    assert [one.learner for one in collect(tmp_path / "c.zip")] == ["ann", "ben"]
    (tmp_path / "d.zip").write_bytes(zipped(("ann/hw.ipynb", GOOD), ("ann/data.csv", b"x")))
    assert [one.learner for one in collect(tmp_path / "d.zip")] == ["ann"]


def test_one_learner_may_hand_in_files_beside_the_notebook(tmp_path):
    with_helper, without = tmp_path / "with", tmp_path / "without"
    with_helper.mkdir()
    without.mkdir()
    (with_helper / "hw.ipynb").write_bytes(GOOD)
    for folder in (with_helper, without):
        (folder / "helper.py").write_bytes(b"x")
    assert collect_one(with_helper).cells == ("x = 1", "y = 2")
    assert "no notebook" in collect_one(without).reason
    assert "cannot be read" in collect_one(tmp_path / "missing.csv").reason


def test_gradescope_and_the_zip_of_a_class(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in (1, 2, 3):
            archive.writestr(f"assignment/submission_{number}/hw.ipynb", notebook([str(number)]))
            archive.writestr(f"assignment/submission_{number}/metadata.yml", "x: 1")
        archive.writestr("assignment/submission_2/__MACOSX/._hw.ipynb", b"\0")
    found = collect(path)
    assert [one.learner for one in found] == ["submission_1", "submission_2", "submission_3"]
    assert [one.cells for one in found] == [("1",), ("2",), ("3",)]


def test_a_learner_may_hand_in_a_folder_or_a_zip(tmp_path):
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "hw.ipynb").write_bytes(GOOD)
    (tmp_path / "ann" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "ann" / ".ipynb_checkpoints" / "hw-checkpoint.ipynb").write_bytes(notebook(["old"]))
    (tmp_path / "ben.zip").write_bytes(zipped(("deep/er/hw.ipynb", GOOD), ("data.csv", b"1,2")))
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "grades.csv").write_bytes(b"x")
    assert [(one.learner, one.cells) for one in collect(tmp_path)] == [
        ("ann", ("x = 1", "y = 2")),
        ("ben", ("x = 1", "y = 2")),
    ]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"\xff\xfe\x00", "not text"),
        (GOOD[: len(GOOD) // 2], "damaged"),
        (b"[" * 100_000 + b"]" * 100_000, "damaged"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "damaged"),
        (b"[1, 2]", "not a notebook"),
        (b'{"nbformat": "4"}', "not a notebook"),
        (notebook(["x"], nbformat=4).replace(b'"nbformat": 4', b'"nbformat": 2'), "format 2"),
        (notebook(["x <- 1"], "ir", "R"), "R, not Python"),
        (notebook(["julia"], "julia-1.9", "julia"), "julia, not Python"),
        (notebook([]), "no code cells"),
        (notebook(["", "  "]), "no code cells"),
        (notebook(["x"] * 3000), "more than 2000"),
        (notebook(["#" + "x" * 5_000_000]), "more than 1 MB of code"),
        (b" " * 33_600_000, "larger than 32 MB"),
        (b"[[]," * 300_000, "too many things"),
    ],
)
def test_what_cannot_be_marked_has_a_reason(raw, words):
    with pytest.raises(Unreadable, match=words):
        cells_of(raw)


@pytest.mark.parametrize("junk", [None, 7, "text", [], {}, [1], {"a": 1}, [None], True])
@pytest.mark.parametrize("place", ["metadata", "cells", "cell", "source", "worksheets"])
def test_junk_anywhere_in_a_notebook_is_no_traceback(junk, place):
    book = json.loads(GOOD)
    if place == "cell":
        book["cells"].insert(0, junk)
    elif place == "source":
        book["cells"][0]["source"] = junk
    elif place == "worksheets":
        book = {"nbformat": 3, "worksheets": [junk, {"cells": junk}]}
    else:
        book[place] = junk
    with contextlib.suppress(Unreadable):
        assert all(isinstance(cell, str) for cell in cells_of(json.dumps(book).encode()))


def test_old_formats_lists_of_lines_and_marks_of_order_are_read():
    assert cells_of(notebook(["a", "b"], nbformat=3)) == ("a", "b")
    book = json.loads(GOOD)
    book["cells"][0]["source"] = ["x = 1\n", "y = 2"]
    assert cells_of(b"\xef\xbb\xbf" + json.dumps(book).encode())[0] == "x = 1\ny = 2"


def test_the_generated_set_up_cell_is_left_out():
    from tools.colab import ROOT, read

    install = read(ROOT).cells("exercises/momentum/momentum.ipynb")[1]["source"]
    assert cells_of(notebook([install, "x = 1"])) == ("x = 1",)


def test_links_devices_and_forbidden_files_are_rows_with_reasons(tmp_path):
    (tmp_path / "real.ipynb").write_bytes(GOOD)
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "real.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "essay.docx").write_bytes(b"x")
    (tmp_path / "none").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.ipynb").write_bytes(GOOD)
    (tmp_path / "two" / "b.ipynb").write_bytes(notebook(["other"]))
    reasons = {one.name: one.reason for one in collect(tmp_path) if isinstance(one, Rejected)}
    assert "link" in reasons["link.ipynb"]
    assert "not a regular file" in reasons["pipe.ipynb"]
    assert "hand in the notebook" in reasons["essay.docx"]
    assert "no notebook" in reasons["none"]
    assert "2 different notebooks" in reasons["two"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"PK\x03\x04 not really", "damaged"),
        (zipped(("a.ipynb", GOOD))[:-30], "damaged"),
        (zipped(("a.txt", b"x")), "no notebook"),
        (zipped(("a.ipynb", bytes(50_000_000))), "larger than 32 MB"),
        (zipped(("a.ipynb", GOOD), ("b.ipynb", notebook(["z"]))), "2 different notebooks"),
    ],
)
def test_zips_that_cannot_be_read(tmp_path, raw, words):
    (tmp_path / "a.zip").write_bytes(raw)
    (one,) = collect(tmp_path)
    assert isinstance(one, Rejected)
    assert words in one.reason


def words_of(path):
    """Return why a class cannot be read, as its only row says or, where it seems empty, the error."""
    try:
        return getattr(collect(path)[0], "reason", "")
    except ValueError as empty:
        return str(empty)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_whatever_is_damaged_in_a_zip_is_a_row(tmp_path, method):
    buffer, chance, reasons = io.BytesIO(), random.Random(0), set()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a.ipynb", GOOD)
    for _ in range(300):
        raw = bytearray(buffer.getvalue())
        for _ in range(3):
            raw[chance.randrange(len(raw))] = chance.choice((0, 255, chance.randrange(256)))
        (tmp_path / "a.zip").write_bytes(raw)
        reasons |= {getattr(one, "reason", "") for one in collect(tmp_path)}
        reasons |= {words_of(tmp_path / "a.zip")}
    assert any("damaged" in reason for reason in reasons)
    assert all(reason.isprintable() for reason in reasons)


def test_many_notebooks_that_are_small_only_when_packed_take_no_memory(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(*[(f"{n}.ipynb", b" " * NOTEBOOK_BYTES) for n in range(110)]))
    code = f"""
import resource, sys
sys.path.insert(0, {os.getcwd()!r})
from pathlib import Path
from exercises.grader.ingest import collect
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*(one.reason for one in collect(Path({str(tmp_path)!r}))), sep="\\n")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split("\n")
    assert "more than 100 notebooks or 256 MB" in said[0]
    assert int(said[1]) < 6 * NOTEBOOK_BYTES // 1024


def test_a_zip_of_very_many_members_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(zipped(*[(str(n), b"") for n in range(60)]))
    monkeypatch.setattr(files, "MEMBERS", 50)
    monkeypatch.setattr(files.zipfile, "ZipFile", lambda *_: pytest.fail("it was opened"))
    (one,) = collect(tmp_path)
    assert "more than 50 files" in one.reason


def test_folders_nested_deeper_than_python_calls_itself_are_a_row(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "ann.ipynb").write_bytes(GOOD)
    at = os.open(tmp_path / "deep", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("a", dir_fd=at)
        above, at = at, os.open("a", os.O_RDONLY, dir_fd=at)
        os.close(above)
    os.close(at)
    try:
        ann, deep = collect(tmp_path)
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "deep")], check=True)  # shutil.rmtree calls itself
    assert isinstance(ann, Submission)
    assert "more than 1000 files" in deep.reason


def test_a_zip_that_climbs_writes_nothing(tmp_path):
    home = tmp_path / "a" / "b"
    home.mkdir(parents=True)
    (home / "x.zip").write_bytes(zipped(("../../../up.ipynb", GOOD), ("/abs.ipynb", GOOD), ("..\\w.ipynb", GOOD)))
    before = sorted(tmp_path.rglob("*"))
    (one,) = collect(home)
    assert one.cells == ("x = 1", "y = 2")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_that_lies_about_sizes_is_not_believed(tmp_path):
    raw = bytearray(zipped(("a.ipynb", bytes(20_000_000))))
    size = (20_000_000).to_bytes(4, "little")
    while size in raw:
        at = raw.index(size)
        raw[at : at + 4] = (1000).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(bytes(raw))
    (one,) = collect(tmp_path)
    assert isinstance(one, Rejected)


def test_nothing_there_and_nothing_in_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is nothing at"):
        collect(tmp_path / "missing")
    with pytest.raises(ValueError, match="holds no submission"):
        collect(tmp_path)


def test_one_notebook_is_a_class_of_one(tmp_path):
    (tmp_path / "me.ipynb").write_bytes(GOOD)
    assert [one.learner for one in collect(tmp_path / "me.ipynb")] == ["me"]


def test_limits_are_those_that_are_told():
    assert NOTEBOOK_BYTES == 32 * 2**20
    assert files.MEMBERS == 50_000


def handed_in(*cells):
    return notebook(list(cells))


UNTOUCHED = (ROOT / "exercises" / "momentum" / "momentum.ipynb").read_bytes()
WORK = handed_in("def walk(*args):\n    return 1")


@pytest.mark.parametrize(
    "beside",
    [("Untitled.ipynb", handed_in("1 + 1")), ("momentum_original.ipynb", UNTOUCHED), ("broken.ipynb", b"{")],
    ids=lambda one: one[0],
)
@pytest.mark.parametrize("how", ["folder", "zip"])
def test_what_the_learner_wrote_is_found_beside_other_notebooks(tmp_path, beside, how):
    name, other = beside
    if how == "zip":
        (tmp_path / "jane.zip").write_bytes(zipped((name, other), ("mine.ipynb", WORK)))
    else:
        (tmp_path / "jane").mkdir()
        (tmp_path / "jane" / name).write_bytes(other)
        (tmp_path / "jane" / "mine.ipynb").write_bytes(WORK)
    (one,) = collect(tmp_path)
    assert one.cells == ("def walk(*args):\n    return 1",)
    assert one.note == "of 2 notebooks in it mine.ipynb was marked"


def test_an_untouched_notebook_alone_is_marked(tmp_path):
    (tmp_path / "jane.ipynb").write_bytes(UNTOUCHED)
    (one,) = collect(tmp_path)
    assert isinstance(one, Submission)


def test_two_that_were_written_are_not_chosen_between(tmp_path):
    (tmp_path / "jane").mkdir()
    (tmp_path / "jane" / "a.ipynb").write_bytes(WORK)
    (tmp_path / "jane" / "b.ipynb").write_bytes(handed_in("def walk(*args):\n    return 2"))
    (one,) = collect(tmp_path)
    assert "2 different notebooks in it (a.ipynb, b.ipynb)" in one.reason


def test_plots_do_not_make_a_notebook_too_large(tmp_path):
    book = json.loads(WORK)
    book["cells"][0]["outputs"] = [{"output_type": "display_data", "data": {"image/png": "A" * 6_000_000}}]
    (tmp_path / "jane.ipynb").write_text(json.dumps(book))
    (one,) = collect(tmp_path)
    assert isinstance(one, Submission)


EXPORT = """---
submission_9000:
  :submitters:
  - :name: Jane Doe
    :sid: '1001'
    :email: jane@example.org
  - :name: Kim Lee
    :sid: '1004'
    :email: kim@example.org
  :created_at: 2026-11-01 10:00:00.000000000 Z
submission_9001:
  :submitters:
  - :name: Bob Smith
    :sid: '1002'
    :email: bob@example.org
"""


@pytest.mark.parametrize("deep", [False, True], ids=["unpacked", "in a folder"])
def test_gradescopes_export_names_its_people(tmp_path, deep):
    top = tmp_path / "assignment_77_export" if deep else tmp_path
    for number in (9000, 9001):
        (top / f"submission_{number}").mkdir(parents=True)
        (top / f"submission_{number}" / "momentum.ipynb").write_bytes(WORK)
    (top / "submission_metadata.yml").write_text(EXPORT)
    handed = collect(tmp_path)
    assert [(one.learner, one.keys) for one in handed] == [
        ("Bob Smith", ("1002", "bob@example.org", "Bob Smith")),
        ("Jane Doe", ("1001", "jane@example.org", "Jane Doe")),
        ("Kim Lee", ("1004", "kim@example.org", "Kim Lee")),
    ]


def test_a_table_beside_an_export_does_not_hide_it(tmp_path):
    for n in (1, 2):
        (tmp_path / "assignment_5_export" / f"submission_{n}").mkdir(parents=True)
        (tmp_path / "assignment_5_export" / f"submission_{n}" / "a.ipynb").write_bytes(notebook([f"x = {n}"]))
    (tmp_path / "roster.csv").write_text("id,name\n1,Ann\n")
    assert [one.learner for one in collect(tmp_path)] == ["submission_1", "submission_2"]


def test_a_table_of_gradescopes_that_is_none_is_told(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(WORK)
    (tmp_path / "submission_metadata.yml").write_text("a: [")
    with pytest.raises(ValueError, match="Gradescope's table"):
        collect(tmp_path)


def test_of_two_sets_the_wanted_one_is_taken(tmp_path):
    other = handed_in("def fold(*args):\n    return 1")
    (tmp_path / "jane.zip").write_bytes(zipped(("a.ipynb", WORK), ("b.ipynb", other)))
    assert "2 different" in collect(tmp_path)[0].reason
    for wanted, cells in (("momentum", cells_of(WORK)), ("normalization", cells_of(other))):
        assert collect(tmp_path, wanted)[0].cells == cells
