"""What a page prints: a rule as equation and source, a number for the prose."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any

from course_lib.rule import Rule, as_rule


class ShownRule:
    """A rule as its page shows it: the equations, then the very lines that run.

    Parameters
    ----------
    rule : Rule
        What to show.
    """

    def __init__(self, rule: Rule):
        self.rule = rule

    def _repr_markdown_(self) -> str:
        summary = (inspect.getdoc(self.rule.function) or "").split("\n", 1)[0]
        math = equation(self.rule)
        shown = f"{summary}\n\n$$\n\\begin{{aligned}}\n{math}\n\\end{{aligned}}\n$$\n\n" if math else f"{summary}\n\n"
        return f"{shown}```python\n{code(self.rule)}\n```"

    def __repr__(self) -> str:
        return code(self.rule)


def show_rule(rule: Rule | str) -> ShownRule:
    """Show a rule's equations and source.

    Parameters
    ----------
    rule : Rule or str
        A rule, the reader's own too, or the name of one.

    Returns
    -------
    ShownRule
        Markdown in a notebook, the source in a terminal.

    Raises
    ------
    LookupError
        If no rule has the name.
    TypeError
        If it is no rule.
    """
    return ShownRule(as_rule(rule))


def equation(rule: Rule) -> str:
    """LaTeX lines of a rule's docstring, one a statement; empty where it has none.

    Parameters
    ----------
    rule : Rule
        The rule.

    Returns
    -------
    str
        The lines, with ``&`` and the line ends of an ``aligned`` environment.
    """
    found = re.search(r"\.\. math::\n((?:\n|[ ]+\S.*\n?)+)", inspect.getdoc(rule.function) or "")
    return textwrap.dedent(found.group(1)).strip() if found else ""


def code(rule: Rule) -> str:
    """Source of a rule without its docstring.

    Parameters
    ----------
    rule : Rule
        The rule.

    Returns
    -------
    str
        Decorator, signature and body; with the look-ahead function where there is one.
    """
    source = _without_docstring(rule.function)
    return source if rule.where_function is None else f"{source}\n\n\n{_without_docstring(rule.where_function)}"


def _without_docstring(function: Any) -> str:
    source = textwrap.dedent(inspect.getsource(function)).rstrip()
    return re.sub(r'\n[ ]+r?"""(?:.|\n)*?"""', "", source, count=1)


def glue(name: str, value: Any) -> None:
    """Give a number a name, under which the prose of a page quotes it.

    Parameters
    ----------
    name : str
        What ``{glue:text}`` in the prose says.
    value : object
        The number; nothing is shown where the cell stands.
    """
    from IPython.display import display

    prefix = "application/papermill.record/"
    metadata = {"scrapbook": {"name": name, "mime_prefix": prefix}}
    display({f"{prefix}text/plain": repr(value)}, raw=True, metadata=metadata)
