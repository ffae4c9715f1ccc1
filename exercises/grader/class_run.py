"""A whole class: many submissions on many workers, stored one by one, so that nothing is lost whatever ends."""

from __future__ import annotations

import atexit
import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_lib.exercises import SETS

from . import marking
from .handed import Rejected, Submission
from .notebook import cells_of
from .runtime import open_to_all
from .sandbox import MachineFailure, Sandbox, open_sandbox
from .store import Store, key_of

SETS_FOLDER = Path(__file__).resolve().parents[1]
BATCH = 4  # submissions in a task: small, so that little is done twice after a kill
PATIENCE = "15s"  # for a scheduler to answer
WORKERS_PATIENCE = "60s"  # for its first worker
UNDISTURBED = (
    "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"  # Ctrl-C is for the one who started the run
)
SETTINGS = {
    "distributed.worker.daemon": False,  # a worker starts processes of its own
    "distributed.scheduler.allowed-failures": 10,
    "distributed.comm.timeouts.connect": PATIENCE,
}

Progress = Callable[[int, int, int], None]


class RunError(RuntimeError):
    """A run cannot begin or go on; the message is for people."""


def choose_sets(handed: Sequence[Submission | Rejected], wanted: str | None) -> dict[str, str]:
    """Return for each notebook, by digest, which set it answers.

    Parameters
    ----------
    handed : sequence of Submission or Rejected
        The class.
    wanted : str or None
        The set of all; else it is found by the functions that a notebook defines, and by the rest of the class.

    Returns
    -------
    dict
        Digest to name of a set; one that cannot be told is not in it.

    Raises
    ------
    ValueError
        If no set has the name.
    """
    if wanted is not None and wanted not in SETS:
        raise ValueError(f"no set is called {wanted!r}; there are {', '.join(SETS)}")
    whole = [one for one in handed if isinstance(one, Submission)]
    if wanted is not None:
        return {one.digest: wanted for one in whole}
    defined = {one.digest: marking.sets_defined(one.cells) for one in whole}
    seen = {names[0] for names in defined.values() if names}
    only = next(iter(seen)) if len(seen) == 1 else None
    return {digest: names[0] if names else only for digest, names in defined.items() if names or only}  # type: ignore[misc]


def noted(handed: Sequence[Submission | Rejected], wanted: str | None) -> list[Submission | Rejected]:
    """Say so where a notebook answers another set than the one that is marked.

    Parameters
    ----------
    handed : sequence of Submission or Rejected
        The class.
    wanted : str or None
        The set that is marked.

    Returns
    -------
    list of Submission or Rejected
        The same, with a note where one is due.
    """
    if wanted is None:
        return list(handed)
    return [_noted(one, wanted) for one in handed]


def _noted(one: Submission | Rejected, wanted: str) -> Submission | Rejected:
    answered = marking.sets_defined(one.cells) if isinstance(one, Submission) else []
    if not isinstance(one, Submission) or not answered or wanted in answered:
        return one
    note = f"it answers the set {answered[0]}, and {wanted} was marked"
    return replace(one, note=f"{one.note}; {note}" if one.note else note)


def check_tracers(set_name: str, secret: bytes, sandbox: Sandbox) -> None:
    """Mark the set's own solution and its untouched notebook, whose marks are known.

    Parameters
    ----------
    set_name : str
        Which set.
    secret : bytes
        The course's.
    sandbox : Sandbox
        The walls.

    Raises
    ------
    RunError
        If the solution does not get all points or the untouched notebook gets one: then no mark can be trusted.
    """
    most = sum(task.points for task in SETS[set_name])
    for file, fair in (("source.ipynb", most), (f"{set_name}.ipynb", 0)):
        path = SETS_FOLDER / set_name / file
        one = Submission(file, file, "", cells_of(path.read_bytes()))
        got = sum(e["score"] for e in marking.mark(one, set_name, secret, sandbox)["exercises"])
        if got != fair:
            raise RunError(
                f"{path.name} of the set {set_name} should get {fair} of {most} points and gets {got}: nothing was marked"
            )


def run(
    handed: Sequence[Submission | Rejected],
    sets: dict[str, str],
    secret: bytes,
    store: Store,
    *,
    mode: str | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    on_progress: Progress | None = None,
    tracers: bool = True,
) -> dict[str, dict[str, Any]]:
    """Mark all submissions that the store does not hold yet.

    Parameters
    ----------
    handed : sequence of Submission or Rejected
        The class.
    sets : dict
        As `choose_sets` returns it.
    secret : bytes
        The course's.
    store : Store
        Where records are kept; workers elsewhere must see the same folder.
    mode : str, optional
        Of the sandbox; the strongest that works by default.
    scheduler : str, optional
        Address of a dask cluster; by default one is started here and ended.
    workers : int, optional
        How many processes, where the cluster is started here; one a core by default.
    on_progress : callable, optional
        Is told how many are done, failed and left.
    tracers : bool
        Whether the known submissions are marked first.

    Returns
    -------
    dict
        Digest to record.

    Raises
    ------
    RunError
        If a known submission is marked wrong, the scheduler does not answer, or the machine fails. What was marked by
        then is in the store, and the same command goes on from there.
    """
    store.sweep()
    fingerprint = marking.fingerprint(secret)
    unique = {one.digest: one for one in handed if isinstance(one, Submission) and one.digest in sets}
    keys = {digest: key_of(digest, sets[digest], fingerprint, walls=mode != "none") for digest in unique}
    done = {digest: record for digest, key in keys.items() if (record := store.get(key)) is not None}
    left = [one for digest, one in unique.items() if digest not in done]
    tell = on_progress or (lambda *_: None)
    tell(len(done), 0, len(left))
    if not left:
        return done
    try:
        with open_sandbox(mode) as sandbox:
            for name in sorted({sets[one.digest] for one in left}) if tracers else ():
                check_tracers(name, secret, sandbox)
            mode = sandbox.mode
            if mode == "uid" and not sandbox.landlock and open_to_all(SETS_FOLDER):
                raise RunError(
                    "neither namespaces nor Landlock work here, so learners' code could read all that everybody may, the "
                    f"solutions too: chmod -R go-rwx {SETS_FOLDER.parent}, the submissions and the secret, then again"
                )
    except MachineFailure as trouble:
        raise RunError(f"the sandbox does not start, so nothing was marked: {trouble}") from trouble
    batches = [left[i : i + BATCH] for i in range(0, len(left), BATCH)]
    failed: dict[str, str] = {}
    with _client(scheduler, workers) as client:
        from distributed import as_completed

        def submit(batch: Sequence[Submission]) -> Any:
            work = [(one.digest, one.cells, sets[one.digest], keys[one.digest]) for one in batch]
            job = client.submit(mark_batch, work, secret, str(store.folder.resolve()), mode, retries=2, pure=False)
            jobs[job] = batch
            return job

        jobs: dict[Any, Sequence[Submission]] = {}
        coming = as_completed([submit(batch) for batch in batches])
        _wait_for_workers(client, scheduler)
        for job in coming:
            try:
                reasons = job.result()
            except Exception as trouble:  # of the machine or the cluster: no learner's code runs in that process
                if len(jobs[job]) > 1:  # one of them may have cost the others their worker
                    coming.update([submit([one]) for one in jobs[job]])
                    continue
                why = "its worker ended again and again" if type(trouble).__name__ == "KilledWorker" else trouble
                reasons = dict.fromkeys((one.digest for one in jobs[job]), f"{type(trouble).__name__}: {why}")
            for one in jobs[job]:
                if (record := store.get(keys[one.digest])) is not None:
                    done[one.digest] = record
                else:
                    failed[one.digest] = reasons.get(one.digest, "the worker does not write to this store")
            tell(len(done), len(failed), len(unique) - len(done) - len(failed))
    if failed:
        raise RunError(
            f"{len(failed)} of {len(unique)} could not be marked, through no fault of theirs "
            f"({next(iter(failed.values()))}). The others are stored; type the same command to go on"
        )
    return done


def mark_batch(
    work: Sequence[tuple[str, tuple[str, ...], str, str]], secret: bytes, folder: str, mode: str
) -> dict[str, str]:
    """Mark some submissions and store their records; runs on a worker, and may run twice.

    Parameters
    ----------
    work : sequence of tuple
        Digest, cells, set and key of each.
    secret : bytes
        The course's.
    folder : str
        Of the store.
    mode : str
        Of the sandbox.

    Returns
    -------
    dict
        Why one could not be marked, by digest; the others are stored, whatever it was.
    """
    store, failed = Store(Path(folder)), {}
    for digest, cells, set_name, key in work:
        if store.get(key) is not None:
            continue
        if key != key_of(digest, set_name, marking.fingerprint(secret), walls=mode != "none"):
            failed[digest] = "the worker has another version of the course, of NumPy or of Python"
            continue
        try:
            store.put(key, _marked(Submission("", "", digest, cells), set_name, secret, mode))
        except Exception as trouble:  # it must not cost its neighbors their marks
            failed[digest] = f"{type(trouble).__name__}: {trouble}"
    return failed


def _marked(one: Submission, set_name: str, secret: bytes, mode: str) -> dict[str, Any]:
    try:
        return marking.mark(one, set_name, secret, _sandbox(mode))
    except MachineFailure:  # once more: a machine may be short of breath
        return marking.mark(one, set_name, secret, _sandbox(mode))


@functools.lru_cache(maxsize=1)
def _sandbox(mode: str) -> Sandbox:
    sandbox = open_sandbox(mode)
    atexit.register(sandbox.close)
    return sandbox


@contextmanager
def _client(scheduler: str | None, workers: int | None) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        stack.enter_context(_quiet())
        if scheduler:
            try:
                client = Client(scheduler, timeout=PATIENCE)
            except (OSError, TimeoutError, TypeError, ValueError) as trouble:  # TypeError: tls:// without certificates
                raise RunError(f"no scheduler answers at {scheduler} ({str(trouble)[:200]})") from trouble
            yield stack.enter_context(client)
            return
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            preload=[UNDISTURBED],
        )
        stack.enter_context(cluster)
        yield stack.enter_context(Client(cluster))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the cluster's log to itself: what went wrong is told once, in words."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _wait_for_workers(client: Any, scheduler: str | None) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_PATIENCE)
    except TimeoutError as trouble:
        raise RunError(
            f"the scheduler {scheduler or 'of this run'} has no workers; start some, with the course beside them: "
            f"dask worker {scheduler or 'ADDRESS'} --nthreads 1"
        ) from trouble
