"""Write a rule, a surface or a schedule again in another language, from its Python source.

The walk over the source knows the grammar and refuses everything outside it by name; a printer knows one
language. JavaScript is the one printed here; `course_lib.kernel_text` prints loops for a compiler.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

ALLOWED = (
    "allowed are assignments to names, one return at the end, + - * / **, unary minus, numbers, np.pi, "
    "np.sqrt, exp, log, cos, sin, tanh, sign, abs, floor, maximum, minimum and np.where with a comparison"
)
FUNCTIONS = {
    **dict.fromkeys(("sqrt", "exp", "log", "cos", "sin", "tanh", "sign", "abs", "floor"), 1),
    **dict.fromkeys(("maximum", "minimum"), 2),
}
OPERATORS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


RESERVED = set(
    """
    arguments await boolean byte case catch char const debugger default delete do double enum eval export extends
    final float function goto implements in instanceof int interface let long native new package private protected
    public short static super switch synchronized this throw throws transient typeof var void volatile with yield
    abstract true false null undefined NaN Infinity Math
    """.split()  # noqa: SIM905
)  # names that mean something else in JavaScript
CALLS = {"maximum": "Math.max", "minimum": "Math.min"}


class TranslationError(ValueError):
    """A function that is not written in the grammar; the message says where and what."""


class _JavaScript:
    """Prints the pieces of a function as JavaScript; every expression is one number."""

    def __init__(self) -> None:
        self.squares = 0

    def name(self, name: str) -> str:
        """No Python name holds a dollar sign, so a marked name is never taken."""
        return f"{name}$" if name in RESERVED else name

    def number(self, value: float) -> str:
        return "Infinity" if value == float("inf") else repr(value)

    def pi(self) -> str:
        return "Math.PI"

    def group(self, text: str) -> str:
        return f"({text})"

    def negative(self, operand: str) -> str:
        return f"-{operand}"

    def binary(self, left: str, operator: str, right: str) -> str:
        return f"{left} {operator} {right}"

    def square(self, base: str) -> str:
        """A product, as NumPy squares; what is not a name is evaluated once."""
        if base.isidentifier():
            return f"{base} * {base}"
        self.squares += 1
        return f"(square${self.squares} = {base}) * square${self.squares}"

    def power(self, base: str, exponent: str) -> str:
        return f"Math.pow({base}, {exponent})"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        return f"{CALLS.get(function, f'Math.{function}')}({', '.join(arguments)})"

    def where(self, condition: str, yes: str, no: str) -> str:
        return f"({condition} ? {yes} : {no})"

    def several(self, values: Sequence[str]) -> str:
        return f"[{', '.join(values)}]"

    def assign(self, name: str, value: str, new: bool) -> str:
        return f"{'let ' if new else ''}{self.name(name)} = {value};"

    def give(self, value: str) -> str:
        return f"return {value};"

    def function(self, positional: Sequence[str], keywords: Sequence[str], lines: Sequence[str]) -> str:
        named = [k if self.name(k) == k else f"{k}: {self.name(k)}" for k in keywords]
        arguments = [*map(self.name, positional), f"{{{', '.join(named)}}}"]
        squares = [f"square${i + 1}" for i in range(self.squares)]
        body = [f"let {', '.join(squares)};", *lines] if squares else lines
        return f"({', '.join(arguments)}) => {{\n" + "".join(f"  {line}\n" for line in body) + "}"


@functools.lru_cache(maxsize=64)
def _parse(function: Any) -> ast.stmt:
    """Parse a function's source; `inspect.getsource` would first look through all modules."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)[code.co_firstlineno - 1 :]
    if not lines:
        raise OSError(f"no source in {code.co_filename}")
    return ast.parse(textwrap.dedent("".join(inspect.getblock(lines)))).body[0]


class Walk:
    """Goes through the source of one function and hands each piece to a printer.

    Parameters
    ----------
    function : callable
        A plain function, or a decorated one that keeps it in ``__wrapped__``.
    printer : object
        Writes the pieces; it has a method for each.

    Raises
    ------
    TranslationError
        If the source cannot be read.
    """

    SUM, PRODUCT, SIGN, ATOM = range(4)  # how tightly an expression holds together

    def __init__(self, function: Callable[..., Any], printer: Any):
        self.function = inspect.unwrap(function)
        self.printer = printer
        self.label = getattr(self.function, "__name__", repr(function))
        code = getattr(self.function, "__code__", None)
        if code is None:
            raise TranslationError(f"{self.label} is not a Python function and has no source to translate")
        self.file, self.first_line = Path(code.co_filename).name, code.co_firstlineno
        try:
            tree = _parse(self.function)
        except (OSError, SyntaxError):
            raise TranslationError(
                f"{self.label}: its source cannot be read; write it with def in a file or a notebook cell"
            ) from None
        if not isinstance(tree, ast.FunctionDef):
            raise TranslationError(f"{self.label}: a {type(tree).__name__} is no function; write it with def")
        self.tree = tree
        arguments = tree.args
        self.positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        self.keywords = [a.arg for a in arguments.kwonlyargs]
        if extra := arguments.vararg or arguments.kwarg:
            self.refuse(extra, f"the argument *{extra.arg}")
        self.known = {*self.positional, *self.keywords}

    def translate(self) -> str:
        """Return the function in the printer's language.

        Returns
        -------
        str
            An expression whose value is the function.

        Raises
        ------
        TranslationError
            At the first construct outside the grammar.
        """
        body = self.tree.body
        if (
            isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            body = body[1:]
        if not body or not isinstance(body[-1], ast.Return):
            self.refuse(self.tree, "a function whose last statement is not a return")
        lines = [self.assignment(statement) for statement in body[:-1]]
        lines.append(self.printer.give(self.result(body[-1].value, body[-1])))
        return self.printer.function(self.positional, self.keywords, lines)

    def assignment(self, node: ast.stmt) -> str:
        """Print one assignment to a name."""
        if not isinstance(node, ast.Assign):
            self.refuse(node)
        (target, *more) = node.targets
        if more or not isinstance(target, ast.Name):
            self.refuse(node, "an assignment to something else than one name")
        if target.id == "np":
            self.refuse(target, "an assignment to np")
        value = self.expression(node.value)
        new = target.id not in self.known
        self.known.add(target.id)
        return self.printer.assign(target.id, value, new)

    def result(self, node: ast.expr | None, parent: ast.AST) -> str:
        """Print what is returned: a number, or a tuple of results."""
        if node is None:
            self.refuse(parent, "a return without a value")
        if isinstance(node, ast.Tuple):
            return self.printer.several([self.result(item, item) for item in node.elts])
        return self.expression(node)

    def expression(self, node: ast.expr, tightness: int = SUM) -> str:
        """Print an expression, in parentheses if it holds together less than its place asks."""
        text, own = self.loose(node)
        return text if own >= tightness else self.printer.group(text)

    def loose(self, node: ast.expr) -> tuple[str, int]:
        """Print an expression and say how tightly it holds together."""
        match node:
            case ast.Constant(value=int() | float() as value) if value is not True and value is not False:
                return self.printer.number(value), self.ATOM
            case ast.Name(id=name):
                if name not in self.known:
                    self.refuse(node, f"the name {name!r}, which is no argument and not assigned above")
                return self.printer.name(name), self.ATOM
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.printer.negative(self.expression(operand, self.ATOM)), self.SIGN
            case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=2)):
                return self.printer.square(self.expression(base)), self.PRODUCT
            case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
                return self.printer.power(self.expression(base), self.expression(exponent)), self.ATOM
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                own = self.SUM if isinstance(op, ast.Add | ast.Sub) else self.PRODUCT
                sides = self.expression(left, own), OPERATORS[type(op)], self.expression(right, own + 1)
                return self.printer.binary(*sides), own
            case ast.Attribute(value=ast.Name(id="np"), attr="pi"):
                return self.printer.pi(), self.ATOM
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name)):
                return self.call(node, name), self.ATOM
        self.refuse(node)

    def call(self, node: ast.Call, name: str) -> str:
        """Print a call of a NumPy function."""
        wanted = 3 if name == "where" else FUNCTIONS.get(name)
        if wanted is None:
            self.refuse(node, f"np.{name}")
        if node.keywords or len(node.args) != wanted:
            self.refuse(node, f"np.{name} with other than {wanted} positional argument{'s' * (wanted > 1)}")
        if name == "where":
            condition, yes, no = node.args
            return self.printer.where(self.condition(condition), self.expression(yes), self.expression(no))
        return self.printer.call(name, [self.expression(argument) for argument in node.args])

    def condition(self, node: ast.expr) -> str:
        """Print the comparison inside np.where."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
                return self.printer.binary(self.expression(left), COMPARISONS[type(op)], self.expression(right))
        self.refuse(node, "in np.where, a condition that is not one comparison")

    def refuse(self, node: ast.AST, what: str = "") -> NoReturn:
        """Raise an error that names the place and the construct."""
        line = self.first_line + getattr(node, "lineno", 1) - 1
        construct = what or f"{ast.unparse(node).splitlines()[0]!r} ({type(node).__name__})"
        raise TranslationError(f"{self.file}, line {line}, in {self.label}: cannot translate {construct}; {ALLOWED}")


def to_javascript(function: Callable[..., Any]) -> str:
    """Write a rule, its look-ahead, a surface's value or gradient, or a schedule in JavaScript.

    Parameters
    ----------
    function : callable
        A function of scalars whose only free name is ``np``. A rule, or any other decorated function that
        keeps the plain one in ``__wrapped__``, will do.

    Returns
    -------
    str
        An arrow function with the same positional arguments and, last, an object that holds the
        keyword-only ones. It returns a number, or an array where the original returns a tuple.

    Raises
    ------
    TranslationError
        If the function holds anything outside the grammar; file, line and construct are named.

    Examples
    --------
    >>> from course_lib.momentum import nesterov
    >>> print(to_javascript(nesterov.where_function))
    (theta, v, {momentum}) => {
      return theta + momentum * v;
    }
    """
    return Walk(function, _JavaScript()).translate()
