"""What the page prints is what runs."""

import ast
import base64
import inspect
import io
import textwrap

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from course_lib import RULES, feature_scaling, normalization, update_rule
from course_lib.listing import COLUMN
from course_lib.show import code, exercise, picture, question, say, show_function, show_rule


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_printed_code_runs_and_gives_the_same_numbers(name):
    rule = RULES[name]
    scope = {"np": np, "update_rule": update_rule}
    exec(code(rule), scope)
    given = [np.array([[0.3, 2.0], [1.0, 0.5]]) * k for k in range(1, 3 + len(rule.state))]
    for ours, printed in zip(rule(*given, 2), scope[name](*given, 2), strict=True):
        np.testing.assert_array_equal(ours, printed)


def tree(function):
    """The syntax of a function's source, without its docstring."""
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    node.body = node.body[ast.get_docstring(node) is not None :]
    return ast.dump(node)


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_printed_code_is_the_librarys_and_as_narrow_as_the_page(name):
    rule, printed = RULES[name], code(RULES[name])
    functions = [f for f in (rule.function, rule.where_function) if f is not None]
    assert [ast.dump(node) for node in ast.parse(printed).body] == [tree(f) for f in functions]
    assert [line for line in printed.splitlines() if len(line) > COLUMN] == []


def test_hyperparameters_stand_on_a_line_of_their_own_where_all_do_not_fit():
    assert "def adagrad(theta, g, r, t, *, learning_rate=" in code(RULES["adagrad"])
    assert (
        "def adam(\n    theta, g, m, v, t,\n    *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,\n):\n"
    ) in code(RULES["adam"])


@pytest.mark.parametrize(
    "function", [normalization.fold_batch_norm, normalization.batch_norm_forward, feature_scaling.fit_standard]
)
def test_a_printed_function_is_the_librarys_and_as_narrow_as_the_page(function):
    printed = repr(show_function(function))
    assert ast.dump(ast.parse(printed).body[0]) == tree(function)
    assert max(map(len, printed.splitlines())) <= COLUMN
    assert "fmt:" not in printed


# fmt: off
def awkward(a: dict[str, tuple[int, int]], b="what, ever) -> (it is):", *rest, key=lambda x, y: (x, y), other=(1, 2), **more) -> int:
    text = """
    a line in a string that is far wider than the page, and (it) = must + not - be * broken  # nowhere at all
    """
    return len(text) + len(b) + sum(rest) + key(a, 1)[1] + other[0] + len(more) + len("a string that (stays")  # as it is
# fmt: on


def test_a_readers_function_stays_what_it_is_however_it_is_written():
    assert ast.dump(ast.parse(repr(show_function(awkward))).body[0]) == tree(awkward)


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


def test_a_function_is_shown_with_its_equations_and_the_printed_lines_run():
    shown = show_function(normalization.running_average)
    markdown = shown._repr_markdown_()
    assert r"r \leftarrow \alpha r + (1 - \alpha) s" in markdown and '"""' not in markdown
    scope = {"FloatArray": None, "np": np}
    exec(repr(shown), scope)
    assert scope["running_average"](2.0, 4.0, momentum=0.5) == 3
    with pytest.raises(TypeError, match="expected a function, got str"):
        show_function("running_average")


def test_a_rule_without_docstring_is_shown_as_code():
    @update_rule()
    def mine(theta, g, t, *, learning_rate=0.1):
        theta = theta - learning_rate * g
        return (theta,)

    assert "$$" not in show_rule(mine)._repr_markdown_()
    assert "def mine(" in show_rule(mine)._repr_markdown_()
    with pytest.raises(LookupError, match="did you mean 'adam'"):
        show_rule("adan")


def test_prose_takes_its_numbers_from_the_run():
    assert say("It took {steps} steps.", steps=12)._repr_markdown_() == "It took 12 steps."
    with pytest.raises(ValueError, match=r"the text speaks of \['steps'\], the numbers given are \['stps'\]"):
        say("It took {steps} steps.", stps=12)


def test_answers_hints_and_solutions_are_folded():
    asked = question("Why?", "Because of {x:.1f}.", x=2)._repr_markdown_()
    assert asked.startswith("**Why?**")
    assert "<summary>Answer</summary>\n\nBecause of 2.0." in asked
    task = exercise("Try", "Do it.", hints=["a", "b", "c"], solution="assert True")._repr_markdown_()
    assert task.count("<details") == task.count("</details>") == 4
    assert "```python\nassert True\n```" in task
    wide = "def mine(theta, g, m, v, t, *, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):\n    return t"
    printed = exercise("Try", "Do it.", hints=["a", "b", "c"], solution=wide)._repr_markdown_()
    assert "def mine(\n    theta, g, m, v, t,\n    *, learning_rate" in printed
    with pytest.raises(ValueError, match="three hints, got 1"):
        exercise("Try", "Do it.", hints=["a"], solution="")


def test_a_picture_needs_words():
    figure = Figure(figsize=(1, 1))
    shown = picture(figure, alt="a line that rises from 0 to 1")
    bundle = shown._repr_mimebundle_()
    assert 'alt="a line that rises from 0 to 1"' in bundle["text/html"]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="must say what is to be seen, got 'plot'"):
        picture(figure, alt="plot")


def test_a_page_has_a_narrow_picture_for_phones_whose_panels_come_one_below_the_other(monkeypatch):
    def drawn():
        figure = Figure(figsize=(8, 3), dpi=100, layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        left.set_ylabel("loss")
        lines = [
            axes.plot([0, 1], [i, 1], label="a label of some length")[0] for i, axes in enumerate([left, right] * 2)
        ]
        figure.legend(handles=lines, loc="outside upper center", ncols=4)
        return figure

    assert "<source" not in picture(drawn(), alt="two panels side by side")._repr_mimebundle_()["text/html"]
    monkeypatch.setenv("COURSE_SITE", "1")
    figure = drawn()
    page = picture(figure, alt="two panels side by side")._repr_mimebundle_()["text/html"]
    wide, small = (
        Image.open(io.BytesIO(base64.b64decode(page.split(start)[1].split('"')[0])))
        for start in ('src="data:image/png;base64,', 'srcset="data:image/png;base64,')
    )
    assert (wide.size, small.size) == ((1280, 480), (640, 960))
    above, below = figure.axes
    assert above.get_position().y0 > below.get_position().y1
    assert below.get_ylabel() == "loss" and below.yaxis.get_tick_params()["labelleft"]
    figure.draw_without_rendering()
    assert 200 < figure.legends[0].get_window_extent().width <= figure.bbox.width
