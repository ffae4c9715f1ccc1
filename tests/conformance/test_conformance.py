"""Papers, Keras and PyTorch: each path that was stored or computed anew is one that a rule of the library walks."""

import json
import re

import numpy as np
import pytest

from course_lib import RULES, initialization
from course_lib.initialization import fans
from course_lib.learning_rate import SCHEDULES
from course_lib.normalization import (
    batch_norm_forward,
    batch_norm_inference_forward,
    layer_norm_forward,
    population_statistics,
    running_average,
)
from tests.conformance import forms, papers, written
from tests.conftest import ROOT
from tools import conformance_page as page

PINS = {"Keras": ROOT / "requirements.txt", "PyTorch": ROOT / "benchmarks" / "peers" / "requirements.txt"}
TRACES = {peer: forms.stored(peer)["traces"] for peer in forms.PEERS}
INITIALIZERS = {
    name
    for name, function in vars(initialization).items()
    if list(getattr(function, "__annotations__", ()))[:2] == ["rng", "shape"]
}


def of_kind(kind):
    """Every stored trace of a kind, with its peer and a name that says which."""
    return [
        pytest.param(
            peer,
            trace,
            id="-".join(str(trace[k]) for k in ("name", "rate", "scale", "shape") if k in trace) + f"-{peer}",
        )
        for peer, traces in TRACES.items()
        for trace in traces
        if trace["kind"] == kind
    ]


@pytest.mark.parametrize("peer", forms.PEERS)
def test_the_traces_are_of_the_versions_that_are_pinned(peer):
    package = {"Keras": "keras", "PyTorch": "torch"}[peer]
    pinned = re.search(rf"^{package}==([\d.]+)", PINS[peer].read_text(), re.MULTILINE)[1]
    version = forms.stored(peer)["version"].partition("+")[0]
    assert version == pinned, f"record again: `make traces` ({peer} {pinned} is pinned, the traces are of {version})"


@pytest.mark.parametrize("peer", forms.PEERS)
def test_the_traces_are_of_the_calls_that_are_written(peer):
    key = ("kind", "name", "call", "rate", "scale", "schedule")
    wanted = [tuple(job.get(k) or None for k in key) for job in forms.jobs(peer)]
    assert [tuple(trace.get(k) for k in key) for trace in TRACES[peer]] == wanted, "record again: `make traces`"


def test_the_files_are_small():
    assert sum(path.stat().st_size for path in forms.PEERS.values()) < 100_000
    assert sum(path.stat().st_size for path in written.FILES.values()) < 100_000


def test_nothing_of_the_library_is_left_out():
    assert {entry.ours.name for entry in forms.RATES.values()} == {*SCHEDULES, "warm_up"}
    compared = {getattr(entry.ours, "func", entry.ours) for entry in forms.DRAWS.values()}
    assert {f.__name__ for f in compared} == set(INITIALIZERS)
    every = {
        form.rule for entry in forms.OPTIMIZERS.values() for form in (entry.paper, entry.keras, entry.torch) if form
    }
    assert every == set(RULES)


@pytest.mark.parametrize(("name", "scale", "rate"), written.RUNS)
def test_the_rule_is_the_papers_formula(name, scale, rate):
    entry = forms.OPTIMIZERS[name]
    path, mine = forms.on_paper(name, scale, rate), forms.ours(name, entry.paper, scale, rate)
    assert forms.apart(mine, path, entry.start) <= entry.paper.tolerance


@pytest.mark.parametrize(("peer", "trace"), of_kind("optimizer"))
def test_the_rule_walks_the_peers_path(peer, trace):
    entry = forms.OPTIMIZERS[trace["name"]]
    form = entry.keras if peer == "Keras" else entry.torch
    mine = forms.ours(trace["name"], form, trace["scale"], trace["rate"])[forms.KEPT]
    assert forms.apart(np.array(trace["path"]), mine, entry.start) <= form.tolerance


@pytest.mark.parametrize("who", written.FILES)
def test_what_we_say_is_what_we_have_said(who):
    stored = json.loads(written.FILES[who].read_text(encoding="utf-8"))["traces"]
    now = written.traces(who)
    assert [(t["kind"], t["name"]) for t in stored] == [(t["kind"], t["name"]) for t in now], "`make traces`"
    for before, trace in zip(stored, now, strict=True):
        for key, value in trace.items():
            if isinstance(value, str):
                assert before[key] == value
            else:
                scale = float(np.abs(value).max())
                np.testing.assert_allclose(value, before[key], rtol=1e-9, atol=1e-9 * scale, err_msg=str(before))


def test_the_stored_library_walks_the_stored_papers_paths():
    papers_said, ours = (json.loads(written.FILES[who].read_text(encoding="utf-8"))["traces"] for who in written.FILES)
    walked = [(p, o) for p, o in zip(papers_said, ours, strict=False) if p["kind"] == "optimizer"]
    assert len(walked) == len(written.RUNS)
    for paper, mine in walked:
        assert {k: v for k, v in paper.items() if k != "path"} == {k: v for k, v in mine.items() if k != "path"}
        entry = forms.OPTIMIZERS[paper["name"]]
        assert forms.apart(np.array(mine["path"]), np.array(paper["path"]), entry.start) <= entry.paper.tolerance


def test_a_missing_translation_is_seen():
    """The tests have teeth: Adam's own epsilon is not Keras's, undamped is not damped, inside is not outside."""
    for name, peer in (("Adam", "keras"), ("Momentum as an average", "torch"), ("Nadam", "torch")):
        form = getattr(forms.OPTIMIZERS[name], peer)
        mine = forms.ours(name, form, 1e-6, "constant")
        plain = forms.ours(name, forms.Form(form.text, form.rule), 1e-6, "constant")
        assert forms.apart(plain, mine, forms.OPTIMIZERS[name].start) > 1e-2


@pytest.mark.parametrize(("peer", "trace"), of_kind("schedule"))
def test_the_schedule_gives_the_peers_rates(peer, trace):
    entry = forms.RATES[trace["name"]]
    holds = entry.holds if peer == "PyTorch" else forms.STEPS
    mine = entry.ours(np.arange(forms.STEPS))
    tolerance = 1e-6 if peer == "Keras" else 1e-12  # Keras rounds its constants to float32
    np.testing.assert_allclose(mine[:holds], trace["values"][:holds], rtol=0, atol=tolerance * mine.max())
    if holds < forms.STEPS:
        assert np.abs(mine[holds:] - trace["values"][holds:]).min() > 1e-3


def test_beyond_its_end_pytorchs_cosine_runs_backwards():
    trace = next(t for t in TRACES["PyTorch"] if t["name"] == "Cosine")
    k = np.arange(forms.STEPS)
    np.testing.assert_allclose(forms.RATES["Cosine"].ours(12 - np.abs(12 - k)), trace["values"], rtol=1e-9)


@pytest.mark.parametrize("entry", [e for e in forms.RATES.values() if e.formula], ids=lambda e: e.formula)
def test_the_schedule_is_the_papers_formula(entry):
    theirs = [getattr(papers, entry.formula)(k) for k in range(forms.STEPS)]
    np.testing.assert_allclose(entry.ours(np.arange(forms.STEPS)), theirs, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("shape", forms.SHAPES, ids=str)
@pytest.mark.parametrize("name", [name for name, entry in forms.DRAWS.items() if entry.formula])
def test_the_initializer_has_the_papers_variance(name, shape):
    entry = forms.DRAWS[name]
    draws = entry.ours(np.random.default_rng(0), shape)
    assert draws.var() == pytest.approx(getattr(papers, entry.formula)(*written.fans_of_matrix(name, shape)), rel=0.03)
    assert abs(draws.mean()) < 4 * draws.std() / draws.size**0.5
    if name == "Glorot uniform":
        assert np.abs(draws).max() == pytest.approx(papers.glorot_bound(*fans(shape)), rel=1e-3)


def test_batch_norm_is_the_papers():
    gamma, beta = np.array(forms.GAMMA), np.array(forms.BETA)
    training, inference, mean, variance = papers.batch_norm(forms.BATCHES.tolist(), forms.GAMMA, forms.BETA)
    seen = [batch_norm_forward(batch, gamma, beta) for batch in forms.BATCHES]
    means, variances = (np.array([cache[i] for _, cache in seen]) for i in (-2, -1))
    ours = population_statistics(means, variances, forms.BATCHES.shape[1])
    np.testing.assert_allclose(seen[-1][0], training, rtol=1e-9)
    np.testing.assert_allclose(ours, (mean, variance), rtol=1e-9)
    theirs = batch_norm_inference_forward(forms.BATCHES[0], gamma, beta, *ours)[0]
    np.testing.assert_allclose(theirs, inference, rtol=1e-9)


def test_layer_norm_is_the_papers():
    ours = layer_norm_forward(forms.BATCHES[0], np.array(forms.GAMMA), np.array(forms.BETA), epsilon=0.0)[0]
    np.testing.assert_allclose(ours, papers.layer_norm(forms.BATCHES[0].tolist(), forms.GAMMA, forms.BETA), rtol=1e-9)


@pytest.mark.parametrize(("peer", "trace"), of_kind("initializer"))
def test_the_initializer_draws_from_the_peers_distribution(peer, trace):
    shape = tuple(trace["shape"])
    mine = forms.DRAWS[trace["name"]].ours(np.random.default_rng(0), shape)
    assert list(fans(shape)) == trace["fans"]
    assert mine.var() == pytest.approx(trace["variance"], rel=0.03)
    bounded = "uniform" in trace["name"] or "cut off" in trace["name"] or "Default" in trace["name"]
    assert np.abs(mine).max() == pytest.approx(trace["largest"], rel=0.01 if bounded else 0.2)


@pytest.mark.parametrize(("peer", "trace"), of_kind("norm"))
def test_the_normalization_is_the_peers(peer, trace):
    gamma, beta = np.array(forms.GAMMA), np.array(forms.BETA)
    if trace["name"] == "Layer norm":
        training = layer_norm_forward(forms.BATCHES[-1], gamma, beta)[0]
        inference = layer_norm_forward(forms.BATCHES[0], gamma, beta)[0]
    else:
        m, mean, variance = forms.BATCHES.shape[1], np.zeros(3), np.ones(3)
        unbiased = m / (m - 1) if peer == "PyTorch" else 1.0
        for batch in forms.BATCHES:
            training, (*_, batch_mean, batch_variance) = batch_norm_forward(batch, gamma, beta)
            mean = running_average(mean, batch_mean, momentum=0.9)
            variance = running_average(variance, unbiased * batch_variance, momentum=0.9)
        inference = batch_norm_inference_forward(forms.BATCHES[0], gamma, beta, mean, variance)[0]
        np.testing.assert_allclose(mean, trace["mean"], rtol=1e-6)
        np.testing.assert_allclose(variance, trace["variance"], rtol=1e-6)
    np.testing.assert_allclose(training, trace["training"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(inference, trace["inference"], rtol=0, atol=1e-6)


def test_the_page_reads_facts_off_the_rules():
    adam, keras = forms.OPTIMIZERS["Adam"].paper, forms.OPTIMIZERS["AdaGrad"].keras
    assert page.where_epsilon_stands(adam) == "`sqrt(v_hat) + epsilon`"
    assert page.where_epsilon_stands(keras) == "`sqrt(r + epsilon)`"
    assert page.where_epsilon_stands(forms.OPTIMIZERS["AMSGrad"].paper) == "none"
    assert (page.what_is_corrected(adam), page.what_is_corrected(keras)) == ("`m`, `v`", "nothing")
    assert page.where_the_state_begins(keras) == "`r` = 0.1"
    rates = [page.where_the_rate_acts(forms.Form("", rule)) for rule in ("momentum", "momentum_pytorch", "lion")]
    assert rates == ["on what enters the velocity", "on the whole step", "on the whole step"]


def test_the_page_names_every_rule():
    text = "".join(text for _, text in page.optimizers())
    assert [rule for rule in RULES if f".{rule}`" not in text and f"`{rule}`" not in text] == []


def test_the_page_names_every_schedule_initializer_and_normalization():
    schedules, initializers, normalization = (
        page.TABLES[name]() for name in ("schedules", "initializers", "normalization")
    )
    assert [name for name in (*SCHEDULES, "warm_up") if f".{name}`" not in schedules] == []
    assert [name for name in forms.DRAWS if f"| {name} |" not in initializers] == []
    assert [name for name in forms.NORMS if normalization.count(f"| {name}, ") != 3] == []
    papers_said = {entry.paper for entry in (*forms.RATES.values(), *forms.DRAWS.values()) if entry.paper}
    assert [said for said in papers_said if said not in schedules + initializers] == []
