"""What is stored in the notebooks, and that what they print is compared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT
from tools import notebooks

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
by_name = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.reads(path.read_text(encoding="utf8"), as_version=4)


def nbval(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null"]
    return subprocess.run(
        [
            *command,
            "--rootdir",
            str(path.parent),
            "--nbval-lax",
            "--nbval-cell-timeout=60",
            str(path),
        ],
        capture_output=True,
        text=True,
        cwd=path.parent,
        timeout=240,
    )


def test_there_are_chapters() -> None:
    assert CHAPTERS


@by_name
def test_a_stored_notebook_is_normalized(path) -> None:
    text = path.read_text(encoding="utf8")
    assert notebooks.normalize(text) == text, "type `make notebooks`"


@by_name
def test_a_chapter_has_references_that_are_compared(path) -> None:
    for cell in read(path).cells:
        if notebooks.is_kept(cell):
            assert "nbval-check-output" in cell.metadata.tags
            assert cell.outputs, "type `make notebooks`"
            assert all(o.output_type in ("stream", "execute_result") for o in cell.outputs)
    assert any(notebooks.is_kept(cell) for cell in read(path).cells)


@by_name
def test_a_notebook_is_small_and_works_in_colab(path) -> None:
    text = path.read_text(encoding="utf8")
    assert len(text) < 1_000_000
    assert not [magic for magic in ("%load_ext autoreload", "%matplotlib widget") if magic in text]


def messy() -> str:
    """Return a notebook as an editor leaves it: run, colored by Colab, without ids."""
    new = nbformat.v4
    kept = {"tags": [notebooks.KEEP, "nbval-check-output"], "outputId": "x", "colab": {}}
    outputs = [
        new.new_output("stream", name="stdout", text="42\n"),
        new.new_output("stream", name="stderr", text="a log of TensorFlow\n"),
        new.new_output("execute_result", {"text/plain": "6"}, execution_count=7),
    ]
    book = new.new_notebook(
        cells=[
            new.new_markdown_cell("# Title"),
            new.new_code_cell("print(42)", execution_count=7, outputs=outputs, metadata=kept),
            new.new_code_cell("print(1)", execution_count=8, outputs=outputs[:1]),
        ],
        metadata={
            "colab": {"provenance": []},
            "kernelspec": {"name": "mine", "display_name": "Mine"},
            "widgets": {},
        },
    )
    book.nbformat_minor = 4
    for cell in book.cells:
        del cell["id"]
    return json.dumps(book)


def test_normalizing_keeps_what_people_wrote_and_checked() -> None:
    book = nbformat.reads(notebooks.normalize(messy()), as_version=4)
    _, kept, other = book.cells
    assert [o.get("text", o.get("data")) for o in kept.outputs] == ["42\n", {"text/plain": "6"}]
    assert (kept.execution_count, kept.outputs[1].execution_count) == (1, 1)
    assert (other.outputs, other.execution_count) == ([], None)
    assert set(kept.metadata) == {"tags"}
    assert set(book.metadata) == {"kernelspec", "language_info"}
    assert book.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in book.cells}) == 3


def test_normalizing_twice_is_normalizing_once() -> None:
    once = notebooks.normalize(messy())
    assert notebooks.normalize(once) == once


def test_the_check_sees_a_notebook_that_was_run(tmp_path) -> None:
    path = tmp_path / "run.ipynb"
    book = read(CHAPTERS[0])
    next(c for c in book.cells if c.cell_type == "code").execution_count = 12
    path.write_text(nbformat.writes(book))
    assert notebooks.main(["--check", str(path)]) == 1
    assert notebooks.main([str(path)]) == 0
    assert notebooks.main(["--check", str(path)]) == 0


@pytest.mark.book
@pytest.mark.keras
def test_nbval_sees_a_changed_reference(tmp_path) -> None:
    book = read(ROOT / "chapters" / "momentum.ipynb")
    first = next(i for i, cell in enumerate(book.cells) if notebooks.is_kept(cell))
    book.cells = book.cells[: first + 1]
    assert book.cells[first].outputs, "type `make notebooks`"
    path = tmp_path / "copy.ipynb"
    path.write_text(nbformat.writes(book))
    honest = nbval(path)
    assert honest.returncode == 0, honest.stdout

    output = book.cells[first].outputs[0]
    holder, key = (output, "text") if "text" in output else (output.data, "text/plain")
    digit = next(c for c in holder[key] if c.isdigit())
    holder[key] = holder[key].replace(digit, str((int(digit) + 1) % 10), 1)
    path.write_text(nbformat.writes(book))
    changed = nbval(path)
    assert changed.returncode == 1
    assert "mismatch" in changed.stdout
