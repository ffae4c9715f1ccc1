"""What a page prints: a rule as equation and source, prose with numbers from the run, pictures, questions."""

from __future__ import annotations

import base64
import html
import inspect
import io
import os
import re
import string
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from course_lib.listing import fitted
from course_lib.rule import Rule, as_rule

PHONE = "(max-width: 540px)"  # where the letters of a picture as wide as the page would be too small to read
NARROW = 4.0  # inches of a picture for such a screen


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
        summary, math = _summary(self.rule.function), equation(self.rule)
        if self.rule.where_function is not None:
            place = _summary(self.rule.where_function)
            summary += f" Where the gradient $g$ is taken: {place[0].lower()}{place[1:]}"
        return _shown(summary, math, code(self.rule))

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


class ShownFunction:
    """A function as its page shows it: the equations of its docstring, then the very lines that run.

    Parameters
    ----------
    function : callable
        What to show.
    """

    def __init__(self, function: Any):
        self.function = function

    def _repr_markdown_(self) -> str:
        return _shown(_summary(self.function), _equation(self.function), repr(self))

    def __repr__(self) -> str:
        return _without_docstring(self.function)


def show_function(function: Any) -> ShownFunction:
    """Show a function's equations and source.

    Parameters
    ----------
    function : callable
        A function of the library or of the reader.

    Returns
    -------
    ShownFunction
        Markdown in a notebook, the source in a terminal.

    Raises
    ------
    TypeError
        If it is no function written in Python.
    """
    if not inspect.isfunction(function):
        raise TypeError(f"expected a function, got {type(function).__name__}")
    return ShownFunction(function)


def _shown(summary: str, math: str, source: str) -> str:
    equations = f"$$\n\\begin{{aligned}}\n{math}\n\\end{{aligned}}\n$$\n\n" if math else ""
    return f"{summary}\n\n{equations}```python\n{source}\n```"


def _summary(function: Any) -> str:
    first = (inspect.getdoc(function) or "").split("\n", 1)[0]
    return re.sub(r":math:`(.+?)`", r"$\1$", first)  # from Sphinx's spelling to Markdown's


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
    return _equation(rule.function)


def _equation(function: Any) -> str:
    found = re.search(r"\.\. math::\n((?:\n|[ ]+\S.*\n?)+)", inspect.getdoc(function) or "")
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


def _encoded(figure: Any) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=1.6 * figure.dpi)
    return base64.b64encode(_with_palette(stream)).decode("ascii")


def _narrow(figure: Any) -> None:
    """Make a figure as wide as a phone, its letters as large as ever: panels come one below the other."""
    panels = [axes for axes in figure.axes if axes.get_subplotspec() is not None]
    grids = {axes.get_subplotspec().get_gridspec() for axes in panels}
    rows = 1
    if len(grids) == 1 and (grid := grids.pop()).ncols > 1:
        rows = len(panels) / grid.nrows
        for place, axes in zip(figure.add_gridspec(len(panels), 1), panels, strict=True):
            axes.set_subplotspec(place)
            if axes is not panels[0] and axes.get_shared_y_axes().joined(panels[0], axes):
                axes.tick_params(labelleft=True)  # what is shared stood beside the first panel only
                axes.set_ylabel(axes.get_ylabel() or panels[0].get_ylabel())
    for legend in filter(None, (axes.get_legend() for axes in panels)):
        legend.set_frame_on(True)  # half as much room: it may come to lie on a line
        legend.get_frame().set(edgecolor="none", alpha=0.8)
    figure.set_size_inches(NARROW, rows * figure.get_figheight())
    for legend in list(figure.legends):
        handles, labels = legend.legend_handles, [text.get_text() for text in legend.get_texts()]
        columns = len(labels)
        figure.draw_without_rendering()
        while columns > 1 and legend.get_window_extent().width > figure.bbox.width:
            columns -= 1
            legend.remove()
            legend = figure.legend(handles, labels, loc="outside upper center", ncols=columns)
            figure.draw_without_rendering()


def _with_palette(stream: io.BytesIO) -> bytes:
    """The same picture with a palette, a third as large."""
    from PIL import Image

    small = io.BytesIO()
    Image.open(stream).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()


def _without_docstring(function: Any) -> str:
    source = textwrap.dedent(inspect.getsource(function)).rstrip()
    return fitted(re.sub(r'\n[ ]+r?"""(?:.|\n)*?"""', "", source, count=1))


class Words:
    """A piece of prose with numbers from the run.

    Parameters
    ----------
    text : str
        Markdown.
    """

    def __init__(self, text: str):
        self.text = text

    def _repr_markdown_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def say(text: str, **numbers: Any) -> Words:
    """Say something whose numbers come from the run.

    Parameters
    ----------
    text : str
        Markdown; ``{name:.2f}`` stands for a number. Braces of LaTeX are doubled.
    **numbers : object
        The numbers, by name.

    Returns
    -------
    Words
        Shows itself when it ends a cell.

    Raises
    ------
    ValueError
        If the text names a number that was not given, or does not name one that was.
    """
    return Words(_filled(text, numbers))


class Picture:
    """A drawn figure with the words that stand in for it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What was drawn; it is closed, so that nothing shows it twice.
    alt : str
        What is to be seen, with its numbers.
    """

    def __init__(self, figure: Any, alt: str):
        self.alt = alt
        self.png = _encoded(figure)
        self.width = round(figure.get_figwidth() * figure.dpi)
        self.small = ""
        if os.environ.get("COURSE_SITE") == "1":  # a notebook on a phone is no way to learn; a page may be
            _narrow(figure)
            self.small = _encoded(figure)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        source = f'src="data:image/png;base64,{self.png}" style="width: {self.width}px; max-width: 100%"'
        shown = f'<img class="course-picture" alt="{html.escape(self.alt)}" {source}>'
        if self.small:
            small = f'<source media="{PHONE}" srcset="data:image/png;base64,{self.small}">'
            shown = f"<picture>{small}{shown}</picture>"
        return {"text/html": shown, "image/png": self.png, "text/plain": self.alt}

    def __repr__(self) -> str:
        return self.alt


def picture(figure: Any, *, alt: str) -> Picture:
    """Show a drawn figure with an alternative text that was computed from its data.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    alt : str
        What is to be seen, in a sentence or two, with its numbers.

    Returns
    -------
    Picture
        Shows itself when it ends a cell.

    Raises
    ------
    ValueError
        If the text is too short to say anything.
    """
    if len(alt.split()) < 5:
        raise ValueError(f"the alternative text must say what is to be seen, got {alt!r}")
    shown = Picture(figure, alt)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)
    return shown


class Folded:
    """Text behind a line that opens it.

    Parameters
    ----------
    parts : sequence of (str, str)
        Summary and Markdown body of each fold.
    before : str
        Markdown that is always visible.
    """

    def __init__(self, parts: Sequence[tuple[str, str]], before: str = ""):
        self.parts, self.before = tuple(parts), before

    def _repr_markdown_(self) -> str:
        folds = [
            f'<details class="course-fold"><summary>{summary}</summary>\n\n{body.strip()}\n\n</details>'
            for summary, body in self.parts
        ]
        return "\n\n".join([self.before.strip(), *folds] if self.before else folds)

    def __repr__(self) -> str:
        return self.before or self.parts[0][0]


def question(text: str, answer: str, **numbers: Any) -> Folded:
    """Ask something, with the answer folded away and its numbers computed.

    Parameters
    ----------
    text : str
        The question, in Markdown.
    answer : str
        The answer, as for `say`.
    **numbers : object
        The numbers, by name.

    Returns
    -------
    Folded
        Shows itself when it ends a cell.

    Raises
    ------
    ValueError
        As `say`.
    """
    return Folded([("Answer", _filled(answer, numbers))], f"**{text}**")


def exercise(title: str, task: str, *, hints: Sequence[str], solution: str) -> Folded:
    """Set a practice exercise: hints and solution are folded away.

    Parameters
    ----------
    title, task : str
        What it is called and what to do, in Markdown.
    hints : sequence of three str
        From a nudge to nearly the answer, in Markdown.
    solution : str
        Python; the tests run it in the notebook's own names, so it ends with an assertion.

    Returns
    -------
    Folded
        Shows itself when it ends a cell.

    Raises
    ------
    ValueError
        If there are not three hints.
    """
    if len(hints) != 3:
        raise ValueError(f"an exercise has three hints, got {len(hints)}")
    folds = [(f"Hint {i}", hint) for i, hint in enumerate(hints, start=1)]
    code = fitted(textwrap.dedent(solution).strip())
    return Folded([*folds, ("Solution", f"```python\n{code}\n```")], f"**{title}**\n\n{task}")


def _filled(text: str, numbers: Mapping[str, Any]) -> str:
    named = {field.split(".")[0].split("[")[0] for _, field, _, _ in string.Formatter().parse(text) if field}
    if named != set(numbers):
        raise ValueError(f"the text speaks of {sorted(named)}, the numbers given are {sorted(numbers)}")
    return text.format(**numbers)
