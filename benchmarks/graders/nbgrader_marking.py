"""nbgrader on the class: one ``nbgrader autograde``, which marks one submission after the other."""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.marking_task import SAME, code, notebook, read_pack, report_marking

SUBMISSIONS = 4


def cells(pack: dict) -> list[dict]:
    """Return the solution's cells and a cell of tests for each exercise, as nbgrader marks them."""
    own = {"schema_version": 3, "task": False}
    solution = {**own, "grade": False, "solution": True, "locked": False}
    marked = {**own, "grade": True, "solution": False, "locked": True}
    made = [
        code(f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", i, nbgrader={**solution, "grade_id": f"cell-{i}"})
        for i, source in enumerate(pack["cells"])
    ]
    for i, exercise in enumerate(pack["exercises"], len(made)):
        asked = "\n".join(f"assert same({call}, {want})" for call, want in exercise["calls"])
        tests = {**marked, "grade_id": f"test-{i}", "points": exercise["points"]}
        made.append(code(f"import numpy as np\n{SAME}\n{asked}", i, nbgrader=tests))
    return made


def main() -> None:
    """Write the assignment and the submissions, and mark them."""
    pack = read_pack()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        text = json.dumps(notebook(cells(pack)))
        (place / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'course'\n")
        homes = [place / "source" / "set", *(place / "submitted" / f"learner-{n}" / "set" for n in range(SUBMISSIONS))]
        for home in homes:
            home.mkdir(parents=True)
            (home / "set.ipynb").write_text(text)

        def nbgrader(*words: str) -> None:
            home = Path(sys.executable).parent  # it calls programs of its environment by their bare names
            path = {**os.environ, "PATH": f"{home}{os.pathsep}{os.environ.get('PATH', '')}"}
            program = home / "nbgrader"
            done = subprocess.run([program, *words], cwd=place, env=path, capture_output=True, text=True)
            if done.returncode:
                sys.exit(done.stderr[-6000:])

        def mark() -> list[float]:
            nbgrader("autograde", "set")
            from nbgrader.api import Gradebook

            with Gradebook(f"sqlite:///{place}/gradebook.db") as book:
                return [s.score / s.max_score for s in book.assignment_submissions("set")]

        nbgrader("generate_assignment", "set")
        report_marking(mark, SUBMISSIONS, nbgrader=version("nbgrader"))


if __name__ == "__main__":
    main()
