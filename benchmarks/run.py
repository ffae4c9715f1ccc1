"""Run every benchmark and write results.json and device.json beside this file.

The scripts run in turn, A B C A B C, each in a process of its own on one thread. What is missing or fails becomes an
error row; the exit status says whether every row is there and as far ahead as wanted.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.table import BENCHMARKS, SCRIPTS, make_row, meets, show
from tools import environment

HERE = Path(__file__).resolve().parent
VENV = environment.ROOT / ".venv-bench"
PYTHONS = {"course": Path(sys.executable), "peers": VENV / "bin" / "python"}
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
    """Make the peers' environment where it does not stand; where it cannot be made, their rows will say so."""
    wanted = HERE / "requirements.txt"
    stamp, key = VENV / "course-stamp", hashlib.sha256(wanted.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == key:
        return
    try:
        environment.make_venv(sys.executable, VENV)
    except SystemExit as trouble:
        print(trouble, file=sys.stderr)
        return
    if environment.run(PYTHONS["peers"], "-m", "pip", "install", "-q", "-r", wanted, check=False):
        stamp.write_text(key)


def run_script(where: str, module: str, *arguments: str) -> dict[str, Any] | str:
    """Return what a script printed, or the last line of its complaint."""
    variables = environment.CLEAN | dict.fromkeys(THREADS, "1")
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


def run_all(rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the scripts in turn, each once a round; one that failed is not asked again."""
    answers: dict[str, Any] = {name: [] for name in SCRIPTS}
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", flush=True)
        for name, script in SCRIPTS.items():
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


if __name__ == "__main__":
    make_peers()
    sys.exit(write(run_all()))
