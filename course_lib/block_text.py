"""Print one step of a rule as NumPy calls that write into arrays at hand; plain NumPy makes a new array for each operation.

A third printer for the walk of `course_lib.translator`. The operations are the rule's own, in its order, so the numbers are
those of the plain call bit for bit.
"""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import count
from typing import Any, NamedTuple

from course_lib.loop_text import VARYING, Body, Piece, define, indent, varies
from course_lib.rule import Rule
from course_lib.translator import FUNCTIONS, TranslationError, Walk

FORMS = {"{} + {}": "add", "{} - {}": "subtract", "{} * {}": "multiply", "{} / {}": "divide"}
FORMS |= {"-{}": "negative", "{0} * {0}": "square"}
FORMS |= {f"np.{name}({', '.join(['{}'] * size)})": name for name, size in FUNCTIONS.items()}


class BlockStep(NamedTuple):
    """A step of a rule on arrays of one number type, in place.

    Parameters
    ----------
    call : callable
        ``call(theta, g, *state, *rooms, *constants)``; only theta and the state keep what it writes.
    constants : callable
        From t and the hyperparameters to the constants, in order.
    rooms : int
        How many more arrays of the same size it wants to write to.
    """

    call: Callable[..., None]
    constants: Callable[..., tuple[Any, ...]]
    rooms: int


@functools.lru_cache(maxsize=256)
def block_step(rule: Rule) -> BlockStep | None:
    """Print the step of a rule.

    Parameters
    ----------
    rule : Rule
        An elementwise rule.

    Returns
    -------
    BlockStep or None
        None where the rule is not written in the grammar, or takes powers of arrays or chooses among them: there NumPy
        cannot be told where to write.
    """
    try:
        printed = _Calls(rule)
    except TranslationError:
        return None
    arguments = [*printed.arrays, *printed.rooms, *printed.constants]
    ufuncs = [f"{name}=np.{name}" for name in sorted({ufunc for ufunc, *_ in printed.calls})]  # found faster so
    text = f"def step({', '.join([*arguments, *ufuncs])}):\n"
    lines = [f"{ufunc}({', '.join(read)}, out={written})" for ufunc, *read, written in printed.calls]
    lines += [f"{array}[...] = {result}" for array, result in printed.copies]
    return BlockStep(define(text + indent(lines or ["pass"]), "step"), printed.prepare, len(printed.rooms))


class _Calls(Body):
    """Prints each operation as a call; what stands for its value is the array that it writes to."""

    def __init__(self, rule: Rule):
        names = [node for node in ast.walk(Walk(rule.function, self).tree) if isinstance(node, ast.Name)]
        self.unread = Counter(node.id for node in names if isinstance(node.ctx, ast.Load))
        self.home = {name: f"{name}_x" for name in ("theta", "g", *rule.state)}  # where the value of a name stands
        self.arrays = list(self.home.values())
        self.kept = {name: array for name, array in self.home.items() if name != "g"}
        self.rooms: list[str] = []
        self.pending: Counter[str] = Counter()  # arrays that calls to come read
        self.calls: list[list[str]] = []  # a ufunc, what it reads, what it writes
        depends: dict[str, Collection[str]] = {
            **dict.fromkeys(("t", *rule.hyperparameters), ()),
            **dict.fromkeys(self.home, VARYING),
        }
        super().__init__(rule.function, depends, "x", "c", "float64")
        pairs = zip(self.kept.values(), self.results, strict=True)
        self.copies = [(array, result) for array, result in pairs if array != result][
            ::-1
        ]  # theta last, for g may be theta itself
        if any(result in self.kept.values() for _, result in self.copies):
            raise TranslationError(f"{rule.name} changes places among {', '.join(self.kept)}")

    def name(self, name: str) -> Piece:
        """A name; that of an array is read once more."""
        if not self.depends[name]:
            return super().name(name)
        self.unread[name] -= 1
        self.pending[self.home[name]] += 1
        return Piece(self.home[name], VARYING)

    def join(self, form: str, *parts: str, literal: bool = False) -> Piece:
        """A call, where an array takes part."""
        if not any(varies(part) for part in parts):
            if form.startswith("np."):  # its numbers would turn float32 arrays into float64
                raise TranslationError(f"{form} gives a number of NumPy's")
            return super().join(form, *parts, literal=literal)
        if form == "({})":
            return Piece(parts[0], VARYING)
        if form not in FORMS:
            raise TranslationError(f"NumPy cannot be told where to write {form}")
        return self.write(FORMS[form], parts)

    def write(self, ufunc: str, operands: Sequence[str]) -> Piece:
        """Let a call write where nobody reads any more."""
        operands = [self.in_loop(operand) for operand in operands]
        self.pending.subtract(operands)
        room = next(name for k in count() if (name := f"room_{k}") not in self.taken())
        if room not in self.rooms:
            self.rooms.append(room)
        self.calls.append([ufunc, *operands, room])
        self.pending[room] += 1
        return Piece(room, VARYING)

    def taken(self) -> set[str]:
        """Arrays that will be read as they are."""
        named = {array for name, array in self.home.items() if self.unread[name] > 0}
        return named | {array for array, times in self.pending.items() if times > 0}

    def assign(self, name: str, value: str, new: bool) -> str:
        """Leave a value where it is; a new theta or state goes to its own array at once, for nobody reads the old one."""
        if not varies(value):
            return super().assign(name, value, new)
        self.depends[name] = VARYING
        if name not in self.kept or (name == "theta" and self.unread["g"]):
            if value in self.kept.values():  # whose value may change before this name's
                value = self.write("positive", [value])
            self.pending[value] -= 1
            self.home[name] = value
            return ""
        self.pending[value] -= 1
        own = self.home[name] = self.kept[name]
        if self.calls and value == self.calls[-1][-1] and value not in self.taken():
            self.calls[-1][-1] = own
        else:
            self.calls.append(["positive", value, own])
        return ""
