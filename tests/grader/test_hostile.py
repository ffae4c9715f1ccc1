"""A hostile class gets the marks that an honest human would give, and leaves nothing behind."""

import ast
import hashlib
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from course_lib.exercises import SETS
from exercises.grader import marking
from exercises.grader.handed import Rejected
from exercises.grader.ingest import collect
from exercises.grader.sandbox import open_sandbox
from exercises.grader.session import SUBMISSION_SECONDS

from . import hostile
from .trial_set import TRIAL

SECRET = bytes(range(32))
MODES = ["bubblewrap", "uid"] if os.geteuid() == 0 else ["bubblewrap"]
pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def trial(monkeypatch):
    monkeypatch.setitem(SETS, "trial", TRIAL)


def state(folder):
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def processes():
    """Return the processes of the users that learners' code runs as."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid > 60000:
                found.add((entry.name, (entry / "cmdline").read_bytes()))
        except OSError:
            continue
    return found


def left_after(seconds):
    """Return those that are there now and stay; other tests' processes end by themselves."""
    end, left = time.monotonic() + seconds, processes()
    while left and time.monotonic() < end:
        time.sleep(0.2)
        left &= processes()
    return left


@pytest.fixture
def listener():
    """Listen on the loopback; the list holds those who came."""
    hits: list = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen():
        while True:
            try:
                hits.append(server.accept())
            except OSError:
                return

    threading.Thread(target=listen, daemon=True).start()
    yield server.getsockname(), hits
    server.close()


@pytest.mark.parametrize("mode", MODES)
def test_the_hostile_class_is_marked_fairly_and_leaves_nothing_behind(tmp_path, listener, mode):
    address, hits = listener
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o777)
    victim.chmod(0o777)
    (victim / "grades.csv").write_text("precious")
    desk = tmp_path / "class"
    desk.mkdir()
    everyone = hostile.everyone([address], [str(victim), "/work", "/root", "/home", "/var/tmp"])
    assert len(everyone) >= 44
    for number, kind in enumerate(everyone):
        (desk / f"{number:02d}").mkdir()
        (desk / f"{number:02d}" / kind.file).write_bytes(kind.content())
    before = state(tmp_path)
    found = {one.name: one for one in collect(desk)}
    unfair = {}
    with open_sandbox(mode) as sandbox:
        assert sandbox.mode == mode
        for number, kind in enumerate(everyone):
            one = found[f"{number:02d}"]
            if isinstance(one, Rejected):
                got = None
                assert one.reason
            else:
                record = marking.mark(one, "trial", SECRET, sandbox)
                got = tuple(e["score"] for e in record["exercises"])
            if got != kind.fair:
                unfair[kind.name] = (got, kind.fair)
    assert not unfair
    assert state(tmp_path) == before
    assert hits == []
    assert not left_after(SUBMISSION_SECONDS)
    assert not Path("/tmp/owned").exists()


def test_nothing_of_a_learner_is_unpickled_or_evaluated_outside():
    outside = [p for p in Path(marking.__file__).parent.glob("*.py") if p.name != "worker.py"]
    assert len(outside) > 15
    for path in outside:
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        imported = {a.name.partition(".")[0] for n in nodes if isinstance(n, ast.Import) for a in n.names}
        imported |= {(n.module or "").partition(".")[0] for n in nodes if isinstance(n, ast.ImportFrom)}
        assert not names & {"eval", "exec", "compile", "__import__"}, path.name
        assert not imported & {"pickle", "dill", "cloudpickle", "marshal", "shelve"}, path.name


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret.ipynb").write_bytes(hostile.notebook(hostile.RIGHT))
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "link.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (one,) = collect(tmp_path / "class")
    assert isinstance(one, Rejected)
    assert "link" in one.reason


def test_no_hidden_input_and_no_right_value_is_in_a_record(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(hostile.notebook(hostile.with_total("return float(np.sum(x))")))
    (one,) = collect(tmp_path)
    with open_sandbox() as sandbox:
        record = marking.mark(one, "trial", SECRET, sandbox)
    assert record["exercises"][1]["wrong"] == "the sum alone"
    said = repr(record)
    for task, _, args in marking.questions("trial", SECRET):
        for value in (*args, task.answer(*args)):
            numbers = value.ravel() if hasattr(value, "ravel") else [value]
            assert not any(text in said for x in numbers if len(text := f"{abs(x):.4g}") > 4)


def test_marks_do_not_depend_on_the_walls(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(hostile.notebook(hostile.with_total("return 1.0")))
    (one,) = collect(tmp_path)
    records = []
    for mode in [*MODES, "none"]:
        with open_sandbox(mode) as sandbox:
            records.append(marking.mark(one, "trial", SECRET, sandbox))
    assert all(record == records[0] for record in records)


DEEP = "import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')"


@pytest.mark.parametrize("mode", MODES)
def test_folders_in_folders_stop_nobody(tmp_path, mode):
    (tmp_path / "a.ipynb").write_bytes(hostile.notebook([DEEP, *hostile.RIGHT]))
    (one,) = collect(tmp_path)
    with open_sandbox(mode) as sandbox:
        folder = sandbox.runtime.folder
        for _ in range(2):
            record = marking.mark(one, "trial", SECRET, sandbox)
            assert [e["score"] for e in record["exercises"]] == [2, 2, 2]
        assert not list(folder.glob("learner-*"))
    assert not folder.exists()
