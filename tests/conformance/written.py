"""What papers' formulas and this library give where the peers are asked too, as plain data for the stored traces.

Papers cannot change under us and the library must not: the peers' files say what others do, these what we have said so far.
"""

from typing import Any

import numpy as np

from course_lib.initialization import fans
from course_lib.normalization import (
    batch_norm_forward,
    batch_norm_inference_forward,
    layer_norm_forward,
    population_statistics,
)
from tests.conformance import forms, papers

FILES = {who: forms.HERE / f"{who}.json" for who in ("papers", "library")}
RUNS = [
    (name, scale, rate)
    for name in forms.OPTIMIZERS
    for scale in forms.SCALES
    for rate in forms.SCHEDULES
    if rate == "constant" or name not in forms.NOT_SCHEDULED
]


def traces(who: str) -> list[dict[str, Any]]:
    """Return all traces of "papers" or "library"; of what a paper does not say there is none."""
    return [*_optimizers(who), *_schedules(who), *_initializers(who), *_norms(who)]


def _optimizers(who: str) -> list[dict[str, Any]]:
    found = []
    for name, scale, rate in RUNS:
        form = forms.OPTIMIZERS[name].paper
        path = forms.on_paper(name, scale, rate) if who == "papers" else forms.ours(name, form, scale, rate)
        said = {"kind": "optimizer", "name": name, "rule": form.rule, "rate": rate, "scale": scale}
        found.append(said | {"path": path[forms.KEPT].tolist()})
    return found


def _schedules(who: str) -> list[dict[str, Any]]:
    found = []
    for name, entry in forms.RATES.items():
        if who == "library":
            values = np.broadcast_to(entry.ours(np.arange(forms.STEPS)), forms.STEPS).tolist()
        elif entry.formula:
            values = [float(getattr(papers, entry.formula)(k)) for k in range(forms.STEPS)]
        else:
            continue
        found.append({"kind": "schedule", "name": name, "values": values})
    return found


def _initializers(who: str) -> list[dict[str, Any]]:
    found = []
    for name, entry in forms.DRAWS.items():
        for shape in forms.SHAPES:
            said: dict[str, Any] = {"kind": "initializer", "name": name, "shape": list(shape)}
            if who == "library":
                draws = entry.ours(np.random.default_rng(0), shape)
                largest = float(np.abs(draws).max())
                found.append(said | {"fans": list(fans(shape)), "variance": float(draws.var()), "largest": largest})
            elif entry.formula:
                found.append(said | {"variance": float(getattr(papers, entry.formula)(*fans_of_matrix(name, shape)))})
    return found


def fans_of_matrix(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The fans; of an orthogonal matrix the sides, for a convolution is one matrix whose rows are its inputs."""
    return (int(np.prod(shape[:-1])), shape[-1]) if name == "Orthogonal" else fans(shape)


def _norms(who: str) -> list[dict[str, Any]]:
    batch, layer = ({"kind": "norm", "name": name} for name in forms.NORMS)
    if who == "papers":
        training, inference, mean, variance = papers.batch_norm(forms.BATCHES.tolist(), forms.GAMMA, forms.BETA)
        outputs = papers.layer_norm(forms.BATCHES[0].tolist(), forms.GAMMA, forms.BETA)
    else:
        gamma, beta = np.array(forms.GAMMA), np.array(forms.BETA)
        seen = [batch_norm_forward(one, gamma, beta) for one in forms.BATCHES]
        means, variances = (np.array([cache[i] for _, cache in seen]) for i in (-2, -1))
        mean, variance = population_statistics(means, variances, forms.BATCHES.shape[1])
        training = seen[-1][0]
        inference = batch_norm_inference_forward(forms.BATCHES[0], gamma, beta, mean, variance)[0]
        outputs = layer_norm_forward(forms.BATCHES[0], gamma, beta, epsilon=0.0)[0]
    arrays = {"training": training, "inference": inference, "mean": mean, "variance": variance}
    return [
        batch | {k: np.asarray(v).tolist() for k, v in arrays.items()},
        layer | {"inference": np.asarray(outputs).tolist()},
    ]
