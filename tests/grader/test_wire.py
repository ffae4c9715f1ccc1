"""The wire: what goes in comes out bit for bit, and whatever comes in, nothing but `WireError` escapes."""

from __future__ import annotations

import json
import math
import os
import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.grader import wire

LINES = int(os.environ.get("COURSE_WIRE_LINES", "500"))  # 10 000 before a release


def through(value):
    return wire.decode(wire.loads(wire.dumps({"value": wire.encode(value)}))["value"])


def bits(value):
    """Return a value's exact type and content; floats by their bits."""
    if type(value) is float:
        return float, struct.pack(">d", value)
    if type(value) is complex:
        return complex, struct.pack(">dd", value.real, value.imag)
    if isinstance(value, (np.ndarray, np.generic)):
        return type(value), value.dtype, value.shape, value.tobytes()
    if type(value) in (list, tuple):
        return type(value), [bits(one) for one in value]
    if type(value) is dict:
        return dict, [(key, bits(one)) for key, one in value.items()]
    return type(value), value


NAN = struct.unpack(">d", bytes.fromhex("fff8000000000123"))[0]  # a sign and a payload
PLAIN = [
    None, True, False, 0, -1, 2**63, 2**64 - 1, -(2**63), 0.1, -0.0, 5e-324, 1.7976931348623157e308,
    math.inf, -math.inf, math.nan, NAN, 1j, complex(-0.0, math.inf), "", "ä\x00\u202e\U0001f600",
    [], (), {}, [[]], ([1], {"a": (None,)}), {"list": [1], "": 2}, {"tuple": [1]}, {"float": "7ff0000000000000"},
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_come_back_bit_for_bit(value):
    assert bits(through(value)) == bits(value)


@pytest.mark.parametrize("dtype", ["?", "b", "B", "h", "H", "i", "I", "l", "L", "e", "f", "d", "F", "D"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 1, 2)], ids=str)
def test_arrays_come_back_bit_for_bit_and_may_be_written_to(dtype, shape):
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.random.default_rng(0).integers(0, 2 if dtype == "?" else 256, size, np.uint8).tobytes()
    array = np.frombuffer(raw, dtype).reshape(shape)
    back = through(array)
    assert bits(back) == bits(array)
    assert type(back) is np.ndarray and back.flags.writeable and back.flags.owndata | (back.base is not None)
    if not shape:
        assert bits(through(array[()])) == bits(array[()])


@pytest.mark.parametrize(
    "words", [np.str_("right"), [np.str_("a"), "b"], np.array(["a", "bc"]), np.array([["a"], ["b"]])]
)
def test_text_of_numpys_comes_as_text(words):
    back = through(words)
    assert back == (words.tolist() if isinstance(words, (np.ndarray, np.generic)) else words)
    assert bits(back) == bits([str(one) for one in back] if type(back) is list and type(back[0]) is str else back)


def test_memory_layout_and_byte_order_do_not_matter():
    array = np.arange(12.0).reshape(3, 4)
    for other in (np.asfortranarray(array), array.astype(">f8"), np.flip(array)[::-1, ::-1], array.view(np.ndarray)):
        assert through(other).tolist() == array.tolist()
        assert through(other).dtype == np.dtype(float)


def test_what_stands_on_the_wire_is_ieee_754():
    # 1.0 is 0x3ff0000000000000 and -2.0 is 0xc000000000000000, written little end first
    assert wire.encode(np.array([1.0, -2.0])) == {"array": ["<f8", [2], "AAAAAAAA8D8AAAAAAAAAwA=="]}
    assert wire.encode(-math.inf) == {"float": "fff0000000000000"}


def test_extended_precision_is_rounded_to_double():
    assert bits(through(np.longdouble("0.1"))) == bits(np.float64(0.1))


class Hostile:
    """Mixed into a type, it fails whatever is asked of it."""

    def _never(self, *_, **__):
        raise AssertionError("a method of the value was called")

    __float__ = __int__ = __index__ = __complex__ = __str__ = __repr__ = __iter__ = __len__ = __getitem__ = _never
    __eq__ = __hash__ = __array__ = __pos__ = __bool__ = __reduce_ex__ = __getattribute__ = _never
    items = keys = values = copy = tobytes = astype = _never


def hostile(base, *args):
    return type(f"Hostile{base.__name__}", (Hostile, base), {})(*args)


@pytest.mark.parametrize(
    ("base", "stored"),
    [
        (float, -0.0), (int, 7), (str, "text"), (complex, 2j), (list, [1, 2]), (tuple, (1, 2)), (dict, {"a": 1}),
        (np.float64, np.float64(1.5)), (np.float32, np.float32(1.5)), (np.int16, np.int16(3)),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)  # fmt: skip
def test_a_derived_type_counts_as_its_base_and_none_of_its_methods_is_called(base, stored):
    assert bits(through(hostile(base, stored))) == bits(stored)


def test_a_derived_array_counts_as_an_array():
    array = np.arange(3.0)
    assert bits(through(array.view(type("Sub", (np.ndarray,), {"__array__": Hostile._never})))) == bits(array)
    assert through(np.ma.masked_array(array, [True, False, False])).tolist() == [0.0, 1.0, 2.0]


def test_a_false_class_is_not_believed():
    liar = type("Liar", (), {"__class__": property(lambda _: float), "__float__": lambda _: 1.0})()
    with pytest.raises(wire.WireError, match="Liar"):
        wire.encode(liar)


def nested(levels):
    return [nested(levels - 1)] if levels else 0


CYCLE: list = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    "value",
    [
        2**64, -(2**63) - 1, "x" * 10_001, "\ud800", {"\udfff": 1}, {1: 2}, {(): 1}, {1}, b"bytes", object(), iter([]), (x for x in ""), len,
        type, np.array([object()]), np.array([b"text"]), np.array([b"s"]), np.zeros(2, "M8[s]"), np.zeros(2, "i4,f8"),
        np.datetime64(0, "s"), np.str_("x") if False else np.void(b"x"), nested(11), CYCLE, [0] * 100_001, [[0] * 60_000, [0] * 60_000],
        np.zeros(1_000_001, np.int8), np.broadcast_to(0.0, (10**6, 10**6)),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_not_plain_is_refused_in_words(value):
    with pytest.raises(wire.WireError, match=r"\w+ \w+"):
        wire.encode(value)


def test_the_limits_themselves_are_allowed():
    assert len(through("ä" * 10_000)) == 10_000
    assert through(nested(10)) == nested(10)
    assert len(through([0.1] * 100_000)) == 100_000
    assert through(np.zeros(1_000_000, complex)).size == 1_000_000


BAD_LINES = [
    b"", b"[]", b"1", b"null", b'"a"', b"{", b"{}{}", b"\xff", b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}',
    b'{"a":' + b"9" * 21 + b"}", b'{"a":' + b"9" * 10**6 + b"}", b'{"a":0.' + b"1" * 10**6 + b"}", b'{"a":18446744073709551616}',
    b"[" * 10**5, b'{"a":' * 10**5, b"{" * 10**6, b"[" * 10**7, b'{"a":' + b"[" * 10**5 + b"]" * 10**5 + b"}",
    b'{"a":"' + b"x" * 25 * 2**20 + b'"}', b'{"\xc3\xa4":1}', b'{"a":1}\x00',
]  # fmt: skip


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: repr(line[:20]))
def test_a_line_that_is_no_message_is_refused(line):
    start = time.perf_counter()
    with pytest.raises(wire.WireError):
        wire.loads(line)
    assert time.perf_counter() - start < 5


def test_many_small_brackets_do_not_fill_the_memory():
    line = b'{"a":[' + b",".join([b"[]"] * 7_000_000) + b"]}"
    tracemalloc.start()
    with pytest.raises(wire.WireError):
        wire.loads(line)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


BAD_VALUES = [
    {}, {"a": 1}, {"float": "nan"}, {"float": "3ff0000000000000"}, {"float": "7ff00000000000000"}, {"float": "7ff  00000000000"},
    {"float": 1}, {"float": "7ff0000000000000", "x": 1}, {"complex": [1, 2]}, {"complex": [1.0]}, {"complex": [1.0, {"complex": [1.0, 1.0]}]},
    {"tuple": 1}, {"tuple": {"tuple": []}}, {"dict": {"a": 1}}, {"dict": [["a"], []]}, {"dict": [["a", "a"], [1, 2]]}, {"dict": [[1], [2]]},
    {"dict": [[["a"]], [2]]}, {"array": []}, {"array": ["|O", [1], "AAAAAAAAAAA="]}, {"array": ["<f8", [1], "AAAA"]},
    {"array": ["<f8", [-1], "AAAAAAAAAAA="]}, {"array": ["<f8", [True], "AAAAAAAAAAA="]}, {"array": ["<f8", [1.0], "AAAAAAAAAAA="]},
    {"array": ["<f8", [0, 10**18], ""]}, {"array": ["<f8", [0, 10**6, 10**6, 10**6, 10**6], ""]}, {"array": ["<f8", [0, 10**6, 2], ""]}, {"array": ["<f8", [10**6, 10**6], ""]}, {"array": ["<f8", [1] * 65, "AAAAAAAAAAA="]},
    {"array": ["<f8", [1], "AAAAAAAAAA!="]}, {"array": ["<f8", [1], "AAAAAAAAAAAA"]}, {"array": ["|b1", [1], "Ag=="]},
    {"array": ["<U1", [1], "AAAAAA=="]}, {"array": ["<M8[s]", [1], "AAAAAAAAAAA="]}, {"array": [["<f8"], [1], "AAAAAAAAAAA="]},
    {"array": ["<f16", [1], "A" * 22 + "=="]}, {"scalar": ["<f8", [], "AAAAAAAAAAA="]}, {"scalar": ["<f8", "\u00e4"]}, {"scalar": ["<f8", None]},
    "\ud800", "x" * 10_001, 2**64, nested(11), [0] * 100_001, math.nan, (1,), b"", ..., np.float64(1),
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_VALUES, ids=lambda value: repr(value)[:30])
def test_a_value_that_is_not_as_encode_makes_it_is_refused(value):
    with pytest.raises(wire.WireError):
        wire.decode(value)


floats = st.floats(allow_nan=True, allow_infinity=True)
leaves = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | floats | st.text() | st.complex_numbers()
) | st.binary(max_size=64).map(lambda raw: np.frombuffer(raw[: len(raw) // 8 * 8], "<f8"))
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)  # fmt: skip


@given(values)
def test_any_plain_value_comes_back_bit_for_bit(value):
    try:
        encoded = wire.encode(value)
    except wire.WireError as wrong:  # what was drawn is within all limits but one
        assert any(word in str(wrong) for word in ("levels", "Unicode"))  # noqa: PT017
    else:
        assert bits(wire.decode(json.loads(json.dumps(encoded)))) == bits(value)


tags = st.sampled_from(["float", "complex", "scalar", "array", "tuple", "dict", "value", "call", "cell"])
texts = st.sampled_from(["<f8", "|b1", "<c16", "|O", "AAAAAAAAAAA=", "7ff0000000000000", "\ud800", ""]) | st.text()
shapes = st.lists(st.sampled_from([0, 1, 2, 1000, 10**6, 10**6 + 1, -1, 2**63]), max_size=6)
arrays = st.tuples(st.sampled_from(sorted(wire.DTYPES)), shapes, st.sampled_from(["", "AAAAAAAAAAA="])).map(
    lambda drawn: {"array": list(drawn)}
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | texts | arrays,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(tags | texts, inner, max_size=2),
    max_leaves=30,
)


@st.composite
def lines(draw):
    """Draw bytes, JSON that looks like messages, and messages with bytes changed, doubled or lost."""
    how = draw(st.integers(0, 3))
    if how == 0:
        return draw(st.binary(max_size=200))
    message = {"call": 1, "value": draw(junk) if how == 1 else wire.encode(draw(st.sampled_from(PLAIN)))}
    line = bytearray(json.dumps(message).encode())
    if how == 3:
        for _ in range(draw(st.integers(1, 5))):
            at = draw(st.integers(0, len(line)))
            line[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3)) * draw(st.sampled_from([1, 1, 1000]))
    return bytes(line)


def is_plain(value):
    if type(value) in (list, tuple):
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(type(key) is str and is_plain(one) for key, one in value.items())
    if isinstance(value, np.ndarray):
        return type(value) is np.ndarray and value.dtype.kind in "biufc"
    return type(value) in {type(None), bool, int, float, complex, str, *(dtype.type for dtype in wire.DTYPES.values())}


@settings(max_examples=LINES, deadline=None)
@given(lines())
def test_nothing_but_a_wire_error_escapes_and_nothing_but_plain_data_comes_out(line):
    try:
        message = wire.loads(line)
        value = wire.decode(message.get("value"))
    except wire.WireError:
        return
    assert is_plain(value)
    assert bits(through(value)) == bits(value)
