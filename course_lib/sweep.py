"""Run an experiment for many hyperparameters and seeds: as one batch where it can be, else one by one on all cores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.engine import check_hyper, check_start, descend
from course_lib.hyperparameters import check_count, is_count
from course_lib.rule import FloatArray, Rule, as_rule
from course_lib.run_arguments import check_matrix
from course_lib.surface import Surface, as_surface
from course_lib.workers import on_workers

Setting = dict[str, Any]
Experiment = Callable[..., float]
SHOWN = 5  # settings in the table of a record


class Descent:
    """An experiment: follow a rule on a surface and score the end point.

    Called with a generator and hyperparameters, it makes one run; `sweep` makes all of its runs at once.

    Parameters
    ----------
    rule : Rule or str
        A rule, or the name of one.
    grad : Surface, str or callable
        A surface, the name of one, or a function from points of shape ``(runs, n)`` to gradients of the same shape.
    theta0 : array_like of shape (n,) or callable
        Where to start; a callable draws it from a generator, so that each seed has a start of its own.
    steps : int >= 0
        How many steps.
    score : callable, optional
        From end points of shape ``(runs, n)`` to numbers of shape ``(runs,)``, the smaller the better. The value of the
        surface where not given.
    before : callable, optional
        What is done to the gradients, of shape ``(runs, n)``, first, such as `course_lib.clipping.clip_by_norm`.
    **hyper : float or callable
        Hyperparameters that all runs share.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `course_lib.descend`, and at once: a start is drawn to be looked at. Also if there is neither a surface nor a
        score.
    """

    def __init__(
        self,
        rule: Rule | str,
        grad: Surface | str | Callable[[FloatArray], Any],
        theta0: Any,
        steps: int,
        *,
        score: Callable[[FloatArray], Any] | None = None,
        before: Callable[[FloatArray], FloatArray] | None = None,
        **hyper: Any,
    ):
        self.before = before
        self.rule, self.steps, self.hyper = as_rule(rule), check_count("steps", steps, 0), hyper
        self.grad = as_surface(grad) if isinstance(grad, str) else grad
        if score is None and not isinstance(self.grad, Surface):
            raise TypeError(
                "a gradient alone says nothing of how good a point is: give score=..., a function of end points"
            )
        self.score = self.grad if score is None else score
        self.theta0 = theta0 if callable(theta0) else check_start(theta0)
        shape = self.start(np.random.default_rng(0)).shape
        check_matrix(self.rule, shape)
        check_hyper(self.rule, hyper, shape, fill=False)

    def __call__(self, rng: np.random.Generator, **hyper: Any) -> float:
        """Make one run and return its score."""
        end = self._end(self.start(rng)[None], hyper)
        return float(np.ravel(self._score(end))[0])

    def all_at_once(self, settings: Sequence[Setting], seeds: Sequence[int]) -> FloatArray:
        """Make all runs in one batch.

        Parameters
        ----------
        settings : sequence of dict
            Hyperparameters, all of them numbers with the same names.
        seeds : sequence of int
            Each gives a start.

        Returns
        -------
        ndarray of shape (settings, seeds)
            The scores.
        """
        starts = np.stack([self.start(np.random.default_rng(seed)) for seed in seeds])
        columns = {name: np.repeat([[float(s[name])] for s in settings], len(seeds), axis=0) for name in settings[0]}
        points = np.tile(starts, (len(settings), 1))
        end = self._end(points, columns)
        return np.reshape(self._score(end), (len(settings), len(seeds)))

    def start(self, rng: np.random.Generator) -> FloatArray:
        """Return the start of a seed."""
        start = check_start(self.theta0(rng)) if callable(self.theta0) else self.theta0
        wanted = (len(self.grad.coordinates),) if isinstance(self.grad, Surface) else start.shape[-1:]
        if start.shape != wanted:
            raise ValueError(f"a start of one run must have shape {wanted}, got {start.shape}")
        return start

    def _end(self, starts: FloatArray, hyper: Setting) -> FloatArray:
        hyper = {**self.hyper, **hyper}
        return descend(self.rule, self.grad, starts, self.steps, keep="last", before=self.before, **hyper)

    def _score(self, end: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            scores = np.asarray(self.score(end), float)
        if scores.shape != end.shape[:-1]:
            raise ValueError(f"score must give one number a run, shape {end.shape[:-1]}, got {scores.shape}")
        return scores


@dataclass
class Sweep:
    """What came out of a sweep.

    Parameters
    ----------
    settings : list of dict
        The hyperparameters of each setting.
    seeds : list of int
        The seeds.
    values : ndarray of shape (settings, seeds)
        What each run returned, the smaller the better; inf where it diverged, which is where it returned no finite
        number; nan where it failed.
    failures : dict of (int, int) to str
        Why a run failed, by the numbers of its setting and its seed.
    grid : dict of str to list
        The values of each hyperparameter where they form a grid, in the order of the settings; else empty.
    """

    settings: list[Setting]
    seeds: list[int]
    values: FloatArray
    failures: dict[tuple[int, int], str] = field(default_factory=dict)
    grid: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def means(self) -> FloatArray:
        """Mean over the seeds of each setting; nan where a run failed."""
        return self.values.mean(axis=1)

    @property
    def on_grid(self) -> FloatArray:
        """The values with one axis a hyperparameter, and the seeds last."""
        if not self.grid:
            raise ValueError("this sweep ran over a list of settings, not over a grid")
        return self.values.reshape(*map(len, self.grid.values()), len(self.seeds))

    @property
    def order(self) -> list[int]:
        """Numbers of the settings, the best first; those with failed runs are left out."""
        return [int(i) for i in np.argsort(self.means, kind="stable") if not math.isnan(self.means[i])]

    @property
    def best(self) -> Setting:
        """The setting with the smallest mean."""
        if not self.order:
            raise ValueError(f"no setting has all its runs; the first failure: {next(iter(self.failures.values()))}")
        return self.settings[self.order[0]]

    def _repr_markdown_(self) -> str:
        names = list(dict.fromkeys(name for setting in self.settings for name in setting))
        lines = [f"| {' | '.join([*names, 'mean', 'smallest', 'largest'])} |", f"|{'---|' * (len(names) + 3)}"]
        for i in self.order[:SHOWN]:
            numbers = [self.settings[i].get(name, "") for name in names]
            row = [*numbers, self.means[i], self.values[i].min(), self.values[i].max()]
            lines.append(f"| {' | '.join(map(_short, row))} |")
        what = f"{len(self.settings)} settings, {len(self.seeds)} seed{'s' * (len(self.seeds) > 1)}, the best first"
        failed = [f"- {_name(self, *where)}: {why}" for where, why in list(self.failures.items())[:SHOWN]]
        if failed:
            failed.insert(0, f"\n{len(self.failures)} runs failed:\n")
        return "\n".join([f"**Sweep**: {what}\n", *lines, *failed])


def sweep(
    experiment: Experiment,
    over: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    *,
    seeds: Sequence[int] = (0,),
    workers: int | None = None,
    threads: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Run an experiment for every setting and every seed.

    A `Descent` over plain numbers is one batch, without a loop over runs. Everything else runs through joblib: in this
    process, on several cores, or on what ``joblib.parallel_config`` says, for example a dask cluster.

    Parameters
    ----------
    experiment : callable
        ``experiment(rng, **setting)`` returns a number, the smaller the better; or a `Descent`.
    over : mapping of str to sequence, or sequence of mapping
        The values of each hyperparameter, all combinations of which are run; or the settings themselves.
    seeds : sequence of int
        Each makes the generator of a run; every setting gets the same ones.
    workers : int, optional
        How many runs at a time, -1 for all cores. joblib decides where not given: one, or what its context says.
    threads : bool
        Threads in place of processes, for an experiment that spends its time in NumPy.
    on_progress : callable, optional
        Called with runs done and runs in all.

    Returns
    -------
    Sweep
        The record. A run that raises, or whose worker dies, is a failure in it; the others are not lost. What kills its
        worker would kill this process where there is no other worker.

    Raises
    ------
    ImportError
        If joblib is needed and missing.
    TypeError, ValueError
        If there is no setting or no seed, one is twice there, or a hyperparameter of a `Descent` cannot be.
    """
    if not callable(experiment):
        raise TypeError(
            f"experiment must be a function of a generator and hyperparameters, got {type(experiment).__name__}"
        )
    settings, grid = _settings(over)
    numbers = _seeds(seeds)
    record = Sweep(settings, numbers, np.full((len(settings), len(numbers)), np.nan), grid=grid)
    total = record.values.size
    if isinstance(experiment, Descent):
        for setting in settings:
            check_hyper(experiment.rule, setting, (1,), fill=False)
        if _is_one_batch(settings):
            record.values[...] = _or_diverged(experiment.all_at_once(settings, numbers))
            if on_progress is not None:
                on_progress(total, total)
            return record
    runs = {(i, j): (experiment, settings[i], numbers[j]) for i, j in np.ndindex(*record.values.shape)}
    outcomes = on_workers(_run_one, runs, workers=workers, threads=threads)
    for done, (where, outcome, died) in enumerate(outcomes, start=1):
        value, why = outcome or (math.nan, f"its worker died ({type(died).__name__})")
        record.values[where] = value
        if why:
            record.failures[where] = why
        if on_progress is not None:
            on_progress(done, total)
    record.failures = dict(sorted(record.failures.items()))
    return record


def _run_one(experiment: Experiment, setting: Setting, seed: int) -> tuple[float, str]:
    """Make one run and say how it went; nothing that the experiment raises gets further than this."""
    try:
        value = experiment(np.random.default_rng(seed), **setting)
        if np.ndim(value) or not np.issubdtype(np.asarray(value).dtype, np.number) or np.iscomplexobj(value):
            raise TypeError(f"an experiment returns a number, this one returned {value!r}"[:200])
    except Exception as error:
        return math.nan, f"{type(error).__name__}: {error}"
    return float(_or_diverged(np.asarray(value, float))), ""


def _settings(over: Any) -> tuple[list[Setting], dict[str, list[Any]]]:
    if isinstance(over, Mapping):
        for name, values in over.items():
            if isinstance(values, str) or not np.iterable(values):
                raise TypeError(f"{name}: expected a sequence of values, got {values!r}")
        grid = {name: list(values) for name, values in over.items()}
        for name, values in grid.items():
            if not values or any(a is b or np.array_equal(a, b) for a, b in itertools.combinations(values, 2)):
                raise ValueError(f"{name}: expected at least one value and none twice, got {values}")
        settings = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    else:
        listed = list(over) if np.iterable(over) else [over]
        if wrong := [setting for setting in listed if not isinstance(setting, Mapping)]:
            raise TypeError(f"over must be a mapping of names to values, or a sequence of mappings; got {wrong[0]!r}")
        grid, settings = {}, [dict(setting) for setting in listed]
    if not settings:
        raise ValueError("a sweep needs at least one setting")
    return settings, grid


def _seeds(seeds: Any) -> list[int]:
    given = list(seeds) if np.iterable(seeds) else seeds
    good = isinstance(given, list) and given and all(is_count(seed, 0) for seed in given)
    if not good or len(set(given)) != len(given):
        raise ValueError(f"seeds must be whole numbers of at least 0, one or more and none twice, got {given!r}")
    return [int(seed) for seed in given]


def _is_one_batch(settings: Sequence[Setting]) -> bool:
    """Whether all settings name the same hyperparameters and give each a plain number."""
    return all(
        setting.keys() == settings[0].keys() and all(not callable(v) and np.ndim(v) == 0 for v in setting.values())
        for setting in settings
    )


def _or_diverged(values: FloatArray) -> FloatArray:
    """A run that is no finite number any more has diverged; -inf would else be the best."""
    return np.where(np.isfinite(values), values, np.inf)


def _name(record: Sweep, i: int, j: int) -> str:
    return f"{', '.join(f'{k}={_short(v)}' for k, v in record.settings[i].items())}, seed {record.seeds[j]}"


def _short(value: Any) -> str:
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return f"{float(value):.4g}"
    return getattr(value, "__name__", str(value))
