"""Code as a page prints it: the library's own, in lines that fit."""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from collections.abc import Sequence

COLUMN = 78  # characters that a line of code has on the page


def fitted(source: str) -> str:
    """Return the same code, broken where it is wider than the page.

    Parameters
    ----------
    source : str
        Of a function or a solution.

    Returns
    -------
    str
        The signature breaks before the hyperparameters, a statement at its sums or in its last bracket; remarks that do
        not fit go above their line. Where the syntax would not stay the same, the source as it came.
    """
    fitted = re.sub(r"[ ]+# fmt: skip$", "", source, flags=re.MULTILINE)
    fitted = re.sub(
        r"^(def \w+\()(.*?)(\)(?: -> [^\n]+)?:)$", _signature, fitted, count=1, flags=re.DOTALL | re.MULTILINE
    )
    fitted = "\n".join(map(_statement, fitted.split("\n")))
    return fitted if _tree(fitted) == _tree(source) else source  # where text and syntax differ, as in a string


def _tree(source: str) -> str:
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return ""


def _signature(found: re.Match[str]) -> str:
    if _fits(found.group()):
        return found.group()
    start, inside, end = found.groups()
    arguments = [" ".join(a.split()) for a in re.split(r",\s*(?![^\[(]*[\])])", inside.strip().rstrip(","))]
    keywords = next((i for i, a in enumerate(arguments) if a.startswith("*")), len(arguments))
    return "\n".join([start, *_rows(arguments[:keywords]), *_rows(arguments[keywords:]), end])


def _rows(arguments: Sequence[str], indent: str = "") -> list[str]:
    words = " ".join(a.replace(" ", "\0") + "," for a in arguments)
    rows = textwrap.wrap(words, COLUMN - len(indent) - 4, break_long_words=False, break_on_hyphens=False)
    return [f"{indent}    {row}".replace("\0", " ") for row in rows]


def _statement(line: str) -> str:
    if _fits(line):
        return line
    statement, _, remark = line.partition("  # ")
    indent = line[: len(line) - len(line.lstrip())]
    above = f"{indent}# {remark}\n" if remark else ""
    ways = [statement, _at_sums(statement, indent), _in_last_bracket(statement, indent)]
    return above + next(filter(_fits, ways), statement)


def _at_sums(statement: str, indent: str) -> str:
    left, assigned, value = statement.partition(" = ")
    depths = list(itertools.accumulate((c in "([{") - (c in ")]}") for c in value))
    signs = [found.start() for found in re.finditer(r" [+-] ", value) if not depths[found.start()]]
    if not assigned or not signs:
        return statement
    terms = [value[a:b].strip() for a, b in itertools.pairwise([0, *signs, len(value)])]
    return "\n".join([f"{left} = (", *(f"{indent}    {term}" for term in terms), f"{indent})"])


def _in_last_bracket(statement: str, indent: str) -> str:
    depths = list(itertools.accumulate((c in ")]}") - (c in "([{") for c in reversed(statement)))
    if not depths[0] or 0 not in depths:
        return statement
    opening = len(statement) - depths.index(0)
    rows = [f"{indent}    {statement[opening:-1]}"]
    if not _fits(rows[0]):
        rows = _rows(_arguments(statement.strip()), indent) or rows
    return "\n".join([statement[:opening], *rows, f"{indent}{statement[-1]}"])


def _arguments(statement: str) -> list[str]:
    """Arguments of the call that a statement's value is, if it is one."""
    try:
        call = getattr(ast.parse(statement).body[0], "value", None)
    except SyntaxError:
        return []
    given = [*call.args, *call.keywords] if isinstance(call, ast.Call) else []
    return [ast.get_source_segment(statement, argument) or "" for argument in given]


def _fits(text: str) -> bool:
    return max(map(len, text.split("\n"))) <= COLUMN
