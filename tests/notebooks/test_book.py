"""Canaries: small books that must fail to build, built by the script and with the settings of the course."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT
from tools import book

pytestmark = pytest.mark.book

FAILING = ROOT / "tests" / "notebooks" / "canary.ipynb"


def notebook(*cells: str) -> str:
    """Return a notebook with a title and some code cells."""
    new = nbformat.v4
    code = [new.new_code_cell(cell) for cell in cells]
    return nbformat.writes(new.new_notebook(cells=[new.new_markdown_cell("# Page"), *code]))


def build(folder: Path, page: str, index: str = "# Book\n", timeout: int = 60) -> tuple[int, str]:
    """Build a book of two pages; return the exit code and all that was said."""
    for name in ("_static", "references.bib"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "_generated").mkdir()
    config = re.sub(r"timeout: \d+", f"timeout: {timeout}", (ROOT / "_config.yml").read_text())
    (folder / "_config.yml").write_text(config)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: page\n")
    (folder / "index.md").write_text(index)
    (folder / "page.ipynb").write_text(page)
    command = [sys.executable, str(ROOT / "tools" / "book.py"), str(folder)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    return answer.returncode, answer.stdout


def test_a_sound_book_is_built(tmp_path) -> None:
    code, said = build(tmp_path, notebook("print(6 * 7)"))
    assert code == 0, said
    assert "42" in (tmp_path / "_build" / "html" / "page.html").read_text()


def test_a_failing_cell_fails_the_build(tmp_path) -> None:
    code, said = build(tmp_path, FAILING.read_text())
    assert code != 0
    assert "the canary fell over" in said


def test_a_cell_that_takes_too_long_fails_the_build(tmp_path) -> None:
    code, said = build(tmp_path, notebook("import time", "time.sleep(9)"), timeout=3)
    assert code != 0
    assert "CellTimeoutError" in said


def test_a_silent_stall_fails_the_build_after_a_second_try(tmp_path) -> None:
    code, said = build(tmp_path, notebook("import time; time.sleep(1)", "time.sleep(1)"), timeout=2)
    assert code != 0
    assert "attempt 1: stalled" in said
    assert "attempt 2: stalled" in said


def test_a_warning_fails_the_build(tmp_path) -> None:
    code, said = build(tmp_path, notebook(), index="# Book\n\n[nowhere](missing.md)\n")
    assert code != 0
    assert "WARNING" in said


def test_the_contents_list_every_page() -> None:
    toc = {"root": "a", "parts": [{"chapters": [{"file": "b", "sections": [{"file": "c"}]}]}]}
    assert list(book.pages(toc)) == ["a", "b", "c"]


def test_executed_notebooks_are_thrown_away_when_the_key_changes(tmp_path) -> None:
    executed = tmp_path / ".jupyter_cache" / "global.db"
    executed.parent.mkdir()
    executed.touch()
    stamp = tmp_path / "cache-key"
    stamp.write_text(book.key())
    book.clean(tmp_path)
    assert executed.exists()
    stamp.write_text("another library")
    book.clean(tmp_path)
    assert not executed.exists()
