"""What a source says otherwise is quoted and settled by a run, or the page stops."""

import re

import pytest

from course_lib.claims import ClaimError
from course_lib.disagreements import SOURCES, disagreement, join


def settled(**changes):
    given = {
        "name": "momentum.objective",
        "source": "notes",
        "says": "an added term in the objective function",
        "instead": "The loss stays, to {apart:.0e}.",
        "holds": True,
        "evidence": {"apart": 0.0},
    }
    return disagreement(**given | changes)


def test_it_shows_who_says_what_and_what_is_so():
    shown = settled(source=("zazo", "tennakoon"))._repr_markdown_()
    assert (
        "Zazo and Protopapas and Tennakoon's slides: “an added term in the objective function”\n\nThe loss stays, to 0e+00."
        in shown
    )
    assert 'id="disagreement-momentum-objective"' in shown
    assert "apart 0" in shown


def test_what_the_run_does_not_bear_out_stops_the_page():
    with pytest.raises(ClaimError, match=r"disagreement 'momentum.objective' does not hold on this run: .*apart = 0"):
        settled(holds=False)


def test_unknown_sources_and_missing_figures_are_said():
    with pytest.raises(LookupError, match="no source is called 'goodfellow'; known: notes, mondal"):
        settled(source="goodfellow")
    with pytest.raises(ValueError, match="disagreement 'momentum.objective' has no evidence"):
        settled(evidence={})
    with pytest.raises(ValueError, match="speaks of 'apart'"):
        settled(evidence={"steps": 3})


def test_every_source_says_who_and_when():
    assert all(source.label and re.search(r"\*.+\*", source.citation) for source in SOURCES.values())


@pytest.mark.parametrize(("words", "joined"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_words_are_joined_as_in_a_sentence(words, joined):
    assert join(words) == joined
