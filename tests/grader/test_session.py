"""One submission at a time: what honest people write is run as they meant it, and mischief costs what it stands in."""

from __future__ import annotations

import textwrap
import time

import numpy as np
import pytest

from exercises.grader import connection, session
from exercises.grader.sandbox import open_sandbox
from exercises.grader.session import RAN, Answer, Call, execute
from tests.grader.test_sandbox import modes

pytestmark = pytest.mark.long
HONEST = "import numpy as np\n\ndef double(x):\n    return 2 * x\n\ndef triple(x):\n    return 3 * x\n"


@pytest.fixture(scope="module", params=modes())
def box(request):
    with open_sandbox(request.param) as opened:
        yield opened


def run(box, *cells: str, calls=()):
    return execute([textwrap.dedent(cell) for cell in cells], [Call(f, f, args) for f, *args in calls], box)


def values(execution):
    assert {answer.kind for answer in execution.answers} <= {"value"}, execution
    return [answer.value for answer in execution.answers]


def returned(box, expression: str, *args):
    """Return the answer of a function that returns this expression."""
    return run(box, f"import numpy as np\ndef f(*args):\n    return {expression}", calls=[("f", *args)]).answers[0]


# Honest work


def test_functions_are_called_with_what_was_sent_and_their_values_come_back(box):
    array = np.arange(6.0).reshape(2, 3)
    done = run(box, HONEST, calls=[("double", 2), ("triple", array), ("double", [1]), ("triple", "ab")])
    assert done.cells == (RAN,)
    two, nine, twice, thrice = values(done)
    assert (two, twice, thrice) == (4, [1, 1], "ababab")
    assert type(nine) is np.ndarray and nine.tolist() == (3 * array).tolist() and nine.dtype == array.dtype


def test_no_cells_and_no_calls_are_fine(box):
    assert execute([], [], box) == session.Execution((), ())
    assert run(box, calls=[("f",)]).answers[0].kind == "missing"


def test_the_last_definition_counts(box):
    done = run(box, "def f(): return 1", "def g(): return f()", "def f(): return 2", calls=[("f",), ("g",)])
    assert values(done) == [2, 2]


def test_a_cell_that_fails_costs_that_cell_only(box):
    done = run(
        box, "a = 1", "def broken(:", "b = 1 / 0\nc = 3", "raise SystemExit", "raise KeyboardInterrupt('x')",
        "d = 4\nraise ValueError('after d')\ne = 5", "\ud800", "def f(): return a, d, sorted(set('abcde') & set(globals()))",
        calls=[("f",)],
    )  # fmt: skip
    assert values(done) == [(1, 4, ["a", "d"])]
    assert done.cells[0] == done.cells[7] == RAN
    assert done.cells[1].startswith("raised SyntaxError: ") and done.cells[1].endswith("line 1")
    assert done.cells[2] == "raised ZeroDivisionError: division by zero"
    assert done.cells[3] == "raised SystemExit"
    assert done.cells[4] == "raised KeyboardInterrupt: x"
    assert done.cells[5] == "raised ValueError: after d"
    assert done.cells[6].startswith("raised UnicodeEncodeError")


def test_arguments_are_fresh_for_every_call(box):
    spoil = """
    def f(array, numbers, table):
        array[0] = 9; numbers.append(9); table["x"] = 9
        return array.tolist(), numbers, table
    """
    args = (np.zeros(2), [1], {"a": 1})
    done = run(box, spoil, calls=[("f", *args)] * 2)
    assert values(done) == [([9.0, 0.0], [1, 9], {"a": 1, "x": 9})] * 2
    assert args[0].tolist() == [0, 0] and args[1:] == ([1], {"a": 1})


def test_magics_and_shell_lines_are_dropped(box):
    done = run(
        box,
        "%matplotlib inline\n!pip install numpy\nx = 1\n  \n%load_ext autoreload",
        "if True:\n    %time y = 2\n    !ls",
        "np?\nnp.sum??\n?len\nfiles = !ls\nt = %timeit -o 1\nz = 3",
        "%%time\nw = 4",
        "%%bash\nrm -rf / && echo 'gone",
        "%%writefile f.py\nimport nothing such",
        "def f(): return x, z, w",
        calls=[("f",)],
    )
    assert set(done.cells) == {RAN}
    assert values(done) == [(1, 3, 4)]


def test_lines_that_only_look_like_magics_stay(box):
    done = run(
        box,
        'text = """\n% of all\n!important\nwhat?\n"""\nrest = (17\n% 5)\nflag = (1\n!= 2)',
        'text2 = """\n% of all\n"""\nrest2 = (17\n% 5)\n%matplotlib inline',
        "def f(): return text, rest, flag, text2, rest2",
        calls=[("f",)],
    )
    assert done.cells == (RAN, RAN, RAN)
    assert values(done) == [("\n% of all\n!important\nwhat?\n", 2, True, "\n% of all\n", 2)]


PLOTS = """
import numpy as np
import matplotlib
import matplotlib.pyplot as plt
from matplotlib import cm, animation as anim
from mpl_toolkits.mplot3d import Axes3D
import seaborn as sns, pandas as pd, ipywidgets as widgets
from IPython.display import display, HTML, clear_output
from IPython import get_ipython
from tqdm.auto import tqdm, trange
from google.colab import drive, files
import otter

plt.rcParams["figure.figsize"] = (3, 4)
fig, ax = plt.subplots()
figure, ((a, b), (c, d)) = plt.subplots(2, 2, figsize=(3, 3))
first, *others = plt.subplots()
line, = ax.plot([1, 2], label="x")
ax[0].set_title("x"); ax.flat[1].hist([1]); fig.colorbar(line, ax=ax) + 1
with plt.style.context("dark"):
    plt.show()
for one in ax:
    one.plot()
bar = tqdm(total=3); bar.update(1); bar.close()
counted = [i for i in tqdm(range(3), desc="x")] + list(trange(2))
drive.mount("/content/drive")
grader = otter.Notebook()
grader.check("q1")
display(fig); clear_output(); get_ipython().run_line_magic("matplotlib", "inline")
plt.figure().savefig("x.png")

@widgets.interact(rate=(0, 1))
def shown(rate=0.5):
    return rate

@widgets.interact
def also(rate=0.5):
    return 2 * rate

class Mine(widgets.VBox):
    value = 3

frame = pd.DataFrame({"a": [1]})
print(frame.head(), len(plt.gca().lines), "ä\N{SNOWMAN}")
rate = widgets.FloatSlider().value
print(f"{rate:.3f}", [0.1] * int(rate), float(rate), rate * np.ones(2), "x" + rate, 3 in rate, np.mean(frame["a"]))
for _ in range(widgets.IntSlider().value): pass
if fig:
    finished = True
"""


def test_plots_and_widgets_cost_nobody_a_cell(box):
    done = run(box, PLOTS, "def f(): return counted, shown(), also(1), Mine.value, finished", calls=[("f",)])
    assert done.cells == (RAN, RAN)
    assert values(done) == [([0, 1, 2, 0, 1], 0.5, 2, 3, True)]


def test_the_courses_check_is_silent_and_its_answers_are_not_there(box):
    done = run(
        box,
        "import course_lib\nfrom course_lib import exercises\nfrom course_lib.exercises import check\n"
        "assert check('x.f', 1, anything=2) is None\nassert exercises.check() is None\n"
        "import importlib.util\nassert importlib.util.find_spec('course_lib') is not None",
        "from course_lib import momentum",
        "import course_lib.momentum",
        "from course_lib.exercises import SETS",
        "import course_lib\ncourse_lib.adam",
        "from course_lib.exercises.momentum import TASKS",
    )
    assert done.cells[0] == RAN
    assert all("ImportError" in c or "ModuleNotFoundError" in c for c in done.cells[1:]), done.cells
    assert all("is not available where marks are computed" in cell for cell in done.cells[1:])


@pytest.mark.parametrize("name", ["tensorflow", "keras", "torch", "jax", "scipy", "sklearn"])
def test_large_libraries_are_missed_in_words(box, name):
    done = run(
        box,
        f"import {name}",
        f"from {name}.linalg import norm",
        f"try:\n    import {name}\nexcept ImportError:\n    pass",
    )
    words = f"raised ModuleNotFoundError: {name} is not available where marks are computed: NumPy is"
    assert done.cells == (words, words, RAN)


def test_a_notebook_finds_itself_as_the_main_program(box):
    cell = """
    import dataclasses, sys, typing
    @dataclasses.dataclass
    class Point:
        x: "float" = 1.0
    hints = typing.get_type_hints(Point)
    if __name__ == "__main__":
        main = True
    def f(): return main, Point().x, hints["x"] is float, sys.modules["__main__"].main
    """
    assert values(run(box, cell, calls=[("f",)])) == [(True, 1.0, True, True)]


def test_chance_is_the_same_in_every_run_and_in_every_call(box):
    cell = "import random\nimport numpy as np\nw = np.random.rand(2)\nr = random.random()\n"
    cell += "def f(): return w, r, np.random.rand(2), random.random()"
    first, second = (values(run(box, cell, calls=[("f",)] * 2)) for _ in range(2))
    for one, other in ((first[0], second[0]), (first[0], first[1])):
        assert [np.asarray(x).tolist() for x in one] == [np.asarray(x).tolist() for x in other]
    np.random.seed(0)  # noqa: NPY002
    assert first[0][0].tolist() == np.random.rand(2).tolist()  # noqa: NPY002


# Values


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("np.float64(0.1)", np.float64(0.1)), ("np.array(3)", np.array(3)), ("np.float32(4)", np.float32(4)),
        ("type('F', (float,), {'__float__': None})(0.5)", 0.5), ("(None, True, -1, 1j, 'x')", (None, True, -1, 1j, "x")),
        ("{'a': [np.zeros(2) * -1]}", {"a": [np.array([-0.0, -0.0])]}), ("float('nan')", float("nan")), ("2**64 - 1", 2**64 - 1),
        ("np.ma.masked_array([1.0, 2.0], [True, False])", np.array([1.0, 2.0])), ("np.matrix([[1, 2]])", np.array([[1, 2]])),
    ],
    ids=str,
)  # fmt: skip
def test_a_plain_value_comes_back_with_its_type(box, expression, value):
    answer = returned(box, expression)
    assert answer.kind == "value"
    assert type(answer.value) is type(value)
    assert repr(answer.value) == repr(value)


@pytest.mark.parametrize(
    "expression",
    ["(i for i in [1])", "object()", "np.array([object()])", "{1: 2}", "{1}", "2**64", "10**10000", "lambda: 1", "np", "b'x'",
     "'x' * 10**5", "np.zeros(10**7, np.int8)", "f", "[[[[[[[[[[[0]]]]]]]]]]]", "'\\ud800'", "range(3)", "iter(int, 1)"],
)  # fmt: skip
def test_what_is_not_plain_is_said_to_be_so(box, expression):
    answer = returned(box, expression)
    assert answer.kind == "not plain" and answer.value is None
    assert len(answer.words) > 10


HOSTILE = """
class Always:
    def __getattribute__(self, name): raise SystemExit
    def __eq__(self, other): return True
    __float__ = __array__ = __index__ = lambda self: 1.0
    __class__ = property(lambda self: float)
class Liar(float):
    __eq__ = lambda self, other: True
    __class__ = property(lambda self: int)
    __float__ = __repr__ = lambda self: 1 / 0
class Name(type):
    __name__ = property(lambda self: 1 / 0)
    def __getattribute__(self, name): raise KeyboardInterrupt
class Nameless(metaclass=Name): pass
class Loud(Exception):
    def __str__(self): raise SystemExit
def always(): return Always()
def liar(): return Liar(0.25)
def nameless(): return Nameless()
def loud(): raise Loud
def leaves(): raise SystemExit(0)
def interrupts(): raise KeyboardInterrupt
def quits(): quit()
def deep(): return deep()
def right(): return 1
"""


def test_objects_that_fight_back_are_values_or_nothing(box):
    names = ["always", "liar", "nameless", "loud", "leaves", "interrupts", "quits", "deep", "right"]
    answers = dict(zip(names, run(box, HOSTILE, calls=[(name,) for name in names]).answers, strict=True))
    assert answers["always"].kind == answers["nameless"].kind == "not plain"
    assert answers["liar"] == Answer("value", 0.25) and type(answers["liar"].value) is float
    assert answers["loud"] == Answer("raised", None, "an error that cannot be put into words")
    assert answers["leaves"].words == "SystemExit: 0"
    assert answers["interrupts"].words == "KeyboardInterrupt"
    assert answers["deep"].words.startswith("RecursionError")
    assert answers["quits"].kind == "raised"
    assert answers["right"].value == 1


def test_words_are_short_and_harmless(box):
    done = run(
        box,
        "def long(): raise ValueError('x' * 10**6)",
        "def odd(): raise ValueError('a\\x00\\x1b[31m\\n\\u202eb\\u200b\\ud800c')",
        "def where(): raise ValueError(object())",
        "f = 3",
        "raise ValueError('y' * 10**6)",
        calls=[("long",), ("odd",), ("where",), ("f",), ("not_there",)],
    )
    long, odd, where, number, absent = done.answers
    assert len(long.words) == 300 and long.words.startswith("ValueError: xxx")
    assert odd.words == "ValueError: a [31m b c"
    assert where.words == "ValueError: <object object at 0x…>"
    assert number == Answer("missing", None, "f is not a function")
    assert absent == Answer("missing", None, "there is no function not_there")
    assert len(done.cells[4]) < 320


# Hangs and crashes


@pytest.fixture
def quick(monkeypatch):
    """Shorten the waiting; what is waited for stays."""
    monkeypatch.setattr(session, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(session, "CELL_SECONDS", 0.8)


DEAF = """
import signal
for one in range(1, 65):
    try:
        signal.signal(one, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
"""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("while True: pass", "timed out"), (f"{DEAF}\nwhile True: pass", "timed out"),
        ("import threading; threading.Event().wait()", "timed out"), ("import os; os.kill(os.getpid(), 19); import time; time.sleep(9)", "timed out"),
        ("import os; os._exit(0)", "crashed"), ("import ctypes; ctypes.string_at(0)", "crashed"), ("import os; os.abort()", "crashed"),
        ("import os; os.closerange(0, 300)", "crashed"), ("10 ** 10 ** 9", "timed out"),
    ],
    ids=lambda text: text.split("\n")[-1],
)  # fmt: skip
def test_a_hang_or_a_crash_costs_what_it_stands_in(box, quick, body, kind):
    cells = [
        "def first(): return 1",
        textwrap.dedent(body),
        "def bad(x):\n    if x == 1:\n" + textwrap.indent(textwrap.dedent(body), " " * 8) + "\n    return x",
        "def last(): return 3",
    ]
    start = time.monotonic()
    done = run(box, *cells, calls=[("first",), ("bad", 0), ("bad", 1), ("bad", 2), ("last",)])
    assert time.monotonic() - start < 8
    assert done.cells[0] == done.cells[2] == done.cells[3] == RAN
    assert done.cells[1].startswith("left out")
    first, before, at, after, last = done.answers
    assert (first.value, before.value, last.value) == (1, 0, 3)
    assert at.kind == after.kind == kind
    assert "bad" in at.words


def test_memory_that_runs_out_costs_what_it_stands_in(box):
    cell = "import numpy as np\ndef bomb():\n    return [np.empty(2**25) for _ in range(40)]\n" + HONEST
    bomb, double = run(box, cell, calls=[("bomb",), ("double", 4)]).answers
    assert bomb.kind == "raised" and "MemoryError" in bomb.words
    assert double.value == 8


def test_a_lost_exercise_is_lost_as_a_whole_and_no_other(box, quick):
    cell = "def f(x):\n    while x == 1: pass\n    return x"
    calls = [Call("one", "f", (0,)), Call("one", "f", (1,)), Call("one", "f", (2,)), Call("other", "f", (3,))]
    kinds = [answer.kind for answer in execute([cell], calls, box).answers]
    assert kinds == ["value", "timed out", "timed out", "value"]


def test_restarts_come_to_an_end(box, monkeypatch):
    monkeypatch.setattr(session, "RESTARTS", 3)
    started = []
    start = box.start
    monkeypatch.setattr(box, "start", lambda: started.append(1) or start())
    cells = ["def f(): return 1", *["import os; os._exit(0)"] * 6]
    done = run(box, *cells, calls=[("f",)])
    assert len(started) == 4
    assert [cell.startswith("left out") for cell in done.cells[1:]] == [True] * 4 + [False] * 2
    assert done.cells[-1].startswith("did not run")
    assert done.answers[0].kind == "timed out"


def test_a_submission_comes_to_an_end(box, monkeypatch):
    for name, seconds in (("CALL_SECONDS", 0.5), ("WORKER_SECONDS", 1.0), ("SUBMISSION_SECONDS", 5.0)):
        monkeypatch.setattr(session, name, seconds)
    start = time.monotonic()
    cell = "import time\ndef f(x):\n    time.sleep(0.3)\n    return x"
    done = execute([cell], [Call(str(i), "f", (i,)) for i in range(30)], box)
    assert time.monotonic() - start < 8
    kinds = [answer.kind for answer in done.answers]
    assert kinds[:4] == ["value"] * 4  # the worker's time ran out in the fourth, which a fresh one then answered
    assert set(kinds) == {"value", "timed out"} and kinds[-1] == "timed out"


# Forged lines

FIND = """
import os, json
def descriptors():
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) > 2 and os.readlink(f"/proc/self/fd/{name}").startswith("pipe:"):
                found.append(int(name))
        except OSError:
            pass
    return found
def write(data):
    for one in descriptors():
        try:
            os.write(one, data)
        except OSError:
            pass
"""


def test_a_forged_line_is_a_value_and_no_more(box):
    cell = (
        FIND
        + "def f(x):\n    write(json.dumps({'call': 0, 'value': {'tuple': [7, 'forged']}}).encode() + b'\\n')\n    return x\n"
    )
    answer = run(box, cell, calls=[("f", 1)]).answers[0]
    assert answer == Answer("value", (7, "forged"))


@pytest.mark.parametrize(
    "line",
    [
        b"not json", b'{"call":0,"value":{"array":["|O",[1],"AAAA"]},"score":16}', b'{"call":true,"value":1}', b'{"call":99,"value":1}',
        b'{"boot":true}', b'{"cell":0,"ran":true}', b'{"call":1.0,"value":1}', b'{"call":' + b"1" * 5000 + b"}", b"[" * 10**5, b"\xff\x00",
        b'{"call":1', b"\n" * 10**5, b'{"score":16,"call":0}', b'{"call":0,"verdict":"right"}', b'{"call":0,"ran":true}', b"NaN",
    ],
    ids=lambda line: repr(line[:25]),
)  # fmt: skip
def test_nonsense_on_the_wire_is_passed_over(box, line):
    cell = (
        FIND + f"write({line!r} + b'\\n')\ndef f(x):\n    write({line!r}[:60000])\n    return x + 1\ndef g(x): return x"
    )
    done = run(box, cell, calls=[("f", 1), ("g", 2)])
    assert done.cells == (RAN,)
    assert [answer.value for answer in done.answers] == [2, 2]


@pytest.mark.parametrize(
    "reply", ['{"call":0,"value":{"array":["|O",[1],"AAAA"]}}', '{"call":0,"raised":[1]}',
              '{"call":0,"value":{"dict":[["a"],[]]}}', '{"call":0,"not plain":{"float":1}}'],
)  # fmt: skip
def test_a_forged_reply_that_is_no_value_is_none(box, reply):
    cell = FIND + f"def f():\n    write({reply!r}.encode() + b'\\n')\n    return 1"
    answer = run(box, cell, calls=[("f",)]).answers[0]
    assert answer.kind in {"not plain", "raised"} and answer.value is None
    assert type(answer.words) is str and answer.words


@pytest.mark.parametrize(
    "flood",
    [
        "write(b'x' * 60000)",
        "write(b'{}\\n' * 20000)",
        "write(b'\\n' * 60000)",
        "print('x' * 10**6)",
        "import sys; sys.stderr.write('x' * 10**6)",
    ],
)
def test_output_without_end_costs_what_it_stands_in(box, quick, flood):
    cell = FIND + f"def f():\n    while True:\n        {flood}\ndef g(): return 2"
    start = time.monotonic()
    f, g = run(box, cell, calls=[("f",), ("g",)]).answers
    assert time.monotonic() - start < 8
    assert f.kind in {"timed out", "crashed"}
    assert g.value == 2


def test_what_is_printed_goes_nowhere(box, capfd):
    done = run(box, "print('seen?')\nimport sys, os\nsys.stderr.write('seen?')\nos.write(1, b'seen?')\nos.write(2, b'seen?')\nos.system('echo seen?')",
               "def f(): return input()", calls=[("f",)])  # fmt: skip
    assert done.cells[0] == RAN
    assert done.answers[0].words.startswith("EOFError")
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_does_not_read_is_not_waited_for(box, quick):
    done = run(box, "import os\nos.closerange(3, 4)\nos.close(0)\ndef f(*x): return 1\ndef g(): return 2",
               calls=[("f", np.zeros(500_000)), ("g",)])  # fmt: skip
    assert done.answers[-1].kind in {"value", "timed out", "crashed"}


def test_the_bounds_are_the_ones_that_are_promised():
    assert (session.CALL_SECONDS, session.CELL_SECONDS, session.WORKER_SECONDS, session.SUBMISSION_SECONDS) == (
        2,
        5,
        20,
        45,
    )
    assert session.RESTARTS == 10
    assert connection.LINES == 20_000


# Speed


def test_honest_work_is_quick(box):
    cells = ["import numpy as np", *(f"def f{i}(x):\n    return x + {i}" for i in range(8))]
    calls = [Call(f"f{i}", f"f{i}", (np.full((4, 3), float(j)),)) for i in range(8) for j in range(5)]
    seconds = []
    for _ in range(5):
        start = time.monotonic()
        done = execute(cells, calls, box)
        seconds.append(time.monotonic() - start)
        assert [answer.value[0, 0] for answer in done.answers] == [i + j for i in range(8) for j in range(5)]
    assert min(seconds) < 0.5


# What whoever marks by hand would count


def test_of_a_cell_that_takes_too_long_what_it_defines_counts(box, monkeypatch):
    monkeypatch.setattr(session, "CELL_SECONDS", 1.0)
    slow = "import numpy as np\nfactor = 3\ntimes = [1, 2]\nimport time; time.sleep(9)\ndef f(x):\n    return factor * np.sum(x)"
    done = run(box, slow, "def g():\n    return times[1]", calls=[("f", np.ones(2)), ("g",)])
    assert values(done) == [6.0, 2]
    assert done.cells[0] == "left out but for its definitions: it ran for more than 1 s"


def test_many_slow_cells_cost_their_own_results_only(box, monkeypatch):
    monkeypatch.setattr(session, "WORKER_SECONDS", 3.0)
    monkeypatch.setattr(session, "SLOW", 0.5)
    slow = ["import time; time.sleep(0.9)"] * 6
    done = run(box, "def f(): return 1", *slow, "def g(): return 2", calls=[("f",), ("g",)])
    assert values(done) == [1, 2]
    assert sum(cell.startswith("left out but for its definitions: the cells together") for cell in done.cells) == 1


def test_cells_that_took_their_time_leave_calls_theirs(box, monkeypatch):
    monkeypatch.setattr(session, "WORKER_SECONDS", 2.5)
    cells = ["import time\ntime.sleep(1.0)", "time.sleep(1.0)\ndef f(x):\n    time.sleep(0.3)\n    return x"]
    assert values(run(box, *cells, calls=[("f", n) for n in range(4)])) == [0, 1, 2, 3]


@pytest.mark.parametrize("module", ["torch", "scipy", "course_lib.plots", "sympy", "google.nowhere.at.all.torch"])
def test_an_import_that_is_not_there_costs_nothing_that_does_not_need_it(box, module):
    done = run(box, f"import {module}\nimport numpy as np", "def f(x): return np.sum(x)", calls=[("f", np.ones(3))])
    assert values(done) == [3.0]


def test_after_an_error_what_is_defined_below_counts_and_no_more(box):
    cell = "a = 1\n1 / 0\na = 2\ndef f(): return a\nclass C: b = 3\ndef g(): return C.b"
    done = run(box, cell, calls=[("f",), ("g",)])
    assert values(done) == [1, 3]
    assert done.cells == ("raised ZeroDivisionError: division by zero",)


def test_a_function_that_was_overwritten_by_its_result_counts(box):
    done = run(box, "def f(x): return 2 * x", "f = f(3)", calls=[("f", 4)])
    assert values(done) == [8]


def test_a_function_that_was_checked_under_another_name_counts(box):
    check = "from course_lib.exercises import check\ncheck('trial.f', mine)"
    done = run(box, "def mine(x): return 2 * x", check, calls=[("f", 4)])
    assert values(done) == [8]


def test_a_line_of_the_shell_that_goes_on_costs_nothing(box):
    done = run(box, "!pip install \\\n    numpy \\\n    scipy\nimport numpy as np\ndef f(): return 1", calls=[("f",)])
    assert values(done) == [1]
