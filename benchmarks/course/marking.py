"""The course's grader on a class of honest submissions, two workers, from the first file read to the table written.

It also writes what the other graders are given: the solution's cells, and each exercise's calls with what is right.
"""

import contextlib
import json
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.marking_task import PACK, code, notebook, report_marking
from course_lib.exercises import SETS
from course_lib.exercises.task import call
from exercises.grader import __main__ as grader
from exercises.grader.marking import questions
from exercises.grader.notebook import cells_of

SET, SUBMISSIONS, SECRET = "momentum", 240, b"benchmark" * 4


def text(value: object) -> str:
    """Return a value as Python's text, arrays by their numbers."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))},)"
    return repr(value.item() if isinstance(value, np.generic) else value)


def write_pack() -> list[str]:
    """Write what the peers read and return the solution's cells."""
    cells = cells_of((Path(__file__).parents[2] / "exercises" / SET / "source.ipynb").read_bytes())
    plain = [
        "import numpy as np",
        *("\n".join(x for x in c.split("\n") if "###" not in x) for c in cells if "def " in c),
    ]
    asked = questions(SET, SECRET)
    exercises = [
        {
            "name": task.function,
            "points": task.points,
            "calls": [
                (f"{task.function}({', '.join(map(text, args))})", text(call(task.answer, args)))
                for t, _, args in asked
                if t is task
            ],
        }
        for task in SETS[SET]
    ]
    PACK.parent.mkdir(parents=True, exist_ok=True)
    PACK.write_text(json.dumps({"cells": plain, "exercises": exercises}), encoding="utf8")
    return plain


def main() -> None:
    """Mark the class."""
    cells = write_pack()
    folder = Path(tempfile.mkdtemp())
    desk = folder / "class"
    desk.mkdir()
    for number in range(SUBMISSIONS):
        made = [code(f"# {number}", 0), *(code(source, i) for i, source in enumerate(cells, 1))]
        (desk / f"{number:03d}.ipynb").write_text(json.dumps(notebook(made)))
    (folder / "secret").write_bytes(SECRET)

    def mark() -> list[float]:
        words = ["run", str(desk), "--out", str(folder / "grades.csv"), "--store", str(folder / "store"), "--quiet"]
        with contextlib.redirect_stdout(sys.stderr):
            assert grader.main([*words, "--secret", str(folder / "secret"), "--workers", "2"]) == 0
        rows = [line.split(",") for line in (folder / "grades.csv").read_text("utf-8-sig").splitlines()[1:]]
        sums: dict[str, list[float]] = {}
        for row in rows:
            one = sums.setdefault(row[0], [0.0, 0.0])
            one[0] += float(row[3])
            one[1] += float(row[4])
        assert len(sums) == SUBMISSIONS
        return [score / most for score, most in sums.values()]

    report_marking(mark, SUBMISSIONS, numpy=np.__version__, distributed=version("distributed"))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
