"""How the benchmarks make their rows: ratios, errors, exit status. No peer runs here."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks import run, table
from benchmarks.table import BENCHMARKS, SCRIPTS, Benchmark, make_row, meets
from tests.conftest import ROOT

AGAINST = Benchmark("race", "we", "they", wanted=3, peer_name="they 1.0", note="a race")
LIMIT = Benchmark("limit", "we", 0.060, wanted=1, note="a limit")


def times(*seconds: float, end: float = 1.0) -> list[dict]:
    return [{"seconds": s, "points": [[0.0, 0.0], [end, end]]} for s in seconds]


def all_fast() -> dict:
    peers = {benchmark.peer for benchmark in BENCHMARKS}
    return {name: [{"seconds": 1000.0 if name in peers else 1e-4}] for name in SCRIPTS}


def test_a_row_is_the_ratio_of_medians() -> None:
    row = make_row(AGAINST, {"we": times(2, 1, 100), "they": times(8, 7, 8)})
    expected = {
        "name": "race",
        "ours_s": 2,
        "peer": "they 1.0",
        "peer_s": 8,
        "ratio": 4,
        "threads": 1,
        "note": "a race",
    }
    assert row == expected
    assert meets(AGAINST, row)


def test_a_limit_is_a_peer() -> None:
    row = make_row(LIMIT, {"we": [{"seconds": 0.120}]})
    assert (row["peer"], row["peer_s"], row["ratio"]) == ("limit", 0.060, 0.5)
    assert not meets(LIMIT, row)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"we": times(1), "they": "ModuleNotFoundError: No module named 'they'"}, "No module named 'they'"),
        ({"we": "it broke", "they": times(100)}, "it broke"),
        ({"we": times(1)}, "did not run"),
        ({"we": times(1), "they": times(100, end=1.001)}, "paths differ"),
        ({"we": times(1), "they": times(100, end=float("nan"))}, "paths differ"),
        ({"we": times(0), "they": times(100)}, "not a positive number"),
    ],
)
def test_what_is_missing_wrong_or_elsewhere_is_an_error_and_no_pass(answers: dict, words: str) -> None:
    row = make_row(AGAINST, answers)
    assert row.keys() == {"name", "peer", "error"}
    assert words in row["error"]
    assert not meets(AGAINST, row)


def test_everything_is_written_whatever_fails(tmp_path, capsys) -> None:
    assert run.write(all_fast(), tmp_path) == 0
    assert run.write(all_fast() | {"torch path": "no torch"}, tmp_path) == 1
    rows = json.loads((tmp_path / "results.json").read_text())
    assert [row["name"] for row in rows] == [benchmark.name for benchmark in BENCHMARKS]
    assert ["error" in row for row in rows] == [benchmark.peer == "torch path" for benchmark in BENCHMARKS]
    assert "no torch" in capsys.readouterr().out
    assert json.loads((tmp_path / "device.json").read_text())["cores"] >= 1


def test_too_slow_is_no_pass(tmp_path) -> None:
    assert run.write(all_fast() | {"start-up": [{"seconds": 0.5}]}, tmp_path) == 1


def test_a_script_that_fails_is_not_asked_again_and_the_others_take_turns(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(run, "SCRIPTS", {"a": ("course", "a"), "b": ("course", "b"), "c": ("course", "c")})
    monkeypatch.setattr(
        run, "run_script", lambda _, name: asked.append(name) or ("no" if name == "b" else {"seconds": 1})
    )
    answers = run.run_all(3)
    assert "".join(asked) == "abcacac"
    assert answers["b"] == "no"
    assert len(answers["a"]) == 3


def test_some_rows_are_measured_again_and_the_others_stay(monkeypatch, tmp_path, capsys) -> None:
    before = [make_row(b, all_fast()) for b in BENCHMARKS if not b.name.startswith("marks")]
    (tmp_path / "results.json").write_text(json.dumps(before))
    monkeypatch.setattr(run, "run_script", lambda *_: {"seconds": 0.05, "points": [[1.0, 1.0]]})
    run.renew("marks", tmp_path)
    after = json.loads((tmp_path / "results.json").read_text())
    assert [row["name"] for row in after] == [b.name for b in BENCHMARKS]
    assert [row for row in after if "measured" not in row] == before
    assert {row["name"] for row in after if "measured" in row} == {
        b.name for b in BENCHMARKS if b.name.startswith("marks")
    }


def test_a_missing_environment_and_a_missing_script_say_so(monkeypatch, tmp_path) -> None:
    assert "No module named" in run.run_script("course", "benchmarks.peers.nobody")
    monkeypatch.setitem(run.PYTHONS, "peers", tmp_path / "python")
    assert "did not run" in run.run_script("peers", "benchmarks.peers.torch_path")


def test_every_script_of_a_benchmark_exists_and_is_used() -> None:
    used = {script for b in BENCHMARKS for script in (b.ours, b.peer) if isinstance(script, str)}
    assert used == set(SCRIPTS)
    for _, module, *_ in SCRIPTS.values():
        assert (ROOT / (module.replace(".", "/") + ".py")).exists()


def test_peers_run_on_our_numpy() -> None:
    pins = [
        re.search(r"^numpy==(\S+)", (ROOT / folder / "requirements.txt").read_text(), re.MULTILINE)[1]
        for folder in (".", "benchmarks/peers", "benchmarks/graders")
    ]
    assert len(set(pins)) == 1


def test_a_table_has_a_line_for_every_row() -> None:
    rows = [make_row(benchmark, all_fast()) for benchmark in BENCHMARKS]
    assert len(table.show(rows).splitlines()) == 1 + len(BENCHMARKS)
