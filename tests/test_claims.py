"""A claim shows its figures, or stops the page."""

import numpy as np
import pytest

from course_lib.claims import ClaimError, claim, paired_ratio


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


def test_a_claim_can_be_linked_to():
    assert 'id="claim-a-b"' in claim("a.b", "{x} it is.", True, {"x": 3})._repr_markdown_()


def test_the_interval_of_a_ratio_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        logs = rng.normal(np.log(1.5), 0.3, size=20)
        found = paired_ratio(np.exp(logs), np.ones(20), resamples=500)
        covered += found.low <= 1.5 <= found.high
    assert 0.88 < covered / 200 < 0.98


def test_a_ratio_counts_its_runs():
    found = paired_ratio([2, 2, 2, 2, 0.5], np.ones(5))
    assert (found.above, found.runs) == (4, 5)
    assert found.ratio == pytest.approx(2 ** (3 / 5))
    assert str(found).startswith("1.52 (95 % interval 0.")
    with pytest.raises(ValueError, match=r"at least five runs of both methods, got shapes \(4,\) and \(4,\)"):
        paired_ratio(np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match="positive and finite"):
        paired_ratio([1, 2, 3, 4, np.nan], np.ones(5))
