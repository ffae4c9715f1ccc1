"""A hostile class: submissions that cheat, crash, flood or are merely odd, each with the mark that is fair.

Marks are points for (scale, total, running), two each. None is for what cannot be read at all.
"""

import io
import json
import zipfile
from dataclasses import dataclass, field

SCALE = "def scale(x, factor):\n    return factor * x\n"
TOTAL = "def total(x):\n    return float(np.sum(x**2))\n"
RUNNING = "def running(x):\n    return np.cumsum(x)\n"
RIGHT = ["import numpy as np", SCALE, TOTAL, RUNNING]
STUBS = [f"def {name}:\n    raise NotImplementedError" for name in ("scale(x, factor)", "total(x)", "running(x)")]
FULL, NOTHING = (2, 2, 2), (0, 0, 0)


@dataclass(frozen=True)
class Kind:
    """One submission: its cells, or its bytes, and the fair mark."""

    name: str
    fair: tuple[int, int, int] | None
    cells: list[str] = field(default_factory=list)
    raw: bytes | None = None
    file: str = "submission.ipynb"

    def content(self) -> bytes:
        """Return the file's bytes."""
        return notebook(self.cells) if self.raw is None else self.raw


def notebook(cells, kernel="python3", language="python", nbformat=4):
    """Return a notebook's bytes."""
    code = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate(cells)
    ]
    head = {
        "kernelspec": {"name": kernel, "language": language, "display_name": kernel},
        "language_info": {"name": language},
    }
    if nbformat == 3:
        old = [{"cell_type": "code", "input": s, "language": "python", "metadata": {}, "outputs": []} for s in cells]
        return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": old}]}).encode()
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": head, "cells": code}).encode()


def zipped(*members):
    """Return a zip's bytes, its members' names as they are given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def first(source, cells=RIGHT):
    """Return the cells with one more before the functions."""
    return [cells[0], source, *cells[1:]]


def with_total(body, before=""):
    """Return the right cells but for total, whose body this is."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return [RIGHT[0], SCALE, f"{before}\ndef total(x):\n{lines}\n", RUNNING]


def bodies(body, before=""):
    """Return cells in which all three functions have this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return [f"import numpy as np\n{before}", *(f"def {f}:\n{lines}" for f in ("scale(*a)", "total(*a)", "running(*a)"))]


ALWAYS = """
class Always:
    shape, dtype, ndim, size = (), np.dtype(float), 0, 1
    def __eq__(self, other): return True
    __ne__ = lambda self, other: False
    __hash__ = object.__hash__
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __sub__ = __rsub__ = __abs__ = __add__ = __radd__ = lambda self, *other: self
    __bool__ = lambda self: True
    __float__ = lambda self: 0.0
    def __array__(self, *a, **k): return np.zeros(())
"""
SUBCLASS = """
class Mine(np.ndarray):
    def __eq__(self, other): return np.ones(np.shape(other), bool)
    def __sub__(self, other): return np.zeros(np.shape(other))
    __rsub__ = __sub__
    def __array_ufunc__(self, *a, **k): return np.zeros(self.shape)
"""
FORGE = r"""
import json, os
lines = []
for n in range(40):
    for message in ({"call": n, "answer": {"value": {"f": "0x0p+0"}}}, {"call": n, "value": {"f": "0x0p+0"}}, {"done": 1},
                    {"score": 2, "max": 2, "passed": True}):
        lines.append(json.dumps(message))
flood = ("\n" + "\n".join(lines) + "\n").encode()
for fd in range(1, 64):
    try:
        os.write(fd, flood)
    except OSError:
        pass
"""
FORGED_SHAPE = r"""
import sys
for module in list(sys.modules.values()):
    if hasattr(module, "_numbers"):
        module._numbers = lambda array: ["<f8", [0, 10**6, 10**6, 10**6, 10**6], ""]
return np.zeros(3)
"""
MEMFD = """
import os
held = [os.memfd_create("x") for _ in range(100)]
for one in held:
    os.posix_fallocate(one, 0, 2**25)
return float(np.sum(x**2))
"""
SPY = """
import glob, os
found = []
for place in ("/", "/home", "/root", "/tmp", "/var/tmp", "/work", "/etc"):
    for path, folders, files in os.walk(place):
        if path.count("/") > 5 or path.startswith(("/proc", "/sys", "/usr", "/lib")):
            folders.clear()
            continue
        found += [os.path.join(path, f) for f in files if f.endswith((".ipynb", ".key", ".secret", "source.ipynb"))]
for one in found:
    try:
        text = open(one).read()
        exec("\\n".join(c for c in text.split('"') if "def " in c))
    except Exception:
        pass
"""
PATCH = """
import builtins, math
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
builtins.abs = lambda x: 0
math.isclose = lambda *a, **k: True
builtins.all = builtins.any = lambda *a: True
"""
TAMPER = """
import sys, json
for module in list(sys.modules.values()):
    for name in ("encode", "dump", "dumps", "say", "write"):
        try:
            if callable(getattr(module, name, None)) and getattr(module, "__name__", "") in ("wire", "json", "__main__", "worker"):
                setattr(module, name, lambda *a, **k: b'{"score": 6}\\n')
        except Exception:
            pass
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        while True:
            time.sleep(0.2)
    os._exit(0)
"""
FORKS = """
import os, time
for _ in range(60):
    try:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    except OSError:
        break
"""
THREADS = """
import threading, time
for _ in range(200):
    try:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    except RuntimeError:
        break
"""
NETWORK = """
import socket
for address in {addresses!r}:
    try:
        s = socket.create_connection(address, timeout=0.5)
        s.sendall(b"hit")
    except OSError:
        pass
"""
DELETE = """
import os, shutil
for place in {places!r}:
    shutil.rmtree(place, ignore_errors=True)
    try:
        open(os.path.join(place, "marker"), "w").write("was here")
    except OSError:
        pass
"""
DENIED = """
import ctypes, os
libc = ctypes.CDLL(None)
for call in (lambda: libc.unshare(0x10000000), lambda: libc.ptrace(0, 0, 0, 0), lambda: libc.mount(b"x", b"/", b"tmpfs", 0, 0),
             lambda: libc.setns(0, 0), lambda: os.setuid(0), lambda: os.chroot("/"), lambda: os.kill(1, 9) if os.getpid() > 3 else 0):
    try:
        call()
    except Exception:
        pass
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches"):
    try:
        open(path, "w").write("x")
    except OSError:
        pass
"""
STUBBORN = """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
"""
TABLE = """
def learned(*a):
    return {3: 1.0, 4: 2.0, 5: 3.0}.get(len(a[0]), 0.0)
scale = total = running = learned
"""
MINE = "class Mine(float):\n    __slots__ = ()\n    def __float__(self): return 0.0\n"


def everyone(addresses=(), places=()):
    """Return the whole class.

    Parameters
    ----------
    addresses : sequence of (str, int)
        What those who try the network connect to.
    places : sequence of str
        Folders of the host that some try to delete and to write into.
    """
    deep = b'{"cells":' + 5000 * b"[" + 5000 * b"]" + b"}"
    return [
        # controls
        Kind("right", FULL, RIGHT),
        Kind("untouched", NOTHING, STUBS),
        Kind("two of three", (2, 0, 2), with_total("return float(np.sum(x))")),
        Kind("right after a cell with an error", FULL, first("1 / 0")),
        # cheats
        Kind("patched comparisons", NOTHING, first(PATCH, [RIGHT[0], *STUBS])),
        Kind("patched comparisons, wrong values", NOTHING, bodies("return 0.0", PATCH)),
        Kind("always equal", NOTHING, bodies("return Always()", ALWAYS)),
        Kind("array that is always equal", NOTHING, bodies("return np.zeros(np.shape(a[0])).view(Mine)", SUBCLASS)),
        Kind("forged lines", NOTHING, [RIGHT[0], FORGE, *bodies("return None")[1:]]),
        Kind("forged lines in a call", NOTHING, bodies(FORGE + "\nreturn 0.0")),
        Kind("forged lines, right functions", FULL, first(FORGE)),
        Kind("search for others' files", NOTHING, first(SPY, [RIGHT[0], *STUBS])),
        Kind(
            "own module instead of the answer",
            NOTHING,
            bodies("from course_lib.exercises import task\nreturn task('momentum.classical').answer(*a)"),
        ),
        Kind(
            "library instead of the answer", NOTHING, bodies("import course_lib.momentum\nreturn course_lib.momentum")
        ),
        Kind("environment as the answer", NOTHING, bodies("import os\nreturn dict(os.environ)")),
        Kind("secret from the command line", NOTHING, bodies("return open('/proc/1/cmdline').read()")),
        Kind("bytes that unpickle", NOTHING, bodies("return b\"cos\\nsystem\\n(S'touch /tmp/owned'\\ntR.\"")),
        Kind("constant", NOTHING, bodies("return 1.0")),
        Kind("table of examples", NOTHING, [RIGHT[0], TABLE]),
        Kind("tampered worker", NOTHING, [RIGHT[0], TAMPER, *bodies("return 0.0")[1:]]),
        Kind("the arguments themselves", NOTHING, bodies("return a")),
        # values
        Kind("not a number", (2, 0, 2), with_total("return float('nan')")),
        Kind("infinite", (2, 0, 2), with_total("return float('inf')")),
        Kind("huge integer", (2, 0, 2), with_total("return 10 ** 5000")),
        Kind(
            "generator",
            (2, 2, 0),
            [*RIGHT[:3], "def running(x):\n    s = 0\n    for v in x:\n        s += v\n        yield s"],
        ),
        Kind("array of objects", (2, 2, 0), [*RIGHT[:3], "def running(x):\n    return np.cumsum(x).astype(object)"]),
        Kind("list for an array", FULL, [*RIGHT[:3], "def running(x):\n    return [float(v) for v in np.cumsum(x)]"]),
        Kind("number with a type of its own", FULL, with_total("return Mine(np.sum(x**2))", MINE)),
        Kind("NumPy's number", FULL, with_total("return np.sum(x**2)")),
        Kind("array without dimensions", FULL, with_total("return np.array(np.sum(x**2))")),
        Kind("arguments changed in place", FULL, with_total("x *= x\nreturn float(x.sum())")),
        Kind("wrong shape", (2, 2, 0), [*RIGHT[:3], "def running(x):\n    return np.cumsum(x)[:, None]"]),
        Kind("text", (2, 0, 2), with_total("return str(float(np.sum(x**2)))")),
        Kind("shape that NumPy refuses, from then on", (2, 0, 0), with_total(FORGED_SHAPE)),
        Kind("text that fills up a list", (2, 0, 2), with_total("return ['a' * 10000] + [''] * 99999")),
        Kind(
            "text beside arrays",
            (2, 0, 2),
            with_total("return [['a' * 10000] + [''] * 49990] + [np.zeros(49991, np.int8) for _ in range(40)]"),
        ),
        Kind("empty, with large sides", (2, 0, 2), with_total("return np.zeros((0, 10**6, 10**6, 10**6))")),
        Kind("nested without end", (2, 0, 2), with_total("a = []\na.append(a)\nreturn a")),
        Kind("a billion numbers", (2, 0, 2), with_total("return np.broadcast_to(1.0, (10**9,))")),
        # crashes, hangs, floods
        Kind("endless loop in a function", (2, 0, 2), with_total("while True: pass")),
        Kind("endless loop in a cell", FULL, first("while True: pass")),
        Kind("endless loop, signals ignored", (2, 0, 2), with_total("while True: pass", STUBBORN)),
        Kind("memory in a function", (2, 0, 2), with_total("return [np.ones(10**8) for _ in range(60)]")),
        Kind("memory in files without a name", (2, 0, 2), with_total(MEMFD)),
        Kind("memory in a cell", FULL, first("hoard = [bytearray(10**8) for _ in range(60)]")),
        Kind("exit in a cell", FULL, first("import os\nos._exit(0)")),
        Kind("exit in a function", (2, 0, 2), with_total("import os\nos._exit(0)")),
        Kind("polite exit in a cell", FULL, first("import sys\nsys.exit()")),
        Kind("interrupt in a function", (2, 0, 2), with_total("raise KeyboardInterrupt")),
        Kind("segmentation fault", (2, 0, 2), with_total("import ctypes\nctypes.string_at(0)")),
        Kind("recursion", (2, 0, 2), with_total("return total(x)")),
        Kind(
            "error that cannot be shown",
            (2, 0, 2),
            with_total("raise Bad", "class Bad(Exception):\n    def __str__(self): raise ValueError\n"),
        ),
        Kind("sixty forks", FULL, first(FORKS)),
        Kind("two hundred threads", FULL, first(THREADS)),
        Kind("daemon", FULL, first(DAEMON)),
        Kind("output without end", FULL, first("for _ in range(200000): print('x' * 1000)")),
        Kind(
            "disk filled",
            FULL,
            first(
                "try:\n    f = open('/tmp/big', 'wb')\n    for _ in range(4000): f.write(bytes(10**6))\nexcept OSError: pass"
            ),
        ),
        Kind("descriptors closed", FULL, first("import os\nos.closerange(3, 64)")),
        Kind("parent killed", FULL, first("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")),
        # reaching out
        Kind("network", FULL, first(NETWORK.format(addresses=list(addresses)))),
        Kind("deleted files", FULL, first(DELETE.format(places=list(places)))),
        Kind("forbidden calls", FULL, first(DENIED)),
        # files
        Kind("corrupt", None, raw=b'{"cells": [{"cell_type": "code", "source'),
        Kind("empty", None, raw=b""),
        Kind("not a notebook", None, raw=b'[1, 2, "three"]'),
        Kind("nested to death", None, raw=deep),
        Kind("too large", None, raw=notebook([*RIGHT, "# " + "x" * 5_000_000])),
        Kind("no code", None, raw=notebook([])),
        Kind("another language", None, raw=notebook(["x <- 1"], "ir", "R")),
        Kind("unknown kernel", FULL, raw=notebook(RIGHT, "my-env-3.12")),
        Kind("format of 2013", FULL, raw=notebook(RIGHT, nbformat=3)),
        Kind("copied cells, the last one right", FULL, [RIGHT[0], *STUBS, *RIGHT[1:]]),
        Kind("copied cells, the last one wrong", (2, 0, 2), [*RIGHT, "def total(x):\n    return 0.0"]),
        Kind(
            "magics",
            FULL,
            first(
                "%matplotlib inline\n!pip install numpy\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
            ),
        ),
        Kind("name that is a formula", FULL, RIGHT, file="=HYPERLINK(evil).ipynb"),
        Kind("name from right to left", FULL, RIGHT, file="report\u202ebpyn.ipynb"),
        Kind("zip that climbs", FULL, raw=zipped(("../../climbed.ipynb", notebook(RIGHT))), file="submission.zip"),
        Kind("zip bomb", None, raw=zipped(("bomb.ipynb", bytes(300_000_000))), file="submission.zip"),
        Kind("zip without a notebook", None, raw=zipped(("readme.txt", b"hello")), file="submission.zip"),
        Kind("broken zip", None, raw=zipped(("a.ipynb", notebook(RIGHT)))[:-40], file="submission.zip"),
    ]
