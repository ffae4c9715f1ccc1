"""What is told of errors: enough to mend them, and nothing of what the function was called with."""

import numpy as np
import pytest

from course_lib.exercises import SETS, difference
from exercises.grader import marking, wording
from exercises.grader.ingest import collect
from exercises.grader.sandbox import open_sandbox

from . import hostile
from .trial_set import TRIAL

SECRET = bytes(range(32))


def error_of(code, **names):
    try:
        exec(code, {"np": np, **names})  # what is run stands in this file
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("it raised nothing")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("momentun * 2", "NameError: something is not defined"),
        ("plt.plot(1)", "NameError: plt is not defined"),
        ("def f():\n    x = x + 1\nf()", "UnboundLocalError: x has no value yet where it is used"),
        ("def f():\n    y = y + 1\nf()", "UnboundLocalError: something has no value yet where it is used"),
        ("def total(a): pass\ntotal()", "TypeError: total is called with other arguments than it takes"),
        ("def f(a): pass\nf(1, 2)", "TypeError: something is called with other arguments than it takes"),
        ("n = 3\nn()", "TypeError: something is called that is no function"),
        ("n = 3\nn[0]", "TypeError: something has an index that has no entries"),
        ("for x in 3: pass", "TypeError: something is gone through that has no entries"),
        ("'a' + 1", "TypeError"),
        ("None * 2", "TypeError: an operation between things that it is not made for"),
        ("np.zeros(3).sqrt()", "AttributeError: there is no such attribute"),
        ("np.sqroot(3)", "AttributeError: there is no such attribute"),
        ("np.zeros(3) + np.zeros(4)", "ValueError: shapes that do not fit"),
        ("np.zeros((2, 3)) @ np.zeros(4)", "ValueError: shapes that do not fit in a product"),
        ("np.dot(np.zeros((2, 3)), np.zeros(4))", "ValueError: shapes that do not fit in a product"),
        ("np.zeros(6).reshape(4, 2)", "ValueError: a shape with another number of entries"),
        ("np.zeros(3)[0] = np.ones(2)", "ValueError: an array where one entry was to be set"),
        ("if np.zeros(3): pass", "ValueError: a condition on a whole array: use np.where, .any() or .all()"),
        ("a, b = [1]", "ValueError: another number of values than there are names for them"),
        ("[1][2]", "IndexError: an index that is too large"),
        ("np.zeros(2)[0, 1]", "IndexError: more indices than dimensions"),
        ("import nowhere_to_be_found", "ModuleNotFoundError: something is not available where marks are computed; NumPy is"),
        ("np.linalg.inv(np.zeros((2, 2)))", "LinAlgError: a matrix that has no inverse"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise KeyError('0.123')", "KeyError"),
    ],
)  # fmt: skip
def test_the_usual_errors_are_told(code, told):
    assert wording.of_an_error(error_of(code), wording.usual_names(TRIAL)) == f"it raised {told}"


@pytest.mark.parametrize(
    "words",
    [
        "ValueError: 0.123456789",
        "X0_123456789: spoken by its name",
        "NameError: name 'x0123456789' is not defined",
        "AttributeError: 'x0123456789' object has no attribute 'y0123456789'",
        "ModuleNotFoundError: No module named 'x0123456789'",
        "ValueError: operands could not be broadcast together with shapes (123456789,) (4,)",
        "TypeError: x0123456789() missing 1 required positional argument",
        "0.123456789",
        "",
    ],
)
def test_nothing_else_is(words):
    told = wording.of_an_error(words, wording.usual_names(TRIAL))
    assert "123456789" not in told and told.startswith("it raised ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("an object of type generator is not plain data", "it returned a generator: make it a list"),
        ("an object of type function is not plain data", "it returned a function: is it called?"),
        ("an object of type X0123456789 is not plain data", f"it returned {wording.NOT_PLAIN}"),
        ("ValueError: 0123456789", f"it returned {wording.NOT_PLAIN}"),
        ("an array of 0123456789", f"it returned {wording.NOT_PLAIN}"),
    ],
)
def test_what_does_not_come_out_is_told_by_its_kind(words, told):
    assert wording.of_no_value(words) == told


LEAKS = {
    "message": "raise ValueError(repr(np.asarray(x).tolist()))",
    "kind": "raise type('E' + repr(float(np.ravel(x)[0])).replace('.', '_').replace('-', 'm'), (Exception,), {})()",
    "name": "return type('T' + repr(float(np.ravel(x)[0])).replace('.', '_').replace('-', 'm'), (), {})()",
    "variable": "return eval('v' + repr(abs(float(np.ravel(x)[0]))).replace('.', '_'))",
    "shape": "return np.zeros(int(abs(np.ravel(x)[0]) * 10**7)) + np.zeros(3)",
    "key": "return {}[float(np.ravel(x)[0])]",
}


@pytest.mark.parametrize("how", LEAKS)
def test_no_hidden_input_leaves_by_the_words_of_an_error(tmp_path, monkeypatch, how):
    monkeypatch.setitem(SETS, "trial", TRIAL)
    (tmp_path / "a.ipynb").write_bytes(hostile.notebook(hostile.with_total(LEAKS[how])))
    (one,) = collect(tmp_path)
    with open_sandbox() as sandbox:
        said = repr(marking.mark(one, "trial", SECRET, sandbox)["exercises"])
    digits = {
        f"{abs(float(number)):.17f}".replace(".", "")[1:9]
        for _, _, args in marking.questions("trial", SECRET)
        for value in args
        for number in np.ravel(value)
    }
    assert not any(text in "".join(filter(str.isdigit, said)) for text in digits if text.strip("0"))


NUMBER = "int(abs(np.ravel(x)[0]) * 1e5)"
MESSAGES = {  # what a function can make of its arguments, and a page might tell
    "sides": f"return np.zeros((0, {NUMBER} % 10**6, 1))",
    "length of a list": f"return [0.0] * ({NUMBER} % 1000)",
    "length of a list of text": f"return ['a'] * ({NUMBER} % 1000)",
    "factor": "return np.cumsum(x) * (1.5 + abs(x[0]) / 10)",
    "number of wrong entries": f"y = np.cumsum(x)\ny[: 1 + {NUMBER} % (len(x) - 1)] += 1\nreturn y",
    "choice of a name": f"raise NameError(f\"name 'w{{{NUMBER} % 1000}}' is not defined\")",
    "choice of a package": f"raise ModuleNotFoundError(f\"No module named 'w{{{NUMBER} % 1000}}'\")",
    "choice of an attribute": f"raise AttributeError(f\"'x' object has no attribute 'w{{{NUMBER} % 1000}}'\")",
    "key": f"return {{f'w{{{NUMBER} % 1000}}': 1.0}}",
}


@pytest.mark.parametrize("how", MESSAGES)
def test_what_is_told_does_not_depend_on_the_hidden_inputs(tmp_path, monkeypatch, how):
    monkeypatch.setitem(SETS, "trial", TRIAL)
    body = "\n".join(f"    {line}" for line in MESSAGES[how].split("\n"))
    words = "# " + " ".join(f"w{n}" for n in range(1000))
    cells = [*hostile.RIGHT[:2], words, f"def running(x):\n{body}", f"def total(x):\n{body}"]
    (tmp_path / "a.ipynb").write_bytes(hostile.notebook(cells))
    (one,) = collect(tmp_path)
    with open_sandbox() as sandbox:
        said = {repr(marking.mark(one, "trial", bytes([k]) * 32, sandbox)["exercises"]) for k in range(4)}
    assert len(said) == 1, said


def test_honest_slips_are_told_all_the_same():
    want = np.arange(6.0).reshape(2, 3) + 1
    told = {
        "has the opposite sign": -want,
        "is 2 times what it should be, everywhere": 2 * want,
        "is 1/2 of what it should be, everywhere": want / 2,
        "has its axes in another order than expected": want.T,
        "has an axis of length 1 too many or too few": want[:, :, None],
        "is a number, expected an array": 1.0,
        "is wrong in some of its entries": np.where(want > 4, 0, want),
        "is a list with text in it, expected an array": ["a", "b"],
        "is an array of objects, expected an array": want.astype(object),
    }
    assert {words: difference(got, want, hidden=True) for words, got in told.items()} == {w: w for w in told}
    assert difference(want.astype(object), want) == (
        "is an array of objects of shape (2, 3), expected an array of shape (2, 3)"
    )


def test_a_missing_function_is_told_with_its_cause():
    cells = ["import numpy as np", "def f(x):\n    retrun x", "g = 3"]
    statuses = ["ran", "raised SyntaxError: invalid syntax, line 2", "ran"]
    assert wording.of_no_function("f", cells, statuses) == (
        "there is no function f: its cell raised SyntaxError: invalid syntax, line 2"
    )
    assert wording.of_no_function("g", cells, statuses) == "there is no function g"
    assert wording.of_no_function("h", cells, statuses) == "there is no function h"
