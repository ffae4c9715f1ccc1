"""Hessian-vector products against closed forms and against the whole Hessian by differences."""

import numpy as np
import pytest

from course_lib import Network
from course_lib.curvature import hessian_vector_product
from course_lib.layers import BatchNorm, Dense, Dropout, tanh
from course_lib.losses import logistic, sigmoid, squared

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4))
ONES = np.column_stack([X, np.ones(12)])


def make(layers, dtype=np.float64, **hyper):
    return Network(np.random.default_rng(1), 4, layers, dtype=dtype, **hyper)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-8), (np.float32, 5e-3)])
def test_least_squares_has_the_hessian_of_the_normal_equations(dtype, rtol):
    network = make([Dense(1)], dtype, loss=squared, l2=0.1)
    H = 2 / 12 * ONES.T @ ONES + np.diag([0.2] * 4 + [0])
    v = RNG.normal(size=5)
    product = hessian_vector_product(network, X, X[:, 0], v)
    assert product.dtype == dtype
    np.testing.assert_allclose(product, H @ v, atol=rtol * np.linalg.norm(H @ v))


def test_logistic_regression_has_its_closed_form():
    network = make([Dense(1)], loss=logistic)
    p = sigmoid(network.predict(X))[:, 0]
    H = (ONES * (p * (1 - p) / 12)[:, None]).T @ ONES
    v = RNG.normal(size=5)
    np.testing.assert_allclose(hessian_vector_product(network, X, X[:, 0] > 0, v), H @ v, rtol=1e-8)


@pytest.mark.parametrize(("dtype", "spread"), [*((np.float64, s) for s in (0.1, 2, 5, 10)), (np.float32, 2)])
def test_its_error_grows_with_the_square_of_the_length_of_theta_as_the_docstring_says(dtype, spread):
    network, errors = make([Dense(1)], dtype, loss=logistic), []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        y, v = rng.random(12) > 0.5, rng.normal(size=5)
        network.theta[...] = spread * rng.normal(size=5)
        p = sigmoid(X @ network.theta[:4].astype(float) + network.theta[4])
        exact = ONES.T @ (ONES @ v * p * (1 - p)) / 12
        off = np.linalg.norm(hessian_vector_product(network, X, y, v) - exact) / np.linalg.norm(exact)
        errors.append(off / (np.finfo(dtype).eps ** (2 / 3) * (1 + np.linalg.norm(network.theta)) ** 2 / 3))
    assert 0.1 < np.median(errors) < 3


def test_it_is_linear_and_symmetric_for_a_deep_network():
    network = make([Dense(5), BatchNorm(), tanh, Dropout(keep=0.7), Dense(3)])
    y = RNG.integers(3, size=12)
    u, v = RNG.normal(size=(2, network.theta.size))

    def H(w):
        return hessian_vector_product(network, X, y, w)

    scale = np.linalg.norm(H(u))
    assert u @ H(v) == pytest.approx(v @ H(u), abs=1e-8 * scale * np.linalg.norm(v))
    np.testing.assert_allclose(H(2 * u - 3 * v), 2 * H(u) - 3 * H(v), atol=1e-7 * scale)
    assert not H(np.zeros_like(u)).any()


@pytest.mark.parametrize(("dtype", "power"), [(np.float32, 80), (np.float64, 600)])
def test_the_length_of_the_direction_is_a_factor_however_short_or_long(dtype, power):
    """Powers of 2 round nothing, so what comes is the same to the last digit."""
    network = make([Dense(1)], dtype, loss=squared)
    v = RNG.normal(size=5).astype(dtype)
    product = hessian_vector_product(network, X, X[:, 0], v)
    for factor in (2.0**-power, 2.0**power):
        scaled = hessian_vector_product(network, X, X[:, 0], v * dtype(factor))
        np.testing.assert_array_equal(scaled / dtype(factor), product)


def test_refused_by_name():
    network = make([Dense(1)], loss=squared)
    for v in (np.ones(3), np.full(5, np.nan)):
        with pytest.raises(ValueError, match=r"v must be finite and have the shape of theta, \(5,\)"):
            hessian_vector_product(network, X, X[:, 0], v)
