"""Whose a file is by its name, and which of a learner's attempts counts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .handed import Handed, Rejected, Submission, clean, key_of

CANVAS = re.compile(r"(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
ATTEMPT = re.compile(r"-\d+(?=\.\w+$)")  # what Canvas adds to the name of a file that is handed in again


def identity(name: str) -> tuple[str, tuple[str, ...]]:
    """Return who handed in a file of this name, and what a roster may know them by."""
    stem = re.sub(r"\.(ipynb|zip)$", "", name, flags=re.IGNORECASE)
    canvas = CANVAS.fullmatch(stem)
    if canvas:
        return clean(f"{canvas['who']}_{canvas['id']}"), (canvas["id"], canvas["who"])
    return clean(stem), (clean(stem),)


def newest(handed: Iterable[Handed]) -> list[Handed]:
    """Reject what Canvas delivers of a learner beside the last attempt; a picture beside a notebook is no attempt.

    Notebooks of different names are kept, both; they are flagged. One that cannot be read takes nothing from an
    earlier one.
    """
    learners: dict[str, list[tuple[int, str, Handed]]] = defaultdict(list)
    kept: list[Handed] = []
    for one in handed:
        canvas = CANVAS.fullmatch(one.name)
        if canvas:
            learners[canvas["id"]].append((int(canvas["number"]), ATTEMPT.sub("", canvas["file"]), one))
        else:
            kept.append(one)
    for files in learners.values():
        last: dict[str, tuple[int, Handed]] = {}
        for number, file, one in files:
            if isinstance(one, Submission) and number >= last.get(file, (0, one))[0]:
                last[file] = number, one
        for _, file, one in files:
            if isinstance(one, Submission) and one is not last[file][1]:
                reason = f"a later attempt counts: {last[file][1].name}"
                kept.append(Rejected(one.name, one.learner, reason, one.keys, one.digest))
            elif isinstance(one, Submission) or not last or one.name.lower().endswith((".ipynb", ".zip")):
                kept.append(one)
    return kept


def flagged(handed: Sequence[Handed]) -> list[Handed]:
    """Say so where two submissions bear the same name; both are kept."""
    alike = defaultdict(list)
    for one in handed:
        if isinstance(one, Submission):
            alike[key_of(one.learner)].append(one.name)
    return [_flagged(one, alike[key_of(one.learner)]) for one in handed]


def _flagged(one: Handed, alike: Sequence[str]) -> Handed:
    if not isinstance(one, Submission) or len(alike) < 2:
        return one
    others = ", ".join(name for name in alike if name != one.name) or "another file of the same name"
    note = f"the learner's name also stands on: {others}"
    return replace(one, note=f"{one.note}; {note}" if one.note else note)
