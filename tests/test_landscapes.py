"""Surfaces of any number of dimensions against SymPy, published critical points and what a batch must be."""

import numpy as np
import pytest
import sympy

from course_lib import RULES, descend
from course_lib.landscapes import deep_linear_chain, extended_rosenbrock, spectral_quadratic
from course_lib.surface import classify
from course_lib.surfaces import linear_chain, quadratic, rosenbrock

MADE = {
    "quadratic": (
        spectral_quadratic([3.0, -1.0, 0.0, 40.0]),
        lambda *w: (3 * w[0] ** 2 - w[1] ** 2 + 40 * w[3] ** 2) / 2,
    ),
    "rosenbrock 3": (
        extended_rosenbrock(3),
        lambda *w: sum((1 - w[i]) ** 2 + 100 * (w[i + 1] - w[i] ** 2) ** 2 for i in range(2)),
    ),
    "rosenbrock 6": (
        extended_rosenbrock(6),
        lambda *w: sum((1 - w[i]) ** 2 + 100 * (w[i + 1] - w[i] ** 2) ** 2 for i in range(5)),
    ),
    "chain": (deep_linear_chain(5, x=2.0, target=-3.0), lambda *w: (2 * sympy.prod(w) + 3) ** 2 / 2),
}


@pytest.fixture(params=MADE)
def case(request):
    return MADE[request.param]


def test_value_gradient_and_hessian_are_sympys(case):
    landscape, formula = case
    symbols = sympy.symbols(landscape.coordinates)
    value = formula(*symbols)
    expected = [
        sympy.lambdify(symbols, f)
        for f in (value, [sympy.diff(value, s) for s in symbols], sympy.hessian(value, symbols))
    ]
    for point in np.random.default_rng(0).uniform(-2, 2, (10, len(symbols))):
        for ours, theirs in zip((landscape, landscape.grad, landscape.hessian), expected, strict=True):
            np.testing.assert_allclose(ours(point), theirs(*point), rtol=1e-10, atol=1e-10)


def test_a_batch_row_is_the_single_run_bit_for_bit(case):
    landscape, _ = case
    starts = landscape.start + 0.1 * np.random.default_rng(0).normal(size=(7, len(landscape.start)))
    batch = descend("adam", landscape, starts, 50)
    for i, start in enumerate(starts):
        np.testing.assert_array_equal(batch[:, i], descend("adam", landscape, start[None], 50)[:, 0])


def test_every_rule_runs_on_it():
    for name in RULES:
        if getattr(RULES[name], "elementwise", True):
            assert np.isfinite(descend(name, extended_rosenbrock(3), [-1.2, 1.0, 1.0], 5, learning_rate=1e-4)).all()


def test_points_of_any_batch_shape(case):
    landscape, _ = case
    n = len(landscape.start)
    points = np.random.default_rng(2).normal(size=(4, 3, n))
    assert landscape(points).shape == (4, 3)
    assert landscape.hessian(points).shape == (4, 3, n, n)
    np.testing.assert_array_equal(landscape.grad(points)[1, 2], landscape.grad(points[1, 2]))


def test_in_two_dimensions_they_are_the_surfaces_of_the_plane():
    points = np.random.default_rng(1).normal(size=(20, 2))
    pairs = [
        (spectral_quadratic([1.0, 10.0]), quadratic),
        (extended_rosenbrock(2), rosenbrock),
        (deep_linear_chain(2), linear_chain),
    ]
    for landscape, plane in pairs:
        np.testing.assert_allclose(landscape.grad(points), plane.grad(points), rtol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 9])
def test_critical_points_of_rosenbrocks_valley(n):
    valley = extended_rosenbrock(n)
    assert len(valley.minima) == (2 if n == 4 else 1) and len(valley.others) == (n == 4)
    for point, kind in [*((p, "minimum") for p in valley.minima), *((p, "saddle") for p in valley.others)]:
        np.testing.assert_allclose(valley.grad(point), 0, atol=1e-11)
        assert classify(valley.hessian(point)) == kind


def test_the_chain_is_flat_at_the_origin_from_three_layers_on():
    assert classify(deep_linear_chain(2).hessian([0.0, 0.0])) == "saddle"
    assert classify(deep_linear_chain(3).hessian(np.zeros(3))) == "degenerate"
    chain = deep_linear_chain(3, x=2.0, target=-16.0)
    assert chain.minima == ((-2.0, 2.0, 2.0),)
    assert chain(chain.minima[0]) == pytest.approx(0)


def test_signs_of_the_spectrum_decide_what_the_origin_is():
    assert spectral_quadratic([1.0, 2.0]).minima == ((0.0, 0.0),)
    assert spectral_quadratic([1.0, -2.0]).others == ((0.0, 0.0),)


def test_refused_by_name():
    with pytest.raises(ValueError, match="eigenvalues must be a row of at least one finite number"):
        spectral_quadratic([])
    with pytest.raises(ValueError, match="eigenvalues must be a row of at least one finite number"):
        spectral_quadratic([1.0, np.inf])
    with pytest.raises(ValueError, match="n must be a whole number of at least 2, got 1"):
        extended_rosenbrock(1)
    with pytest.raises(ValueError, match="depth must be a whole number of at least 1, got 2.5"):
        deep_linear_chain(2.5)
    with pytest.raises(ValueError, match="a finite input x other than 0 and a finite target, got 0 and 1"):
        deep_linear_chain(2, x=0)
    with pytest.raises(ValueError, match=r"takes points of shape \(\.\.\., 3\), got shape \(2,\)"):
        extended_rosenbrock(3)([1.0, 2.0])
    with pytest.raises(TypeError, match="has no parameter 'depth'"):
        deep_linear_chain(3).with_parameters(depth=4)
