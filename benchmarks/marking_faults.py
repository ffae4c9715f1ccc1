"""What a class run survives: 500 submissions, three workers killed, then everything killed, then gone on with.

    python -m benchmarks.marking_faults [SIZE]

Prints what was lost, what was marked twice, and whether the marks are those of an undisturbed run, to the byte.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.marking_task import ROOT
from exercises.grader import demo

SET, HOSTILE = "momentum", 25  # of those that hang, crash or flood


def write_class(folder: Path, size: int) -> None:
    """Write a class in which every submission is different."""
    people = [
        {**p, "kind": "right" if p["kind"] in ("unreadable", "broken") else p["kind"]} for p in demo.plan(SET, size)
    ]
    for one in people:
        one.pop("broken", None)
    for number in np.random.default_rng(1).choice(size, size=HOSTILE * size // 500, replace=False):
        people[number] |= {"kind": "broken", "broken": "a process that ends" if number % 2 else "a cell that hangs"}
    demo.hand_in(folder / "submissions", SET, people)
    (folder / "secret").write_bytes(b"secret of the fault test, 32 bytes")


def start(folder: Path, out: Path, workers: int) -> subprocess.Popen:
    """Start a run in a session of its own."""
    words = ["run", folder / "submissions", "--set", SET, "--out", out / "grades.csv", "--store", out / "store"]
    command = [
        sys.executable,
        "-m",
        "exercises.grader",
        *words,
        "--secret",
        folder / "secret",
        "--workers",
        str(workers),
        "--quiet",
    ]
    return subprocess.Popen([str(w) for w in command], cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)


def stored(out: Path) -> dict[str, str]:
    """Return the store's files with their digests."""
    files = (p for p in (out / "store").rglob("*") if p.is_file())
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def wait_for(out: Path, count: int, run: subprocess.Popen) -> None:
    """Wait until so many records are stored."""
    while len(list(out.glob("store/??/*.json"))) < count and run.poll() is None:
        time.sleep(0.05)


def workers_of(run: subprocess.Popen) -> list[int]:
    """Return the processes that dask started for a run."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            status = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == run.pid and b"spawn_main" in line:
            found.append(int(entry.name))
    return found


def main(size: int = 500) -> int:
    """Run the test and print what came of it."""
    folder = Path(tempfile.mkdtemp())
    write_class(folder, size)
    calm, rough = folder / "calm", folder / "rough"
    calm.mkdir()
    rough.mkdir()
    began = time.perf_counter()
    assert start(folder, calm, 2).wait() == 0
    calm_seconds = time.perf_counter() - began

    run = start(folder, rough, 3)
    killed = 0
    for share in (0.08, 0.16, 0.24):
        wait_for(rough, int(share * size), run)
        for worker in workers_of(run)[:1]:
            os.kill(worker, signal.SIGKILL)
            killed += 1
    wait_for(rough, int(0.4 * size), run)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    time.sleep(1)
    times = {p: p.stat().st_mtime_ns for p in rough.glob("store/??/*.json")}
    halves = len(list(rough.glob("store/??/*.part")))
    status = start(folder, rough, 2).wait()
    again = sum(p.stat().st_mtime_ns != t for p, t in times.items())
    rows = (rough / "grades.csv").read_text("utf-8-sig").splitlines()[1:]
    people = Counter(row.split(",")[0] for row in rows)
    result = {
        "submissions": size,
        "hostile": HOSTILE * size // 500,
        "workers killed": killed,
        "stored when all was killed": len(times),
        "half-written then": halves,
        "exit status of the resumed run": status,
        "lost": size - len(people),
        "marked twice": again,
        "store byte-identical": stored(calm) == stored(rough),
        "grades.csv byte-identical": (calm / "grades.csv").read_bytes() == (rough / "grades.csv").read_bytes(),
        "seconds undisturbed": round(calm_seconds, 1),
    }
    print(json.dumps(result, indent=2))
    return 0 if result["store byte-identical"] and result["lost"] == again == status == 0 else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
