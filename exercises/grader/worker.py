"""The untrusted side: runs a submission's cells, calls its functions, and writes down what they return.

Started by `sandbox`, never imported by the grader. It limits itself, says that it is there, and from then on shares its
interpreter with a learner's code: nothing that it writes later is more than a value that somebody may have made up. It
needs the standard library, NumPy and `wire` only.

One argument, in JSON: the descriptor of the answers, the folders of `wire` and of NumPy, the limits, and (where bubblewrap
has not done it) the descriptor of a seccomp filter to load and the folders that may be read and written. Requests come on standard input, one a line, one answered
before the next: ``{"cell": 3, "source": "...", "whole": true}`` or ``{"call": 7, "function": "nesterov", "args": [...]}``.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any, NoReturn

MAGIC = re.compile(r"\s*(?:[%!?]|[\w.*\[\]]+\s*\?{1,2}\s*$|[\w\s,.]+=\s*[%!])")
PYTHON_CELLS = {"time", "timeit", "capture", "prun"}  # cell magics under which there is Python that counts
ABSENT = "is not available where marks are computed"
STANDING_IN = {
    "google", "ipykernel", "IPython", "ipywidgets", "matplotlib", "mpl_toolkits", "otter", "pandas", "plotly", "seaborn",
    "tqdm",
}  # fmt: skip
CHANCE = ("random", "numpy.random")
ONLY_AST = 1024  # ast.PyCF_ONLY_AST
DEFINITIONS = ("Import", "ImportFrom", "FunctionDef", "AsyncFunctionDef", "ClassDef")
CONSTANTS = ("Constant", "Lambda", "Name", "Attribute", "Tuple", "List", "Dict", "UnaryOp", "BinOp")
NUMPY_ONLY = {"jax", "keras", "numba", "scipy", "sklearn", "tensorflow", "torch", "torchvision"}


# ----------------------------------------------------------------------------------------------------------------------
# Walls that the worker builds itself


def limit(limits: dict[str, int]) -> None:
    """Lower the limits of this process and of all that come from it; they cannot be raised again."""
    import resource

    for name, most in limits.items():
        which = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


def filter_calls(descriptor: int) -> None:
    """Load the seccomp filter that lies in a descriptor, give up new privileges for good, and die with the grader."""
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    with open(descriptor, "rb") as file:
        code = file.read()
    kept = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.cast(kept, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent_death, kill, no_new_privileges, set_seccomp, filter_mode = 1, 9, 38, 22, 2
    for arguments in (
        (parent_death, kill, 0, 0, 0),  # a grader that is killed takes its worker along
        (no_new_privileges, 1, 0, 0, 0),
        (set_seccomp, filter_mode, ctypes.byref(program), 0, 0),
    ):
        if prctl(*arguments):
            raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")


def confine(readable: list[str], writable: list[str]) -> int:
    """Leave only some folders to be read and written, by Landlock; return its version, 0 where the kernel has none."""
    import ctypes

    create, add, restrict = 444, 445, 446
    call = ctypes.CDLL(None, use_errno=True).syscall
    version = call(create, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return 0
    every = (1 << 13) - 1 | (version >= 2) << 13 | (version >= 3) << 14  # execute, write, ..., refer, truncate
    rules = call(create, ctypes.byref(ctypes.c_uint64(every)), ctypes.c_size_t(8), 0)
    execute, write, read, look = 1, 2, 4, 8
    allowed = [(path, execute | read | look) for path in readable] + [(path, every) for path in writable]
    allowed += [(f"/dev/{name}", read | write) for name in ("null", "zero", "full", "random", "urandom")]
    for path, access in allowed:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if not os.path.isdir(path):
            access &= execute | write | read
        rule = access.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder)
        wrong = call(add, rules, 1, rule, 0)
        os.close(place)
        if wrong:
            raise OSError(ctypes.get_errno(), f"Landlock does not take {path}")
    if rules < 0 or call(restrict, rules, 0):
        raise OSError(ctypes.get_errno(), "Landlock does not work here")
    os.close(rules)
    return version


# ----------------------------------------------------------------------------------------------------------------------
# What stands in for what is not there


class Anything:
    """Takes part in whatever a plot or a widget is asked to do, and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return anything, or the one function that is given."""
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Anything):
            return args[0]  # used as a decorator
        return Anything()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __iter__(self) -> Any:
        return iter([Anything() for _ in range(unpacked(sys._getframe(1)))])

    def __mro_entries__(self, bases: Any) -> tuple:
        return ()

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def __getitem__(self, _: Any) -> Any:
        return Anything()

    def __setitem__(self, *_: Any) -> None:
        pass

    def __repr__(self) -> str:
        return "<stands in for what is not available where marks are computed>"

    def __format__(self, _: str) -> str:
        return ""

    def __float__(self) -> float:
        return 0.0

    def __index__(self) -> int:
        return 0

    def _same(self, *_: Any) -> Any:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __or__ = __and__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __pow__ = __matmul__ = __ror__ = __rand__ = __invert__ = _same


def unpacked(frame: Any) -> int:
    """Return how many names stand on the left where a frame is unpacking: ``figure, (a, b) = ...``."""
    import opcode

    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at + 1] if opcode.opname[code[at]] in ("UNPACK_SEQUENCE", "UNPACK_EX") else 0


class StandIn(ModuleType):
    """A module in which every name exists."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


CHECKED: dict[str, Any] = {}


def checked(name: Any = None, function: Any = None, *_: Any, **__: Any) -> None:
    """Stand in for `check`: remember what a learner takes for the answer, whatever its name."""
    if type(name) is str and is_function(function):
        CHECKED[name.partition(".")[2]] = function


def is_function(one: Any) -> bool:
    """Say whether something can be called and computes."""
    return callable(one) and not issubclass(type(one), (Anything, ModuleType))  # never isinstance: it asks __class__


def iterated(over: Any = None, *_: Any, **__: Any) -> Any:
    """Stand in for tqdm: give back what is iterated over."""
    return Anything() if over is None else over


class Course(ModuleType):
    """The course's library where marks are computed: `check` only, and it says nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if f"{self.__name__}.{name}" == "course_lib.exercises":
            from importlib import import_module

            return import_module("course_lib.exercises")  # ours, see `Finder`
        raise ImportError(f"{self.__name__}.{name} {ABSENT}")


class Finder:
    """Finds the modules that are not there: stand-ins, the course's own, and those that must be missed in words."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return how a module is made, or None where it is none of ours."""
        from importlib.machinery import ModuleSpec, PathFinder

        if name in CHANCE:
            return seeded(PathFinder.find_spec(name, path))
        first = name.partition(".")[0]
        if first in NUMPY_ONLY:
            raise ModuleNotFoundError(f"{first} {ABSENT}: NumPy is", name=name)
        if first == "course_lib" and name not in ("course_lib", "course_lib.exercises"):
            raise ModuleNotFoundError(f"{name} {ABSENT}", name=name)
        ours: Any = self
        return ModuleSpec(name, ours, is_package=True) if first in STANDING_IN | {"course_lib"} else None

    def create_module(self, spec: Any) -> ModuleType:
        """Return an empty module of the right kind."""
        return (Course if spec.name.startswith("course_lib") else StandIn)(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Put in what has to be more than anything."""
        if module.__name__ == "course_lib.exercises":
            vars(module)["check"] = checked
        elif module.__name__.startswith("tqdm"):
            vars(module).update(tqdm=iterated, trange=range, tqdm_notebook=iterated)
        elif module.__name__ == "IPython.display":
            vars(module).update(display=nothing, clear_output=nothing)


def seeded(spec: Any) -> Any:
    """Make a module of random numbers begin with a seed, so that two runs of the same code agree."""
    load = spec.loader.exec_module

    def load_and_seed(module: ModuleType) -> None:
        load(module)
        vars(module)["seed"](0)

    spec.loader.exec_module = load_and_seed
    return spec


def nothing(*_: Any, **__: Any) -> None:
    """Stand in for `display`: show nothing."""


# ----------------------------------------------------------------------------------------------------------------------
# Cells and calls


def parsed(source: str, name: str) -> Any:
    """Return a cell's syntax tree without what only IPython understands.

    A line that begins with % may also be part of a text or an expression, so lines are only left out where the cell is
    not Python as it stands, and first those that Python stumbles over.
    """
    head = source.lstrip()
    if head.startswith("%%"):
        words, _, rest = head[2:].partition("\n")
        return parsed(rest if words.split()[:1] and words.split()[0] in PYTHON_CELLS else "", name)
    lines = source.split("\n")
    magic = [number for number, line in enumerate(lines) if MAGIC.match(line)]
    while True:
        try:
            return compile("\n".join(lines), name, "exec", ONLY_AST, dont_inherit=True)
        except SyntaxError as wrong:
            if not magic:
                raise
            stumbled = (wrong.lineno or 0) - 1
            for number in [stumbled] if stumbled in magic else magic[:]:
                magic.remove(number)
                last = number
                while lines[last].rstrip().endswith("\\") and last + 1 < len(lines):  # a line of the shell goes on
                    last += 1
                lines[number + 1 : last + 1] = [""] * (last - number)
                indent = len(lines[number]) - len(lines[number].lstrip())
                lines[number] = lines[number][:indent] + "pass"


class Learner:
    """A learner's notebook: what its cells have defined so far."""

    def __init__(self, wire: Any) -> None:
        self.wire = wire
        self.main = ModuleType("__main__")  # for what looks itself up, such as dataclasses
        sys.modules["__main__"] = self.main
        self.names = vars(self.main)
        self.names.update(display=nothing, get_ipython=Anything, check=nothing)
        self.functions: dict[str, Any] = {}  # what was a function last under its name

    def cell(self, number: int, source: str, whole: bool) -> dict[str, Any]:
        """Run a cell and return how it ended; where it is not to be run as a whole, what it defines."""
        name, tree = f"<cell {number + 1}>", None
        reply: dict[str, Any] = {"cell": number, "ran": True}
        try:
            tree = parsed(source, name)
            if whole:
                exec(compile(tree, name, "exec", dont_inherit=True), self.names)
            else:
                self.define(tree, name, 0, CONSTANTS)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are a learner's, too
            reply = {"cell": number, "raised": said(error)}
            if tree is not None:
                self.define(tree, name, line_of(error, name))
        self.functions.update({n: one for n, one in list(self.names.items()) if type(n) is str and is_function(one)})
        return reply

    def define(self, tree: Any, name: str, after: int, more: tuple[str, ...] = ()) -> None:
        """Run the imports and definitions below a line, one by one: whoever marks by hand reads on there."""
        for one in tree.body:
            kind = type(one).__name__
            constant = kind == "Assign" and type(one.value).__name__ in more
            if one.lineno > after and (kind in DEFINITIONS or constant):
                with suppress(BaseException):
                    exec(compile(type(tree)([one], []), name, "exec", dont_inherit=True), self.names)

    def call(self, number: int, name: str, args: list[Any]) -> dict[str, Any]:
        """Call a function and return its value, or what came instead."""
        function = self.names.get(name)
        if not is_function(function):  # such as walk = walk(start), or checked under another name
            function = self.functions.get(name) or CHECKED.get(name) or function
        if function is None:
            return {"call": number, "missing": f"there is no function {name}"}
        for chance in CHANCE:  # or a call would depend on those before it
            if chance in sys.modules:
                vars(sys.modules[chance])["seed"](0)
        if not callable(function):
            return {"call": number, "missing": f"{name} is not a function"}
        try:
            value = function(*[self.wire.decode(one) for one in args])
        except BaseException as error:
            return {"call": number, "raised": said(error)}
        try:
            return {"call": number, "value": self.wire.encode(value)}
        except BaseException as error:
            return {"call": number, "not plain": said(error, self.wire.WireError)}


def line_of(error: BaseException, name: str) -> int:
    """Return the line of a cell at which it stopped."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            return trace.tb_lineno
        trace = trace.tb_next
    return 0


def said(error: BaseException, plainly: type | tuple = ()) -> str:
    """Return an error's type and words, whatever the error does to prevent it."""
    try:
        kind = type.__dict__["__name__"].__get__(type(error))
        words = str(error)[:1000]
        if isinstance(error, SyntaxError) and error.lineno:
            words = f"{error.msg}, line {error.lineno}"
        return words if type(error) is plainly else f"{kind}: {words}" if words else kind
    except BaseException:
        return "an error that cannot be put into words"


def serve(setting: dict[str, Any], wire: Any) -> None:
    """Answer requests until there are no more."""
    requests = os.fdopen(os.dup(0), "rb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    write, dumps, loads = os.write, wire.dumps, wire.loads
    answers, leave = setting["answers"], os._exit

    def send(message: dict[str, Any]) -> None:
        line = b"\n" + dumps(message) + b"\n"  # whoever wrote half a line before: it ends here
        while line:
            line = line[write(answers, line) :]

    versions = {"python": sys.version.split()[0], "numpy": sys.modules["numpy"].__version__}
    send({"boot": True, "landlock": setting["landlock"], **versions})
    learner = Learner(wire)
    try:
        for line in requests:
            request = loads(line)
            if "cell" in request:
                send(learner.cell(request["cell"], request["source"], request["whole"]))
            else:
                send(learner.call(request["call"], request["function"], request["args"]))
    finally:
        leave(0)  # without what a learner left to be done at the end


def main() -> NoReturn:
    """Build the walls that are the worker's to build, then serve."""
    setting = json.loads(sys.argv[1])
    sys.argv[1:] = []
    limit(setting["limits"])
    setting["landlock"] = 0
    if setting["filter"] is not None:
        filter_calls(setting["filter"])
        setting["landlock"] = confine(setting["readable"], setting["writable"])
    os.environ.clear()
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    here = os.path.dirname(os.path.abspath(__file__))
    if here in sys.path:
        sys.path.remove(here)
    sys.path[:0] = setting["path"]
    sys.dont_write_bytecode = True
    import numpy  # noqa: F401
    import wire  # type: ignore[import-not-found]

    os.environ.clear()
    sys.path[:] = [folder for folder in sys.path if folder != setting["path"][0]]
    for chance in CHANCE:
        if chance in sys.modules:
            vars(sys.modules[chance])["seed"](0)
    sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]
    serve(setting, wire)
    raise SystemExit


if __name__ == "__main__":
    main()
