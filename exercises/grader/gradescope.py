"""Gradescope's formats: the zip that it builds an autograder from, and results.json for one submission."""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_lib.exercises import SETS, task

from . import class_run, marking
from .handed import Rejected
from .ingest import collect_one
from .sandbox import open_sandbox
from .wording import stopped

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("course_lib", "exercises", "pyproject.toml", "README.md", "LICENSE")
SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the autograder.
set -e
apt-get update
apt-get install -y python3 python3-venv bubblewrap libseccomp2
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then  # Ubuntu 22.04
  apt-get install -y python3.11 python3.11-venv
  python=python3.11
fi
$python -m venv /autograder/venv
/autograder/venv/bin/pip install -e "/autograder/source[grader]"
chmod -R go-rwx /autograder/source
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission, as root; the learner's code runs as another user, behind walls.
cd /autograder/source
exec /autograder/venv/bin/python -m exercises.grader gradescope /autograder/submission --set {name} \\
  --secret /autograder/source/course.secret --out /autograder/results/results.json
"""


def results(record: Mapping[str, Any] | None, reason: str = "", cells: Sequence[str] = ()) -> dict[str, Any]:
    """Return Gradescope's results.json.

    Parameters
    ----------
    record : mapping or None
        What marking found.
    reason : str
        Why there is none.
    cells : sequence of str
        The code that was run.

    Returns
    -------
    dict
        A test for each exercise, with points and feedback.
    """
    if record is None:
        return {"score": 0, "output": reason, "tests": []}
    tests = []
    for found in record["exercises"]:
        about = task(found["name"])
        says = [f"This looks like {w.name}: {w.says}" for w in about.wrong if w.name == found["wrong"]]
        tests.append(
            {
                "name": about.title,
                "score": found["score"],
                "max_score": found["max"],
                "status": "passed" if found["score"] == found["max"] else "failed",
                "output": "\n".join([*found["feedback"], *says]),
                "output_format": "text",
                "visibility": "visible",
            }
        )
    output = "\n".join(stopped(record["cells"], cells))
    return {"score": sum(t["score"] for t in tests), "output": output, "tests": tests}


def autograder(set_name: str, secret: bytes) -> bytes:
    """Return the zip to upload: what marks a set, and the course's secret.

    Parameters
    ----------
    set_name : str
        Which set.
    secret : bytes
        It stands in the zip, which must therefore not be shared.

    Returns
    -------
    bytes
        The same for the same files.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes, mode: int = 0o644) -> None:
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)

        add("setup.sh", SETUP.encode(), 0o755)
        add("run_autograder", RUN.format(name=set_name).encode(), 0o755)
        add("course.secret", secret, 0o600)
        for part in PARTS:
            place = ROOT / part
            for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
                if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                    add(path.relative_to(ROOT).as_posix(), path.read_bytes())
    return buffer.getvalue()


def add_commands(commands: Any, read_secret: Callable[..., bytes]) -> None:
    """Add the two commands to the command line.

    Parameters
    ----------
    commands : object
        What `argparse.ArgumentParser.add_subparsers` returned.
    read_secret : callable
        Returns the secret of a file or of the environment.
    """

    def build(options: argparse.Namespace) -> int:
        _known(options.set)
        options.out.write_bytes(autograder(options.set, read_secret(options.secret)))
        print(f"{options.out}: upload it to Gradescope; the course's secret is in it, so share it with nobody")
        return 0

    def one(options: argparse.Namespace) -> int:
        _known(options.set)
        secret = read_secret(options.secret)
        record, reason, cells = None, "", tuple[str, ...]()
        if not options.submission.exists():
            raise FileNotFoundError(f"there is nothing at {options.submission}")
        handed = collect_one(options.submission, options.set)
        if isinstance(handed, Rejected):
            reason = handed.reason
        else:
            cells = handed.cells
            with open_sandbox() as sandbox:
                class_run.check_tracers(options.set, secret, sandbox)
                record = marking.mark(handed, options.set, secret, sandbox)
        options.out.write_text(json.dumps(results(record, reason, cells), indent=2), encoding="utf8")
        return 0

    for name, act, words in (
        ("gradescope-zip", build, "write the zip that Gradescope builds an autograder from"),
        ("gradescope", one, "mark one submission and write Gradescope's results.json"),
    ):
        command = commands.add_parser(name, help=words, description=words.capitalize() + ".")
        if act is one:
            command.add_argument("submission", type=Path, help="folder of the submission")
        command.add_argument("--set", required=True, metavar="NAME", help="which set")
        command.add_argument("--secret", type=Path, metavar="FILE", help="the course's secret (or COURSE_SECRET)")
        command.add_argument("--out", type=Path, required=True, metavar="FILE", help="what to write")
        command.set_defaults(act=act)


def _known(name: str) -> None:
    if name not in SETS:
        raise ValueError(f"no set is called {name!r}; there are {', '.join(SETS)}")
