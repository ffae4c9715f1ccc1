"""A sweep is the runs it stands for; what fails says which run it was and takes no other with it."""

import os
import signal
import sys
import threading
from contextlib import contextmanager, nullcontext
from pickle import PicklingError

import numpy as np
import pytest

from course_lib import descend
from course_lib.surfaces import quadratic, rosenbrock
from course_lib.sweep import Descent, Sweep, sweep

RATES, MOMENTA = [0.001, 0.01, 0.05], [0.0, 0.9]


def noisy_square(rng, *, x, noise=0.0):
    """An experiment of one line."""
    return (x - 2.0) ** 2 + noise * rng.normal()


def test_a_descent_over_a_grid_is_one_batch_of_the_single_runs(monkeypatch):
    experiment = Descent("momentum", "quadratic", lambda rng: rng.normal(size=2), 50)
    alone = {
        (rate, momentum, seed): experiment(np.random.default_rng(seed), learning_rate=rate, momentum=momentum)
        for rate in RATES
        for momentum in MOMENTA
        for seed in (3, 4)
    }
    monkeypatch.setattr(Descent, "__call__", None)  # no run is made alone
    seen = []
    record = sweep(
        experiment,
        {"learning_rate": RATES, "momentum": MOMENTA},
        seeds=(3, 4),
        on_progress=lambda *now: seen.append(now),
    )
    assert record.on_grid.shape == (3, 2, 2) and record.values.shape == (6, 2) and seen == [(12, 12)]
    np.testing.assert_array_equal(record.values.ravel(), list(alone.values()))
    assert record.best == record.settings[int(np.argmin(record.means))]
    assert record.settings[1] == {"learning_rate": 0.001, "momentum": 0.9}


def test_the_score_is_the_value_at_the_end_of_a_descent():
    rate, start = 0.02, (1.0, -1.0)
    record = sweep(Descent("momentum", quadratic, start, 30, momentum=0.5), {"learning_rate": [rate]})
    end = descend("momentum", quadratic, [start], 30, learning_rate=rate, momentum=0.5)[-1]
    assert record.values[0, 0] == quadratic(end)[0]


def test_a_list_of_settings_and_schedules_run_one_by_one_and_give_the_same():
    experiment = Descent("gradient_descent", rosenbrock, rosenbrock.start, 20)
    rates = [1e-4, 5e-4]
    batch = sweep(experiment, [{"learning_rate": rate} for rate in rates])
    single = sweep(experiment, {"learning_rate": [lambda k, rate=rate: rate for rate in rates]})
    np.testing.assert_array_equal(batch.values, single.values)
    with pytest.raises(ValueError, match="over a list of settings, not over a grid"):
        _ = batch.on_grid


def test_a_run_that_diverges_counts_as_infinite_and_is_never_the_best():
    record = sweep(Descent("gradient_descent", rosenbrock, rosenbrock.start, 60), {"learning_rate": [10.0, 1e-4]})
    assert record.values[0, 0] == np.inf
    assert record.best == {"learning_rate": 1e-4}


@pytest.mark.parametrize(("workers", "threads"), [(None, False), (2, True), (2, False)], ids=str)
def test_any_experiment_runs_on_any_workers_and_gives_the_same(workers, threads):
    seen = []
    record = sweep(
        noisy_square, {"x": [0.0, 1.5, 3.0]}, seeds=range(4), workers=workers, threads=threads,
        on_progress=lambda *now: seen.append(now),
    )  # fmt: skip
    expected = [[noisy_square(np.random.default_rng(s), x=x) for s in range(4)] for x in (0.0, 1.5, 3.0)]
    np.testing.assert_array_equal(record.values, expected)
    assert record.best == {"x": 1.5}
    assert seen == [(k, 12) for k in range(1, 13)]


def test_a_run_that_raises_is_named_and_the_others_stay():
    def experiment(rng, *, x, text=False):
        return "two" if text else 1 / x

    record = sweep(experiment, [{"x": 1.0}, {"x": 0.0}, {"x": 2.0}, {"x": 1.0, "text": True}], seeds=(7,))
    assert record.failures == {
        (1, 0): "ZeroDivisionError: float division by zero",
        (3, 0): "TypeError: an experiment returns a number, this one returned 'two'",
    }
    np.testing.assert_array_equal(record.values[:, 0], [1.0, np.nan, 0.5, np.nan])
    assert record.best == {"x": 2.0}
    page = record._repr_markdown_()
    assert "4 settings, 1 seed" in page and "- x=0, seed 7: ZeroDivisionError" in page and "| 2 |  | 0.5 |" in page


@contextmanager
def dask_cluster(folder, **options):
    """A cluster of two workers on this machine that joblib uses meanwhile; a task that kills a worker gets no second one."""
    import dask
    from dask import distributed
    from joblib import parallel_config

    settings = {"temporary-directory": str(folder), "distributed.scheduler.allowed-failures": 0}
    where = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, **options}
    with (
        dask.config.set(settings),
        distributed.LocalCluster(**where) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        yield


@pytest.mark.parametrize("workers", ["loky", "dask"])
@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_a_run_whose_worker_is_killed_is_named_and_all_others_stay(workers, tmp_path):
    def experiment(rng, *, x):
        if x == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    with dask_cluster(tmp_path, silence_logs=50) if workers == "dask" else nullcontext():
        seen, xs = [], list(range(1, 13))
        record = sweep(experiment, {"x": xs}, seeds=(0, 1), workers=2, on_progress=lambda *now: seen.append(now))
    died = {"loky": "TerminatedWorkerError", "dask": "KilledWorker"}[workers]
    assert record.failures == dict.fromkeys([(2, 0), (2, 1)], f"its worker died ({died})")
    expected = [[np.nan if x == 3 else x] * 2 for x in xs]
    np.testing.assert_array_equal(record.values, expected)
    assert seen == [(k, 24) for k in range(1, 25)]
    assert record.best == {"x": 1} and "- x=3, seed 1: its worker died" in record._repr_markdown_()


@pytest.mark.parametrize("workers", ["loky", "dask"])
def test_an_experiment_that_cannot_be_sent_to_a_worker_is_no_death(workers, tmp_path):
    lock = threading.Lock()

    def experiment(rng, *, x):
        return x if lock else 0

    with (
        dask_cluster(tmp_path, processes=False) if workers == "dask" else nullcontext(),
        pytest.raises((TypeError, PicklingError), match=r"[Cc](ould not|annot) pickle"),
    ):
        sweep(experiment, {"x": [1, 2]}, workers=2)


def test_the_same_call_runs_on_a_dask_cluster(tmp_path):
    def experiment(rng, *, x):
        return 1 / x + rng.normal()

    with dask_cluster(tmp_path, processes=False):
        record = sweep(experiment, {"x": [1.0, 0.0, 2.0]}, seeds=range(2))
    plain = sweep(experiment, {"x": [1.0, 0.0, 2.0]}, seeds=range(2))
    np.testing.assert_array_equal(record.values, plain.values)
    assert record.failures == plain.failures and list(record.failures) == [(1, 0), (1, 1)]


def test_what_falls_without_end_is_not_the_best():
    """The logarithm of what rounding has made 0 is no sign of a good run."""
    record = sweep(lambda rng, *, x: -np.inf if x == 2 else x, {"x": [2.0, 1.0, 3.0]})
    assert record.best == {"x": 1.0}
    np.testing.assert_array_equal(record.values[:, 0], [np.inf, 1.0, 3.0])


def test_nothing_that_ran_whole_is_the_best():
    record = Sweep([{"x": 1}], [0], np.array([[np.nan]]), {(0, 0): "RuntimeError: no"})
    with pytest.raises(ValueError, match="no setting has all its runs; the first failure: RuntimeError: no"):
        _ = record.best


SURFACE = Descent("momentum", quadratic, [1.0, 1.0], 3)
REFUSED = {
    "no experiment": (TypeError, "experiment must be a function .* got str", ("adam", {"x": [1]}), {}),
    "no setting": (ValueError, "at least one setting", (noisy_square, []), {}),
    "no value": (ValueError, r"x: expected at least one value and none twice, got \[\]", (noisy_square, {"x": []}), {}),
    "twice": (ValueError, r"none twice, got \[1, 2, 1\]", (noisy_square, {"x": [1, 2, 1]}), {}),
    "no seed": (ValueError, r"seeds must be whole numbers .* got \[\]", (noisy_square, {"x": [1]}), {"seeds": []}),
    "number of seeds": (ValueError, "seeds must be whole numbers .* got 3", (noisy_square, {"x": [1]}), {"seeds": 3}),
    "no seed but nan": (ValueError, r"got \[nan\]", (noisy_square, {"x": [1]}), {"seeds": [np.nan]}),
    "one value": (TypeError, "x: expected a sequence of values, got 0.1", (noisy_square, {"x": 0.1}), {}),
    "a word": (TypeError, "x: expected a sequence of values, got 'abc'", (noisy_square, {"x": "abc"}), {}),
    "over a number": (TypeError, "a mapping of names to values, .* got 3", (noisy_square, 3), {}),
    "over a name": (TypeError, "a mapping of names to values, .* got 'x'", (noisy_square, ["x"]), {}),
    "seed": (ValueError, r"got \[0.5\]", (noisy_square, {"x": [1]}), {"seeds": [0.5]}),
    "unknown": (TypeError, "did you mean 'momentum'", (SURFACE, {"momentun": [0.9]}), {}),
    "rate": (ValueError, "learning_rate must be at least 0, got -1", (SURFACE, {"learning_rate": [0.1, -1]}), {}),
    "text": (TypeError, "learning_rate: expected a number", (SURFACE, {"learning_rate": ["fast"]}), {}),
}


@pytest.mark.parametrize(("error", "words", "arguments", "options"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_swept_is_refused_by_name(error, words, arguments, options):
    with pytest.raises(error, match=words):
        sweep(*arguments, **options)


def test_a_descent_refuses_by_name():
    with pytest.raises(TypeError, match="give score=..., a function of end points"):
        Descent("momentum", lambda theta: theta, [1.0], 3)
    with pytest.raises(TypeError, match="did you mean 'momentum'"):
        Descent("momentum", quadratic, [1.0, 1.0], 3, momentun=0.9)
    for steps in (-3, 2.5, None):
        with pytest.raises(ValueError, match=f"steps must be a whole number of at least 0, got {steps}"):
            Descent("momentum", quadratic, [1.0, 1.0], steps)
    for start in ([1.0] * 3, [[1.0, 1.0]], lambda rng: rng.normal(size=3)):
        with pytest.raises(ValueError, match=r"a start of one run must have shape \(2,\), got \((3,|1, 2)\)"):
            Descent("momentum", quadratic, start, 3)
    with pytest.raises(ValueError, match=r"adam: beta_1 must be in \[0, 1\), got 2"):
        Descent("adam", quadratic, lambda rng: rng.normal(size=2), 3, beta_1=2)
    with pytest.raises(ValueError, match="muon works on matrices"):
        Descent("muon", quadratic, [1.0, 1.0], 3)
    with pytest.raises(ValueError, match=r"score must give one number a run, shape \(1,\), got \(1, 2\)"):
        sweep(Descent("momentum", quadratic, [1.0, 1.0], 3, score=lambda theta: theta), {"learning_rate": [0.1]})


def test_missing_joblib_is_said_plainly(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ImportError, match="runs such experiments through joblib: pip install joblib"):
        sweep(noisy_square, {"x": [1]})
    assert sweep(SURFACE, {"learning_rate": [0.1]}).values.shape == (1, 1)
