"""What people read: a page for each learner and an overview of the class."""

from __future__ import annotations

import hashlib
import re
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from course_lib.exercises import SETS, task

from . import plots
from .gradebook import HANDED_NOTHING
from .handed import Rejected, Submission
from .wording import stopped

MOST_FREQUENT = 12
SIGN = '<meta name="generator" content="exercises.grader">'
UNSANDBOXED = "The learners' code ran without a sandbox: any of these marks may have been made by the code itself."
WEAKER = "The sandbox was the weaker one, a spare user without namespaces: see the page for instructors."


@dataclass(frozen=True)
class Entry:
    """One submission and what came of it.

    Attributes
    ----------
    submission, learner : str
        As they stand in the table of marks.
    digest : str or None
        Of the file; equal digests are equal files.
    record : dict or None
        What marking found.
    reason : str or None
        Why there is no record.
    cells : tuple of str
        The code that was run.
    """

    submission: str
    learner: str
    digest: str | None = None
    record: dict[str, Any] | None = None
    reason: str | None = None
    cells: tuple[str, ...] = ()


def entries(
    handed: Sequence[Submission | Rejected],
    people: Sequence[str],
    records: Mapping[str, dict[str, Any]],
    absent: Sequence[str] = (),
) -> list[Entry]:
    """Return what the pages are made of.

    Parameters
    ----------
    handed : sequence of Submission or Rejected
        The class.
    people : sequence of str
        Whose each is.
    records : mapping
        Digest to record.
    absent : sequence of str
        Who is on the roster and handed in nothing.

    Returns
    -------
    list of Entry
        One for each of `handed` and of `absent`.
    """
    made = []
    for one, who in zip(handed, people, strict=True):
        record = records.get(one.digest) if isinstance(one, Submission) else None
        reason = one.reason if isinstance(one, Rejected) else one.note or None
        if record is None and isinstance(one, Submission):
            reason = "no exercise of the course is in it"
        cells = one.cells if isinstance(one, Submission) else ()
        made.append(Entry(one.name, who, one.digest, record, reason, cells))
    return made + [Entry("", who, reason=HANDED_NOTHING) for who in absent]


def write_reports(folder: Path, entries: Sequence[Entry], *, mode: str = "bubblewrap", site: str = "") -> Path:
    """Write a page for each submission and the overview, and return the overview's path.

    Parameters
    ----------
    folder : Path
        Made where it does not exist. Pages in it that are of the same learner are written anew.
    entries : sequence of Entry
        The class.
    mode : str
        How the code was kept apart; a weaker way is told.
    site : str
        Address of the book; where given, pages link to the chapter.

    Returns
    -------
    Path
        ``folder/index.html``.
    """
    pages = Environment(loader=PackageLoader("exercises.grader"), autoescape=True, trim_blocks=True)
    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for entry in sorted(entries, key=lambda e: (e.learner.casefold(), e.submission)):
        view = _view(entry)
        if entry.submission:
            view["page"] = page_name(entry)
            chapter = f"{site.rstrip('/')}/chapters/{entry.record['set']}.html" if site and entry.record else ""
            _write(folder / view["page"], pages.get_template("learner.html").render(entry=view, chapter=chapter))
        shown.append(view)
    names = Counter(view["learner"] for view in shown if view["marked"])
    for view in shown:
        view["twin"] = names[view["learner"]] > 1
    overview = folder / "index.html"
    warning = {"none": UNSANDBOXED, "uid": WEAKER}.get(mode, "")
    _write(overview, pages.get_template("overview.html").render(**_overview(entries, shown), warning=warning))
    return overview


def is_foreign(folder: Path) -> bool:
    """Say whether an overview would be written over a page of something else.

    Parameters
    ----------
    folder : Path
        Where reports shall go.

    Returns
    -------
    bool
        False where there is no page, or one of an earlier run.
    """
    try:
        return SIGN not in (folder / "index.html").read_text(encoding="utf8", errors="replace")
    except OSError:
        return False


def page_name(entry: Entry) -> str:
    """Return the name of a learner's page: letters that every system takes, and a hash that keeps people apart.

    Parameters
    ----------
    entry : Entry
        Whose page it is.

    Returns
    -------
    str
        Such as "jane-doe-3f2a9c01.html".
    """
    ascii_name = unicodedata.normalize("NFKD", entry.learner).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:40] or "learner"
    key = hashlib.sha256(f"{entry.learner}\0{entry.submission}".encode("utf8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}-{key}.html"


def title(set_name: str) -> str:
    """Return a set's name as it is read: "adaptive_rates" is "Adaptive rates".

    Parameters
    ----------
    set_name : str
        A chapter's stem.

    Returns
    -------
    str
        With spaces and a capital letter.
    """
    return set_name.replace("_", " ").capitalize()


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf8", errors="replace")
    temporary.replace(path)


def _number(x: float) -> float | int:
    return int(x) if float(x).is_integer() else round(x, 2)


def _view(entry: Entry) -> dict[str, Any]:
    exercises = entry.record["exercises"] if entry.record else []
    score, most = sum(e["score"] for e in exercises), sum(e["max"] for e in exercises)
    return {
        "learner": entry.learner,
        "submission": entry.submission,
        "reason": entry.reason,
        "page": None,
        "score": _number(score),
        "max": _number(most),
        "percent": round(100 * score / most) if most else 0,
        "set_title": title(entry.record["set"]) if entry.record else "",
        "exercises": [_exercise(e) for e in exercises],
        "marked": entry.record is not None,
        "cells": stopped(entry.record["cells"], entry.cells) if entry.record else [],
    }


def _exercise(found: dict[str, Any]) -> dict[str, Any]:
    about = task(found["name"])
    says = next((w.says for w in about.wrong if w.name == found["wrong"]), "")
    return {**found, "title": about.title, "function": about.function, "says": says}


def _overview(entries: Sequence[Entry], shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    records = [entry.record for entry in entries if entry.record]
    shares = [view["percent"] for view in shown if view["marked"]]
    files = defaultdict(list)
    for entry in entries:
        if entry.digest:
            files[entry.digest].append(entry.submission)
    return {
        "marked": len(records),
        "median": f"{statistics.median(shares):.0f} %" if shares else "",
        "unmarked": [view for view in shown if not view["marked"]],
        "same": sorted(sorted(names) for names in files.values() if len(names) > 1),
        "entries": shown,
        "sets": [
            _set_view(name, [r for r in records if r["set"] == name])
            for name in SETS
            if any(r["set"] == name for r in records)
        ],
    }


def _set_view(name: str, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = {t.name: [e for r in records for e in r["exercises"] if e["name"] == t.name] for t in SETS[name]}
    rows = [
        {
            "title": t.title,
            "mean": f"{statistics.mean(e['score'] for e in found[t.name]):.2f}" if found[t.name] else "",
            "max": _number(t.points),
            "all": sum(e["score"] == e["max"] for e in found[t.name]),
            "none": sum(e["score"] == 0 for e in found[t.name]),
        }
        for t in SETS[name]
    ]
    counts = Counter((e["name"], e["wrong"]) for es in found.values() for e in es if e["wrong"])
    mistakes = [
        {"name": wrong, "count": count, **{k: _exercise({"name": of, "wrong": wrong})[k] for k in ("title", "says")}}
        for (of, wrong), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ][:MOST_FREQUENT]
    scores = [[e["score"] for e in found[t.name]] for t in SETS[name]]
    return {
        "title": title(name),
        "rows": rows,
        "mistakes": mistakes,
        "distribution": Markup(
            plots.distribution([t.title for t in SETS[name]], scores, [t.points for t in SETS[name]])
        ),
        "misconceptions": Markup(plots.misconceptions([m["name"] for m in mistakes], [m["count"] for m in mistakes]))
        if mistakes
        else "",
    }
