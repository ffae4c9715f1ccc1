"""A claim shows its figures, or stops the page."""

import pytest

from course_lib.claims import ClaimError, claim


def test_a_claim_that_holds_shows_statement_and_figures():
    made = claim(
        "momentum.faster", "It needs {ratio:.1f} times fewer steps.", True, {"ratio": 3.14159, "plain_steps": 400}
    )
    assert made.statement == "It needs 3.1 times fewer steps."
    assert "`momentum.faster`" in made._repr_markdown_()
    assert "plain steps 400" in made._repr_markdown_()


def test_a_claim_that_does_not_hold_raises_with_its_figures():
    with pytest.raises(ClaimError, match=r"'momentum.faster' does not hold on this run: .* \(ratio = 0.5\)"):
        claim("momentum.faster", "It needs {ratio} times fewer steps.", False, {"ratio": 0.5})


def test_a_claim_needs_evidence_for_what_it_says():
    with pytest.raises(ValueError, match="no evidence"):
        claim("x", "All is well.", True, {})
    with pytest.raises(ValueError, match="speaks of 'ratio', its evidence has steps"):
        claim("x", "{ratio} times", True, {"steps": 3})
