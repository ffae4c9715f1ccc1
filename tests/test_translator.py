"""What the translator accepts and what it refuses; that its JavaScript computes the same is in parity/test_javascript.py."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from course_lib import RULES, SURFACES
from course_lib.learning_rate import exponential_decay, inverse_time_decay
from course_lib.rule import update_rule
from course_lib.translator import TranslationError, to_javascript

OUTSIDE = 3.0


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_accepted_but_matrix_methods(name):
    rule = RULES[name]
    if not rule.elementwise:
        with pytest.raises(TranslationError, match="in muon: cannot translate"):
            to_javascript(rule)
        return
    source = to_javascript(rule)
    assert source.startswith(f"(theta, g, {''.join(f'{s}, ' for s in rule.state)}t, {{")
    assert "return [theta" in source
    assert rule.where_function is None or "=>" in to_javascript(rule.where_function)


@pytest.mark.parametrize("name", SURFACES)
def test_every_surface_is_accepted(name):
    surface = SURFACES[name]
    for function in (surface.value_function, surface.gradient_function, surface.hessian_function):
        assert to_javascript(function).startswith(f"({', '.join(surface.coordinates)}, {{")


@pytest.mark.parametrize("schedule", [exponential_decay, inverse_time_decay])
def test_schedules_are_accepted(schedule):
    assert to_javascript(schedule).startswith("(step, {initial_learning_rate, ")


def test_names_that_javascript_reserves_are_marked():
    def awkward(new, *, function=1.0, Math=2.0):
        let = new * function
        return let + Math

    source = to_javascript(awkward)
    assert source.startswith("(new$, {function: function$, Math: Math$}) =>")
    assert "let let$ = new$ * function$;" in source


def test_a_square_is_a_multiplication_and_its_base_is_evaluated_once():
    def f(x):
        return (1.0 - x) ** 2 + x**2 + x**3

    source = to_javascript(f)
    assert "(square$1 = 1.0 - x) * square$1 + x * x + Math.pow(x, 3)" in source


def test_parentheses_follow_python():
    def f(a, b, c):
        return a - (b - c) + a / (b * c) - -(a + b) * c, (-a) ** 2, -(a**2)

    assert "a - (b - c) + a / (b * c) - -(a + b) * c" in to_javascript(f)


def loop(x):
    for _ in range(3):
        x = x + 1
    return x


def branch(x):
    if x > 0:
        return x
    return -x


def in_place(x):
    x += 1
    return x


def unpacking(x, y):
    x, y = y, x
    return x


def chained(x):
    x = y = 2 * x
    return y


def index(x):
    return x[0]


def matrix_product(x, y):
    return x @ y


def floor_division(x):
    return x // 2


def remainder(x):
    return x % 2


def outside_name(x):
    return x * OUTSIDE


def later_name(x):
    x = x * y  # noqa: F821
    return x


def other_function(x):
    return np.linalg.norm(x)


def unknown_function(x):
    return np.arctan(x)


def built_in(x):
    return max(x, 0)


def keyword(x):
    return np.sqrt(x, dtype=float)


def too_many(x):
    return np.maximum(x, 1, 2)


def conditional(x):
    return 1 if x > 0 else x


def bare_comparison(x):
    return x > 0


def condition(x):
    return np.where(x, 1, 2)


def two_comparisons(x):
    return np.where(0 < x < 1, 1, 2)


def truth(x):
    return True


def complex_number(x):
    return x * 2j


def text(x):
    x = "two"
    return x


def print_it(x):
    print(x)
    return x


def no_return(x):
    x = x + 1


def empty_return(x):
    return


def star(*x):
    return x


def inner(x):
    def f(y):
        return y

    return f(x)


REFUSED = {
    loop: "for",
    branch: "if",
    in_place: "x += 1",
    unpacking: "something else than one name",
    chained: "something else than one name",
    index: "x[0]",
    matrix_product: "x @ y",
    floor_division: "x // 2",
    remainder: "x % 2",
    outside_name: "'OUTSIDE'",
    later_name: "'y'",
    other_function: "np.linalg.norm",
    unknown_function: "np.arctan",
    built_in: "max(x, 0)",
    keyword: "np.sqrt with other than 1 positional argument;",
    too_many: "np.maximum with other than 2 positional arguments;",
    conditional: "IfExp",
    bare_comparison: "Compare",
    condition: "not one comparison",
    two_comparisons: "not one comparison",
    truth: "True",
    complex_number: "2j",
    text: "two",
    print_it: "print(x)",
    no_return: "last statement is not a return",
    empty_return: "return without a value",
    star: "the argument *x",
    inner: "FunctionDef",
}


@pytest.mark.parametrize(("function", "construct"), REFUSED.items(), ids=lambda x: getattr(x, "__name__", ""))
def test_what_is_outside_the_grammar_is_refused_by_name(function, construct):
    with pytest.raises(TranslationError) as refused:
        to_javascript(function)
    message = str(refused.value)
    assert construct in message
    assert f"in {function.__name__}: cannot translate" in message
    assert message.endswith("np.where with a comparison")


def test_a_refusal_names_file_and_line():
    line = loop.__code__.co_firstlineno + 1
    with pytest.raises(TranslationError, match=rf"^test_translator\.py, line {line}, in loop"):
        to_javascript(loop)


def test_the_line_is_right_below_a_decorator():
    @update_rule("v")
    def mine(theta, g, v, t, *, learning_rate=0.1):
        v = g
        v += 1
        return theta - learning_rate * v, v

    line = mine.function.__code__.co_firstlineno + 3
    with pytest.raises(TranslationError, match=f"line {line}, in mine"):
        to_javascript(mine)


@pytest.mark.parametrize(
    "thing",
    [max, 3, np.sqrt, lambda x: x, eval("lambda x: x")],
    ids=["built-in", "number", "ufunc", "lambda", "no source"],
)
def test_what_has_no_def_is_refused(thing):
    with pytest.raises(TranslationError, match=r"no source|def|Python function"):
        to_javascript(thing)


def test_a_rule_typed_in_a_notebook_cell_is_accepted(tmp_path):
    cell = textwrap.dedent(
        """
        import numpy as np
        from course_lib.rule import update_rule
        from course_lib.translator import to_javascript

        @update_rule("m")
        def sign_momentum(theta, g, m, t, *, learning_rate=0.01, beta=0.9):
            m = beta * m + (1 - beta) * g
            theta = theta - learning_rate * np.sign(m)
            return theta, m
        print(to_javascript(sign_momentum))
        """
    )
    run = subprocess.run(
        [sys.executable, "-m", "IPython", "--quick", "--colors=NoColor", "-c", cell],
        capture_output=True,
        text=True,
        env={"IPYTHONDIR": str(tmp_path), "PATH": "", "HOME": str(tmp_path)},
        timeout=60,
    )
    assert "theta = theta - learning_rate * Math.sign(m);" in run.stdout, run.stdout + run.stderr
