"""What a rule is, and what is refused."""

import importlib
import pickle

import numpy as np
import pytest

from course_lib import RULES, Stepper, descend
from course_lib.momentum import momentum, nesterov
from course_lib.rule import SCALAR, Rule, as_rule, retarget, update_rule


def test_a_reader_defines_a_rule_without_touching_the_library():
    @update_rule("v", product=1.0)
    def mine(theta, g, v, product, t, *, learning_rate=0.1):
        product = product * 0.5
        theta = theta - learning_rate * product * g
        return theta, v, product

    assert isinstance(mine, Rule)
    assert mine.state == {"v": 0.0, "product": 1.0}
    assert mine.hyperparameters == {"learning_rate": 0.1}
    assert mine(1.0, 2.0, 0.0, 1.0, 1) == (0.9, 0.0, 0.5)
    assert "mine" not in RULES


@pytest.mark.parametrize(
    ("positional", "state"),
    [
        ("g, theta, v, t", "v"),
        ("theta, g, t", "v"),
        ("theta, g, v", "v"),
        ("theta, g, v, t, extra", "v"),
        ("theta, g, v, t, **rest", "v"),
    ],
)
def test_a_wrong_signature_is_refused_with_the_expected_one(positional, state):
    scope = {}
    exec(f"def wrong({positional}): pass", scope)
    with pytest.raises(
        TypeError, match=r"rule 'wrong': expected the arguments \(theta, g, v, t, \*, hyperparameters\)"
    ):
        update_rule(state)(scope["wrong"])


@pytest.mark.parametrize(
    ("state", "last", "words"),
    [
        ("m", "return theta - g", r"must end with return \(theta, m\), got 'return theta - g'"),
        ("m", "return theta, m, m", r"must end with return \(theta, m\), got 'return \(theta, m, m\)'"),
        ("m", "m = theta - g", r"must end with return \(theta, m\), got 'm = theta - g'"),
        ("", "return theta", r"must end with return \(theta,\), got 'return theta'"),
    ],
)
def test_a_wrong_return_is_told_where_the_rule_is_defined(tmp_path, monkeypatch, state, last, words):
    arguments = ", ".join(["theta", "g", *filter(None, [state]), "t"])
    text = f"from course_lib.rule import update_rule\n\n\n@update_rule({state!r})\ndef mine({arguments}):\n    {last}\n"
    (tmp_path / "readers_rule.py").write_text(text if state else text.replace("''", ""))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TypeError, match=f"rule 'mine' {words}"):
        importlib.import_module("readers_rule")


@pytest.mark.parametrize(("moved", "words"), [(lambda x: x, "one value of type"), (lambda x: (x,) * 3, "got 3 values")])
@pytest.mark.parametrize("start", [[1.0, 2.0], [[1.0, 2.0]] * 3])
def test_a_wrong_return_that_only_a_run_can_show_is_told_too(moved, words, start):
    @update_rule("m")
    def mine(theta, g, m, t):
        return moved(theta)

    for run in (lambda: descend(mine, lambda x: x, start, 2), lambda: Stepper(mine, np.ones(3)).step(np.ones(3))):
        with pytest.raises(TypeError, match=rf"rule 'mine' must return \(theta, m\), .*{words}"):
            run()


def test_a_wrong_look_ahead_is_refused():
    @update_rule("v")
    def mine(theta, g, v, t, *, learning_rate=0.1):
        return theta, v

    with pytest.raises(TypeError, match=r"mine.where: expected \(theta, v, \*, hyperparameters of mine\)"):
        mine.where(lambda theta, v, *, mass: theta)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(LookupError, match="no update rule is called 'nestrov'; did you mean 'nesterov'"):
        as_rule("nestrov")
    with pytest.raises(TypeError, match="has no hyperparameter 'learning_rat'; did you mean 'learning_rate'"):
        momentum.with_defaults({"learning_rat": 1})
    with pytest.raises(TypeError, match="expected an update rule or the name of one, got int"):
        as_rule(3)


def test_a_hyperparameter_without_default_must_be_given():
    @update_rule()
    def mine(theta, g, t, *, learning_rate):
        return (theta - learning_rate * g,)

    with pytest.raises(TypeError, match="needs a value for learning_rate"):
        mine.with_defaults({})


def test_retarget_binds_np_and_keeps_defaults():
    def f(x, *, scale=2.0):
        return scale * np.sqrt(x)

    assert type(retarget(f, SCALAR)(9.0)) is float
    assert retarget(f, SCALAR)(9.0, scale=1.0) == 3.0


def test_library_rules_pickle_by_name():
    assert pickle.loads(pickle.dumps(nesterov)) is nesterov


@pytest.mark.parametrize("name", ["sign", "maximum", "minimum", "where"])
def test_scalar_namespace_agrees_with_numpy(name):
    values = [-2.0, -0.0, 0.0, 3.0, float("inf"), float("nan")]
    for a in values:
        for b in values:
            given = {"sign": (a,), "where": (a > b, a, b)}.get(name, (a, b))
            np.testing.assert_equal(getattr(SCALAR, name)(*given), float(getattr(np, name)(*given)))
