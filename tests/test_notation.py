"""What the notation says stands in the code, and every command of the book's equations is known."""

import inspect
import json
import re

import pytest

import course_lib
from course_lib import RULES, SURFACES, dropout, feature_scaling, layers, normalization
from course_lib.disagreements import SOURCES
from tests.conftest import ROOT
from tools.notation import NOTATION, spelled, spellings, table

SYMBOLS = NOTATION["symbols"]


def names_in(source):
    """Return the names that a module's functions take, return or keep."""
    return set(re.findall(r"[A-Za-z_]\w*", inspect.getsource(source)))


def names_of_the_library():
    rules = {name for rule in RULES.values() for name in inspect.signature(rule.function).parameters}
    surfaces = {name for surface in SURFACES.values() for name in surface.parameters}
    return (
        rules
        | surfaces
        | set().union(*map(names_in, (layers, normalization, dropout, feature_scaling, course_lib.network)))
    )


@pytest.mark.parametrize("entry", SYMBOLS, ids=lambda entry: entry["symbol"])
def test_a_symbols_name_stands_in_the_library(entry):
    assert set(entry.get("code", ())) <= names_of_the_library()
    assert set(entry["sources"]) <= set(SOURCES)


def test_an_array_of_a_rule_has_a_line():
    arrays = {"theta", "g", "t", "m", "v"}
    assert arrays <= {name for entry in SYMBOLS for name in entry.get("code", ())}


@pytest.mark.parametrize("made", [table, spellings])
def test_a_table_has_a_row_for_every_symbol_and_as_many_cells_in_each(made):
    lines = made().splitlines()
    assert len(lines) == len(SYMBOLS) + 2
    assert len({line.count("|") for line in lines}) == 1


def test_symbols_and_words_are_told_apart():
    assert spelled(r"\alpha, \alpha_t; \beta in an exercise") == r"$\alpha$, $\alpha_t$; $\beta$ in an exercise"
    assert spelled("smallest over largest") == "smallest over largest"
    assert spelled("") == "–"


def test_macros_stand_in_one_place_and_are_used():
    """What an equation of the book uses beyond MathJax's own commands is defined, and nothing is defined for nobody."""
    assert "macros" not in (ROOT / "_config.yml").read_text()
    chapters = [json.loads(path.read_text()) for path in (ROOT / "chapters").glob("*.ipynb")]
    text = "".join("".join(cell["source"]) for chapter in chapters for cell in chapter["cells"])
    assert NOTATION["macros"]
    for name in NOTATION["macros"]:
        assert re.fullmatch(r"[A-Za-z]+", name)
    assert not re.search(r"\\(?:operatorname\*?\{arg|mathbb\{[RE]\})", text)
