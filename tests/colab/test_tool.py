"""The tool that writes the button and the set-up cell, on a copy of the course."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools import colab as tool
from tools import notebooks

PAGE = Path("chapters", "momentum.ipynb")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Copy what the tool reads and one chapter, and let the tool write it."""
    for name in ("_config.yml", "course_lib/__init__.py", "chapters/ruff.toml", "pyproject.toml", str(PAGE)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    tool.main([], tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def cells(course: Path) -> list[dict]:
    return json.loads((course / PAGE).read_text())["cells"]


def test_the_cells_stand_after_the_title_and_are_hidden(course) -> None:
    title, badge, setup, *_ = cells(course)
    assert title["source"][0].startswith("# ")
    assert (badge["id"], badge["cell_type"]) == ("view-in-github", "markdown")
    assert (setup["id"], setup["cell_type"]) == ("course-setup", "code")
    assert badge["metadata"] == setup["metadata"] == {"tags": ["remove-cell"]}


def test_writing_twice_is_writing_once(course, capsys) -> None:
    before = (course / PAGE).read_text()
    assert tool.main([], course) == tool.main(["--check"], course) == 0
    assert (course / PAGE).read_text() == before == notebooks.normalize(before)
    assert sum(map(tool.is_ours, cells(course))) == 2


def test_a_fork_is_one_edit_and_one_command(course, capsys) -> None:
    edit(course / "_config.yml", tool.read(ROOT).address, "https://github.com/somebody/fork")
    edit(course / "_config.yml", "branch: main", "branch: autumn")
    assert tool.main(["--check"], course) == 1
    assert capsys.readouterr().out.startswith(f"{PAGE}: not as")
    assert tool.main([], course) == 0
    assert tool.main(["--check"], course) == 0
    text = (course / PAGE).read_text()
    assert tool.read(ROOT).address not in text
    assert "colab.research.google.com/github/somebody/fork/blob/autumn/chapters/momentum.ipynb" in text
    assert "git+https://github.com/somebody/fork@autumn" in text


def test_a_new_version_is_a_new_wheel(course) -> None:
    edit(course / "course_lib" / "__init__.py", f'"{tool.read(ROOT).version}"', '"9.8.7"')
    assert tool.main(["--check"], course) == 1
    tool.main([], course)
    assert "/releases/download/v9.8.7/course_lib-9.8.7-py3-none-any.whl" in (course / PAGE).read_text()


def test_what_colab_saved_is_put_right(course) -> None:
    """Colab puts its own button before the title, names it among the metadata and writes an older format."""
    right = (course / PAGE).read_text()
    book = json.loads(right)
    title, _, *others = book["cells"]
    colabs = {"cell_type": "markdown", "metadata": {"id": "view-in-github", "colab_type": "text"}, "source": ["<a/>"]}
    book |= {"cells": [colabs, title, *others], "nbformat_minor": 0}
    book["metadata"]["colab"] = {"provenance": []}
    (course / PAGE).write_text(json.dumps(book))
    assert tool.main(["--check"], course) == 1
    tool.main([], course)
    assert (course / PAGE).read_text() == right


@pytest.mark.parametrize("address", ["https://github.com/o/r", f"https://github.com/{'o' * 39}/{'r' * 100}"])
def test_ruff_likes_the_cell_whatever_the_address(course, address) -> None:
    edit(course / "_config.yml", tool.read(ROOT).address, address)
    tool.main([], course)
    for command in (("check",), ("format", "--check")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", PAGE], cwd=course, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_what_cannot_be_written_is_named(course) -> None:
    book = json.loads((course / PAGE).read_text())
    book["cells"] = book["cells"][1:]
    (course / PAGE).write_text(json.dumps(book))
    with pytest.raises(SystemExit, match=r"chapters/momentum\.ipynb: no cell holds a title"):
        tool.main([], course)
    edit(course / "_config.yml", "https://github.com/", "https://example.org/")
    with pytest.raises(SystemExit, match=r"Colab opens https://github\.com/OWNER/NAME only"):
        tool.main([], course)
