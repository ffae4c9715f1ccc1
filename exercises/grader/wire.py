"""Plain data as lines of JSON and back, strictly: the only thing that passes the walls.

Each side may lie to the other, so `loads` and `decode` take nothing for granted, run nothing of what they read, and
raise `WireError` and nothing else. Needs the standard library and NumPy only: it stands on both sides.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import struct
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

DEPTH = 10
NUMBERS = 1_000_000  # in one array
ITEMS = 100_000  # in all lists, tuples and dictionaries of a value
CHARACTERS = 10_000
INTEGERS = range(-(2**63), 2**64)
LINE = 24 * 2**20  # bytes; an array of complex numbers at its largest
SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}
DTYPES = {np.dtype(f"{k}{n}").newbyteorder("<").str: np.dtype(f"{k}{n}") for k, sizes in SIZES.items() for n in sizes}


STORED: dict[type, Callable[[Any], Any]] = {np.bool_: bool}  # how to get at what a scalar holds
for _codes, _slot in (("bhilqBHILQ", "__int__"), ("efdg", "__float__"), ("FDG", "__complex__")):
    for _kind in (np.dtype(code).type for code in _codes):
        STORED[_kind] = getattr(_kind, _slot)


class WireError(ValueError):
    """What stands on the wire, or was to be put there, is not plain data."""


def dumps(message: dict[str, Any]) -> bytes:
    """Return a message, values in it encoded, as one line without its end.

    Parameters
    ----------
    message : dict
        JSON-able.

    Returns
    -------
    bytes
        ASCII, no line break in it.
    """
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")


def loads(line: bytes) -> dict[str, Any]:
    """Return the message of one line; its values are still encoded.

    Parameters
    ----------
    line : bytes
        As it was read.

    Returns
    -------
    dict
        JSON's types only.

    Raises
    ------
    WireError
        If the line is not such a message, or too large to be looked into.
    """
    if len(line) > LINE:
        raise WireError("the line is too long")
    if sum(map(line.count, (b"[", b"{", b","))) > 5 * ITEMS:  # small brackets grow twentyfold in memory
        raise WireError("too many things in one line")
    try:
        message = json.loads(
            line.decode("ascii"), parse_int=_integer, parse_float=_decimal, parse_constant=_no_constant
        )
    except WireError:
        raise
    except (ValueError, RecursionError, MemoryError) as wrong:
        raise WireError("the line is not JSON") from wrong
    if type(message) is not dict:
        raise WireError("the line is not a message")
    return message


def _integer(digits: str) -> int:
    if len(digits) > 20 or int(digits) not in INTEGERS:
        raise WireError("an integer has more than 64 bits")
    return int(digits)


def _decimal(digits: str) -> float:
    number = float(digits) if len(digits) <= 40 else math.inf
    if not math.isfinite(number):
        raise WireError("a number is too large, or written at too great a length")
    return number


def _no_constant(name: str) -> NoReturn:
    raise WireError(f"{name} stands where a number should")


def encode(value: Any) -> Any:
    """Return a value as JSON can write it.

    Parameters
    ----------
    value : object
        None, bool, int, float, complex, str; arrays and scalars of NumPy that hold such numbers; lists, tuples and
        dictionaries with str keys of all these. What is derived from such a type counts as the type itself, by what
        is stored in it: none of its methods is called. An array of text counts as lists.

    Returns
    -------
    object
        JSON-able; `decode` gives the value back bit for bit.

    Raises
    ------
    WireError
        If it is none of these, or too large.

    Notes
    -----
    Extended precision is rounded to double, and byte order is this machine's.
    """
    return _Encoder().encode(value, DEPTH)


class _Encoder:
    def __init__(self) -> None:
        self.left = ITEMS

    def encode(self, value: Any, depth: int) -> Any:
        kind = type(value)  # never isinstance, which would ask the value for its __class__
        if value is None or kind is bool:
            return value
        if issubclass(kind, str):
            return _checked_text(str.__str__(value))
        if issubclass(kind, np.generic):
            return {"scalar": _numbers(_from_scalar(value, kind))[::2]}
        if issubclass(kind, np.ndarray):
            array = np.ndarray.view(value, np.ndarray)
            return self._lists(array, depth) if _is_text(array) else {"array": _numbers(array)}
        if issubclass(kind, float):
            return _float(float.__pos__(value))
        if issubclass(kind, int):
            return _checked_integer(int.__pos__(value))
        if issubclass(kind, complex):
            plain = complex.__pos__(value)
            return {"complex": [_float(plain.real), _float(plain.imag)]}
        return self._container(value, kind, depth)

    def _container(self, value: Any, kind: type, depth: int) -> Any:
        if issubclass(kind, list):
            return self._all(list.copy(value), depth)
        if issubclass(kind, tuple):
            return {"tuple": self._all(list(tuple.__getitem__(value, slice(None))), depth)}
        if issubclass(kind, dict):
            pairs = list(dict.items(value))
            if not all(issubclass(type(key), str) for key, _ in pairs):
                raise WireError("a dictionary has a key that is not text")
            keys = [_checked_text(str.__str__(key)) for key, _ in pairs]
            return {"dict": [keys, self._all([one for _, one in pairs], depth)]}
        name = type.__dict__["__name__"].__get__(kind)
        raise WireError(f"an object of type {name} is not plain data")

    def _lists(self, array: np.ndarray, depth: int) -> Any:
        """Write an array of text as lists."""
        if array.size > self.left or array.ndim > depth:
            raise WireError(f"more than {ITEMS} items or {DEPTH} levels")
        items = array.tolist()
        return self._all(items, depth) if array.ndim else self.encode(items, depth - 1)

    def _all(self, values: list[Any], depth: int) -> list[Any]:
        self.left -= len(values)
        if depth <= 0 or self.left < 0:
            raise WireError(f"more than {DEPTH} levels deep" if depth <= 0 else f"more than {ITEMS} items")
        return [self.encode(value, depth - 1) for value in values]


def _is_text(array: np.ndarray) -> bool:
    return array.dtype.kind == "U" or (
        array.dtype.kind == "O" and 0 < array.size <= ITEMS and all(type(one) is str for one in array.flat)
    )


def _from_scalar(value: Any, kind: type) -> np.ndarray:
    if kind in STORED:
        return np.asarray(value)
    base = next((base for base in type.mro(kind) if base in STORED), None)
    if base is None:
        raise WireError("a scalar of NumPy that is not a number")
    return np.array(STORED[base](value), dtype=base)  # NumPy's own way calls methods of a derived type, or crashes


def _numbers(array: np.ndarray) -> list[Any]:
    if array.dtype.kind not in SIZES:
        raise WireError(f"an array of {array.dtype} is not an array of numbers"[:200])
    if math.prod(filter(None, array.shape)) > NUMBERS:  # NumPy refuses large sides even of an empty array
        raise WireError(f"an array of more than {NUMBERS} numbers")
    if array.dtype.itemsize not in SIZES[array.dtype.kind]:
        array = array.astype({"f": np.float64, "c": np.complex128}[array.dtype.kind])
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode("ascii")]


def _float(number: float) -> Any:
    return number if math.isfinite(number) else {"float": struct.pack(">d", number).hex()}


def _checked_integer(number: int) -> int:
    if number not in INTEGERS:
        raise WireError("an integer has more than 64 bits")
    return number


def _checked_text(text: str) -> str:
    if len(text) > CHARACTERS:
        raise WireError(f"a text of more than {CHARACTERS} characters")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise WireError("a text that is not Unicode")  # half a pair: no file takes it
    return text


def decode(jsonable: Any) -> Any:
    """Return the value that was encoded.

    Parameters
    ----------
    jsonable : object
        What `loads` found in the place of a value.

    Returns
    -------
    object
        Types of Python and NumPy only, never a class derived from them. Arrays may be written to.

    Raises
    ------
    WireError
        If it is not just what `encode` makes.
    """
    return _Decoder().decode(jsonable, DEPTH)


class _Decoder:
    def __init__(self) -> None:
        self.left = ITEMS

    def decode(self, what: Any, depth: int) -> Any:
        kind = type(what)
        if what is None or kind is bool:
            return what
        if kind is int:
            return _checked_integer(what)
        if kind is float and math.isfinite(what):
            return what
        if kind is str:
            return _checked_text(what)
        if kind is list:
            return self._all(what, depth)
        if kind is dict and len(what) == 1:
            [(tag, inner)] = what.items()
            return self._tagged(tag, inner, depth)
        raise WireError("a value is not as it should be")

    def _tagged(self, tag: Any, inner: Any, depth: int) -> Any:
        if tag == "float":
            return _not_finite(inner)
        if tag == "complex":
            real, imaginary = _list(inner, 2)
            return complex(self._real(real), self._real(imaginary))
        if tag == "scalar":
            dtype, text = _list(inner, 2)
            return _array(dtype, [], text)[()]
        if tag == "array":
            return _array(*_list(inner, 3))
        if tag == "tuple":
            return tuple(self._all(_list(inner), depth))
        if tag == "dict":
            keys, values = map(_list, _list(inner, 2))
            if len(keys) != len(values) or not all(type(key) is str for key in keys) or len(set(keys)) < len(keys):
                raise WireError("the keys of a dictionary are not as they should be")
            return dict(zip(map(_checked_text, keys), self._all(values, depth), strict=True))
        raise WireError("a value of unknown type")

    def _real(self, what: Any) -> float:
        number = self.decode(what, 0)
        if type(number) is not float:
            raise WireError("a complex number is not made of two floats")
        return number

    def _all(self, values: list[Any], depth: int) -> list[Any]:
        self.left -= len(values)
        if depth <= 0 or self.left < 0:
            raise WireError("too deep, or too many items")
        return [self.decode(value, depth - 1) for value in values]


def _list(what: Any, length: int | None = None) -> list[Any]:
    if type(what) is not list or length not in (None, len(what)):
        raise WireError("a list is not as it should be")
    return what


def _not_finite(text: Any) -> float:
    if type(text) is not str or len(text) != 16 or not text.isascii():
        raise WireError("a float is not as it should be")
    try:
        (number,) = struct.unpack(">d", bytes.fromhex(text))
    except (ValueError, struct.error) as wrong:
        raise WireError("a float is not as it should be") from wrong
    if math.isfinite(number):
        raise WireError("a finite float is written as one that is not")
    return number


def _array(name: Any, shape: Any, text: Any) -> np.ndarray:
    if type(name) is not str or name not in DTYPES or type(text) is not str:
        raise WireError("an array of unknown type")
    dtype, shape = DTYPES[name], _shape(shape)
    size = math.prod(shape)
    if math.prod(filter(None, shape)) > NUMBERS or len(text) != -(-size * dtype.itemsize // 3) * 4:
        raise WireError("an array does not have the size that it should have")
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as wrong:
        raise WireError("an array cannot be read") from wrong
    if len(data) != size * dtype.itemsize or (dtype.kind == "b" and data.translate(None, b"\0\1")):
        raise WireError("an array does not hold what it should")
    little = np.frombuffer(data, dtype.newbyteorder("<"))
    return little.astype(dtype).reshape(shape)  # a copy, which may be written to


def _shape(shape: Any) -> tuple[int, ...]:
    sides = tuple(_list(shape))
    if len(sides) > 32 or not all(type(side) is int and 0 <= side <= NUMBERS for side in sides):
        raise WireError("a shape is not as it should be")
    return sides
