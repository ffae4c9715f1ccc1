"""What the page of performance shows, from the last run of the benchmarks: a chart, a table, where it was measured."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from benchmarks.table import BENCHMARKS
from course_lib.plotting import performance_picture, performance_words
from tools.conformance_page import table

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


def stored(name: str) -> Any:
    """Return what the last run wrote."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def chart() -> tuple[str, str]:
    """Return the address of the picture, which holds it whole, and its words."""
    rows = stored("results")
    picture = base64.b64encode(performance_picture(rows)).decode()
    return f"data:image/png;base64,{picture}", performance_words(rows)


def time(seconds: float) -> str:
    """Say a time as a reader would."""
    unit, size = next((u, s) for u, s in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)) if seconds >= s or u == "µs")
    return f"{seconds / size:.3g} {unit}"


def measurements() -> str:
    """Return the table of all measurements."""
    wanted = {benchmark.name: benchmark.wanted for benchmark in BENCHMARKS}
    lines = []
    for row in stored("results"):
        times = ["–", "–", f"did not run: {row['error']}"] if "error" in row else figures(row)
        asked = wanted.get(row["name"])
        lines.append([described(row), row["peer"], *times, "" if asked is None else f"{asked:g}"])
    return table(["measured", "beside", "here", "there", "ratio", "wanted"], lines)


def described(row: dict[str, Any]) -> str:
    """Name a measurement and say what was done."""
    when = f"; measured on {row['measured']}" if "measured" in row else ""
    return f"**{row['name']}**" + (f"<br>{row['note']}{when}" if row.get("note") else "")


def figures(row: dict[str, Any]) -> list[str]:
    """Return both times and the ratio, which a word marks where it is below 1."""
    return [time(row["ours_s"]), time(row["peer_s"]), f"{row['ratio']:.3g}" + (" behind" if row["ratio"] < 1 else "")]


def device() -> str:
    """Say where, when and with what was measured."""
    told = stored("device")
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    changed = " with changes that were not committed" if told["uncommitted_changes"] else ""
    return (
        f"Measured on {told['date']} on {told['cores']} cores of {told['processor']} ({told['system']}), with {versions}. "
        f"The library was that of commit `{told['commit']}`{changed}. Each time is the median of {told['rounds']} rounds."
    )


def marking() -> str:
    """Say how fast classes are marked, and beside whom."""
    rows = [row for row in stored("results") if row["name"].startswith("marks") and "ratio" in row]
    if not rows:
        return "No class has been marked by the last run of `make bench`."
    peers = [f"{row['ratio']:.3g} times the submissions of {row['peer']}" for row in rows if row["peer"] != "limit"]
    return (
        f"In the last run of `make bench` one submission took {time(rows[0]['ours_s'])} on two processes, which is "
        f"{60 / rows[0]['ours_s']:.0f} a minute{': ' + ' and '.join(peers) if peers else ''}, on the same exercises."
    )


TEXTS = {"measurements": measurements, "device": device, "marking": marking}
