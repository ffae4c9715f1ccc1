"""Methods with curvature against closed forms and scipy."""

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg

from course_lib import Network
from course_lib.landscapes import extended_rosenbrock, spectral_quadratic
from course_lib.layers import Dense, tanh
from course_lib.line_search import Objective
from course_lib.second_order import (
    bfgs,
    block_coordinate_descent,
    coordinate_descent,
    damped_newton,
    lbfgs,
    newton,
    saddle_free_newton,
    steepest_descent,
    truncated_newton,
)
from course_lib.surfaces import SURFACES, beale, bowl, himmelblau, quadratic, rosenbrock, saddle

WITH_DESCENT = [damped_newton, saddle_free_newton, truncated_newton, bfgs, lbfgs]
COUPLED = Objective(
    lambda p: p[0] ** 2 + p[1] ** 2 + 4 * p[0] * p[1],
    lambda p: np.array([2 * p[0] + 4 * p[1], 2 * p[1] + 4 * p[0]]),
    lambda p: np.array([[2.0, 4.0], [4.0, 2.0]]),
)


def name(method):
    return getattr(method, "__name__", None)


@pytest.mark.parametrize("b", [0.1, 2.0, 10.0])
def test_exact_line_search_on_the_exercises_quadratic_takes_the_closed_form(b):
    """From (b, 1): x_k = b q^k, y_k = (-q)^k with q = (b-1)/(b+1), step 2/(1+b), consecutive gradients orthogonal."""
    bowl = spectral_quadratic([1.0, b])
    run = steepest_descent(bowl, [b, 1.0], steps=30, tolerance=0)
    q, k = (b - 1) / (b + 1), np.arange(31)
    np.testing.assert_allclose(run.path, np.stack([b * q**k, (-q) ** k], axis=1), rtol=1e-10)
    np.testing.assert_allclose(run.step_sizes, 2 / (1 + b), rtol=1e-10)
    gradients = bowl.grad(run.path)
    cosines = (gradients[1:] * gradients[:-1]).sum(axis=1) / (run.gradient_norms[1:] * run.gradient_norms[:-1])
    np.testing.assert_allclose(cosines, 0, atol=1e-10)
    np.testing.assert_allclose(run.gradient_norms[1:] / run.gradient_norms[:-1], abs(q), rtol=1e-10)


@pytest.mark.parametrize("place", [rosenbrock, beale, himmelblau], ids=lambda p: p.name)
def test_after_an_exact_search_the_next_gradient_is_orthogonal_on_any_surface(place):
    """What every minimum along a line means; the quadratic formula of the search called exact has it on quadratics only."""
    cosines = {}
    for search in ("golden", "exact"):
        run = steepest_descent(place, place.start, search=search, steps=6, tolerance=0)
        g = place.grad(run.path)
        cosines[search] = (g[1:] * g[:-1]).sum(axis=1) / (run.gradient_norms[1:] * run.gradient_norms[:-1])
    np.testing.assert_allclose(cosines["golden"], 0, atol=1e-3)
    assert len(cosines["exact"]) < 5 or np.abs(cosines["exact"]).max() > 0.01  # it stops where nothing curves upwards


def test_at_b_one_the_first_step_arrives_and_the_search_is_not_asked_for_nothing_over_nothing():
    run = steepest_descent(spectral_quadratic([1.0, 1.0]), [1.0, 1.0], tolerance=0)
    assert run.converged and len(run.path) == 2
    assert run.words == "came to rest at a critical point (minimum)"


@pytest.mark.parametrize("scale", [1e-13, 1e12])
@pytest.mark.parametrize(
    "arrives",
    [newton, truncated_newton, lambda *at, **how: steepest_descent(*at, search="golden", **how)],
    ids=["newton", "truncated", "golden"],
)
def test_the_unit_of_the_value_changes_nothing(arrives, scale):
    run = arrives(spectral_quadratic([scale, 2 * scale]), [1.0, 2.0], tolerance=1e-7 * scale)
    assert run.converged and len(run.path) < 20
    np.testing.assert_allclose(run.path[-1], 0, atol=1e-6)


@pytest.mark.parametrize("spectrum", [[1.0, 1e4], [-1.0, 3.0, 1.0], [-1.0, -2.0]])
def test_newton_takes_one_step_to_the_critical_point_of_a_quadratic_whatever_it_is(spectrum):
    run = newton(spectral_quadratic(spectrum), np.ones(len(spectrum)))
    assert len(run.path) == 2 and run.evaluations["hessian"] == 1
    np.testing.assert_allclose(run.path[-1], 0, atol=1e-12)


def test_newton_goes_to_the_saddle_and_the_absolute_eigenvalues_leave_it():
    assert newton(saddle, [0.5, 0.1]).words == "came to rest at a critical point (saddle)"
    for repaired in (damped_newton, saddle_free_newton):
        np.testing.assert_allclose(repaired(saddle, [0.5, 0.1]).path[-1], [0.0, 1.0], atol=1e-8)


def test_newton_on_the_bowl_cubes_the_distance():
    run = newton(bowl, [0.9, 0.0], steps=4, tolerance=0)
    np.testing.assert_allclose(run.path[:, 0], [0.9, -(0.9**3), 0.9**9, -(0.9**27), 0.9**81], rtol=1e-6)
    assert "flat direction" in newton(bowl, [2.0, 0.0]).words
    assert damped_newton(bowl, [2.0, 0.0]).converged


def test_saddle_free_newton_turns_the_step_round_where_the_curvature_is_negative():
    run = saddle_free_newton(spectral_quadratic([2.0, -4.0]), [1.0, 1.0], search="full", steps=1)
    np.testing.assert_allclose(run.path[-1], [0.0, 2.0], atol=1e-12)


def test_damping_adds_to_all_eigenvalues():
    run = damped_newton(spectral_quadratic([1.0, 3.0]), [1.0, 1.0], damping=2.0, search="full", steps=1)
    np.testing.assert_allclose(run.path[-1], [1 - 1 / 2, 1 - 3 / 4])


@pytest.mark.parametrize("method", [bfgs, lbfgs], ids=name)
def test_on_a_quadratic_with_exact_search_the_steps_are_those_of_conjugate_gradients(method):
    spectrum = np.array([1.0, 3.0, 7.0, 20.0, 50.0])
    theirs = [np.zeros(5)]
    scipy.sparse.linalg.cg(
        np.diag(spectrum), spectrum, rtol=0, atol=1e-10, maxiter=5, callback=lambda x: theirs.append(x.copy())
    )
    run = method(spectral_quadratic(spectrum), np.ones(5), search="exact", steps=5)
    np.testing.assert_allclose(run.path, 1 - np.array(theirs), atol=1e-8)
    assert run.converged


@pytest.mark.parametrize("method", WITH_DESCENT, ids=name)
@pytest.mark.parametrize(
    ("place", "start"),
    [(rosenbrock, [-1.2, 1.0]), (beale, [1.0, 0.8]), (himmelblau, [2.5, 2.5]), (extended_rosenbrock(6), [0.5] * 6)],
    ids=lambda p: getattr(p, "name", ""),
)
def test_the_end_is_where_scipy_ends(method, place, start):
    theirs = scipy.optimize.minimize(place, start, jac=place.grad, hess=place.hessian, method="trust-exact", tol=1e-10)
    run = method(place, start, steps=400)
    assert run.converged, run.words
    np.testing.assert_allclose(run.path[-1], theirs.x, atol=1e-6)
    assert (np.diff(run.values) <= 1e-12).all()


def test_quasi_newton_costs_about_what_scipys_costs():
    valley = extended_rosenbrock(10)
    theirs = scipy.optimize.minimize(valley, valley.start, jac=valley.grad, method="BFGS", options={"gtol": 1e-8})
    for method in (bfgs, lbfgs):
        assert method(valley, valley.start).evaluations["gradient"] <= 1.5 * theirs.njev


def test_truncated_newton_asks_for_products_only():
    valley = extended_rosenbrock(6)
    by_products = Objective(valley, valley.grad, product=lambda theta, d: valley.hessian(theta) @ d)
    by_differences = Objective(valley, valley.grad)
    ours = truncated_newton(by_products, valley.start, steps=300)
    assert ours.converged and ours.evaluations["product"] and not ours.evaluations["hessian"]
    again = truncated_newton(by_differences, valley.start, steps=300)
    np.testing.assert_allclose(again.path[-1], ours.path[-1], atol=1e-6)


def test_one_inner_step_is_steepest_descent_and_n_steps_are_newtons():
    place = spectral_quadratic([1.0, 4.0, 9.0])
    start = [1.0, 1.0, 1e-3]
    one = truncated_newton(place, start, cg_steps=1, search="full", steps=1)
    np.testing.assert_allclose(one.path[-1], steepest_descent(place, start, steps=1).path[-1])
    near = truncated_newton(place, np.array(start) * 1e-9, search="full", steps=1, tolerance=0)
    np.testing.assert_allclose(near.path[-1], 0, atol=1e-20)


def test_a_network_is_an_objective():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    network = Network(rng, 2, [Dense(6), tanh, Dense(2)])
    cost = Objective(
        lambda theta: network.loss(x, y, at=theta) + 0.005 * theta @ theta,
        lambda theta: network.loss_and_grad(x, y, at=theta)[1] + 0.01 * theta,
    )
    theirs = scipy.optimize.minimize(
        cost.value,
        network.theta,
        jac=cost.gradient,
        method="L-BFGS-B",
        options={"ftol": 0, "gtol": 1e-7, "maxiter": 2000},
    )
    for method in (bfgs, lbfgs, truncated_newton):
        run = method(cost, network.theta, steps=1000, tolerance=1e-6)
        assert run.converged and run.values[-1] == pytest.approx(theirs.fun, rel=0.05)
        assert run.evaluations["hessian"] == 0


def test_coordinate_descent_sticks_at_the_kink():
    run = coordinate_descent(lambda p: abs(p[0] + p[1]) + 3 * abs(p[0] - p[1]), [1.0, 1.0])
    np.testing.assert_array_equal(run.path, np.ones((3, 2)))
    assert run.converged and run.values[-1] == 2 and run.words == "no coordinate alone leads further down"
    lower = scipy.optimize.minimize(lambda p: abs(p[0] + p[1]) + 3 * abs(p[0] - p[1]), [1.0, 1.0], method="Nelder-Mead")
    assert lower.fun < 1e-3


@pytest.mark.parametrize("method", [coordinate_descent, block_coordinate_descent], ids=name)
def test_coordinate_descent_stays_at_its_saddle(method):
    run = method(COUPLED, [0.0, 0.0])
    np.testing.assert_array_equal(run.path[-1], [0.0, 0.0])
    assert run.words == "no coordinate alone leads further down; came to rest at a critical point (saddle)"
    moved = COUPLED.functions["value"](np.array([1.0, -1.0]))
    assert moved < run.values[-1]


@pytest.mark.parametrize("method", [coordinate_descent, block_coordinate_descent], ids=name)
def test_coupled_variables_make_it_crawl_by_the_factor_of_gauss_and_seidel(method):
    """For x^2 + y^2 + 2 c x y one sweep multiplies y by c^2."""
    c = 0.9
    place = Objective(
        lambda p: p[0] ** 2 + p[1] ** 2 + 2 * c * p[0] * p[1],
        lambda p: 2 * np.array([p[0] + c * p[1], p[1] + c * p[0]]),
        lambda p: 2 * np.array([[1.0, c], [c, 1.0]]),
    )
    run = method(place, [1.0, 1.0], sweeps=20)
    np.testing.assert_allclose(run.path[2::2, 1], (c**2) ** np.arange(1, 21), rtol=1e-4)
    together = block_coordinate_descent(place, [1.0, 1.0], blocks=[[0, 1]])
    np.testing.assert_allclose(together.path[1], 0, atol=1e-12)


def test_without_coupling_one_sweep_is_enough():
    run = block_coordinate_descent(spectral_quadratic([1.0, 50.0, 2.0]), [1.0, -2.0, 3.0])
    np.testing.assert_allclose(run.path[3], 0, atol=1e-12)
    assert run.converged
    np.testing.assert_allclose(coordinate_descent(quadratic, [3.0, 1.0]).path[2], 0, atol=1e-6)


def test_a_fall_without_end_is_said():
    run = coordinate_descent(lambda p: p[0] - p[1], [0.0, 0.0])
    assert run.words == "along coordinate 0 the value falls without end"


@pytest.mark.parametrize("method", [steepest_descent, newton, *WITH_DESCENT, block_coordinate_descent], ids=name)
def test_at_a_critical_point_nothing_moves_and_it_is_said(method):
    for place, kind in ((saddle, "saddle"), (SURFACES["monkey_saddle"], "degenerate"), (himmelblau, "minimum")):
        start = place.minima[0] if kind == "minimum" else [0.0, 0.0]
        run = method(place, start)
        np.testing.assert_array_equal(run.path[-1], start)
        assert run.converged and f"critical point ({kind})" in run.words


def test_what_happens_on_the_way_is_words():
    assert "flat direction" in newton(spectral_quadratic([1.0, 0.0]), [1.0, 1.0]).words
    uphill = newton(spectral_quadratic([-1.0, -1.0]), [1.0, 1.0], search="armijo")
    assert uphill.words.startswith("not a descent direction: the slope along it is 2, expected less than 0")
    assert "no minimum along this direction" in steepest_descent(spectral_quadratic([-1.0]), [1.0]).words
    for method in (bfgs, lbfgs):
        assert "falls without end" in method(spectral_quadratic([-1.0]), [1.0]).words
    assert (
        steepest_descent(quadratic, [3.0, 1.0], search="full", steps=1000).words
        == "diverged: a number is no longer finite"
    )
    no_number = Objective(lambda p: p @ p, lambda p: 2 * p, lambda p: np.full((2, 2), np.nan))
    assert "Hessian is no finite number" in block_coordinate_descent(no_number, [1.0, 1.0], blocks=[[0, 1]]).words
    nowhere = coordinate_descent(lambda p: np.nan, [1.0, 1.0])
    assert nowhere.words == "the value at the start is no finite number" and not nowhere.converged
    assert steepest_descent(quadratic, [3.0, 1.0], steps=3).words == "all steps are taken"
    wrong = Objective(lambda p: p @ p, lambda p: -2 * p)
    assert "a gradient that does not fit" in steepest_descent(wrong, [1.0, 1.0], search="armijo").words


def test_a_record_shows_itself():
    text = newton(quadratic, [3.0, 1.0])._repr_markdown_()
    assert text == (
        "**Newton**: value 9.5 → 0 in 1 step; came to rest at a critical point (minimum) (1 value, 2 gradients, 1 Hessian)"
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: newton("bowl", [1.0]),
            TypeError,
            "expected a surface, an Objective or a function of a point, got str",
        ),
        (lambda: newton(lambda p: 0.0, [1.0]), TypeError, "Newton needs the hessian"),
        (lambda: bfgs(lambda p: 0.0, [1.0]), TypeError, "BFGS needs the gradient"),
        (lambda: newton(quadratic, [[1.0, 2.0]]), ValueError, "theta0 must be a row of finite numbers"),
        (lambda: newton(quadratic, [1.0, np.nan]), ValueError, "theta0 must be a row of finite numbers"),
        (lambda: newton(quadratic, [1.0, 2.0, 3.0]), ValueError, r"'quadratic' takes points of shape \(\.\.\., 2\)"),
        (lambda: newton(quadratic, [1.0, 2.0], steps=-1), ValueError, "steps must be a whole number of at least 0"),
        (lambda: newton(quadratic, [1.0, 2.0], tolerance=-1), ValueError, "tolerance must be at least 0, got -1"),
        (
            lambda: newton(quadratic, [1.0, 2.0], search="wolf"),
            LookupError,
            "no line search is called 'wolf'; did you mean 'wolfe'",
        ),
        (lambda: damped_newton(quadratic, [1.0, 2.0], damping=0), ValueError, "damping must be greater than 0, got 0"),
        (
            lambda: lbfgs(quadratic, [1.0, 2.0], memory=0),
            ValueError,
            "memory must be a whole number of at least 1, got 0",
        ),
        (lambda: truncated_newton(quadratic, [1.0, 2.0], cg_steps=0), ValueError, "cg_steps must be a whole number"),
        (
            lambda: block_coordinate_descent(quadratic, [1.0, 2.0], blocks=[[0], [0]]),
            ValueError,
            "blocks must hold each coordinate from 0 to 1 once",
        ),
        (
            lambda: coordinate_descent(quadratic, [1.0, 2.0], tolerance=0),
            ValueError,
            "tolerance must be greater than 0",
        ),
    ],
)
def test_refused_by_name(call, error, words):
    with pytest.raises(error, match=words):
        call()
