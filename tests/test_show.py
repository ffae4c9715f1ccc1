"""What the page prints is what runs."""

import numpy as np
import pytest

from course_lib import RULES, update_rule
from course_lib.show import code, glue, show_rule


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_printed_code_runs_and_gives_the_same_numbers(name):
    rule = RULES[name]
    scope = {"np": np, "update_rule": update_rule}
    exec(code(rule), scope)
    given = [np.array([0.3, 2.0]) * k for k in range(1, 3 + len(rule.state))]
    for ours, printed in zip(rule(*given, 2), scope[name](*given, 2), strict=True):
        np.testing.assert_array_equal(ours, printed)


def test_equation_and_code_stand_together():
    shown = show_rule("nesterov")
    markdown = shown._repr_markdown_()
    assert (
        markdown.index(r"\theta &\leftarrow \theta + v")
        < markdown.index("def nesterov(")
        < markdown.index("@nesterov.where")
    )
    assert '"""' not in markdown
    assert repr(shown) == code(RULES["nesterov"])


def test_a_rule_without_docstring_is_shown_as_code():
    @update_rule()
    def mine(theta, g, t, *, learning_rate=0.1):
        theta = theta - learning_rate * g
        return (theta,)

    assert "$$" not in show_rule(mine)._repr_markdown_()
    assert "def mine(" in show_rule(mine)._repr_markdown_()
    with pytest.raises(LookupError, match="did you mean 'adam'"):
        show_rule("adan")


def test_glue_stores_a_number_under_its_name(monkeypatch):
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda data, **kw: seen.append((data, kw)))
    glue("steps", 12)
    ((data, kw),) = seen
    assert data == {"application/papermill.record/text/plain": "12"}
    assert kw["metadata"]["scrapbook"]["name"] == "steps"
