"""Values outside their range are refused by name at every border."""

import numpy as np
import pytest

from course_lib import RULES, Stepper, descend
from course_lib.engine import check_hyper
from course_lib.hyperparameters import RANGES
from course_lib.live import LiveFigure
from course_lib.rule import update_rule


def bowl(theta):
    return theta


BAD = {
    "negative rate": ({"learning_rate": -0.1}, "adam: learning_rate must be at least 0, got -0.1"),
    "decay of 1": ({"beta_1": 1.0}, r"adam: beta_1 must be in \[0, 1\), got 1"),
    "negative decay": ({"beta_2": -1e-9}, r"adam: beta_2 must be in \[0, 1\), got -1e-09"),
    "negative epsilon": ({"epsilon": -1e-8}, "adam: epsilon must be at least 0, got -1e-08"),
}


@pytest.mark.parametrize(("hyper", "words"), BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    "border",
    [
        lambda hyper: descend("adam", bowl, [1.0], 1, **hyper),
        lambda hyper: Stepper("adam", np.ones(2), **hyper),
        lambda hyper: Stepper("adam", np.ones(2)).step(np.ones(2), **hyper),
        lambda hyper: LiveFigure("ravine", {"Adam": ("adam", hyper)}),
    ],
    ids=["descend", "Stepper", "step", "LiveFigure"],
)
def test_a_border_refuses(border, hyper, words):
    with pytest.raises(ValueError, match=words):
        border(hyper)


def test_of_many_runs_the_wrong_one_is_named():
    rates = np.array([[0.1], [-0.5], [0.2]])
    with pytest.raises(ValueError, match="learning_rate must be at least 0, got -0.5"):
        descend("momentum", bowl, np.ones((3, 1)), 1, learning_rate=rates)


def test_a_schedule_is_checked_where_it_leaves_the_range():
    with pytest.raises(ValueError, match="learning_rate at step 2 must be at least 0, got -0.1"):
        descend("momentum", bowl, [1.0], 5, learning_rate=lambda k: 0.1 * (1 - k))


def test_the_ends_of_a_range():
    for name, allowed in (("momentum", [0, 1]), ("learning_rate", [0]), ("epsilon", [0])):
        for value in allowed:
            assert check_hyper(RULES["momentum" if name == "momentum" else "adam"], {name: value}, ())[name] == value
    with pytest.raises(ValueError, match=r"momentum must be in \[0, 1\], got 1.01"):
        descend("momentum", bowl, [1.0], 1, momentum=1.01)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_hyperparameter_of_the_library_has_a_range(rule):
    assert set(rule.hyperparameters) <= set(RANGES)


def test_names_of_a_readers_own_are_not_limited():
    @update_rule()
    def climb(theta, g, t, *, learning_rate=0.1, sign=-1.0):
        theta = theta - sign * learning_rate * g
        return (theta,)

    assert descend(climb, bowl, [1.0], 1, keep="last") == pytest.approx(1.1)
