"""Surfaces against SymPy's derivatives of the same source, and against scipy."""

import inspect
import re

import numpy as np
import pytest
import scipy.optimize
import sympy

from course_lib import descend
from course_lib.hyperparameters import Range
from course_lib.rule import retarget
from course_lib.surface import classify
from course_lib.surface import surface as make_surface
from course_lib.surfaces import (
    SURFACES,
    as_surface,
    beale,
    bowl,
    cliff,
    himmelblau,
    linear_chain,
    quadratic,
    ravine,
    rosenbrock,
    two_minima,
)

CURVES = ["linear_chain"]  # their minima fill a curve


@pytest.fixture(params=sorted(SURFACES))
def surface(request):
    return SURFACES[request.param]


def derivatives(surface):
    """Gradient and Hessian by SymPy, as functions of the coordinates."""
    symbols = sympy.symbols(surface.coordinates)
    parameters = {k: sympy.nsimplify(v) for k, v in surface.parameters.items()}
    value = retarget(surface.value_function, sympy)(*symbols, **parameters)
    gradient = [sympy.diff(value, s) for s in symbols]
    return sympy.lambdify(symbols, gradient), sympy.lambdify(symbols, sympy.hessian(value, symbols))


def test_gradient_and_hessian_are_the_derivatives_of_the_value(surface):
    gradient, hessian = derivatives(surface)
    for point in np.random.default_rng(0).uniform(-2, 2, size=(20, 2)):
        np.testing.assert_allclose(surface.grad(point), gradient(*point), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(surface.hessian(point), hessian(*point), rtol=1e-9, atol=1e-9)


def test_parameters_reach_value_gradient_and_hessian(surface):
    for name, value in surface.parameters.items():
        other = surface.with_parameters(**{name: 2 * value + 1})
        point = np.array(surface.start)
        assert other(point) != surface(point)
        step = 1e-6
        slope = [(other(point + d) - other(point - d)) / (2 * step) for d in step * np.eye(2)]
        np.testing.assert_allclose(other.grad(point), slope, rtol=1e-5)
        assert other.scalar_gradient(*surface.start) == pytest.approx(tuple(other.grad(point)))
        assert surface.parameters[name] == value


def test_minima_are_minima_and_the_deepest_is_first(surface):
    values = [float(surface(point)) for point in surface.minima]
    assert (np.diff(values) >= -1e-12).all()
    for point in surface.minima:
        np.testing.assert_allclose(surface.grad(point), 0, atol=1e-11)
        assert classify(surface.hessian(point)) == ("degenerate" if surface.name in CURVES else "minimum")


def test_minima_stay_minima_at_the_ends_of_what_the_parameters_may_be(surface):
    """By the necessary conditions: no slope, and no direction that curves downwards."""
    for name, allowed in surface.ranges.items():
        top = min(allowed.high, 1e6) if allowed.with_high else np.nextafter(min(allowed.high, 1e6), 0)
        for value in (max(allowed.low, -1e6), 0.3, top):
            other = surface.with_parameters(**{name: value})
            for point in other.minima:
                np.testing.assert_allclose(other.grad(point), 0, atol=1e-11)
                eigenvalues = np.linalg.eigvalsh(other.hessian(point))
                assert eigenvalues.min() >= -1e-12 * np.abs(eigenvalues).max()


OUTSIDE = {
    "quadratic": {"condition_number": -5},
    "ravine": {"condition_number": -5},
    "turned_valley": {"condition_number": -5},
    "rosenbrock": {"b": -100},
    "plateau": {"width": 0},
    "cliff": {"steepness": -1},
    "two_features": {"correlation": 2, "scale": 1e200},
}


@pytest.mark.parametrize(("name", "wrong"), OUTSIDE.items(), ids=OUTSIDE)
def test_where_the_minima_would_be_false_a_parameter_is_refused(name, wrong):
    assert wrong.keys() == SURFACES[name].ranges.keys()
    for parameter, value in wrong.items():
        with pytest.raises(
            ValueError, match=f"surface '{name}': {parameter} must be (at least|in) .*{re.escape(f'got {value:g}')}"
        ):
            SURFACES[name].with_parameters(**{parameter: value})
        for none in ("x", None, [1.0], True):
            with pytest.raises(TypeError, match=rf"surface '{name}': {parameter} must be a number, got"):
                SURFACES[name].with_parameters(**{parameter: none})


def test_a_surface_of_the_readers_has_ranges_of_its_own():
    facts = {"box": ((-1, 1),), "start": (1.0,), "minima": [(0.0,)], "source": "here"}

    def well(x, *, depth=1.0):
        return depth * x**2

    made = make_surface(**facts, ranges={"depth": Range(0.0, 2.0)})(well)
    with pytest.raises(ValueError, match=r"depth must be in \[0, 2\), got 2"):
        made.with_parameters(depth=2)
    with pytest.raises(ValueError, match="depth must be at least 3, got 1"):
        make_surface(**facts, ranges={"depth": Range(3.0)})(well)
    with pytest.raises(TypeError, match="surface 'well' has no parameter 'dept'; did you mean 'depth'"):
        make_surface(**facts, ranges={"dept": Range(3.0)})(well)


OTHERS = {
    "two_minima": ["saddle"],
    "saddle": ["saddle"],
    "monkey_saddle": ["degenerate"],
    "beale": ["saddle"],
    "himmelblau": [*["saddle"] * 4, "maximum"],
    "linear_chain": ["saddle"],
}


def test_other_critical_points_are_what_their_eigenvalues_say(surface):
    np.testing.assert_allclose(surface.grad(np.array(surface.others).reshape(-1, 2)), 0, atol=1e-11)
    kinds = [
        "degenerate" if not surface.hessian(point).any() else classify(surface.hessian(point))
        for point in surface.others
    ]
    assert kinds == OTHERS.get(surface.name, [])


def test_scipy_finds_no_other_minimum(surface):
    rng = np.random.default_rng(1)
    for start in rng.uniform(*np.transpose(surface.box), size=(40, 2)):
        found = scipy.optimize.minimize(surface, start, jac=surface.grad, method="BFGS", options={"gtol": 1e-9}).x
        low, high = np.transpose(surface.box)
        if (found < low).any() or (found > high).any() or np.linalg.norm(surface.grad(found)) > 1e-6:
            continue
        if surface.name in CURVES:
            assert surface(found) == pytest.approx(float(surface(surface.minima[0])), abs=1e-12)
        elif classify(surface.hessian(found)) == "minimum":
            assert min(np.linalg.norm(found - point) for point in surface.minima) < 1e-4


def test_box_holds_start_and_minima(surface):
    for point in (surface.start, *surface.minima):
        assert all(low <= c <= high for c, (low, high) in zip(point, surface.box, strict=True))
    assert surface.source and inspect.getdoc(surface)


@pytest.mark.parametrize("number", [1.0, 10.0, 333.0])
@pytest.mark.parametrize("made", [quadratic, ravine], ids=lambda s: s.name)
def test_quadratics_have_the_condition_number_asked_for(made, number):
    hessian = made.with_parameters(condition_number=number).hessian([1.0, 2.0])
    assert np.linalg.cond(hessian) == pytest.approx(number)


def test_rosenbrock_and_two_minima_at_known_points():
    assert rosenbrock([1.0, 1.0]) == 0.0
    assert rosenbrock([-1.2, 1.0]) == pytest.approx(24.2)
    assert two_minima([1.5, 0.0]) == 0.0
    np.testing.assert_allclose(two_minima.grad([-0.5, 0.0]), 0.0)
    assert np.linalg.eigvalsh(two_minima.hessian([-0.5, 0.0])).min() < 0


def test_the_new_surfaces_at_points_that_can_be_checked_by_hand():
    assert bowl([3.0, -4.0]) == pytest.approx(np.sqrt(26.0) - 1)
    assert beale([0.0, 1.0]) == 1.5**2 + 2.25**2 + 2.625**2
    assert himmelblau([0.0, 0.0]) == 170.0
    assert linear_chain([2.0, 0.5]) == 0.0
    assert cliff([1.0, 0.0]) == pytest.approx(0.2 + 1.5)
    assert SURFACES["rastrigin"]([1.0, 1.0]) == pytest.approx(2.0)
    assert SURFACES["ackley"]([0.0, 0.0]) == pytest.approx(0.0, abs=1e-14)
    np.testing.assert_array_equal(SURFACES["ackley"].grad([0.0, 0.0]), 0.0)


def test_a_newton_step_on_the_bowl_takes_the_distance_to_its_cube():
    point = np.array([0.6, -0.8]) * 1.5
    after = point - np.linalg.solve(bowl.hessian(point), bowl.grad(point))
    np.testing.assert_allclose(after, -point * 1.5**2, rtol=1e-12)


def test_points_of_any_batch_shape(surface):
    points = np.random.default_rng(2).normal(size=(4, 3, 2))
    assert surface(points).shape == (4, 3)
    assert surface.grad(points).shape == (4, 3, 2)
    assert surface.hessian(points).shape == (4, 3, 2, 2)
    assert surface.grad(points)[1, 2] == pytest.approx(surface.grad(points[1, 2]))


def test_refused_by_name():
    with pytest.raises(ValueError, match=r"'ravine' takes points of shape \(\.\.\., 2\), got shape \(3,\)"):
        ravine([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="no parameter 'condition'; did you mean 'condition_number'"):
        ravine.with_parameters(condition=3)
    with pytest.raises(ValueError, match="condition_number must be finite, got nan"):
        ravine.with_parameters(condition_number=float("nan"))
    with pytest.raises(LookupError, match="no surface is called 'rosenbrok'; did you mean 'rosenbrock'"):
        as_surface("rosenbrok")
    with pytest.raises(TypeError, match="expected a surface or the name of one, got int"):
        as_surface(3)


def test_a_batch_row_is_a_batch_of_one_bit_for_bit(surface):
    starts = np.random.default_rng(4).uniform(*np.transpose(surface.box), size=(37, 2))
    batch = descend("adam", surface, starts, 60, learning_rate=0.05)
    for i, start in enumerate(starts):
        np.testing.assert_array_equal(batch[:, i], descend("adam", surface, start[None], 60, learning_rate=0.05)[:, 0])
