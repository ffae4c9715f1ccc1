"""What holds for every update rule of the library."""

import ast
import builtins
import dis
import functools
import inspect
import re
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
import sympy
from sympy.parsing.latex import parse_latex

from course_lib import RULES, descend
from course_lib.engine import check_hyper
from course_lib.rule import SCALAR, retarget
from course_lib.show import equation

SYMBOLS = {
    r"\eta": "learning_rate",
    r"\alpha": "momentum",
    r"\beta": "momentum",
    r"\beta_1": "beta_1",
    r"\beta_2": "beta_2",
    r"\epsilon": "epsilon",
    "d": "dampening",
    r"\rho": "rho",
    r"\lambda": "weight_decay",
    r"\kappa": "kappa",
    r"\phi": "phi",
    r"\psi": "momentum_decay",
    r"\mu_t": "mu",
    r"\mu_{t+1}": "mu_next",
    r"v_{\max}": "v_max",
    r"\Pi": "product",
    r"\Delta": "delta",
    r"\theta": "theta",
}
SYMPY = SimpleNamespace(sqrt=sympy.sqrt, abs=sympy.Abs, sign=sympy.sign, maximum=sympy.Max)


@pytest.fixture(params=sorted(RULES))
def rule(request):
    return RULES[request.param]


@pytest.fixture(params=sorted(name for name, rule in RULES.items() if rule.elementwise))
def elementwise_rule(request):
    return RULES[request.param]


@pytest.fixture(params=sorted(name for name, rule in RULES.items() if not rule.elementwise))
def matrix_rule(request):
    return RULES[request.param]


def arguments(rule, seed, shape=(3, 4)):
    """Random theta, g and state; state arrays are positive, for some of them are squares."""
    rng = np.random.default_rng(seed)
    theta, g = rng.normal(size=shape), rng.normal(size=shape)
    return theta, g, *(rng.uniform(0.1, 2, size=shape) for _ in rule.state)


def assignments(rule):
    """The assigned names of the body, in order, those of a loop among them."""

    def names(body):
        for statement in body:
            if isinstance(statement, ast.Assign):
                yield statement.targets[0].id
            yield from names(statement.body) if isinstance(statement, ast.For) else ()

    return list(names(ast.parse(textwrap.dedent(inspect.getsource(rule.function))).body[0].body))


def equation_lines(rule):
    r"""Pairs of a left-hand side as a Python name and a right-hand side in LaTeX."""
    pairs = [line.replace("&", "").split(r"\leftarrow") for line in equation(rule).split(r"\\")]
    return [(python_name(left.strip()), right.strip()) for left, right in pairs]


def python_name(symbol):
    hat = re.fullmatch(r"\\hat\{(\w+)\}", symbol)
    return f"{hat.group(1)}_hat" if hat else SYMBOLS.get(symbol, symbol)


@functools.cache
def expression(latex):
    """The right-hand side as a SymPy expression in the names of the code."""
    names = []

    def neutral(match):
        if match.group() in (r"\frac", r"\sqrt", r"\max", r"\cdot", r"\lceil", r"\rceil"):
            return match.group()
        names.append(python_name(match.group()))
        return f"x_{{{len(names)}}}"

    # the parser knows no sign, and no rule rounds upwards
    latex = re.sub(r"\\operatorname\{sign\}\(([^()]*)\)", r"\\lceil \1 \\rceil", latex)
    tokens = r"\\hat\{\w+\}|\\beta_[12]|\\mu_t|\\mu_\{t\+1\}|v_\{\\max\}|\\[a-zA-Z]+|[a-zA-Z]"
    plain = re.sub(r"\^x_\{(\d+)\}", r"^{x_{\1}}", re.sub(tokens, neutral, latex))
    factors = re.sub(
        r"(?<=[})])\s+(?=x_|\(|\\frac|\\sqrt|\\max)", r" \\cdot ", plain
    )  # the parser trips over "(1 - a) b^2"
    parsed = parse_latex(factors, backend="lark")
    parsed = parsed.replace(sympy.ceiling, sympy.sign)
    return parsed.subs({sympy.Symbol(f"x_{{{i}}}"): sympy.Symbol(name) for i, name in enumerate(names, start=1)})


def test_rules_are_found():
    assert {"gradient_descent", "momentum", "nesterov", "adam"} <= set(RULES)


def test_a_rule_returns_theta_and_its_state_in_order(rule):
    returned = ast.parse(textwrap.dedent(inspect.getsource(rule.function))).body[0].body[-1].value
    assert [name.id for name in returned.elts] == ["theta", *rule.state]
    theta, g, *state = arguments(rule, 0)
    assert [new.shape for new in rule(theta, g, *state, 1)] == [theta.shape] * (1 + len(state))


def test_a_rule_never_writes_to_its_inputs(rule):
    given = arguments(rule, 1)
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    rule(*given, 3)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


@pytest.mark.parametrize("part", ["function", "where_function"])
def test_free_names_are_np_and_builtins(rule, part):
    function = getattr(rule, part)
    if function is None:
        assert part == "where_function"
        return
    loaded = {
        i.argval for i in dis.get_instructions(function) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF")
    }
    assert loaded <= {"np"} | set(dir(builtins))


def test_a_rule_works_element_by_element(elementwise_rule):
    given = arguments(elementwise_rule, 2, shape=(5, 6))
    whole = elementwise_rule(*given, 2)
    for i, j in [(0, 0), (4, 5), (2, 3)]:
        alone = elementwise_rule(*(array[i : i + 1, j : j + 1] for array in given), 2)
        assert all(np.array_equal(w[i : i + 1, j : j + 1], a) for w, a in zip(whole, alone, strict=True))


@pytest.mark.parametrize("shape", [(4, 3), (3, 4)])
def test_a_matrix_method_works_matrix_by_matrix(matrix_rule, shape):
    given = arguments(matrix_rule, 2, shape=(5, *shape))
    whole = matrix_rule(*given, 2)
    for i in range(5):
        alone = matrix_rule(*(array[i] for array in given), 2)
        for w, a in zip(whole, alone, strict=True):
            np.testing.assert_allclose(w[i], a, rtol=1e-12, atol=1e-14)


def test_a_matrix_method_does_not_care_in_which_directions_its_axes_point(matrix_rule):
    """Turned inputs and outputs give turned results: it sees the matrix, not its entries."""
    rng = np.random.default_rng(3)
    left, right = (np.linalg.qr(rng.normal(size=(n, n)))[0] for n in (5, 3))
    given = arguments(matrix_rule, 4, shape=(5, 3))
    turned = matrix_rule(*(left @ array @ right for array in given), 2)
    for t, w in zip(turned, matrix_rule(*given, 2), strict=True):
        np.testing.assert_allclose(t, left @ w @ right, atol=1e-12)


def test_steps_count_from_one_and_schedules_from_zero(rule):
    seen = []
    descend(rule, lambda theta: theta, np.ones((5, 5)), 3, learning_rate=lambda k: seen.append(k) or 0.1)
    assert seen == [0, 1, 2]
    if "t" in {i.argval for i in dis.get_instructions(rule.function) if i.opname.startswith("LOAD_FAST")}:
        with pytest.raises(
            ZeroDivisionError
        ):  # a rule that uses t divides by 1 - beta^t, so t = 0 cannot have been meant
            retarget(rule.function, SCALAR)(1.0, 1.0, *rule.state.values(), 0)


def test_equation_lines_assign_the_same_names_as_the_code(rule):
    assert [left for left, _ in equation_lines(rule)] == assignments(rule)


@pytest.mark.parametrize("seed", range(5))
def test_the_equation_gives_the_numbers_of_the_code(elementwise_rule, seed):
    """The printed LaTeX, parsed by SymPy and evaluated line by line, is the oracle."""
    rule = elementwise_rule
    rng = np.random.default_rng(seed)
    theta, g, *state = (float(array[0, 0]) for array in arguments(rule, seed))
    hyper = {name: float(rng.uniform(0.05, 0.95)) for name in rule.hyperparameters}
    t = int(rng.integers(1, 20))
    values = {"theta": theta, "g": g, "t": t, **dict(zip(rule.state, state, strict=True)), **hyper}
    for left, right in equation_lines(rule):
        values[left] = float(expression(right).subs(values))
    np.testing.assert_allclose(
        rule(theta, g, *state, t, **hyper), [values["theta"], *(values[name] for name in rule.state)], rtol=1e-12
    )


def test_a_rule_on_sympy_symbols_is_its_equation(elementwise_rule):
    """The unchanged function runs on symbols: nothing in it depends on NumPy arrays."""
    rule = elementwise_rule
    names = ["theta", "g", *rule.state]
    hyper = {name: sympy.Symbol(name) for name in rule.hyperparameters}
    t = sympy.Symbol("t")
    moved = retarget(rule.function, SYMPY)(*map(sympy.Symbol, names), t, **hyper)
    known = {"t": t, **{name: sympy.Symbol(name) for name in names}}
    for left, right in equation_lines(rule):
        known[left] = expression(right).subs({sympy.Symbol(k): v for k, v in known.items()}, simultaneous=True)
    for ours, name in zip(moved, ["theta", *rule.state], strict=True):
        assert sympy.simplify(ours - known[name]) == 0


def test_defaults_pass_the_engines_own_checks(rule):
    assert check_hyper(rule, {}, (2,)) == rule.hyperparameters
