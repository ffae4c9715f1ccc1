"""The page of performance: every measurement is drawn, written and said, whatever came of it."""

from __future__ import annotations

import base64
import json

import pytest
from matplotlib.figure import Figure

from benchmarks.table import BENCHMARKS
from course_lib.plotting import draw_ratios, performance_words
from tests.conftest import ROOT
from tools import performance_page as page

ROWS = [
    {"name": "far", "ours_s": 0.001, "peer": "they", "peer_s": 0.064, "ratio": 64.0, "threads": 1, "note": "a race"},
    {"name": "near", "ours_s": 2.0, "peer": "they", "peer_s": 1.0, "ratio": 0.5, "threads": 2, "note": "a race"},
    {"name": "gone", "peer": "nobody", "error": "No module named 'nobody'"},
]


def drawn(rows):
    ax = Figure().subplots()
    draw_ratios(ax, rows)
    return ax


def test_bars_go_from_one_to_the_ratio_and_behind_is_hatched() -> None:
    far, near = drawn(ROWS).patches
    assert [bar.get_x() + bar.get_width() for bar in (far, near)] == [64.0, 0.5]
    assert far.get_x() == near.get_x() == 1
    assert near.get_hatch() and not far.get_hatch()


def test_every_measurement_has_a_line_with_its_peer_and_an_error_its_words() -> None:
    ax = drawn(ROWS)
    assert [label.get_text().split("\n") for label in ax.get_yticklabels()] == [[r["name"], r["peer"]] for r in ROWS]
    assert [text.get_text() for text in ax.texts] == ["64", "0.5", "no figure: No module named 'nobody'"]
    low, high = ax.get_xlim()
    assert low < 0.5 and high > 64 and ax.get_xscale() == "log"


def test_the_words_count_and_name_the_ends() -> None:
    words = performance_words(ROWS)
    assert "each of 3 measurements" in words
    assert "1 ahead: 64 (far)." in words and "1 behind: 0.5 (near)." in words and "1 did not run" in words


@pytest.mark.parametrize(("seconds", "said"), [(2.0, "2 s"), (0.0125, "12.5 ms"), (3e-6, "3 µs"), (2e-8, "0.02 µs")])
def test_times_are_said_in_units_that_fit(seconds: float, said: str) -> None:
    assert page.time(seconds) == said


def test_the_table_has_a_line_for_every_row(monkeypatch) -> None:
    monkeypatch.setattr(page, "stored", lambda _: ROWS)
    lines = page.measurements().splitlines()[2:]
    assert len(lines) == len(ROWS)
    assert "1 ms" in lines[0] and "64 |" in lines[0]
    assert "0.5 behind" in lines[1]
    assert "did not run: No module named" in lines[2]


def test_the_stored_run_is_drawn_with_its_device() -> None:
    address, words = page.chart()
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64" and base64.b64decode(content).startswith(b"\x89PNG")
    rows = json.loads((ROOT / "benchmarks" / "results.json").read_text())
    assert f"each of {len(rows)} measurements" in words
    assert {row["name"] for row in rows} <= {benchmark.name for benchmark in BENCHMARKS}
    told = json.loads((ROOT / "benchmarks" / "device.json").read_text())
    for part in (told["processor"], told["commit"], told["versions"]["torch"]):
        assert part in page.device()
