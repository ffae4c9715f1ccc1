"""Every chapter, from a folder that holds nothing but its notebook, with Colab's versions and this tree's wheel."""

from __future__ import annotations

import re

import nbformat
import pytest

from tests.colab.conftest import HAS_KERAS
from tests.conftest import ROOT
from tools import colab as tool

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
SETS = sorted(p for p in (ROOT / "exercises").glob("*/*.ipynb") if p.stem == p.parent.name)
by_name = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


@by_name
def test_the_address_stands_only_in_the_cells_that_are_written(path) -> None:
    repository = tool.read(ROOT)
    for cell in nbformat.read(path, as_version=4).cells:
        if not tool.is_ours(cell):
            assert repository.address.removeprefix("https://") not in cell.source


@pytest.mark.browser
@by_name
def test_the_page_has_a_button_and_nothing_of_the_two_cells(html, path) -> None:
    page = (html / "chapters" / f"{path.stem}.html").read_text(encoding="utf8")
    badge, _ = tool.read(ROOT).cells(f"chapters/{path.name}")
    (link,) = re.findall(r'href="(.*?)"', badge["source"])
    assert f'href="{link}"' in page
    assert "colab-badge" not in page
    assert "COURSE_LIB_SPEC" not in page


@pytest.mark.book
@pytest.mark.parametrize("path", [*CHAPTERS, *SETS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_notebook_runs(colab, wheel, path) -> None:
    before = colab.packages()
    book = nbformat.reads(path.read_text(encoding="utf8"), as_version=4)
    if not HAS_KERAS:
        book.cells = [cell for cell in book.cells if "needs-tensorflow" not in cell.metadata.get("tags", ())]
    colab.execute(book, wheel)
    changed = before ^ colab.packages()
    assert {line.split(" ")[0] for line in changed} == {"course-lib"}
    assert [path.name for path in colab.empty.iterdir()] == ["book.ipynb"], "a chapter leaves no files"
