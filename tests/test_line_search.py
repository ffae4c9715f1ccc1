"""Line searches against their conditions and scipy."""

import numpy as np
import pytest
import scipy.optimize

from course_lib.landscapes import spectral_quadratic
from course_lib.line_search import SEARCHES, Objective, armijo, as_search, exact, golden_section, wolfe
from course_lib.surfaces import SURFACES, himmelblau, quadratic, rosenbrock

PLACES = [rosenbrock, himmelblau, SURFACES["bowl"], SURFACES["two_minima"]]


def downhill(place, seed):
    """Points with a descent direction each, of lengths from far too short to far too long."""
    rng = np.random.default_rng(seed)
    for point in rng.uniform(-1.5, 1.5, (20, 2)):
        yield point, -place.grad(point) * 10 ** rng.uniform(-4, 1)


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.name)
def test_armijo_takes_the_longest_power_of_a_half_that_falls_enough(place):
    for point, d in downhill(place, 0):
        found = armijo(place, point, d)
        slope = place.grad(point) @ d
        halves = 0.5 ** np.arange(60)
        enough = [place(point + t * d) <= place(point) + 1e-4 * t * slope for t in halves]
        assert found.step == halves[np.argmax(enough)]


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.name)
@pytest.mark.parametrize("c_2", [0.1, 0.9])
def test_wolfe_fulfils_both_conditions_wherever_scipy_does(place, c_2):
    for point, d in downhill(place, 1):
        step = wolfe(place, point, d, c_2=c_2).step
        slope = place.grad(point) @ d
        assert step > 0
        assert place(point + step * d) <= place(point) + 1e-4 * step * slope
        assert abs(place.grad(point + step * d) @ d) <= c_2 * abs(slope)
        theirs = scipy.optimize.line_search(place, place.grad, point, d, c2=c_2, amax=1e9, maxiter=50)[0]
        if theirs is not None:
            assert abs(place.grad(point + theirs * d) @ d) <= c_2 * abs(slope) * (1 + 1e-9)


def test_exact_is_the_minimum_along_the_line_of_a_quadratic():
    for point, d in downhill(quadratic, 2):
        theirs = scipy.optimize.minimize_scalar(lambda t, p=point, d=d: float(quadratic(p + t * d))).x
        assert exact(quadratic, point, d).step == pytest.approx(theirs, rel=1e-5)


def test_golden_section_is_scipys_minimum_on_lines_that_are_no_parabolas():
    for place in PLACES:
        for point, d in downhill(place, 3):
            step = SEARCHES["golden"](place, point, d).step

            def along(t, place=place, p=point, d=d):
                return float(place(p + t * d))

            near = sorted((0.9 * step, 1.1 * step))
            xatol = 1e-9 * abs(step)
            theirs = scipy.optimize.minimize_scalar(along, bounds=near, method="bounded", options={"xatol": xatol})
            assert along(step) < along(0) and step == pytest.approx(theirs.x, rel=1e-5)


def test_golden_section_looks_at_both_sides_and_stays_where_nothing_is_lower():
    uphill = SEARCHES["golden"](quadratic, np.array([1.0, 1.0]), np.array([1.0, 0.0]))
    assert uphill.step == pytest.approx(-1.0, rel=1e-6)
    assert SEARCHES["golden"](lambda p: abs(p[0]), np.zeros(1), np.ones(1)).step == 0
    assert SEARCHES["golden"](lambda p: p[0], np.zeros(1), np.ones(1)).words == "the value falls without end"


@pytest.mark.parametrize("scale", [1e-15, 1e-6, 1e6, 1e12, 1e20, 1e100])
def test_golden_section_is_as_right_on_the_shortest_and_the_longest_steps(scale):
    """The closed form along the gradient of a quadratic: its squared length by that of the curvature."""
    place, point = spectral_quadratic([scale, 3 * scale]), np.array([1.0, 2.0])
    step = SEARCHES["golden"](place, point, -place.grad(point)).step
    assert step == pytest.approx((1 + 6**2) / (1 + 3 * 6**2) / scale, rel=1e-6)


@pytest.mark.parametrize("search", ["armijo", "wolfe", "exact"])
def test_a_direction_that_does_not_lead_down_is_words(search):
    found = SEARCHES[search](quadratic, np.array([1.0, 1.0]), np.array([1.0, 0.0]))
    assert found.step == 0
    assert found.words == "not a descent direction: the slope along it is 1, expected less than 0"
    assert "the slope along it is 0" in SEARCHES[search](quadratic, np.zeros(2), np.ones(2)).words


def test_a_fall_without_end_is_words():
    line = Objective(lambda p: -p[0], lambda p: -np.ones(1), lambda p: np.zeros((1, 1)))
    assert wolfe(line, np.zeros(1), np.ones(1)).words == "the value falls without end along this direction"
    assert "the curvature is 0" in exact(line, np.zeros(1), np.ones(1)).words


def test_an_objective_counts_and_does_not_compute_twice():
    f = Objective(quadratic, quadratic.grad, quadratic.hessian)
    point = np.array([1.0, 2.0])
    for _ in range(3):
        f.value(point), f.gradient(point)
    assert f.evaluations == {"value": 1, "gradient": 1, "hessian": 0, "product": 0}


def test_products_by_differences_are_those_of_the_hessian():
    f = Objective(rosenbrock, rosenbrock.grad)
    point, d = np.array([-1.2, 1.0]), np.array([0.3, -2.0])
    np.testing.assert_allclose(f.product(point, d), rosenbrock.hessian(point) @ d, rtol=1e-6)
    assert f.evaluations["gradient"] == 2
    np.testing.assert_array_equal(f.product(point, np.zeros(2)), 0)


@pytest.mark.parametrize("length", [1e-200, 1e-3, 1e200])
def test_products_by_differences_are_linear_in_the_direction_however_long(length):
    """The square of its length need not be a number."""
    f = Objective(rosenbrock, rosenbrock.grad)
    point, d = np.array([-1.2, 1.0]), np.array([0.3, -2.0])
    np.testing.assert_allclose(f.product(point, length * d) / length, rosenbrock.hessian(point) @ d, rtol=1e-6)


@pytest.mark.parametrize("search", [exact, golden_section, armijo, wolfe])
def test_lists_do_as_arrays_do(search):
    """Along the slope of half a square the minimum is a whole step away; none of these goes further."""
    f = Objective(lambda p: p @ p / 2, lambda p: p, lambda p: np.eye(2))
    found = search(f, [3.0, 4.0], [-3.0, -4.0])
    assert found == search(f, np.array([3.0, 4.0]), np.array([-3.0, -4.0])) and found.step == pytest.approx(1)


def test_refused_by_name():
    point, d = np.ones(2), -np.ones(2)
    with pytest.raises(ValueError, match=r"theta and direction must have one shape \(n,\), got \(2,\) and \(3,\)"):
        armijo(quadratic, point, np.ones(3))
    with pytest.raises(ValueError, match="c_1 must be between 0 and 1, got 0"):
        armijo(quadratic, point, d, c_1=0)
    with pytest.raises(ValueError, match="shrink must be between 0 and 1, got 1"):
        armijo(quadratic, point, d, shrink=1)
    with pytest.raises(ValueError, match="expected c_1 < c_2, got 0.5 and 0.1"):
        wolfe(quadratic, point, d, c_1=0.5, c_2=0.1)
    with pytest.raises(LookupError, match="no line search is called 'exakt'; did you mean 'exact'"):
        as_search("exakt")
    with pytest.raises(TypeError, match="this method needs the gradient"):
        armijo(lambda p: p @ p, point, d)
    with pytest.raises(ValueError, match=r"the gradient must have the shape of theta, \(2,\), got \(3,\)"):
        armijo(Objective(lambda p: p @ p, lambda p: np.ones(3)), point, d)
    with pytest.raises(ValueError, match=r"the value must be one number, got shape \(2,\)"):
        armijo(Objective(lambda p: p, lambda p: p), point, d)
    with pytest.raises(ValueError, match=r"the Hessian must have shape \(2, 2\), got \(3, 3\)"):
        exact(Objective(lambda p: p @ p, lambda p: 2 * p, lambda p: np.eye(3)), point, d)
