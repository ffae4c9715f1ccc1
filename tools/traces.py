"""Record what Keras and PyTorch do, each in its own environment, and what papers' formulas and this library give.

``make traces`` calls this when a pinned version has moved, or a rule on purpose: the page of conformance and its tests read
``tests/conformance/*.json``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import run as peers  # noqa: E402
from tests.conformance import forms, written  # noqa: E402

WHERE = {"Keras": ("keras", sys.executable), "PyTorch": ("torch", str(peers.PYTHONS["peers"]))}
NOT_STORED = ("gradients", "start", "kept", "batches", "gamma", "beta", "steps", "first")


def rounded(value: Any) -> Any:
    """Keep thirteen digits: more than any comparison asks for."""
    if isinstance(value, float):
        return float(f"{value:.13g}")
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return {key: rounded(one) for key, one in value.items()} if isinstance(value, dict) else value


def record(peer: str) -> dict[str, Any]:
    """Let a peer do its jobs; each trace bears what was asked for."""
    jobs, (word, python) = forms.jobs(peer), WHERE[peer]
    command = [python, "-m", "tests.conformance.record", word]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(jobs), text=True, stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    traces = [
        {key: value for key, value in job.items() if key not in NOT_STORED and value != ""} | rounded(answer)
        for job, answer in zip(jobs, said["answers"], strict=True)
    ]
    return {**said["head"], "date": time.strftime("%Y-%m-%d"), "traces": traces}


def main() -> None:
    """Record all and write their files."""
    for who, path in written.FILES.items():
        write(path, {"library": who, "traces": rounded(written.traces(who))})
    peers.make_peers()
    for peer, path in forms.PEERS.items():
        write(path, record(peer))


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a file, a trace a line, so that a change is seen as one."""
    lines = ",\n".join(json.dumps(trace, separators=(",", ":")) for trace in content.pop("traces"))
    head = json.dumps(content)[:-1]
    path.write_text(f'{head}, "traces": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
