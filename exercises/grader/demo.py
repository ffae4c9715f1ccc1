"""A class of 200 synthetic submissions, marked before your eyes: ``make class-demo``."""

from __future__ import annotations

import ast
import inspect
import json
import shutil
import sys
import textwrap
import webbrowser
import zipfile
from collections import Counter
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from course_lib.exercises import SETS, Task, Wrong

from . import __main__ as command

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "_build" / "class-demo"
SIZE, SEED = 200, 5
SECRET = b"a secret for the demonstration, known to all"
BUGS = {  # what the code with a bug in it is taken for, where it is handed in as it was given
    "momentum": {"momentum.walk": "one array, many names"},
    "adaptive_rates": {"adaptive_rates.denominators": "one memory for two things"},
    "normalization": {"normalization.layer_norm": "batch norm"},
}
BROKEN = {
    "a cell that hangs": "while True:\n    pass",
    "a process that ends": "import os\nos._exit(0)",
    "a syntax error": "def oops(:\n    pass",
}


def source_of(function: Any) -> str | None:
    """Return the text of a function of a set and of all it needs from its module, or None where it needs the library.

    Parameters
    ----------
    function : callable
        Written in a module of `course_lib.exercises`.

    Returns
    -------
    str or None
        Text that defines the function under its own name with NumPy alone.
    """
    module = inspect.getmodule(function)
    parts: dict[str, str] = {}

    def add(one: FunctionType) -> bool:
        if one.__name__ in parts:
            return True
        if one.__closure__ or one.__name__ == "<lambda>":
            return False
        parts[one.__name__] = ""
        text = textwrap.dedent(inspect.getsource(one))
        used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} & set(vars(module))
        for name in sorted(used - {"np", one.__name__}):
            value = getattr(module, name)
            if not isinstance(value, FunctionType) or value.__module__ != one.__module__ or not add(value):
                return False
        parts[one.__name__] = text
        return True

    if not isinstance(function, FunctionType) or not add(function):
        return None
    return "\n\n".join(text for text in parts.values())


def mistaken(task: Task, wrong: Wrong) -> str | None:
    """Return a cell that makes a known mistake in a task, or None where its text needs the library.

    Parameters
    ----------
    task : Task
        Whose function is to be written.
    wrong : Wrong
        The mistake.

    Returns
    -------
    str or None
        Code.
    """
    text = source_of(wrong.formula)
    if text is None:
        return None
    body = textwrap.indent(text, "    ")  # in a room of its own: the mistake may call the right function
    return f"def made():\n{body}\n    return {wrong.formula.__name__}\n\n\n{task.function} = made()\n"


def plan(set_name: str, size: int = SIZE) -> list[dict[str, Any]]:
    """Return what each of the class will hand in.

    Parameters
    ----------
    set_name : str
        Which set.
    size : int
        How many there are.

    Returns
    -------
    list of dict
        name, kind, and the mistakes: task to name of the mistake. The same each time.
    """
    rng = np.random.default_rng(SEED)
    known = [(t, w) for t in SETS[set_name] for w in t.wrong if mistaken(t, w)]
    people: list[dict[str, Any]] = []
    for number in range(size):
        kind = rng.choice(
            ["mistakes", "right", "part", "blank", "broken", "unreadable"], p=[0.52, 0.2, 0.15, 0.04, 0.05, 0.04]
        )
        one: dict[str, Any] = {"name": f"learner-{number:03d}", "kind": str(kind), "mistakes": {}, "missing": []}
        if number % 17 == 3:
            one["name"] += " Ærø"
        if kind == "mistakes":
            for i in rng.choice(len(known), size=int(rng.integers(1, 4)), replace=False):
                task, wrong = known[i]
                one["mistakes"][task.name] = wrong.name
        if kind == "blank":
            one["mistakes"] = BUGS[set_name]
        if kind == "part":
            names = [t.name for t in SETS[set_name]]
            one["missing"] = [str(n) for n in rng.choice(names, size=int(rng.integers(1, 5)), replace=False)]
        if kind == "broken":
            one["broken"] = str(rng.choice(list(BROKEN)))
        people.append(one)
    return people


def cells_of(one: dict[str, Any], set_name: str) -> list[str]:
    """Return the code that somebody of the plan hands in.

    Parameters
    ----------
    one : dict
        Of the plan.
    set_name : str
        Which set.

    Returns
    -------
    list of str
        Cells.
    """
    folder = ROOT / "exercises" / set_name
    solved, blank = (
        [
            "".join(c["source"])
            for c in json.loads((folder / name).read_text(encoding="utf8"))["cells"]
            if c["cell_type"] == "code"
        ]
        for name in ("source.ipynb", f"{set_name}.ipynb")
    )
    cells = [f"# {one['name']}", *(blank if one["kind"] == "blank" else solved)]
    for task in SETS[set_name]:
        if task.name in one["missing"]:
            cells.append(f"def {task.function}(*arguments):\n    raise NotImplementedError")
        if one["kind"] == "mistakes" and task.name in one["mistakes"]:
            wrong = next(w for w in task.wrong if w.name == one["mistakes"][task.name])
            cells.append(mistaken(task, wrong) or "")
    if "broken" in one:
        cells.insert(2, BROKEN[one["broken"]])
    return cells


def hand_in(folder: Path, set_name: str, people: list[dict[str, Any]]) -> None:
    """Write the class as it would be downloaded: notebooks, folders and zips.

    Parameters
    ----------
    folder : Path
        Made anew.
    set_name : str
        Which set.
    people : list of dict
        The plan.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, one in enumerate(people):
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"c{i}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for i, source in enumerate(cells_of(one, set_name))
        ]
        text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
        if one["kind"] == "unreadable":
            text = text[: len(text) // 2]
        if number % 10 == 7:
            with zipfile.ZipFile(folder / f"{one['name']}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(f"{set_name}.ipynb", text)
        elif number % 10 == 4:
            (folder / one["name"]).mkdir()
            (folder / one["name"] / f"Copy of {set_name}.ipynb").write_text(text, encoding="utf8")
        else:
            (folder / f"{one['name']}.ipynb").write_text(text, encoding="utf8")


def expected(people: list[dict[str, Any]]) -> Counter:
    """Return how often each mistake must be found.

    Parameters
    ----------
    people : list of dict
        The plan.

    Returns
    -------
    Counter
        (task, name of the mistake) to count.
    """
    return Counter((task, wrong) for one in people for task, wrong in one["mistakes"].items())


def main(arguments: list[str] | None = None, *, folder: Path = FOLDER, size: int = SIZE) -> int:
    """Make the class, mark it, and show the overview.

    Parameters
    ----------
    arguments : list of str, optional
        Name of a set, and ``--no-open``; those of the command line by default.
    folder : Path
        Where everything goes.
    size : int
        How many there are.

    Returns
    -------
    int
        The grader's exit status.
    """
    words = sys.argv[1:] if arguments is None else arguments
    names = [w for w in words if not w.startswith("-")] or ["momentum"]
    people = plan(names[0], size)
    hand_in(folder / "submissions", names[0], people)
    (folder / "demo.secret").write_bytes(SECRET)
    print(f"{len(people)} submissions in {folder / 'submissions'}:", dict(Counter(one["kind"] for one in people)))
    status = command.main(
        [
            "run",
            str(folder / "submissions"),
            "--out",
            str(folder / "grades.csv"),
            "--store",
            str(folder / "store"),
            "--secret",
            str(folder / "demo.secret"),
            "--set",
            names[0],
            "--reports",
            str(folder / "reports"),
            "--canvas",
            str(folder / "canvas.csv"),
        ]
    )
    overview = folder / "reports" / "index.html"
    if status == 0 and "--no-open" not in words and sys.stdout.isatty():
        webbrowser.open(overview.as_uri())
    return status


if __name__ == "__main__":
    sys.exit(main())
