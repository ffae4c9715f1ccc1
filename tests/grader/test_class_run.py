"""A class marked on a cluster: killed and gone on with, the same bytes twice, and no mark where the machine failed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import distributed
import pytest

from exercises.grader import __main__ as command
from exercises.grader import class_run, demo, marking, sandbox
from exercises.grader.class_run import choose_sets
from exercises.grader.handed import Submission
from exercises.grader.ingest import collect
from exercises.grader.store import Store

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"s" * 32
pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of distributed, which closes its sockets later
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Write a class of twelve for momentum: right, mistaken, part, blank, broken."""
    folder = tmp_path_factory.mktemp("class")
    people = demo.plan("momentum", 30)
    chosen = [p for p in people if p["kind"] in ("right", "mistakes", "part", "blank")][:12]
    demo.hand_in(folder / "submissions", "momentum", chosen)
    (folder / "secret").write_bytes(SECRET)
    (folder / "secret").chmod(0o600)
    return folder


def arguments(desk, out, *more):
    words = ["run", desk / "submissions", "--out", out / "grades.csv", "--store", out / "store"]
    return [str(w) for w in (*words, "--secret", desk / "secret", "--workers", "2", "--quiet", *more)]


def stored(out):
    return {p.relative_to(out): p.read_bytes() for p in sorted((out / "store").rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def undisturbed(desk, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    assert (
        command.main(arguments(desk, out, "--reports", str(out / "reports"), "--canvas", str(out / "canvas.csv"))) == 0
    )
    return out


def test_marks_are_those_of_one_after_the_other(desk, undisturbed):
    store, fingerprint = Store(undisturbed / "store"), marking.fingerprint(SECRET)
    with sandbox.open_sandbox() as walls:
        for one in collect(desk / "submissions"):
            alone = marking.mark(one, "momentum", SECRET, walls)
            assert store.get(class_run.key_of(one.digest, "momentum", fingerprint)) == alone


def test_every_mistake_that_was_planned_is_found_by_name(desk, undisturbed):
    planned = {p["name"]: p for p in demo.plan("momentum", 30)}
    store, fingerprint = Store(undisturbed / "store"), marking.fingerprint(SECRET)
    for one in collect(desk / "submissions"):
        record = store.get(class_run.key_of(one.digest, "momentum", fingerprint))
        found = {e["name"]: e["wrong"] for e in record["exercises"] if e["wrong"]}
        assert found == planned[one.learner]["mistakes"]


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes(desk, undisturbed, tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-m", "exercises.grader", *arguments(desk, tmp_path)], cwd=ROOT, start_new_session=True
    )
    end = time.monotonic() + 60
    while len(list(tmp_path.glob("store/??/*.json"))) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    done = len(list(tmp_path.glob("store/??/*.json")))
    assert 2 <= done < 12
    assert not (tmp_path / "grades.csv").exists()
    assert command.main(arguments(desk, tmp_path)) == 0
    assert stored(tmp_path) == stored(undisturbed)
    assert (tmp_path / "grades.csv").read_bytes() == (undisturbed / "grades.csv").read_bytes()


def test_a_finished_run_marks_nothing_again(desk, undisturbed, monkeypatch):
    before = stored(undisturbed)
    monkeypatch.setattr(class_run, "_client", lambda *a: pytest.fail("a cluster was started"))
    assert command.main(arguments(desk, undisturbed)) == 0
    assert stored(undisturbed) == before


def test_where_the_sandbox_does_not_start_nothing_is_stored(desk, tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise sandbox.MachineFailure("bwrap: no namespaces here")

    monkeypatch.setattr(sandbox.Sandbox, "start", refuse)
    assert command.main(arguments(desk, tmp_path)) == command.MACHINE
    assert "error:" in capsys.readouterr().err
    assert not list(tmp_path.glob("store/??/*.json"))
    assert not (tmp_path / "grades.csv").exists()


def test_a_tracer_that_is_marked_wrong_stops_the_run(desk, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        class_run.marking,
        "_verdict",
        lambda task, mine, told: {"name": task.name, "score": 0, "max": 1, "reason": "", "feedback": [], "wrong": None},
    )
    assert command.main(arguments(desk, tmp_path)) == command.MACHINE
    assert "nothing was marked" in capsys.readouterr().err
    assert not list(tmp_path.glob("store/??/*.json"))


def test_a_scheduler_that_does_not_answer_is_told(desk, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(class_run, "PATIENCE", "1s")
    assert command.main(arguments(desk, tmp_path, "--scheduler", "tcp://127.0.0.1:9")) == command.MACHINE
    assert "no scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["tls://127.0.0.1:9", "nowhere", "bogus://x:1"])
def test_an_address_that_cannot_be_one_is_told(desk, tmp_path, monkeypatch, capfd, address):
    monkeypatch.setattr(class_run, "PATIENCE", "1s")
    assert command.main(arguments(desk, tmp_path, "--scheduler", address)) == command.MACHINE
    said = capfd.readouterr().err
    assert f"no scheduler answers at {address}" in said
    assert "Traceback" not in said


def test_a_scheduler_without_workers_is_told(desk, tmp_path, monkeypatch, capfd):
    from distributed import LocalCluster

    monkeypatch.setattr(class_run, "WORKERS_PATIENCE", "1s")
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        assert command.main(arguments(desk, tmp_path, "--scheduler", cluster.scheduler_address)) == command.MACHINE
    assert "has no workers" in capfd.readouterr().err


def test_a_scheduler_that_dies_is_told_and_the_rest_goes_on(desk, undisturbed, tmp_path):
    dask = [sys.executable, "-m", "distributed.cli"]
    place = tmp_path / "scheduler.json"
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    scheduler = subprocess.Popen(
        [*dask[:2], f"{dask[2]}.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--scheduler-file", str(place)], **quiet)  # fmt: skip
    worker = None
    try:
        end = time.monotonic() + 60
        while not place.exists() and time.monotonic() < end:
            time.sleep(0.1)
        address = json.loads(place.read_text())["address"]
        worker = subprocess.Popen(
            [*dask[:2], f"{dask[2]}.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"], **quiet)  # fmt: skip
        run = subprocess.Popen(
            [sys.executable, "-m", "exercises.grader", *arguments(desk, tmp_path, "--scheduler", address)],
            cwd=ROOT, stderr=subprocess.PIPE, text=True)  # fmt: skip
        while len(list(tmp_path.glob("store/??/*.json"))) < 2 and time.monotonic() < end:
            time.sleep(0.02)
        os.killpg(scheduler.pid, signal.SIGKILL)
        _, said = run.communicate(timeout=120)
    finally:
        for process in filter(None, (scheduler, worker)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert run.returncode == command.MACHINE
    assert "could not be marked, through no fault of theirs" in said
    assert "Traceback" not in said
    assert command.main(arguments(desk, tmp_path)) == 0
    assert stored(tmp_path) == stored(undisturbed)


def test_one_that_cannot_be_marked_costs_its_neighbors_nothing(desk, tmp_path, monkeypatch):
    one, two, three = list(collect(desk / "submissions"))[:3]
    mark = marking.mark

    def fails(submission, *rest):
        if submission.digest == one.digest:
            raise ZeroDivisionError("of the grader")
        return mark(submission, *rest)

    store, fingerprint = Store(tmp_path / "store"), marking.fingerprint(SECRET)
    monkeypatch.setattr(class_run.marking, "mark", fails)
    keys = [class_run.key_of(x.digest, "momentum", fingerprint) for x in (one, two, three)]
    work = [(x.digest, x.cells, "momentum", key) for x, key in zip((one, two, three), keys, strict=True)]
    with sandbox.open_sandbox() as walls:
        monkeypatch.setattr(class_run, "_sandbox", lambda mode: walls)
        failed = class_run.mark_batch(work, SECRET, str(store.folder), walls.mode)
    assert failed == {one.digest: "ZeroDivisionError: of the grader"}
    assert [store.get(key) is not None for key in keys] == [False, True, True]


def test_a_machine_that_fails_once_is_asked_again(desk, tmp_path, monkeypatch):
    one = collect(desk / "submissions")[0]
    tries = []

    def second(*_):
        tries.append(1)
        if len(tries) == 1:
            raise sandbox.MachineFailure("out of breath")
        return {"set": "momentum"}

    monkeypatch.setattr(class_run.marking, "mark", second)
    monkeypatch.setattr(class_run, "_sandbox", lambda mode: None)
    key = class_run.key_of(one.digest, "momentum", marking.fingerprint(SECRET))
    assert class_run.mark_batch([(one.digest, (), "momentum", key)], SECRET, str(tmp_path / "s"), "uid") == {}
    assert Store(tmp_path / "s").get(key) == {"set": "momentum"}


def test_a_worker_of_another_version_stores_nothing(tmp_path):
    failed = class_run.mark_batch([("d", (), "momentum", "0" * 64)], SECRET, str(tmp_path / "s"), "uid")
    assert "another version" in failed["d"]
    assert not list(tmp_path.glob("s/??/*.json"))


def test_a_worker_that_writes_elsewhere_is_no_loss_in_silence(desk, tmp_path, monkeypatch, capsys):
    class Job:
        def result(self):
            return {}

    class Elsewhere:
        def submit(self, *_, **__):
            return Job()

        def wait_for_workers(self, *_, **__):
            pass

    monkeypatch.setattr(class_run, "_client", lambda *_: contextlib.nullcontext(Elsewhere()))
    monkeypatch.setattr(distributed, "as_completed", list)
    assert command.main(arguments(desk, tmp_path)) == command.MACHINE
    assert "12 of 12 could not be marked" in (said := capsys.readouterr().err)
    assert "does not write to this store" in said
    assert not (tmp_path / "grades.csv").exists()


def test_a_run_that_is_interrupted_says_only_how_to_go_on(desk, undisturbed, tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-m", "exercises.grader", *arguments(desk, tmp_path)],
        cwd=ROOT,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while len(list(tmp_path.glob("store/??/*.json"))) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said.strip() == "stopped; what is marked is stored, and the same command goes on from there"
    assert command.main(arguments(desk, tmp_path)) == 0
    assert stored(tmp_path) == stored(undisturbed)


def test_a_cluster_elsewhere_does_the_same(desk, undisturbed, tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        assert command.main(arguments(desk, tmp_path, "--scheduler", cluster.scheduler_address)) == 0
    assert stored(tmp_path) == stored(undisturbed)


def test_a_submission_that_costs_its_worker_costs_no_neighbor_a_mark(desk, tmp_path, monkeypatch):
    handed = [one for one in collect(desk / "submissions") if isinstance(one, Submission)][:4]
    real, deadly = class_run.mark_batch, handed[1].digest

    def mark_batch(work, *others):
        if any(digest == deadly for digest, *_ in work):
            os._exit(1)
        return real(work, *others)

    monkeypatch.setattr(class_run, "mark_batch", mark_batch)
    monkeypatch.setitem(class_run.SETTINGS, "distributed.scheduler.allowed-failures", 1)
    with pytest.raises(class_run.RunError, match=r"1 of 4 could not be marked, .*its worker ended again and again"):
        class_run.run(
            handed,
            dict.fromkeys([one.digest for one in handed], "momentum"),
            SECRET,
            Store(tmp_path / "store"),
            workers=1,
        )
    assert len(list(tmp_path.glob("store/??/*.json"))) == 3


def one_of(text):
    return Submission("a", "a", text, (text,))


def test_a_set_is_told_by_the_functions_and_by_the_class():
    momentum, normal, blank = one_of("def nesterov(a): pass"), one_of("def fold(a): pass"), one_of("x = 1")
    assert choose_sets([momentum, blank], None) == {momentum.digest: "momentum", blank.digest: "momentum"}
    mixed = choose_sets([momentum, normal, blank], None)
    assert mixed == {momentum.digest: "momentum", normal.digest: "normalization"}
    assert choose_sets([blank], "normalization") == {blank.digest: "normalization"}
    with pytest.raises(ValueError, match="no set is called 'momentun'; there are momentum"):
        choose_sets([blank], "momentun")


def test_reports_and_the_summary_are_written(undisturbed):
    assert (undisturbed / "reports" / "index.html").exists()
    assert len(list((undisturbed / "reports").glob("learner-*.html"))) == 12
    assert (undisturbed / "canvas.csv").read_text("utf-8-sig").startswith("Student,ID")


def test_the_records_hold_no_time_and_no_place(undisturbed):
    for path in undisturbed.glob("store/??/*.json"):
        record = json.loads(path.read_text())["record"]
        assert set(record) == {"set", "digest", "exercises", "cells"}
        assert str(ROOT) not in path.read_text()
        assert "/tmp" not in path.read_text()


def test_a_column_of_canvas_is_one_set(tmp_path, capsys):
    (tmp_path / "class").mkdir()
    for name in ("momentum", "normalization"):
        shutil.copy(ROOT / "exercises" / name / f"{name}.ipynb", tmp_path / "class")
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "secret").chmod(0o600)
    words = ["run", tmp_path / "class", "--out", tmp_path / "g.csv", "--store", tmp_path / "store"]
    words += ["--secret", tmp_path / "secret", "--canvas", tmp_path / "c.csv"]
    assert command.main([str(word) for word in words]) == command.WRONG_USE
    said = capsys.readouterr().err
    assert "1 of momentum, 1 of normalization" in said and "--set" in said
    assert not (tmp_path / "g.csv").exists()


def test_a_secret_that_others_may_read_is_told(tmp_path, capsys):
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "secret").chmod(0o644)
    assert command.read_secret(tmp_path / "secret") == SECRET
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="the weaker mode needs root")
@pytest.mark.parametrize("readable", [False, True])
def test_without_namespaces_and_landlock_solutions_must_not_be_readable(desk, tmp_path, monkeypatch, capsys, readable):
    monkeypatch.setattr(class_run, "open_to_all", lambda _: readable)
    monkeypatch.setattr(class_run.Sandbox, "_greet", without_landlock(class_run.Sandbox._greet))
    monkeypatch.setattr(class_run, "_client", None)  # where it goes on, it ends here
    if readable:
        assert command.main(arguments(desk, tmp_path, "--sandbox", "uid")) == command.MACHINE
        assert "chmod -R go-rwx" in capsys.readouterr().err
    else:
        with pytest.raises(TypeError):
            command.main(arguments(desk, tmp_path, "--sandbox", "uid"))


def without_landlock(greet):
    def greets(self, worker):
        greet(self, worker)
        self.landlock = 0

    return greets
