"""What a chapter cites stands among the references, and can be found."""

import json
import re

import pytest

from tests.conftest import ROOT

BIBLIOGRAPHY = (ROOT / "references.bib").read_text(encoding="utf-8")
ENTRIES = re.split(r"\n(?=@)", BIBLIOGRAPHY)
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
NO_WORKS = (
    "https://colab.research.google.com",
    "https://github.com/neural-network-optimization",
    "https://en.wikipedia.org",
)


def cited(text):
    """Return the addresses that a Markdown text links to; parentheses inside an address come in pairs."""
    return set(re.findall(r"\]\((https?://(?:[^()\s]|\([^()\s]*\))+)\)", text))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_work_that_a_chapter_cites_stands_among_the_references(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    links = cited("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))
    works = {link.removeprefix("https://doi.org/") for link in links if not link.startswith(NO_WORKS)}
    assert works
    assert {work for work in works if work not in BIBLIOGRAPHY} == set()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: re.search(r"\{(\w+)", entry).group(1))
def test_a_reference_can_be_found(entry):
    assert re.search(r"^  (?:doi|url) +=", entry, re.MULTILINE)


def test_addresses_with_parentheses_are_read_whole():
    assert cited("[Polyak](https://doi.org/10.1016/0041-5553(64)90137-5), [x](local.md)") == {
        "https://doi.org/10.1016/0041-5553(64)90137-5"
    }
