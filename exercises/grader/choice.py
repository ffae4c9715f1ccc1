"""Which of several notebooks is the one that was meant."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from course_lib.exercises import SETS

from .handed import Unreadable, clean
from .notebook import cells_of

TOGETHER_BYTES = 256 * 2**20  # of one learner's notebooks
NOTEBOOKS = 100
NO_NOTEBOOK = "there is no notebook (.ipynb) in it"
DEFINED = re.compile(r"^[ \t]*def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
SETS_FOLDER = Path(__file__).resolve().parents[1]
FOREIGN, UNTOUCHED, WRITTEN = range(3)


def only(notebooks: Iterable[tuple[str, bytes]], wanted: str | None) -> tuple[bytes, str]:
    """Return the one notebook that is meant, with a note where there were others; never all are held in memory.

    Those that define none of the course's functions, or are as the course hands them out, do not count beside others.
    """
    kept: dict[bytes, str] = {}
    meant, number, size, best = b"", 0, 0, -1
    for number, (name, raw) in enumerate(notebooks, 1):
        size += len(raw)
        if number > NOTEBOOKS or size > TOGETHER_BYTES:
            raise Unreadable(
                f"there are more than {NOTEBOOKS} notebooks or {TOGETHER_BYTES // 2**20} MB of them in it; hand in one"
            )
        worth = _worth(raw, wanted)
        if worth > best:
            best, kept, meant = worth, {}, raw
        if worth == best:
            kept[hashlib.sha256(raw).digest()] = clean(PurePosixPath(name).name)
    if not kept:
        raise Unreadable(NO_NOTEBOOK)
    if len(kept) > 1:
        shown = ", ".join(sorted(kept.values())[:5])
        raise Unreadable(f"there are {len(kept)} different notebooks in it ({shown}); hand in one")
    (name,) = kept.values()
    return meant, f"of {number} notebooks in it {name} was marked" if number > 1 and best == WRITTEN else ""


def _worth(raw: bytes, wanted: str | None) -> int:
    try:
        cells = cells_of(raw)
    except Unreadable:
        return FOREIGN
    functions = {name for cell in cells for name in DEFINED.findall(cell)}
    if not functions & _functions(wanted):
        return FOREIGN
    return UNTOUCHED if cells in _handed_out() else WRITTEN


@functools.cache
def _functions(wanted: str | None) -> frozenset[str]:
    sets = [SETS[wanted]] if wanted in SETS else SETS.values()
    return frozenset(task.function for tasks in sets for task in tasks)


@functools.cache
def _handed_out() -> frozenset[tuple[str, ...]]:
    files = [SETS_FOLDER / name / f"{name}.ipynb" for name in SETS]
    return frozenset(cells_of(file.read_bytes()) for file in files if file.is_file())
