"""The table of benchmarks: what is measured, beside whom, and how a row is made of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SAME = 1e-9  # how far apart, relatively, two libraries may be on the same path


@dataclass(frozen=True)
class Benchmark:
    """One row: a script of ours against a peer's script or against a limit in seconds."""

    name: str
    ours: str
    peer: str | float
    wanted: float
    note: str
    peer_name: str = "limit"
    target: float | None = None
    threads: int = 1
    same: float = SAME


SCRIPTS = {
    "surface path": ("course", "benchmarks.course.surface_path"),
    "array path": ("course", "benchmarks.course.array_path"),
    "compiled path": ("course", "benchmarks.course.surface_path", "compiled"),
    "torch path": ("peers", "benchmarks.peers.torch_path"),
    "jax steps": ("peers", "benchmarks.peers.jax_work", "step"),
    "jax path": ("peers", "benchmarks.peers.jax_work", "path"),
    "map 2": ("course", "benchmarks.course.heat_map", "2"),
    "compiled map 2": ("course", "benchmarks.course.heat_map", "2", "compiled"),
    "torch map 2": ("peers", "benchmarks.peers.torch_heat_map", "2"),
    "jax map 2": ("peers", "benchmarks.peers.jax_work", "2"),
    "map 10": ("course", "benchmarks.course.heat_map", "10"),
    "compiled map 10": ("course", "benchmarks.course.heat_map", "10", "compiled"),
    "torch map 10": ("peers", "benchmarks.peers.torch_heat_map", "10"),
    "jax map 10": ("peers", "benchmarks.peers.jax_work", "10"),
    "Adam step": ("course", "benchmarks.course.adam_step", "1"),
    "compiled Adam step": ("course", "benchmarks.course.adam_step", "1", "compiled"),
    "compiled Adam step, 2": ("course", "benchmarks.course.adam_step", "2", "compiled"),
    "NumPy Adam step": ("peers", "benchmarks.peers.numpy_adam_step"),
    "torch Adam step": ("peers", "benchmarks.peers.torch_adam_step", "1"),
    "torch Adam step, 2": ("peers", "benchmarks.peers.torch_adam_step", "2"),
    "fit, rule": ("course", "benchmarks.course.keras_fit", "rule"),
    "fit, built-in": ("course", "benchmarks.course.keras_fit", "built-in"),
    "matrix products": ("course", "benchmarks.course.matrix_products"),
    "epoch": ("course", "benchmarks.course.network_epoch", "large", "1"),
    "compiled epoch": ("course", "benchmarks.course.network_epoch", "large", "1", "compiled"),
    "compiled epoch, 2": ("course", "benchmarks.course.network_epoch", "large", "2", "compiled"),
    "torch epoch": ("peers", "benchmarks.peers.torch_network", "large", "1"),
    "torch epoch, 2": ("peers", "benchmarks.peers.torch_network", "large", "2"),
    "jax epoch": ("peers", "benchmarks.peers.jax_network", "large", "1"),
    "jax epoch, 2": ("peers", "benchmarks.peers.jax_network", "large", "2"),
    "scikit-learn epoch": ("peers", "benchmarks.peers.scikit_network", "large"),
    "Keras epoch": ("course", "benchmarks.course.keras_network", "large"),
    "digits": ("course", "benchmarks.course.network_epoch", "digits", "1"),
    "compiled digits": ("course", "benchmarks.course.network_epoch", "digits", "1", "compiled"),
    "torch digits": ("peers", "benchmarks.peers.torch_network", "digits", "1"),
    "Keras digits": ("course", "benchmarks.course.keras_network", "digits"),
    "marking": ("course", "benchmarks.course.marking"),
    "otter marking": ("graders", "benchmarks.graders.otter_marking"),
    "nbgrader marking": ("graders", "benchmarks.graders.nbgrader_marking"),
    "start-up": ("course", "benchmarks.course.start_up"),
    "live figure": ("course", "benchmarks.course.live_figure", "1"),
    "live figure, slow": ("course", "benchmarks.course.live_figure", "6"),
}
"""Each script by name: the environment it runs in, its module, its arguments. All run in turn, a process each."""

TORCH = "torch.optim.Adam, autograd"
FUSED = "torch.optim.Adam, fused"
ADAM = "500 steps of Adam on Rosenbrock's valley, path kept, float64; "
MAP = "100 rates x 50 momenta x 500 steps of momentum, float64; same ends to 1e-9"
STEP = "10 million parameters, float32; same parameters to 1e-5; "
EPOCH = (
    "784-256-128-10, batches of 128, shuffled, Adam, float32, data in memory; "
    "12 800 examples timed, scaled to 60 000; same mean loss to {}"
)
SMALL = "64-64-32-10, batches of 32, shuffled, Adam, float32, 1797 examples; one call an epoch; same mean loss to {}"
CLASS = "honest submissions of the set on momentum, 7 exercises, 45 calls, two processes; time on the clock for one; same marks"
NEAR = 1e-4  # how far apart, relatively, two libraries' mean losses may be
ELSEWHERE = 1e-3  # the same, where epsilon stands elsewhere than in the paper

BENCHMARKS = (
    Benchmark(
        "Adam path, surface of the library",
        "surface path",
        "torch path",
        wanted=40,
        target=60,
        peer_name=TORCH,
        note=ADAM + "same path to 1e-9",
    ),
    Benchmark(
        "Adam path, reader's array gradient",
        "array path",
        "torch path",
        wanted=8,
        peer_name=TORCH,
        note=ADAM + "same path to 1e-9",
    ),
    Benchmark(
        "Adam path, beside a compiled step",
        "surface path",
        "jax steps",
        wanted=8,
        peer_name="optax, jitted step",
        note=ADAM + "optax's step called from a Python loop",
    ),
    Benchmark(
        "Adam path, compiled",
        "compiled path",
        "jax path",
        wanted=1,
        peer_name="jax, whole path compiled",
        note=ADAM + "both compiled before; the call of our kernel checks what it is given",
    ),
    Benchmark(
        "heat map, 2 dimensions",
        "map 2",
        "torch map 2",
        wanted=5,
        peer_name="torch, autograd, all runs at once",
        note=f"Rosenbrock's valley, {MAP}",
    ),
    Benchmark(
        "heat map, 2 dimensions, compiled",
        "compiled map 2",
        "jax map 2",
        wanted=1,
        peer_name="jax, one compiled scan",
        note=f"Rosenbrock's valley, {MAP}",
    ),
    Benchmark(
        "heat map, 10 dimensions",
        "map 10",
        "torch map 10",
        wanted=1,
        peer_name="torch, autograd, all runs at once",
        note=f"a quadratic, {MAP}",
    ),
    Benchmark(
        "heat map, 10 dimensions, compiled",
        "compiled map 10",
        "jax map 10",
        wanted=1,
        peer_name="jax, one compiled scan",
        note=f"a quadratic, {MAP}",
    ),
    Benchmark(
        "one Adam step",
        "Adam step",
        "NumPy Adam step",
        wanted=2.2,
        peer_name="NumPy as first written",
        note=STEP + "the rule called block by block",
        same=1e-5,
    ),
    Benchmark(
        "one Adam step, compiled",
        "compiled Adam step",
        "torch Adam step",
        wanted=1,
        peer_name=FUSED,
        note=STEP + "the rule as one loop",
        same=1e-5,
    ),
    Benchmark(
        "one Adam step, compiled, 2 threads",
        "compiled Adam step, 2",
        "torch Adam step, 2",
        wanted=1,
        peer_name=FUSED,
        note=STEP + "the rule as one loop; time on the clock",
        threads=2,
        same=1e-5,
    ),
    Benchmark(
        "Adam's rule in Keras's fit",
        "fit, rule",
        "fit, built-in",
        wanted=0.95,
        target=1,
        peer_name="keras.optimizers.Adam",
        note="235 146 parameters, 50 minibatches of 128, TensorFlow, compiled as Keras chooses, the rule's own step as one "
        "kernel; same losses to 1e-4",
        same=1e-4,
    ),
    Benchmark(
        "epoch of a network, beside torch",
        "epoch",
        "torch epoch",
        wanted=0.95,
        target=1,
        peer_name=FUSED,
        note=EPOCH.format(NEAR),
        same=NEAR,
    ),
    Benchmark(
        "epoch of a network, beside scikit-learn",
        "epoch",
        "scikit-learn epoch",
        wanted=1.5,
        target=1.7,
        peer_name="scikit-learn, MLPClassifier",
        note=EPOCH.format(ELSEWHERE),
        same=ELSEWHERE,
    ),
    Benchmark(
        "epoch of a network, beside Keras",
        "epoch",
        "Keras epoch",
        wanted=1.6,
        target=1.8,
        peer_name="Keras, fit on TensorFlow",
        note=EPOCH.format(ELSEWHERE),
        same=ELSEWHERE,
    ),
    Benchmark(
        "epoch, compiled step, beside torch",
        "compiled epoch",
        "torch epoch",
        wanted=1,
        peer_name=FUSED,
        note=EPOCH.format(NEAR),
        same=NEAR,
    ),
    Benchmark(
        "epoch, compiled step, beside jax",
        "compiled epoch",
        "jax epoch",
        wanted=1,
        peer_name="jax, the epoch one compiled scan",
        note=EPOCH.format(NEAR),
        same=NEAR,
    ),
    Benchmark(
        "epoch, compiled step, torch, 2 threads",
        "compiled epoch, 2",
        "torch epoch, 2",
        wanted=1,
        peer_name=FUSED,
        note=EPOCH.format(NEAR) + "; time on the clock",
        threads=2,
        same=NEAR,
    ),
    Benchmark(
        "epoch, compiled step, jax, 2 threads",
        "compiled epoch, 2",
        "jax epoch, 2",
        wanted=1,
        peer_name="jax, the epoch one compiled scan",
        note=EPOCH.format(NEAR) + "; time on the clock",
        threads=2,
        same=NEAR,
    ),
    Benchmark(
        "epoch, share of its matrix products",
        "compiled epoch",
        "matrix products",
        wanted=0.65,
        peer_name="the matrix products alone",
        note=EPOCH.partition("; same")[0] + "; the ratio is the share, at most 1",
    ),
    Benchmark(
        "epoch of digits, beside torch",
        "digits",
        "torch digits",
        wanted=4,
        peer_name=FUSED,
        note=SMALL.format(NEAR),
        same=NEAR,
    ),
    Benchmark(
        "epoch of digits, compiled step",
        "compiled digits",
        "torch digits",
        wanted=6,
        peer_name=FUSED,
        note=SMALL.format(NEAR),
        same=NEAR,
    ),
    Benchmark(
        "epoch of digits, beside Keras",
        "digits",
        "Keras digits",
        wanted=25,
        peer_name="Keras, fit on TensorFlow",
        note=SMALL.format(ELSEWHERE),
        same=ELSEWHERE,
    ),
    Benchmark(
        "marks for one submission",
        "marking",
        0.1,
        wanted=1,
        note=CLASS + "; the limit is 600 a minute",
        threads=2,
    ),
    Benchmark(
        "marks, beside otter-grader",
        "marking",
        "otter marking",
        wanted=10,
        peer_name="otter run, two at a time",
        note=CLASS,
        threads=2,
    ),
    Benchmark(
        "marks, beside nbgrader",
        "marking",
        "nbgrader marking",
        wanted=10,
        peer_name="nbgrader autograde, which has one process",
        note=CLASS,
        threads=2,
    ),
    Benchmark(
        "import course_lib",
        "start-up",
        0.060,
        wanted=1,
        note="CPU time beyond import numpy, fresh process; loads no keras, tensorflow, matplotlib or IPython",
    ),
    Benchmark(
        "live figure, a slider event",
        "live figure",
        0.004,
        wanted=1,
        note="headless Chromium, script; 3 optimizers, 150 steps, run and drawn again",
    ),
    Benchmark(
        "live figure, 6 times slower processor",
        "live figure, slow",
        0.016,
        wanted=1,
        note="headless Chromium, script; 3 optimizers, 150 steps, run and drawn again",
    ),
)

Answers = Mapping[str, Sequence[Mapping[str, Any]] | str]


def make_row(benchmark: Benchmark, answers: Answers) -> dict[str, Any]:
    """Return a row of results.json.

    Parameters
    ----------
    benchmark : Benchmark
        What the row is about.
    answers : mapping
        What each script printed, one answer a round; or a string that says why it failed.

    Returns
    -------
    dict
        name, ours_s, peer, peer_s, ratio, threads, note; or name, peer, error.
    """
    sides = [
        answers.get(script, "it did not run") for script in (benchmark.ours, benchmark.peer) if isinstance(script, str)
    ]
    error = next((side for side in sides if isinstance(side, str)), None) or _disagreement(sides, benchmark.same)
    if error:
        return {"name": benchmark.name, "peer": benchmark.peer_name, "error": error}
    ours, *peer = [_median(side, "seconds") for side in sides]
    peer_s = peer[0] if peer else float(benchmark.peer)
    note = benchmark.note
    if "frame" in sides[0][0]:
        note += f"; the browser's main thread in all {1000 * _median(sides[0], 'frame'):.3g} ms a frame"
    return {
        "name": benchmark.name,
        "ours_s": _round(ours),
        "peer": benchmark.peer_name,
        "peer_s": _round(peer_s),
        "ratio": _round(peer_s / ours),
        "threads": benchmark.threads,
        "note": note,
    }


def meets(benchmark: Benchmark, row: Mapping[str, Any]) -> bool:
    """Say whether a row is as far ahead as wanted; an error never is."""
    return row.get("ratio", 0) >= benchmark.wanted


def show(rows: Sequence[Mapping[str, Any]], benchmarks: Sequence[Benchmark] = BENCHMARKS) -> str:
    """Return the rows as a table to read."""
    lines = [f"{'':38}{'ours ms':>10}{'peer ms':>10}{'ratio':>8}{'wanted':>8}{'target':>8}  meets"]
    for benchmark, row in zip(benchmarks, rows, strict=True):
        verdict = "yes" if meets(benchmark, row) else "NO"
        if "error" in row:
            lines.append(f"{row['name']:38}{verdict}: {row['peer']}: {row['error']}")
            continue
        numbers = f"{1000 * row['ours_s']:10.3g}{1000 * row['peer_s']:10.3g}{row['ratio']:8.3g}"
        lines.append(f"{row['name']:38}{numbers}{benchmark.wanted:8g}{benchmark.target or '':>8}  {verdict}")
    return "\n".join(lines)


def _median(side: Sequence[Mapping[str, Any]], key: str) -> float:
    return statistics.median(answer[key] for answer in side)


def _round(x: float) -> float:
    return float(f"{x:.4g}")


def _disagreement(sides: Sequence[Any], same: float) -> str | None:
    """Compare every path with the first: a run that went elsewhere has no time."""
    answers = [answer for side in sides for answer in side]
    if not all(math.isfinite(a["seconds"]) and a["seconds"] > 0 for a in answers):
        return "a time is not a positive number"
    paths = [[x for point in answer["points"] for x in point] for answer in answers if "points" in answer]
    for path in paths[1:]:
        if len(path) != len(paths[0]) or not all(
            math.isclose(a, b, rel_tol=same) for a, b in zip(path, paths[0], strict=True)
        ):
            return f"the paths differ: one ends at {paths[0][-2:]}, another at {path[-2:]}"
    return None
