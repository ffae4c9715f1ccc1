"""What is told of an error in a learner's function: in our words, so that none carries what the function was called with."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

from course_lib.exercises import Task

from .handed import clean

KINDS = {
    "ArithmeticError", "AssertionError", "AttributeError", "EOFError", "FileNotFoundError", "FloatingPointError",
    "ImportError", "IndexError", "KeyError", "LinAlgError", "LookupError", "MemoryError", "ModuleNotFoundError",
    "NameError", "NotImplementedError", "OSError", "OverflowError", "PermissionError", "RecursionError", "RuntimeError",
    "StopIteration", "SystemExit", "TypeError", "UnboundLocalError", "UnicodeError", "ValueError", "ZeroDivisionError",
}  # fmt: skip
NOT_WRITTEN = "not written yet"
NOT_PLAIN = "something that is not plain data: numbers, text, arrays, and lists, tuples or dictionaries of these"
COMMON = {
    "Anything": "the result of something that draws, which computes nothing where marks are computed",
    "function": "a function: is it called?", "method": "a method: is it called?", "type": "a class",
    "generator": "a generator: make it a list", "range": "a range: make it a list", "map": "a map: make it a list",
    "zip": "a zip: make it a list", "filter": "a filter: make it a list", "set": "a set: make it a list",
    "dict_keys": "a dictionary's keys: make them a list", "dict_values": "a dictionary's values: make them a list",
}  # fmt: skip
PACKAGES = (
    "numpy np scipy torch tensorflow tf keras jax sklearn pandas pd matplotlib plt seaborn sympy numba course_lib math"
)
# kind, pattern, what is said; {} stands for a name, told only where it is a usual one: a choice of names is a message
TOLD = [
    ("NameError", r"name '(\w+)' is not defined", "{} is not defined"),
    ("UnboundLocalError", r"cannot access local variable '(\w+)' .*", "{} has no value yet where it is used"),
    ("TypeError", r"(?:\w+\.|<locals>\.)*(\w+)\(\) (?:missing|takes|got) .*", "{} is called with other arguments than it takes"),
    ("TypeError", r"'\w+' object is not callable", "something is called that is no function"),
    ("TypeError", r"'\w+' object is not subscriptable", "something has an index that has no entries"),
    ("TypeError", r"'\w+' object is not iterable", "something is gone through that has no entries"),
    ("TypeError", r"unsupported operand type\(s\) for .*", "an operation between things that it is not made for"),
    ("TypeError", r"only (?:length-1|0-dimensional|integer) .*", "a number was needed, and an array came"),
    ("AttributeError", r"(?:module )?'[\w.]+'(?: object)? has no attribute '\w+'.*", "there is no such attribute"),
    ("ValueError", r"operands could not be broadcast together.*", "shapes that do not fit"),
    ("ValueError", r"could not broadcast .*", "shapes that do not fit"),
    ("ValueError", r"shapes .* not aligned.*", "shapes that do not fit in a product"),
    ("ValueError", r"matmul: .*", "shapes that do not fit in a product"),
    ("ValueError", r"cannot reshape .*", "a shape with another number of entries"),
    ("ValueError", r"setting an array element with a sequence.*", "an array where one entry was to be set"),
    ("ValueError", r"The truth value of an array .*", "a condition on a whole array: use np.where, .any() or .all()"),
    ("ValueError", r"(?:not enough|too many) values to unpack.*", "another number of values than there are names for them"),
    ("IndexError", r".*out of (?:range|bounds).*", "an index that is too large"),
    ("IndexError", r"too many indices .*", "more indices than dimensions"),
    ("ModuleNotFoundError", r"(\w+)(?:\.\w+)* is not available where marks are computed.*", "{} is not available where marks are computed; NumPy is"),
    ("ModuleNotFoundError", r"No module named '(\w+).*", "{} is not available where marks are computed; NumPy is"),
    ("ImportError", r"(?:course_lib\S*) is not available where marks are computed.*", "the course's library is not available where marks are computed; NumPy is"),
    ("LinAlgError", r"Singular matrix", "a matrix that has no inverse"),
]  # fmt: skip


def usual_names(tasks: Iterable[Task]) -> frozenset[str]:
    """Return the few names that may be told, whatever a notebook holds.

    Parameters
    ----------
    tasks : iterable of Task
        The set.

    Returns
    -------
    frozenset of str
        Its functions and their arguments, and the packages that people import.
    """
    arguments = {name for task in tasks for name in inspect.signature(task.answer).parameters}
    return frozenset({task.function for task in tasks} | arguments | set(PACKAGES.split()))


def of_an_error(words: str, names: frozenset[str]) -> str:
    """Return what is told of an error that a call ended with.

    Parameters
    ----------
    words : str
        Its kind and message, as the learner's side says: anything.
    names : frozenset of str
        Those that may be told, see `usual_names`.

    Returns
    -------
    str
        The kind, and what went wrong where that is one of the usual things.
    """
    kind, _, message = words.partition(": ")
    if kind == "NotImplementedError":
        return NOT_WRITTEN
    if kind not in KINDS:
        return "it raised an error"
    for known, pattern, told in TOLD:
        found = re.fullmatch(pattern, message, re.DOTALL) if known == kind else None
        if found:
            name = found[1] if found.groups() and found[1] in names else "something"
            return f"it raised {kind}: {told.format(name)}"
    return f"it raised {kind}"


def of_no_value(words: str) -> str:
    """Return what is told of a value that does not come out.

    Parameters
    ----------
    words : str
        Why, as the learner's side says: anything.

    Returns
    -------
    str
        What it was, where that is one of the usual things.
    """
    found = re.fullmatch(r"(?:an object of type (\w+) is not plain data|\w+: .*|.*)", words, re.DOTALL)
    return f"it returned {COMMON.get(found[1] or '', NOT_PLAIN) if found else NOT_PLAIN}"


def of_no_function(function: str, cells: Sequence[str], statuses: Sequence[str]) -> str:
    """Return what is told where a function is missing: why, where a cell that defines it did not run.

    Parameters
    ----------
    function : str
        Its name.
    cells, statuses : sequence of str
        The notebook's code, and how each cell ended, which was before any call.

    Returns
    -------
    str
        A sentence without its end.
    """
    missing = f"there is no function {function}"
    defines = re.compile(
        rf"^[ \t]*(?:def[ \t]+{re.escape(function)}[ \t]*\(|{re.escape(function)}[ \t]*=)", re.MULTILINE
    )
    for cell, status in reversed(list(zip(cells, statuses, strict=True))):
        if defines.search(cell):
            return missing if status == "ran" else f"{missing}: its cell {status}"
    return missing


def stopped(statuses: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Say which cells did not run to their end: by their first lines, since empty cells are not counted.

    Parameters
    ----------
    statuses : sequence of str
        Of each cell.
    cells : sequence of str
        The code; nothing where it is not at hand.

    Returns
    -------
    list of str
        A line for each.
    """
    lines = []
    for number, status in enumerate(statuses):
        if status != "ran":
            first = clean(cells[number].strip().partition("\n")[0])[:60] if number < len(cells) else ""
            shown = f', "{first}"' if first else ""
            lines.append(f"Code cell {number + 1}{shown}: {status}")
    return lines
