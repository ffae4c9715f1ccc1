"""Chapters run in one go: their claims hold and can fail, their solutions solve, their cells stay readable."""

import ast
import json
import linecache
import re
from pathlib import Path

import matplotlib
import pytest

from course_lib.claims import ClaimError
from course_lib.show import Folded

from .reversals import REVERSALS

CHAPTERS = sorted((Path(__file__).parents[2] / "chapters").glob("*.ipynb"))
LONGEST_CELL = 16


def code_cells(path):
    cells = json.loads(path.read_text())["cells"]
    return [
        (cell["id"], "".join(cell["source"]), set(cell["metadata"].get("tags", [])))
        for cell in cells
        if cell["cell_type"] == "code"
    ]


def run(name, source, names):
    """Run a cell and return the value of its last expression, as a notebook does."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # a rule's source is asked for
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    return last and eval(compile(ast.Expression(last.value), name, "eval"), names)


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda path: path.stem)
def played(request):
    """Run a chapter; at every claim first try the planted reversal on a copy of its names."""
    matplotlib.use("agg")
    names, claims, solutions = {"__name__": "__main__"}, {}, []
    reversals = REVERSALS[request.param.stem]
    for name, source, tags in code_cells(request.param):
        if "needs-tensorflow" in tags or name == "course-setup":
            continue
        found = re.search(r'^claim\(\s*"([^"]+)"', source, re.MULTILINE)
        if found and found.group(1) in reversals:
            other = dict(names)
            exec(reversals[found.group(1)], other)
            try:
                run(name, source, other)
                claims[found.group(1)] = "held although the opposite was planted"
            except ClaimError:
                claims[found.group(1)] = "refused"
        elif found:
            claims[found.group(1)] = "has no planted reversal in tests/chapters/reversals.py"
        shown = run(name, source, names)
        if isinstance(shown, Folded):
            solutions += [(name, body) for summary, body in shown.parts if summary == "Solution"]
    return request.param.stem, names, claims, solutions


def test_every_claim_refuses_its_planted_reversal(played):
    stem, _, claims, _ = played
    assert claims == dict.fromkeys(REVERSALS[stem], "refused")
    assert len(claims) >= 8


def test_every_solution_runs_and_asserts(played):
    _, names, _, solutions = played
    assert len(solutions) >= 4
    for name, body in solutions:
        code = re.fullmatch(r"```python\n(.*)\n```", body, re.DOTALL).group(1)
        assert "assert " in code
        run(name, code, dict(names))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_cells_are_short_and_prose_stands_between_ideas(path):
    for name, source, tags in code_cells(path):
        if not tags & {"remove-cell", "remove-input", "hide-input"}:
            lines = [line for line in source.splitlines() if line.strip()]
            assert len(lines) <= LONGEST_CELL, f"{name} has {len(lines)} lines"
