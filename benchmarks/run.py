"""Run every benchmark and write results.json and device.json beside this file.

The scripts run in turn, A B C A B C, each in a process of its own on one thread. What is missing or fails becomes an
error row; the exit status says whether every row is there and as far ahead as wanted.

    python -m benchmarks.run            all rows
    python -m benchmarks.run WORD       only those whose names begin so; the others stay, and these say of when they are
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.table import BENCHMARKS, SCRIPTS, make_row, meets, show
from tools import environment

HERE = Path(__file__).resolve().parent
VENVS = {"peers": environment.ROOT / ".venv-bench", "graders": environment.ROOT / ".venv-graders"}
PYTHONS = {"course": Path(sys.executable)} | {name: venv / "bin" / "python" for name, venv in VENVS.items()}
ROUNDS = 5
PATIENCE = 180  # seconds for one script
THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def make_peers() -> None:
    """Make the peers' environments where they do not stand; where one cannot be made, its rows will say so."""
    for name, venv in VENVS.items():
        wanted = HERE / name / "requirements.txt"
        stamp, key = venv / "course-stamp", hashlib.sha256(wanted.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == key:
            continue
        try:
            environment.make_venv(sys.executable, venv)
        except SystemExit as trouble:
            print(trouble, file=sys.stderr)
            continue
        if environment.run(PYTHONS[name], "-m", "pip", "install", "-q", "-r", wanted, check=False):
            stamp.write_text(key)


def run_script(where: str, module: str, *arguments: str) -> dict[str, Any] | str:
    """Return what a script printed, or the last line of its complaint."""
    variables = environment.CLEAN | dict.fromkeys(THREADS, "1")
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as those of an installed library are
    command = [str(PYTHONS[where]), "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, cwd=environment.ROOT, env=variables, capture_output=True, text=True, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as trouble:
        return f"{type(trouble).__name__}: {module} did not run"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"{module} failed ({done.returncode})"])[-1]
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return f"{module} printed no JSON"


def run_all(rounds: int = ROUNDS, scripts: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """Run the scripts in turn, each once a round; one that failed is not asked again."""
    scripts = SCRIPTS if scripts is None else scripts
    answers: dict[str, Any] = {name: [] for name in scripts}
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", flush=True)
        for name, script in scripts.items():
            if isinstance(answers[name], str):
                continue
            answer = run_script(*script)
            if isinstance(answer, str):
                answers[name] = answer
            else:
                answers[name].append(answer)
    return answers


def device(answers: dict[str, Any]) -> dict[str, Any]:
    """Describe where and with what was measured."""
    versions = {"python": platform.python_version()}
    for answer in answers.values():
        if not isinstance(answer, str):
            versions |= answer[0].get("versions", {})
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions,
        "commit": git("rev-parse", "--short", "HEAD"),
        "uncommitted_changes": bool(git("status", "--porcelain", "--", "course_lib")),
        "date": time.strftime("%Y-%m-%d"),
        "rounds": ROUNDS,
    }


def processor() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def git(*arguments: str) -> str:
    """Return what git says, or nothing where there is no git."""
    try:
        return subprocess.run(["git", *arguments], cwd=HERE, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def write(answers: dict[str, Any], folder: Path = HERE) -> int:
    """Write the results, print them and return the exit status."""
    rows = [make_row(benchmark, answers) for benchmark in BENCHMARKS]
    for name, content in {"results.json": rows, "device.json": device(answers)}.items():
        (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(show(rows))
    return 0 if all(map(meets, BENCHMARKS, rows)) else 1


def renew(word: str, folder: Path = HERE) -> int:
    """Measure some rows again, each of which then says when and of which commit it is; return the exit status."""
    chosen = [b for b in BENCHMARKS if b.name.startswith(word)]
    wanted = {side for b in chosen for side in (b.ours, b.peer)}
    answers = run_all(scripts={name: script for name, script in SCRIPTS.items() if name in wanted})
    told = device(answers)
    new = {b.name: make_row(b, answers) | {"measured": f"{told['date']}, commit {told['commit']}"} for b in chosen}
    path = folder / "results.json"
    old = {row["name"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
    rows = [row for b in BENCHMARKS if (row := new.get(b.name, old.get(b.name)))]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(show([new[b.name] for b in chosen], chosen))
    return 0 if all(meets(b, new[b.name]) for b in chosen) else 1


if __name__ == "__main__":
    make_peers()
    sys.exit(renew(sys.argv[1]) if sys.argv[1:] else write(run_all()))
