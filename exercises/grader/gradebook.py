"""Marks as tables: one row for each submission and exercise, and a summary that Canvas imports."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_lib.exercises import SETS

from .attempts import CANVAS
from .handed import Rejected, Submission, clean, key_of

COLUMNS = ("submission", "learner", "exercise", "score", "max", "reason")
CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "Points Possible"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take it for a formula
HANDED_NOTHING = "nothing was handed in"
NOT_ON_ROSTER = "not on the roster"
ORDINARY = frozenset(
    [
        "ipynb",
        "zip",
        "exercises",
        "exercise",
        "set",
        "hw",
        "homework",
        "assignment",
        "submission",
        "copy",
        "of",
        "final",
        "late",
        "notebook",
    ]
)


class RosterError(ValueError):
    """The roster cannot be used; the message is for people."""


@dataclass(frozen=True)
class Learner:
    """Somebody on the roster.

    Attributes
    ----------
    name : str
        As it is shown.
    keys : tuple of str
        What submissions may be named by.
    row : dict
        The roster's own columns.
    """

    name: str
    keys: tuple[str, ...]
    row: Mapping[str, str] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """What tells two of the same name apart."""
        return "\0".join(self.keys)


@dataclass(frozen=True)
class Row:
    """A row of grades.csv: what one exercise of one submission got, and why; `who` is known of those on the roster."""

    submission: str
    learner: str
    exercise: str
    score: float
    max: float
    reason: str
    who: str = ""


def read_roster(path: Path) -> list[Learner]:
    """Read who takes part: a table with the columns id and name, or Canvas's own gradebook.

    Parameters
    ----------
    path : Path
        CSV, UTF-8; with commas, semicolons or tabs.

    Returns
    -------
    list of Learner
        In the file's order.

    Raises
    ------
    RosterError
        If it cannot be read, a column is missing, or two learners have the same id.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        header = text.partition("\n")[0]
        rows = list(csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=header.count)))
    except OSError as trouble:
        raise RosterError(f"the roster {path} cannot be read ({trouble.strerror})") from trouble
    except (UnicodeDecodeError, csv.Error) as trouble:
        raise RosterError(f"the roster {path} cannot be read as a table in UTF-8: save it as CSV UTF-8") from trouble
    names = {(column or "").strip().casefold(): column for column in (rows[0] if rows else {}) if column is not None}
    name, ids = (
        names.get("student", names.get("name")),
        [names[c] for c in ("id", "sis login id", "sis user id") if c in names],
    )
    if not rows or name is None or not ids:
        raise RosterError(
            f"the roster {path} needs the columns id and name, or those of Canvas; it has {', '.join(names) or 'none'}"
        )
    learners, seen = [], set()
    for row in rows:
        shown = clean(row[name] or "")
        if not (row[name] or "").strip() or shown.startswith(POINTS_POSSIBLE) or shown == "Student, Test":
            continue
        keys = [row[i].strip() for i in ids if row[i] and row[i].strip()]
        if keys and key_of(keys[0]) in seen:
            raise RosterError(f"the roster {path} has the id {clean(keys[0])} twice")
        seen |= {key_of(k) for k in keys[:1]}
        row = {k: v or "" for k, v in row.items() if k}
        learners.append(Learner(shown, (*keys, shown, *_canvas_names(shown)), row))
    return learners


def match(handed: Sequence[Submission | Rejected], roster: Sequence[Learner]) -> dict[int, Learner]:
    """Return whose each submission is, by its place in the sequence; those that nobody's are, are not in it.

    Parameters
    ----------
    handed : sequence of Submission or Rejected
        The class.
    roster : sequence of Learner
        Who takes part.

    Returns
    -------
    dict
        Number of the submission to learner. A key that two learners share tells nothing.
    """
    whose: dict[str, list[Learner]] = defaultdict(list)
    for learner in roster:
        for key in {key_of(k) for k in learner.keys}:
            whose[key].append(learner)
    found = {}
    for number, one in enumerate(handed):
        for key in (*one.keys, one.learner):
            if len(whose.get(key_of(key), ())) == 1:
                found[number] = whose[key_of(key)][0]
                break
        else:
            likely = _by_words(one, roster)
            if likely is not None:
                found[number] = likely
    return found


def _by_words(one: Submission | Rejected, roster: Sequence[Learner]) -> Learner | None:
    """Return the only one on the roster whose id, or whose whole name, stands among a file's words in any order.

    Of a file of Canvas's only the words that Canvas wrote count: the rest of its name is the learner's.
    """
    words = _words(one.learner if CANVAS.fullmatch(one.name) else f"{one.name} {one.learner}")
    by_id = [p for p in roster if any(len(k) > 3 and k.isdigit() and k in words for k in p.keys)]
    by_name = [p for p in roster if len(_words(p.name)) > 1 and _words(p.name) <= words]
    people = by_id or by_name
    return people[0] if len(people) == 1 else None


def _certain(one: Submission | Rejected, person: Learner) -> bool:
    """Say whether a submission bears an id or the name of somebody, and no other name beside it."""
    if {key_of(k) for k in person.keys} & {key_of(k) for k in (*one.keys, one.learner)}:
        return True
    words = _words(f"{one.name} {one.learner}")
    names = {word for word in words if not word.isdigit()} - _words(" ".join(SETS)) - ORDINARY
    return any(k in words for k in person.keys if k.isdigit()) or names <= _words(person.name)


def _words(text: str) -> frozenset[str]:
    """Return the words of a name without case and accents: GarciaMaria has two."""
    plain = _plain(text).replace("'", "").replace("’", "")
    parts = re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain))
    return frozenset(part.casefold() for part in parts)


def rows_of(
    handed: Sequence[Submission | Rejected],
    records: Mapping[str, Mapping[str, Any]],
    sets: Mapping[str, str],
    roster: Sequence[Learner] = (),
) -> list[Row]:
    """Return all rows: nobody who handed something in, or should have, is missing.

    Parameters
    ----------
    handed : sequence of Submission or Rejected
        The class.
    records : mapping
        Digest to record.
    sets : mapping
        Digest to set.
    roster : sequence of Learner
        Who should have handed in; none where it is not known.

    Returns
    -------
    list of Row
        In the order of `handed`, then of the roster.
    """
    known = match(handed, roster)
    usual = sorted(set(sets.values()))
    others = _others(handed, known)
    rows = []
    for number, one in enumerate(handed):
        learner, who = (known[number].name, known[number].who) if number in known else (one.learner, "")
        stranger = NOT_ON_ROSTER if roster and number not in known else ""
        if number in known and not _certain(one, known[number]):
            stranger = f"taken for a submission of {learner} by the words of its name"
        record = records.get(one.digest) if isinstance(one, Submission) else None
        if record is not None:
            note = (one.note if isinstance(one, Submission) else "") or others.get(number, "")
            for e in record["exercises"]:
                mistake = f"looks like: {e['wrong']}" if e.get("wrong") else ""
                words = "; ".join(filter(None, (e["reason"], mistake, note, stranger)))
                rows.append(Row(one.name, learner, e["name"], e["score"], e["max"], words, who))
            continue
        reason = one.reason if isinstance(one, Rejected) else "no exercise of the course is in it"
        rows += _zeros(one.name, learner, "; ".join(filter(None, (reason, stranger))), usual, who)
    present = {id(person) for person in known.values()}
    for person in roster:
        if id(person) not in present:
            rows += _zeros("", person.name, HANDED_NOTHING, usual, person.who)
    return rows


def write_grades(path: Path, rows: Sequence[Row]) -> None:
    """Write grades.csv, whole or not at all.

    Parameters
    ----------
    path : Path
        Where.
    rows : sequence of Row
        As `rows_of` returns them.
    """
    table = [
        [safe(r.submission), safe(r.learner), safe(r.exercise), _number(r.score), _number(r.max), safe(r.reason)]
        for r in rows
    ]
    _write(path, [list(COLUMNS), *table])


def write_canvas(path: Path, rows: Sequence[Row], roster: Sequence[Learner], assignment: str) -> None:
    """Write the summary that Canvas imports: a row for each learner, one column for the assignment.

    Parameters
    ----------
    path : Path
        Where.
    rows : sequence of Row
        All rows of the class. While some of them are of nobody on the roster, who handed in nothing gets no number: an
        empty cell, which Canvas leaves as it is.
    roster : sequence of Learner
        Read from Canvas's own gradebook, so that its ids come back to it; or any other.
    assignment : str
        Name of the column, in Canvas with its number: "Momentum (1234)".
    """
    best = totals(rows)
    most = max((m for _, m in best.values()), default=0)
    blank = dict.fromkeys(CANVAS_COLUMNS, "")
    table = [[*CANVAS_COLUMNS, assignment], [f"    {POINTS_POSSIBLE}", "", "", "", "", _number(most)]]
    strangers = any(NOT_ON_ROSTER in row.reason for row in rows)
    absent = {row.who or row.learner for row in rows if row.reason == HANDED_NOTHING}
    for learner in roster or [Learner(name, ()) for name in best]:
        own = {**blank, "Student": learner.name, "ID": learner.keys[0] if learner.keys else ""}
        own |= {c: learner.row[c] for c in CANVAS_COLUMNS if learner.row.get(c)}
        score = best.get(learner.who, best.get(learner.name, (0, 0)))[0]
        shown = "" if strangers and learner.who in absent else _number(score)  # a stranger may be this one: no zero
        table.append([*(safe(own[c]) for c in CANVAS_COLUMNS), shown])
    _write(path, table)


def totals(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Return each learner's points and the most there were, of the best submission where there are several.

    Parameters
    ----------
    rows : sequence of Row
        Of the class.

    Returns
    -------
    dict
        Learner to points and most: by `Row.who` where it is known, as two may have the same name.
    """
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        sums[row.who or row.learner, row.submission][0] += row.score
        sums[row.who or row.learner, row.submission][1] += row.max
    best: dict[str, tuple[float, float]] = {}
    for (learner, _), (score, most) in sums.items():
        best[learner] = max(best.get(learner, (0.0, 0.0)), (score, most))
    return best


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula.

    Parameters
    ----------
    text : str
        Of a cell.

    Returns
    -------
    str
        With a quote in front where it would begin like a formula.
    """
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _canvas_names(shown: str) -> list[str]:
    """Return how Canvas may write "Doe, Jane", or "Jane Doe", in the name of a file: "doejane"."""
    *first, last = shown.split()
    orders = [shown] if "," in shown or not first else [shown, " ".join([last, *first])]
    found = dict.fromkeys(text for order in orders for text in (order, _plain(order)))
    return ["".join(c for c in text.casefold() if c.isalnum()) for text in found]


def _plain(text: str) -> str:
    """Return text without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _others(handed: Sequence[Submission | Rejected], known: Mapping[int, Learner]) -> dict[int, str]:
    """Say so where two submissions are found to be of the same person on the roster, whatever they are named."""
    theirs: dict[int, list[int]] = defaultdict(list)
    for number, person in known.items():
        if isinstance(handed[number], Submission):
            theirs[id(person)].append(number)
    return {
        number: f"also by this learner: {', '.join(handed[n].name for n in numbers if n != number)}"
        for numbers in theirs.values()
        if len(numbers) > 1
        for number in numbers
    }


def _zeros(submission: str, learner: str, reason: str, sets: Sequence[str], who: str = "") -> list[Row]:
    tasks = SETS[sets[0]] if len(sets) == 1 else ()
    return [Row(submission, learner, t.name, 0, t.points, reason, who) for t in tasks] or [
        Row(submission, learner, "", 0, 0, reason, who)
    ]


def _number(x: float) -> str:
    return f"{x:g}"


def _write(path: Path, table: Sequence[Sequence[str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(table)
    half = path.with_name(f".{path.name}.part")
    half.write_text(buffer.getvalue(), encoding="utf-8-sig", newline="")  # the mark makes Excel read UTF-8
    os.replace(half, path)
