"""Write a rule, or a rule and a surface, as one loop over numbers that a compiler can fuse.

A second printer for the walk of `course_lib.translator`. What does not depend on the element, such as 1 - beta_1**t, is
taken out of the loop: it becomes a constant, computed before it by plain NumPy from the same source.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.rule import Rule, keyword_defaults, positional_names
from course_lib.translator import Walk

ELEMENT, STEP, RUN = "element", "step", "run"
VARYING = frozenset({ELEMENT})
BLOCK = (
    64  # runs side by side in one piece of memory: enough to fill the vector units, little enough for the first cache
)
LARGEST_POWER = 16  # whole powers up to this one are products


@dataclass(frozen=True)
class Kernel:
    """A loop as text, and where its constants come from.

    Parameters
    ----------
    text : str
        A function ``kernel`` in Python, for a compiler; its last arguments are the constants.
    constants : callable
        From the arguments of the rule or surface that are no elements to the constants, in order.
    kinds : tuple of frozenset
        What each constant depends on: of step, run and nothing.
    """

    text: str
    constants: Callable[..., tuple[Any, ...]]
    kinds: tuple[frozenset[str], ...]


class _Piece(str):
    """A piece of text that knows what its value depends on, and whether it is a number as it stands."""

    depends: frozenset[str]
    literal: bool

    def __new__(cls, text: str, depends: Collection[str] = (), *, literal: bool = False) -> _Piece:
        piece = super().__new__(cls, text)
        piece.depends, piece.literal = frozenset(depends), literal
        return piece


class _Loop:
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
    """

    def __init__(
        self, function: Callable[..., Any], depends: Mapping[str, Collection[str]], tag: str, prefix: str, dtype: str
    ):
        self.depends: dict[str, Collection[str]] = dict(depends)
        self.tag, self.prefix, self.dtype = tag, prefix, dtype
        self.constants: dict[str, _Piece] = {}  # by name
        self.current: dict[str, _Piece] = {}  # the same, by what they were computed from, while that holds
        self.preparation: list[str] = []  # lines of Python that compute them
        self.results: list[str] = []
        walk = Walk(function, self)
        while any(name.startswith(f"{self.prefix}__") for name in walk.function.__code__.co_varnames):
            self.prefix += "c"
        self.lines = walk.translate().splitlines()
        arguments = [name for name in (*walk.positional, *walk.keywords) if ELEMENT not in depends[name]]
        body = [*self.preparation, f"return ({''.join(f'{name}, ' for name in self.constants)})"]
        text = f"def constants(*, {', '.join(arguments)}):\n" if arguments else "def constants():\n"
        self.prepare = _define(text + _indent(body), "constants")

    def name(self, name: str) -> _Piece:
        depends = self.depends[name]
        return _Piece(f"{name}_{self.tag}" if ELEMENT in depends else name, depends)

    def number(self, value: float) -> _Piece:
        return _Piece("np.inf" if value == float("inf") else repr(value), literal=True)

    def pi(self) -> _Piece:
        return _Piece("np.pi", literal=True)

    def group(self, text: str) -> _Piece:
        return self.join("({})", text, literal=_is_literal(text))

    def negative(self, operand: str) -> _Piece:
        return self.join("-{}", operand, literal=_is_literal(operand))

    def binary(self, left: str, operator: str, right: str) -> _Piece:
        return self.join(f"{{}} {operator} {{}}", left, right, literal=_is_literal(left) and _is_literal(right))

    def square(self, base: str) -> _Piece:
        return self.join("({}) ** 2", base)

    def power(self, base: str, exponent: str) -> _Piece:
        if str(exponent).isdecimal() and int(exponent) <= LARGEST_POWER:
            return self.join(f"(({{}}) ** {exponent})", base)
        return self.join("(({}) ** ({}))", base, exponent)

    def call(self, function: str, arguments: Sequence[str]) -> _Piece:
        return self.join(f"np.{function}({', '.join('{}' for _ in arguments)})", *arguments)

    def where(self, condition: str, yes: str, no: str) -> _Piece:
        pieces = (condition, yes, no)
        if any(ELEMENT in _depends(piece) for piece in pieces):
            return self.join("({1} if {0} else {2})", *pieces)
        return self.join("np.where({}, {}, {})", *pieces)

    def several(self, values: Sequence[str]) -> str:
        self.results = [self.in_loop(value) for value in values]
        return ""

    def assign(self, name: str, value: str, new: bool) -> str:
        self.depends[name] = _depends(value)
        if ELEMENT in self.depends[name]:
            return f"{self.name(name)} = {value}"
        self.preparation.append(f"{name} = {value}")
        self.current.clear()
        return ""

    def give(self, value: str) -> str:
        self.results = self.results or [self.in_loop(value)]
        return ""

    def function(self, positional: Sequence[str], keywords: Sequence[str], lines: Sequence[str]) -> str:
        return "\n".join(filter(None, lines))

    def join(self, form: str, *parts: str, literal: bool = False) -> _Piece:
        """Fill in a form; among parts that vary with the element, those that do not become constants."""
        depends: frozenset[str] = frozenset().union(*map(_depends, parts))
        if ELEMENT in depends:
            parts = tuple(map(self.in_loop, parts))
        return _Piece(form.format(*parts), depends, literal=literal)

    def in_loop(self, piece: str) -> str:
        """Return a piece as the loop may use it, in the number type of the elements."""
        if ELEMENT in _depends(piece):
            return piece
        if _is_literal(piece):
            return f"np.{self.dtype}({piece})"
        if piece not in self.current:
            name = f"{self.prefix}__{len(self.constants)}"
            self.constants[name] = self.current[piece] = _Piece(name, _depends(piece))
            self.preparation.append(f"{name} = {piece}")
        return self.current[piece]


def step_kernel(rule: Rule, dtype: str, per_run: Collection[str] = ()) -> Kernel:
    """Write one step of a rule as a loop over arrays of shape ``(n, runs)``, which it changes in place.

    Parameters
    ----------
    rule : Rule
        The rule.
    dtype : {"float32", "float64"}
        Number type of the arrays.
    per_run : collection of str
        The hyperparameters that differ from run to run.

    Returns
    -------
    Kernel
        ``kernel(first, last, theta, g, *state, *constants)`` for the runs from first to before last; its constants come
        from t and the hyperparameters.

    Raises
    ------
    TranslationError
        If the rule is not written in the grammar.
    """
    arrays = ("theta", "g", *rule.state)
    depends = {**dict.fromkeys(arrays, VARYING), "t": (), **_constants_of(rule, per_run)}
    loop = _Loop(rule.function, depends, "x", "c", dtype)
    by_run = [name for name, value in loop.constants.items() if value.depends]
    inner = [
        *(f"{name}_x = {name}_row[i]" for name in arrays),
        *(f"{name} = {name}_row[i]" for name in by_run),
        *loop.lines,
        *(f"{name}_row[i] = {value}" for name, value in zip(("theta", *rule.state), loop.results, strict=True)),
    ]
    names = [*(f"{name}_all" for name in arrays), *(f"{c}_all" if c in by_run else c for c in loop.constants)]
    text = "\n".join(
        [
            f"def kernel(first, last, {', '.join(names)}):",
            _indent([f"{name}_row = {name}_all[first:last]" for name in by_run])
            + "    for j in range(theta_all.shape[0]):",
            _indent([f"{name}_row = {name}_all[j, first:last]" for name in arrays], 2)
            + "        for i in range(last - first):",
            _indent(inner, 3),
        ]
    )
    return Kernel(text, loop.prepare, tuple(value.depends for value in loop.constants.values()))


def run_kernel(
    rule: Rule,
    gradient: Callable[..., Any],
    varying: Mapping[str, Collection[str]],
    per_run: Collection[str] = (),
) -> tuple[Kernel, Kernel, Kernel]:
    """Write whole runs of a rule on a surface as one loop, float64.

    Parameters
    ----------
    rule : Rule
        The rule.
    gradient : callable
        The gradient of a surface, a function of its coordinates.
    varying : mapping of str to collection of str
        Hyperparameters that differ by step or run.
    per_run : collection of str
        Parameters of the surface that differ by run.

    Returns
    -------
    step, look_ahead, slope : Kernel
        All with the same text, ``kernel(first, last, steps, theta, *state, path, *constants)``, which goes some steps from
        theta and state of shape ``(n, runs)`` and changes them; path has the shape ``(steps, n, runs)``, or none of
        these steps. Its constants are those of the three in turn: the rule's come from t and the hyperparameters, the
        look-ahead's from the hyperparameters, the slope's from the surface's parameters.

    Raises
    ------
    TranslationError
        If one of them is not written in the grammar.
    """
    kept = ("theta", *rule.state)
    hyper = _constants_of(rule, ()) | {name: varying.get(name, ()) for name in rule.hyperparameters}
    elements = dict.fromkeys((*kept, "g"), VARYING)
    coordinates = positional_names(gradient)
    size = range(len(coordinates))
    rules = [_Loop(rule.function, {**elements, "t": {STEP}, **hyper}, f"x{k}", "c", "float64") for k in size]
    where = rule.where_function
    aheads = [_Loop(where, {**elements, **hyper}, f"a{k}", "d", "float64") for k in size] if where else []
    parameters: dict[str, Collection[str]] = {
        name: {RUN} if name in per_run else () for name in keyword_defaults(gradient)
    }
    arguments = {**dict.fromkeys(coordinates, VARYING), **parameters}
    slope = _Loop(gradient, arguments, "s", "e", "float64")
    parts = [rules[0], *aheads[:1], slope]
    return _print_runs(kept, parts, rules, aheads, slope, coordinates)


def _print_runs(
    kept: Sequence[str],
    parts: Sequence[_Loop],
    rules: Sequence[_Loop],
    aheads: Sequence[_Loop],
    slope: _Loop,
    coordinates: Sequence[str],
) -> tuple[Kernel, Kernel, Kernel]:
    """Put the loops of one step together: look-ahead, gradient, rule, for each coordinate."""
    constants = {name: value.depends for part in parts for name, value in part.constants.items()}
    by_run = [name for name, depends in constants.items() if depends == {RUN}]
    by_step = [name for name, depends in constants.items() if depends == {STEP}]
    by_both = [name for name, depends in constants.items() if len(depends) == 2]
    size = range(len(coordinates))
    cells = [(name, k) for name in kept for k in size]
    rows = {cell: row * BLOCK for row, cell in enumerate([*cells, *by_run])}
    inner = [f"{name}_x{k} = w[{rows[name, k]} + i]" for name, k in cells]
    inner += [f"{name} = w[{rows[name]} + i]" for name in by_run]
    inner += [f"{name} = {name}_row[i]" for name in by_both]
    points = [f"theta_x{k}" for k in size]
    for k, ahead in enumerate(aheads):
        inner += [f"{name}_a{k} = {name}_x{k}" for name in kept] + ahead.lines
        points[k] = ahead.results[0]
    inner += [f"{name}_s = {point}" for name, point in zip(coordinates, points, strict=True)] + slope.lines
    for k, rule in enumerate(rules):
        inner += [f"g_x{k} = {slope.results[k]}", *rule.lines]
        inner += [f"w[{rows[name, k]} + i] = {value}" for name, value in zip(kept, rule.results, strict=True)]
    names = [f"{name}_all" if depends else name for name, depends in constants.items()]
    copies_in = [f"w[{rows[name, k]} + i] = {name}_all[{k}, begin + i]" for name, k in cells]
    copies_in += [f"w[{rows[name]} + i] = {name}_all[begin + i]" for name in by_run]
    copies_out = [f"{name}_all[{k}, begin + i] = w[{rows[name, k]} + i]" for name, k in cells]
    text = "\n".join(
        [
            f"def kernel({', '.join(('first', 'last', 'steps', *(f'{name}_all' for name in kept), 'path', *names))}):",
            f"    w = np.empty({BLOCK * len(rows)})",
            f"    for begin in range(first, last, {BLOCK}):",
            f"        width = min({BLOCK}, last - begin)",
            "        for i in range(width):",
            _indent(copies_in, 3) + "        for t in range(steps):",
            _indent([f"{name} = {name}_all[t]" for name in by_step], 3)
            + _indent([f"{name}_row = {name}_all[t, begin : begin + width]" for name in by_both], 3)
            + "            for i in range(width):",
            _indent(inner, 4) + "            if path.shape[0]:",
            _indent([f"path_{k} = path[t, {k}, begin : begin + width]" for k in size], 4)
            + "                for i in range(width):",
            _indent([f"path_{k}[i] = w[{rows['theta', k]} + i]" for k in size], 5) + "        for i in range(width):",
            _indent(copies_out, 3),
        ]
    )
    made = [Kernel(text, p.prepare, tuple(c.depends for c in p.constants.values())) for p in parts]
    return (made[0], made[1], made[2]) if aheads else (made[0], Kernel(text, _nothing, ()), made[1])


def _constants_of(rule: Rule, per_run: Collection[str]) -> dict[str, Collection[str]]:
    return {name: {RUN} if name in per_run else () for name in rule.hyperparameters}


def _nothing(**unused: Any) -> tuple[Any, ...]:
    return ()


def _depends(text: str) -> frozenset[str]:
    return text.depends if isinstance(text, _Piece) else frozenset()


def _is_literal(text: str) -> bool:
    return isinstance(text, _Piece) and text.literal


def _define(text: str, name: str) -> Callable[..., Any]:
    """Return the function that a text defines; its only free name is ``np``."""
    names: dict[str, Any] = {"np": np}
    exec(compile(text, f"<{name}>", "exec"), names)
    return names[name]


def _indent(lines: Sequence[str], depth: int = 1) -> str:
    return "".join(f"{'    ' * depth}{line}\n" for line in lines)
