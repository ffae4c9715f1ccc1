"""Print a rule or a surface as the body of a loop over numbers, what is constant in it apart.

A second printer for the walk of `course_lib.translator`; `course_lib.kernel_text` puts the bodies into loops. What does not
depend on the element, such as 1 - beta_1**t, is taken out: it becomes a constant, computed beforehand from the same source.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.translator import Walk

ELEMENT = "element"
VARYING = frozenset({ELEMENT})
LARGEST_POWER = 16  # whole powers up to this one are products


class Piece(str):
    """A piece of text that knows what its value depends on, and whether it is a number as it stands.

    Parameters
    ----------
    text : str
        The text.
    depends : collection of str
        Of `ELEMENT`, step and run, what its value differs by.
    literal : bool
        Whether it is a number.
    """

    depends: frozenset[str]
    literal: bool

    def __new__(cls, text: str, depends: Collection[str] = (), *, literal: bool = False) -> Piece:
        """Make one; a string is filled before `__init__`."""
        piece = super().__new__(cls, text)
        piece.depends, piece.literal = frozenset(depends), literal
        return piece


class Body:
    """Prints the pieces of a function as the body of a loop, and what is constant in it as Python beside it.

    Parameters
    ----------
    function : callable
        A rule, its look-ahead or a surface's gradient.
    depends : mapping of str to collection of str
        What its arguments depend on.
    tag, prefix : str
        What marks its names and its constants.
    dtype : str
        Type of the numbers.
    beside : str, optional
        Where the lines that compute the constants stand in the same function as the loop: what marks their arguments.
        Otherwise they make a function of their own, `prepare`, which takes arrays too.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        depends: Mapping[str, Collection[str]],
        tag: str,
        prefix: str,
        dtype: str,
        beside: str = "",
    ):
        self.depends: dict[str, Collection[str]] = dict(depends)
        self.tag, self.prefix, self.dtype, self.beside = tag, prefix, dtype, beside
        self.constants: dict[str, Piece] = {}  # by name
        self.made: dict[str, Piece] = {}  # the same, by what they are computed from
        self.renamed: dict[str, str] = {}  # names that are no elements and were assigned to
        self.preparation: list[tuple[Collection[str], str]] = []  # what a line depends on, and the line
        self.results: list[str] = []
        self.squares = 0
        self.first: list[str] = []  # lines that the next one needs
        walk = Walk(function, self)
        while any(name.startswith(f"{self.prefix}__") for name in walk.function.__code__.co_varnames):
            self.prefix += "c"
        self.lines = walk.translate().splitlines()
        self.arguments = [name for name in (*walk.positional, *walk.keywords) if ELEMENT not in depends[name]]

    @property
    def prepare(self) -> Callable[..., tuple[Any, ...]]:
        """From the arguments that are no elements to the constants, in order."""
        arguments = self.arguments
        body = [*(line for _, line in self.preparation), f"return ({''.join(f'{name}, ' for name in self.constants)})"]
        text = f"def constants(*, {', '.join(arguments)}):\n" if arguments else "def constants():\n"
        return define(text + indent(body), "constants")

    def name(self, name: str) -> Piece:
        """A name; one that was assigned to a constant goes by that constant's."""
        depends = self.depends[name]
        if ELEMENT in depends:
            return Piece(f"{name}_{self.tag}", depends)
        return Piece(self.renamed.get(name, f"{name}{self.beside}"), depends)

    def number(self, value: float) -> Piece:
        """A number; beside the loop all are floats, as compilers want it."""
        number = repr(float(value) if self.beside else value)
        return Piece("1e999" if number == "inf" else number, literal=True)

    def pi(self) -> Piece:
        """The number pi."""
        return Piece("np.pi", literal=True)

    def group(self, text: str) -> Piece:
        """Parentheses."""
        return self.join("({})", text, literal=_is_literal(text))

    def negative(self, operand: str) -> Piece:
        """A minus in front."""
        return self.join("-{}", operand, literal=_is_literal(operand))

    def binary(self, left: str, operator: str, right: str) -> Piece:
        """One of + - * / or a comparison."""
        return self.join(f"{{}} {operator} {{}}", left, right, literal=_is_literal(left) and _is_literal(right))

    def square(self, base: str) -> Piece:
        """A product, as NumPy squares; what is not a name is evaluated once."""
        if not varies(base):
            return self.join("({}) ** 2", base)
        if base.isidentifier():
            return self.join("{0} * {0}", base)
        self.squares += 1
        name = f"{self.prefix}__square{self.squares}_{self.tag}"
        self.first.append(f"{name} = {base}")
        return Piece(f"{name} * {name}", VARYING)

    def power(self, base: str, exponent: str) -> Piece:
        """A small whole power is a product to the compiler."""
        if (whole := str(exponent).removesuffix(".0")).isdecimal() and int(whole) <= LARGEST_POWER:
            return self.join(f"(({{}}) ** {whole})", base)
        if ELEMENT in _depends(base) | _depends(exponent):
            return self.call("power", (base, exponent))
        return self.join("(({}) ** ({}))", base, exponent)

    def call(self, function: str, arguments: Sequence[str]) -> Piece:
        """A function of NumPy."""
        return self.join(f"np.{function}({', '.join('{}' for _ in arguments)})", *arguments)

    def where(self, condition: str, yes: str, no: str) -> Piece:
        """A choice; among numbers only the chosen one counts."""
        pieces = (condition, yes, no)
        if self.beside or any(varies(piece) for piece in pieces):
            return self.join("({1} if {0} else {2})", *pieces)
        return self.join("np.where({}, {}, {})", *pieces)

    def several(self, values: Sequence[str]) -> str:
        """A tuple of results."""
        self.results = [self.in_loop(value) for value in values]
        return ""

    def assign(self, name: str, value: str, new: bool) -> str:
        """A line of the loop, or one that prepares it."""
        self.depends[name] = _depends(value)
        if ELEMENT in self.depends[name]:
            return self.line(f"{self.name(name)} = {value}")
        self.renamed[name] = f"{self.prefix}__{name}{len(self.preparation)}"
        self.preparation.append((_depends(value), f"{self.renamed[name]} = {value}"))
        return ""

    def give(self, value: str) -> str:
        """The results, kept aside."""
        self.results = self.results or [self.in_loop(value)]
        return self.line()

    def function(self, positional: Sequence[str], keywords: Sequence[str], lines: Sequence[str]) -> str:
        """The lines of the loop."""
        return "\n".join(filter(None, lines))

    def line(self, *last: str) -> str:
        """Return a line behind those that it needs."""
        lines, self.first = [*self.first, *last], []
        return "\n".join(lines)

    def join(self, form: str, *parts: str, literal: bool = False) -> Piece:
        """Fill in a form; among parts that vary with the element, those that do not become constants."""
        depends: frozenset[str] = frozenset().union(*map(_depends, parts))
        if ELEMENT in depends:
            parts = tuple(map(self.in_loop, parts))
        return Piece(form.format(*parts), depends, literal=literal)

    def in_loop(self, piece: str) -> str:
        """Return a piece as the loop may use it, in the number type of the elements."""
        if varies(piece):
            return piece
        if _is_literal(piece):
            return piece if self.dtype == "float64" else f"np.{self.dtype}({piece})"
        if self.beside and piece.isidentifier():
            return piece
        if piece not in self.made:
            name = f"{self.prefix}__{len(self.constants)}"
            self.constants[name] = self.made[piece] = Piece(name, _depends(piece))
            self.preparation.append((_depends(piece), f"{name} = {piece}"))
        return self.made[piece]


def _depends(text: str) -> frozenset[str]:
    return text.depends if isinstance(text, Piece) else frozenset()


def varies(text: str) -> bool:
    """Say whether the value of a text differs from element to element.

    Parameters
    ----------
    text : str
        A `Piece`; any other text does not.

    Returns
    -------
    bool
        Whether it does.
    """
    return ELEMENT in _depends(text)


def _is_literal(text: str) -> bool:
    return isinstance(text, Piece) and text.literal


def define(text: str, name: str, namespace: Any = np) -> Callable[..., Any]:
    """Return the function that a text defines; its only free name is ``np``."""
    names: dict[str, Any] = {"np": namespace}
    exec(compile(text, f"<{name}>", "exec"), names)
    return names[name]


def indent(lines: Sequence[str], depth: int = 1) -> str:
    """Return lines as a block."""
    return "".join(f"{'    ' * depth}{line}\n" for line in lines)
