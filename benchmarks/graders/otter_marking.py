"""otter-grader on the class: ``otter run`` for each submission, two at a time."""

import json
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from benchmarks.marking_task import SAME, code, notebook, read_pack, report_marking

SUBMISSIONS, TOGETHER = 4, 2
TEST = "OK_FORMAT = True\ntest = {{'name': {name!r}, 'points': {points}, 'suites': [{{'type': 'doctest', 'scored': True, 'setup': '', 'teardown': '', 'cases': {cases!r}}}]}}\n"


def cases(exercise: dict) -> list[dict]:
    """Return an exercise's calls as doctests; all stand in one case, so that all must be right."""
    helper = "\n".join(("... " if i else ">>> ") + line for i, line in enumerate(SAME.strip().split("\n")))
    asked = "\n".join(f">>> same({call}, {want})\nTrue" for call, want in exercise["calls"])
    return [{"code": f">>> import numpy as np\n{helper}\n{asked}", "hidden": False, "locked": False}]


def main() -> None:
    """Write the autograder and the submissions, and mark them."""
    pack = read_pack()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with zipfile.ZipFile(place / "autograder.zip", "w") as archive:
            archive.writestr("otter_config.json", '{"lang": "python"}')
            for exercise in pack["exercises"]:
                text = TEST.format(name=exercise["name"], points=exercise["points"], cases=cases(exercise))
                archive.writestr(f"tests/{exercise['name']}.py", text)
        for number in range(SUBMISSIONS):
            cells = [code(f"# {number}", 0), *(code(source, i) for i, source in enumerate(pack["cells"], 1))]
            (place / f"{number}").mkdir()
            (place / f"{number}" / "submission.ipynb").write_text(json.dumps(notebook(cells)))

        def one(number: int) -> float:
            home = place / f"{number}"
            command = [sys.executable, "-m", "otter", "run", "submission.ipynb", "-a", "../autograder.zip", "--no-logo"]
            subprocess.run(command, cwd=home, check=True, capture_output=True)
            tests = json.loads((home / "results.json").read_text())["tests"]
            scored = [t for t in tests if "max_score" in t]
            return sum(t["score"] for t in scored) / sum(t["max_score"] for t in scored)

        def mark() -> list[float]:
            with ThreadPoolExecutor(TOGETHER) as pool:
                return list(pool.map(one, range(SUBMISSIONS)))

        report_marking(mark, SUBMISSIONS, **{"otter-grader": version("otter-grader")})


if __name__ == "__main__":
    main()
