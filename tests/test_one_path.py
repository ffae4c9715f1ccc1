"""One run as a printed loop: on floats and compiled the same numbers as the engines that call the functions themselves."""

import time

import numpy as np
import pytest

from course_lib import RULES, SURFACES, descend, one_path
from course_lib.kernel_text import path_kernel
from course_lib.rule import update_rule
from course_lib.surfaces import Surface, quadratic, ravine, rosenbrock
from tests.conftest import ROOT
from tests.test_compiled import draw

ELEMENTWISE = sorted(name for name, rule in RULES.items() if rule.elementwise)
POLYNOMIAL = ["quadratic", "rosenbrock", "himmelblau", "ravine"]


@pytest.fixture
def unprinted(monkeypatch):
    """Return a function that follows a rule on floats by calling its functions, without a printed loop."""

    def by_steps(*arguments, **hyper):
        with monkeypatch.context() as patch:
            patch.setattr(one_path, "float_loop", lambda *unused: None)
            return descend(*arguments, **hyper)

    return by_steps


def schedules(hyper):
    """Let every second hyperparameter differ a little by step."""
    return {
        name: (lambda k, value=value: value * (1 - 0.1 / (1 + k))) if i % 2 else value
        for i, (name, value) in enumerate(hyper.items())
    }


@pytest.mark.parametrize("change", [dict, schedules], ids=["numbers", "schedules"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_loop_of_every_rule_on_every_surface_is_the_plain_engine(name, change, unprinted):
    """Bit for bit, but for x**2, of which Python's is not always rounded as a product is."""
    rng = np.random.default_rng(0)
    for surface in SURFACES.values():
        assert one_path.float_loop(RULES[name], surface.gradient_function, ()) is not None
        hyper = change({key: float(value) for key, value in draw(rng, RULES[name]).items()})
        start = [rng.uniform(*side) for side in surface.box]
        plain, ours = (run(name, surface, start, 20, **hyper) for run in (unprinted, descend))
        assert np.array_equal(np.isfinite(plain), np.isfinite(ours))
        np.testing.assert_allclose(ours, plain, rtol=1e-9, atol=1e-9 * np.abs(plain[np.isfinite(plain)]).max())


@pytest.mark.parametrize("place", POLYNOMIAL)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_on_a_polynomial_floats_are_the_batch_engine_bit_for_bit(name, place):
    rng = np.random.default_rng(1)
    surface = SURFACES[place]
    for _ in range(3):
        hyper = {key: float(value) for key, value in draw(rng, RULES[name]).items()}
        start = [rng.uniform(*side) for side in surface.box]
        batch = descend(name, surface, [start], 100, **hyper)[:, 0]
        assert np.array_equal(descend(name, surface, start, 100, **hyper), batch, equal_nan=True)


@pytest.mark.parametrize("keep", ["path", "last"])
def test_in_pieces_it_is_the_same_run(monkeypatch, keep):
    hyper = {"learning_rate": lambda k: 0.01 / (1 + k), "beta_1": 0.8}
    whole = descend("nadam", ravine, ravine.start, 100, keep=keep, **hyper)
    monkeypatch.setattr("course_lib.engine.FLOAT_STEPS", 7)
    assert np.array_equal(descend("nadam", ravine, ravine.start, 100, keep=keep, **hyper), whole)


def test_a_schedule_that_gives_arrays_goes_to_arrays():
    path = descend("gradient_descent", ravine, ravine.start, 3, learning_rate=lambda k: np.array([0.01, 0.02]))
    expected = descend("gradient_descent", ravine, ravine.start, 3, learning_rate=np.array([0.01, 0.02]))
    assert np.array_equal(path, expected)


def valley(x, y, *, power=1.5):
    """No number for x below zero, none that a float holds for large y."""
    return x**power + np.exp(y)


valley = Surface(valley, box=[(0, 1), (0, 1)], start=(1.0, 1.0), minima=[], source="none")


@valley.gradient
def valley_gradient(x, y, *, power=1.5):
    """Its gradient."""
    return power * x ** (power - 1), -np.exp(y)


@pytest.mark.parametrize(("start", "why"), [((0.1, 0.0), "root"), ((50.0, 6.0), "exp")])
def test_where_floats_raise_arrays_go_on(start, why):
    path = descend("gradient_descent", valley, start, 60, learning_rate=1.0)
    batch = descend("gradient_descent", valley, [start], 60, learning_rate=1.0)[:, 0]
    column = {"root": 0, "exp": 1}[why]
    assert np.isfinite(path[0]).all() and not np.isfinite(path[-1, column])
    assert np.array_equal(np.isfinite(path), np.isfinite(batch)) and path.dtype == float


@update_rule()
def branching(theta, g, t, *, learning_rate=0.1):
    """Not in the grammar, but good for floats."""
    if g > 0:
        theta = theta - learning_rate * g
    return (theta,)


def test_what_is_not_in_the_grammar_runs_as_it_is():
    assert one_path.float_loop(branching, quadratic.gradient_function, ()) is None
    np.testing.assert_array_equal(descend(branching, quadratic, [1.0, -1.0], 1, learning_rate=0.01)[1], [0.99, -1.0])


@update_rule(path=0.5, at=0.0)
def swapping(theta, g, path, at, t, *, zip_h=0.1, t_h=2.0, learning_rate=1.0):
    """Names of the printed loop, a constant assigned anew, state that changes places, integers."""
    k = zip_h / 2
    k = k + 1 / t
    at = at + t_h**2 * g**2
    return theta - learning_rate * k * path * (1 + at) ** (-1), at, path


def test_names_constants_and_results_of_a_readers_rule(unprinted):
    for hyper in ({}, {"zip_h": lambda k: 0.1 + k, "t_h": lambda k: 0.5}):
        plain, ours = (run(swapping, rosenbrock, [0.1, 0.2], 30, **hyper) for run in (unprinted, descend))
        np.testing.assert_allclose(ours, plain, rtol=1e-12)


def test_a_changed_parameter_needs_no_new_loop(unprinted):
    one_path.float_loop.cache_clear()
    for b in (1.0, 10.0, 100.0):
        surface = rosenbrock.with_parameters(b=b)
        plain, ours = (run("momentum", surface, surface.start, 20, learning_rate=1e-4) for run in (unprinted, descend))
        np.testing.assert_allclose(ours, plain, rtol=1e-12)
    assert one_path.float_loop.cache_info().misses == 1


def test_the_first_call_costs_little():
    for name in ELEMENTWISE:
        one_path.float_loop.cache_clear()
        began = time.process_time()
        one_path.float_loop(RULES[name], rosenbrock.gradient_function, ())
        assert time.process_time() - began < 0.1  # it takes 2 to 5 ms


def test_what_does_not_change_stands_before_the_loop():
    before, _, within = path_kernel(RULES["adam"], rosenbrock.gradient_function).partition("for ")
    assert "1.0 - beta_1_h" in before and "**" not in before
    assert within.count("**") == 2  # the powers of beta
    assert "zip(range(steps), beta_1_h_all)" in path_kernel(RULES["adam"], quadratic.gradient_function, ("beta_1",))


@pytest.mark.parametrize("name", ["momentum", "rmsprop_nesterov", "nadam"])
def test_compiled_it_is_the_same_run(name, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(ROOT / ".pytest_cache" / "kernels"))
    for hyper in ({"learning_rate": 0.003}, {"learning_rate": lambda k: 0.003 / (1 + k)}):
        floats, ours = (descend(name, rosenbrock, rosenbrock.start, 200, compiled=c, **hyper) for c in (False, True))
        np.testing.assert_allclose(ours, floats, rtol=1e-12)
        assert name != "momentum" or np.array_equal(ours, floats)  # no power in it
        end = descend(name, rosenbrock, np.float32(rosenbrock.start), 200, compiled=True, keep="last", **hyper)
        assert end.dtype == np.float32 and end.shape == (2,)
