"""The class that every grader marks: honest submissions of one set, and what is asked of them; needs nothing but Python."""

import json
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "_build" / "marking" / "pack.json"  # written by the course's script, which runs first
SAME = """
def same(a, b):
    if isinstance(b, (list, tuple)) and any(isinstance(x, (list, tuple, str)) for x in b) and not isinstance(a, np.ndarray):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if b is None or isinstance(b, (str, bool, dict)):
        return a == b
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-6, atol=1e-9))
"""


def read_pack() -> dict:
    """Return the exercises: cells of the solution, and for each exercise its name, points and calls as source text."""
    return json.loads(PACK.read_text(encoding="utf8"))


def notebook(cells: list[dict]) -> dict:
    """Return a notebook of these cells."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def code(source: str, number: int, **metadata: object) -> dict:
    """Return a code cell."""
    head = {"cell_type": "code", "id": f"cell-{number}", "metadata": metadata}
    return {**head, "execution_count": None, "outputs": [], "source": source}


def report_marking(mark: Callable[[], list[float]], submissions: int, **versions: str) -> None:
    """Time the marking of a class on the clock and print the seconds for one submission, with the marks, as JSON.

    Parameters
    ----------
    mark : callable
        Marks the class and returns each submission's share of the points.
    submissions : int
        How many there are.
    **versions : str
        What took part.
    """
    began = time.perf_counter()
    shares = mark()
    seconds = (time.perf_counter() - began) / submissions
    print(json.dumps({"seconds": seconds, "points": [[min(shares), max(shares)]], "versions": versions}))
