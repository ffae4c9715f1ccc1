"""Calls on many workers through joblib, of which none is lost when a worker dies, and the one that killed it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pickle import PicklingError
from typing import Any

Outcome = tuple[Any, Any, BaseException | None]


def on_workers(
    function: Callable[..., Any],
    calls: Mapping[Any, tuple[Any, ...]],
    *,
    workers: int | None = None,
    threads: bool = False,
) -> Iterator[Outcome]:
    """Call a function with many arguments; where a worker dies, what had begun runs again, each alone, and all else goes on.

    Parameters
    ----------
    function : callable
        It catches what its own work raises; what it raises all the same counts as the death of its worker.
    calls : mapping of key to tuple
        The arguments of each call.
    workers : int, optional
        How many calls at a time, -1 for all cores; joblib decides where not given.
    threads : bool
        Threads in place of processes.

    Yields
    ------
    key
        Which call.
    result
        What it returned; None where its worker died.
    died : Exception or None
        How its worker died, alone.

    Raises
    ------
    ImportError
        If joblib is missing.
    Exception
        Of joblib, pickle or a cluster, if no call can begin.
    """
    left = dict(calls)
    while left:
        begun: list[Any] = []
        try:
            for key, result in _parallel(function, left, begun, workers, threads):
                del left[key]
                yield key, result, None
        except Exception as error:
            suspects = [key for key in begun if key in left]
            if not suspects or isinstance(error, PicklingError):  # no worker is to blame
                raise
            for key in suspects:
                yield _alone(function, key, left.pop(key), workers, threads)


def _parallel(
    function: Callable[..., Any], calls: Mapping[Any, Any], begun: list[Any], workers: int | None, threads: bool
) -> Iterator[tuple[Any, Any]]:
    """Yield key and result of each call as they come; note the calls that joblib has taken."""
    try:
        from joblib import Parallel, delayed
        from joblib.parallel import get_active_backend
    except ImportError as error:
        raise ImportError("sweep() runs such experiments through joblib: pip install joblib") from error

    def noted() -> Iterator[Any]:
        for key, arguments in list(calls.items()):
            begun.append(key)
            yield delayed(_with_key)(function, key, arguments)

    options: dict[str, Any] = {"prefer": "threads" if threads else None}
    active = get_active_backend(**options)[0]
    if type(active).__name__ == "DaskDistributedBackend":
        import cloudpickle  # which comes with dask

        cloudpickle.dumps((function, calls))  # what cannot travel raises here; on its way joblib would not see it
        options = {"backend": _that_sees_deaths_through(active)}
    try:
        yield from Parallel(n_jobs=workers, batch_size=1, return_as="generator_unordered", **options)(noted())
    except Exception:
        if "backend" in options:
            options["backend"].settle()
        raise


def _alone(function: Callable[..., Any], key: Any, arguments: Any, workers: int | None, threads: bool) -> Outcome:
    """Make one call while no other is under way: if a worker dies now, this call is why."""
    try:
        ((_, result),) = _parallel(function, {key: arguments}, [], workers, threads)
    except Exception as error:
        return key, None, error
    return key, result, None


def _with_key(function: Callable[..., Any], key: Any, arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    return key, function(*arguments)


def _that_sees_deaths_through(dask: Any) -> Any:
    """Return a backend on the same cluster that survives the death of a worker, where joblib's own waits for ever.

    It is a new one each time, for after a death the old one still waits for tasks that it gave up.
    """
    from distributed import wait

    class Backend(type(dask)):  # type: ignore[misc]
        def submit(self, task: Any, callback: Callable[[Any], Any]) -> Any:
            """Call back for a task that died too, not after a success only."""
            future = super().submit(task, callback)
            future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
            return future

        def effective_n_jobs(self, n_jobs: int) -> int:
            """Never say one: then joblib would make the calls in this process, as when all workers but one have died."""
            return max(2, super().effective_n_jobs(n_jobs))

        def settle(self) -> None:
            """Wait until nothing is under way that could kill a worker; with no worker left, nothing will be."""
            begun = list(self._results)
            while self.client.ncores():
                try:
                    wait(begun, timeout=1)
                    return
                except TimeoutError:
                    continue
            self.client.cancel(begun)

    options = {"scatter": dask._scatter, "wait_for_workers_timeout": dask.wait_for_workers_timeout}
    return Backend(client=dask.client, **options, **dask.submit_kwargs)
