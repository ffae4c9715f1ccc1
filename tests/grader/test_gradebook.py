"""Marks as tables: nobody is missing, no formula is smuggled in, Canvas gets its own ids back."""

import csv
import dataclasses

import pytest

from exercises.grader.gradebook import (
    Learner,
    RosterError,
    Row,
    match,
    read_roster,
    rows_of,
    safe,
    totals,
    write_canvas,
    write_grades,
)
from exercises.grader.handed import Rejected, Submission
from exercises.grader.ingest import collect_one

from .hostile import notebook

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Old (1)
    Points Possible,,,,,10
"Doe, Jane",12,s12,jane,A,
"Roe, Ben",13,s13,ben,B,
"""
RECORD = {
    "exercises": [
        {"name": "momentum.classical", "score": 3, "max": 3, "reason": ""},
        {"name": "momentum.nesterov", "score": 0, "max": 3, "reason": "=cmd()"},
    ]
}


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def roster(tmp_path):
    (tmp_path / "roster.csv").write_text(CANVAS)
    return read_roster(tmp_path / "roster.csv")


def test_a_roster_of_canvas_and_a_plain_one(tmp_path, roster):
    assert [one.name for one in roster] == ["Doe, Jane", "Roe, Ben"]
    (tmp_path / "plain.csv").write_text("id,name\n7,Ann\n8,Ben\n", encoding="utf-8-sig")
    assert [one.keys[0] for one in read_roster(tmp_path / "plain.csv")] == ["7", "8"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs the columns"),
        ("who,what\na,b\n", "needs the columns"),
        ("id,name\n1,a\n1,b\n", "has the id 1 twice"),
    ],
)
def test_bad_rosters_say_what_is_wrong(tmp_path, text, words):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(RosterError, match=words):
        read_roster(tmp_path / "r.csv")


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_roster_that_a_spreadsheet_saved_in_another_way(tmp_path, mark):
    (tmp_path / "r.csv").write_text(mark.join(["id", "name"]) + "\n" + mark.join(["7", '"Doe, Jane"']) + "\n")
    assert [(one.keys[0], one.name) for one in read_roster(tmp_path / "r.csv")] == [("7", "Doe, Jane")]


def test_a_roster_that_is_missing_or_no_text(tmp_path):
    with pytest.raises(RosterError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")
    (tmp_path / "r.csv").write_bytes(b"\xff\xfe\x00id")
    with pytest.raises(RosterError, match="save it as CSV UTF-8"):
        read_roster(tmp_path / "r.csv")


def test_everybody_has_rows_and_strangers_and_absent_ones_are_told(roster):
    handed = [
        Submission("doejane_12_99_a.ipynb", "doejane_12", "d1", ("x",), ("12", "doejane")),
        Rejected("x.ipynb", "nobody", "the file is damaged", ("nobody",)),
    ]
    rows = rows_of(handed, {"d1": RECORD}, {"d1": "momentum"}, roster)
    by = {}
    for row in rows:
        by.setdefault(row.learner, []).append(row)
    assert [r.score for r in by["Doe, Jane"]] == [3, 0]
    assert "damaged" in by["nobody"][0].reason
    assert "not on the roster" in by["nobody"][0].reason
    assert {r.reason for r in by["Roe, Ben"]} == {"nothing was handed in"}
    assert len(by["nobody"]) == len(by["Roe, Ben"]) == 7  # every exercise of the set


def test_a_key_that_two_share_tells_nothing():
    twins = [Learner("Ann Lee", ("1", "lee")), Learner("Bo Lee", ("2", "lee"))]
    one = Submission("lee.ipynb", "lee", "d", ("x",), ("lee",))
    assert match([one], twins) == {}
    assert match([Submission("2.ipynb", "2", "d", ("x",), ("2",))], twins)[0].name == "Bo Lee"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(tmp_path, text):
    assert safe(text) == f"'{text}"
    write_grades(tmp_path / "g.csv", [Row(text, text, "momentum.nesterov", 1, 2, text)])
    header, row = read(tmp_path / "g.csv")
    assert header == ["submission", "learner", "exercise", "score", "max", "reason"]
    assert [row[0], row[1], row[5]] == [f"'{text}"] * 3
    assert row[3:5] == ["1", "2"]


def test_canvas_gets_its_ids_back_and_the_points_possible(tmp_path, roster):
    rows = [
        Row("a", "Doe, Jane", "x", 2, 3, ""),
        Row("a", "Doe, Jane", "y", 3, 3, ""),
        Row("b", "Doe, Jane", "x", 1, 3, ""),
    ]
    write_canvas(tmp_path / "c.csv", rows, roster, "Momentum (77)")
    header, possible, jane, ben = read(tmp_path / "c.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Momentum (77)"]
    assert possible[0].strip() == "Points Possible"
    assert possible[-1] == "6"
    assert jane == ["Doe, Jane", "12", "s12", "jane", "A", "5"]
    assert ben == ["Roe, Ben", "13", "s13", "ben", "B", "0"]


def test_the_best_of_several_submissions_counts():
    rows = [Row("a", "x", "e", 1, 3, ""), Row("b", "x", "e", 2, 3, "")]
    assert totals(rows) == {"x": (2, 3)}


def test_two_of_the_same_name_keep_their_own_marks(tmp_path):
    (tmp_path / "r.csv").write_text('Student,ID\n"Lee, Ann",1\n"Lee, Ann",2\n"Lee, Ann",3\n')
    twins = read_roster(tmp_path / "r.csv")
    handed = [
        Submission("leeann_1_9_a.ipynb", "leeann_1", "d1", ("x",), ("1", "leeann")),
        Rejected("leeann_2_8_a.ipynb", "leeann_2", "the file is damaged", ("2", "leeann")),
    ]
    rows = rows_of(handed, {"d1": RECORD}, {"d1": "momentum"}, twins)
    write_canvas(tmp_path / "c.csv", rows, twins, "Momentum")
    assert [row[1:2] + row[-1:] for row in read(tmp_path / "c.csv")[2:]] == [["1", "3"], ["2", "0"], ["3", "0"]]


def test_two_submissions_of_one_person_are_flagged_whatever_their_names(roster):
    handed = [
        Submission("12.ipynb", "12", "d1", ("x",), ("12",)),
        Submission("doejane.ipynb", "doejane", "d1", ("x",), ("doejane",)),
    ]
    rows = rows_of(handed, {"d1": RECORD}, {"d1": "momentum"}, roster)
    said = {row.submission: row.reason for row in rows if row.learner == "Doe, Jane"}
    assert "also by this learner: doejane.ipynb" in said["12.ipynb"]
    assert "also by this learner: 12.ipynb" in said["doejane.ipynb"]


def people(folder):
    (folder / "r.csv").write_text("id,name\n" + "".join(f"{number},{name}\n" for name, number in PEOPLE))
    return read_roster(folder / "r.csv")


def submission(folder, name):
    (folder / name).write_bytes(notebook(["x = 1"]))
    return dataclasses.replace(collect_one(folder / name), digest="d")


PEOPLE = [("Jane Doe", "1001"), ("Bob Smith", "1002"), ("María García", "1003"), ("Kim Lee", "1004"), ("Sean O'Neill", "1005")]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("jane_doe.ipynb", "Jane Doe"),
        ("Smith, Bob.ipynb", "Bob Smith"),
        ("momentum_GarciaMaria.ipynb", "María García"),
        ("1004_momentum.ipynb", "Kim Lee"),
        ("Sean ONeill_4711_assignsubmission_file_", "Sean O'Neill"),
        ("garcia_maria_1003_5004_momentum-2.ipynb", "María García"),
        ("momentum.ipynb", None),
        ("doe.ipynb", None),
        ("Jane Smith.ipynb", None),
        ("Jane Doe and Bob Smith.ipynb", None),
        ("10040.ipynb", None),
        ("doejane_12_345_momentum.ipynb", "Jane Doe"),
        ("garciamaria_12_345_momentum.ipynb", "María García"),
        ("doejane_12_345_1003_momentum.ipynb", "Jane Doe"),  # Canvas wrote the beginning, she the rest
        ("doejane_12_345_bob smith.ipynb", "Jane Doe"),
        ("xdoe_7_8_maria garcia.ipynb", None),
    ],
)
def test_a_file_is_known_by_an_id_or_a_whole_name_in_it(tmp_path, name, who):
    found = match([submission(tmp_path, name)], people(tmp_path))
    assert (found[0].name if found else None) == who


@pytest.mark.parametrize(
    ("name", "certain"),
    [
        ("kim_lee.ipynb", True),
        ("momentum lee kim (2).ipynb", True),
        ("kim_lee_brown.ipynb", False),
        ("1004_x.ipynb", True),
    ],
)
def test_who_is_known_by_likeness_only_is_told(tmp_path, name, certain):
    rows = rows_of([submission(tmp_path, name)], {"d": RECORD}, {"d": "momentum"}, people(tmp_path))
    (reason,) = {row.reason.rpartition("; ")[2] for row in rows if row.learner == "Kim Lee" and row.score == 0}
    assert ("taken for a submission of Kim Lee" in reason) is not certain


def test_an_id_that_is_somebodys_name_goes_before_likeness():
    roster = [Learner("Jane Doe", ("7",)), Learner("Doe Jane", ("8",))]
    assert match([Submission("Jane Doe.ipynb", "Jane Doe", "d", ("x",), ("Jane Doe",))], roster) == {}


@pytest.mark.parametrize("stranger", [False, True])
def test_canvas_gets_no_zero_for_somebody_who_may_be_a_stranger(tmp_path, roster, stranger):
    handed = [Submission("12.ipynb", "12", "d", ("x",), ("12",))]
    handed += [Submission("nobody.ipynb", "nobody", "d", ("x",), ("nobody",))] if stranger else []
    rows = rows_of(handed, {"d": RECORD}, {"d": "momentum"}, roster)
    write_canvas(tmp_path / "canvas.csv", rows, roster, "Momentum (1)")
    assert [line[-1] for line in read(tmp_path / "canvas.csv")[2:]] == ["3", "" if stranger else "0"]


def test_a_mistake_that_is_known_is_named(roster):
    exercises = [{"name": "momentum.classical", "score": 0, "max": 3, "reason": "from rest: no", "wrong": "uphill"}]
    (row, *_) = rows_of([Submission("12", "12", "d", ("x",), ("12",))], {"d": {"exercises": exercises}}, {"d": "momentum"}, roster)  # fmt: skip
    assert row.reason == "from rest: no; looks like: uphill"
