"""Dropout: masks, exact ensembles, geometric means; regressions against enumeration, Monte Carlo and scikit-learn."""

import numpy as np
import pytest
import scipy.optimize
from sklearn.linear_model import Ridge

from course_lib import dropout
from course_lib import dropout_regression as regression
from course_lib.activations import sigmoid

RNG = np.random.default_rng(0)
W1, B1, W2, B2 = (RNG.normal(size=shape) for shape in [(3, 4), 4, (4, 2), 2])
W, X = RNG.normal(size=6), RNG.normal(size=6)
KEEPS = [0.2, 0.5, 0.9, 1.0]


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize(
    ("inverted", "on", "mean"), [(True, lambda p: 1 / p, lambda p: 1), (False, lambda p: 1, lambda p: p)]
)
def test_masks_hold_two_values_in_the_right_shares(keep, inverted, on, mean):
    mask = dropout.dropout_mask(np.random.default_rng(1), (1000, 100), keep=keep, inverted=inverted)
    assert set(np.unique(mask)) <= {0.0, on(keep)}
    assert mask.mean() == pytest.approx(mean(keep), rel=0.02)


def test_masks_of_float32():
    assert dropout.dropout_mask(np.random.default_rng(1), (3, 4), keep=0.3, dtype=np.float32).dtype == np.float32


def test_backward_goes_through_the_same_mask():
    x, dy = RNG.normal(size=(2, 5, 4))
    mask = dropout.dropout_mask(np.random.default_rng(1), (5, 4), keep=0.5)
    y, cache = dropout.dropout_forward(x, mask)
    assert np.sum(dy * y) == pytest.approx(np.sum(dropout.dropout_backward(dy, cache)[0] * x))  # linear: adjoint


@pytest.mark.parametrize("keep", KEEPS)
def test_all_masks_are_there_once_and_their_probabilities_are_those_of_coins(keep):
    masks, probabilities = dropout.all_masks(5, keep=keep)
    assert len(np.unique(masks, axis=0)) == 32
    assert probabilities.sum() == pytest.approx(1)
    np.testing.assert_allclose(probabilities @ masks, keep)
    np.testing.assert_allclose(
        np.cov(masks.T, aweights=probabilities, bias=True), keep * (1 - keep) * np.eye(5), atol=1e-12
    )


@pytest.mark.parametrize("keep", KEEPS)
def test_in_a_linear_network_the_scaled_pass_is_the_mean_of_the_ensemble(keep):
    layers = [(W1, B1), (W2, B2)]
    ensemble = dropout.thinned_networks(X[:3], layers, keep=keep, activation=lambda z: z)
    assert len(ensemble.outputs) == 2**7
    np.testing.assert_allclose(dropout.scaled_pass(X[:3], layers, keep=keep, activation=lambda z: z), ensemble.mean)


@pytest.mark.parametrize("keep", KEEPS)
def test_for_one_layer_of_logistic_units_the_scaled_pass_is_the_nwgm(keep):
    ensemble = dropout.thinned_networks(X[:3], [(W1, B1)], keep=keep)
    geometric = dropout.nwgm(ensemble.outputs, ensemble.probabilities)
    np.testing.assert_allclose(dropout.scaled_pass(X[:3], [(W1, B1)], keep=keep), geometric)
    np.testing.assert_allclose(sigmoid(ensemble.mean_score), geometric)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_at_any_depth_the_nwgm_is_the_sigmoid_of_the_mean_score_and_the_scaled_pass_only_near(keep):
    layers = [(W1, B1), (W2, B2), (RNG.normal(size=(2, 1)), np.zeros(1))]
    ensemble = dropout.thinned_networks(X[:3], layers, keep=keep)
    geometric = dropout.nwgm(ensemble.outputs, ensemble.probabilities)
    np.testing.assert_allclose(sigmoid(ensemble.mean_score), geometric, rtol=1e-12)
    for near in (ensemble.mean, dropout.scaled_pass(X[:3], layers, keep=keep)):
        assert 1e-6 < np.abs(near - geometric).max() < 0.1


def test_sampled_masks_agree_with_the_enumerated_ones():
    ensemble = dropout.thinned_networks(X[:3], [(W1, B1), (W2, B2)], keep=0.6)
    rng, n = np.random.default_rng(3), 100_000
    a = np.broadcast_to(X[:3], (n, 3))
    for weights, b in [(W1, B1), (W2, B2)]:
        a = sigmoid((a * dropout.dropout_mask(rng, a.shape, keep=0.6, inverted=False)) @ weights + b)
    np.testing.assert_allclose(a.mean(axis=0), ensemble.mean, atol=4 * a.std() / np.sqrt(n))


@pytest.mark.parametrize("keep", KEEPS)
def test_expected_error_and_gradient_of_a_linear_unit(keep):
    """The factor of the variance is 1 where the errors have no 1/2 (enumerated)."""
    masks, probabilities = dropout.all_masks(6, keep=keep)
    errors = 0.7 - masks @ (W * X)
    ensemble, variance = regression.linear_expected_error(W, X, 0.7, keep=keep)
    assert ensemble + variance == pytest.approx(probabilities @ errors**2)
    gradient = (probabilities * -2 * errors) @ (masks * X)
    np.testing.assert_allclose(regression.linear_expected_gradient(W, X, 0.7, keep=keep), gradient, atol=1e-12)


DATA = np.random.default_rng(5).normal(size=(40, 5)) * [1, 2, 0.5, 1, 3]
TARGET = DATA @ [1, -1, 2, 0, 0.3] + np.random.default_rng(6).normal(size=40)


@pytest.mark.parametrize("keep", KEEPS)
def test_dropout_ridge_is_ridge_on_scaled_features(keep):
    gamma = np.sqrt((DATA**2).sum(axis=0))
    ridge = Ridge(alpha=(1 - keep) / keep, fit_intercept=False).fit(DATA / gamma, TARGET)
    np.testing.assert_allclose(regression.dropout_ridge(DATA, TARGET, keep=keep), ridge.coef_ / gamma, atol=1e-9)


def test_dropout_ridge_minimizes_the_error_over_all_masks():
    """Enumerated: every row has its own masks, so the expected error is the sum of the rows' expected errors."""
    masks, probabilities = dropout.all_masks(5, keep=0.5)

    def expected(w):
        return probabilities @ ((TARGET - (masks * w) @ DATA.T) ** 2).sum(axis=1)

    best = scipy.optimize.minimize(expected, np.zeros(5), tol=1e-12).x
    np.testing.assert_allclose(regression.dropout_ridge(DATA, TARGET, keep=0.5), 0.5 * best, atol=1e-5)


def test_monte_carlo_comes_to_dropout_ridge():
    rng, errors = np.random.default_rng(7), {}
    closed = regression.dropout_ridge(DATA, TARGET, keep=0.5)
    for draws in (100, 10_000):
        thinned = np.concatenate(
            [DATA * dropout.dropout_mask(rng, DATA.shape, keep=0.5, inverted=False) for _ in range(draws)]
        )
        sampled = 0.5 * np.linalg.lstsq(thinned, np.tile(TARGET, draws), rcond=None)[0]
        errors[draws] = np.abs(sampled - closed).max()
    assert errors[10_000] < 0.01 < 0.2 > errors[100]


def test_dropout_ridge_without_a_feature_is_finite():
    x = np.column_stack([DATA, np.zeros(40)])
    np.testing.assert_allclose(
        regression.dropout_ridge(x, TARGET, keep=0.5)[:5], regression.dropout_ridge(DATA, TARGET, keep=0.5)
    )
    assert regression.dropout_ridge(x, TARGET, keep=0.5)[5] == pytest.approx(0)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_logistic_gradient_is_that_of_the_enumerated_loss(keep):
    masks, probabilities = dropout.all_masks(6, keep=keep)

    def expected_loss(w):
        z = masks @ (w * X)
        return probabilities @ (np.logaddexp(0, z) - 0.3 * z)

    estimate = scipy.optimize.approx_fprime(W, expected_loss, 1e-6)
    np.testing.assert_allclose(regression.logistic_expected_gradient(W, X, 0.3, keep=keep), estimate, atol=1e-5)


def test_the_approximate_logistic_gradient_is_wrong_in_third_order_only():
    def error(scale):
        pair = [
            f(scale * W, X, 0.3, keep=0.6)
            for f in (regression.logistic_expected_gradient, regression.logistic_approximate_gradient)
        ]
        return np.abs(pair[0] - pair[1]).max()

    assert error(0.01) / error(0.005) == pytest.approx(8, rel=0.05)
    without_decay = 0.6 * X * (sigmoid(0.6 * (W @ X) * 0.01) - 0.3)
    assert np.abs(
        regression.logistic_expected_gradient(0.01 * W, X, 0.3, keep=0.6) - without_decay
    ).max() > 100 * error(0.01)


REFUSED = {
    "nothing kept": ("above 0 and at most 1, got 0 ", lambda: dropout.dropout_mask(RNG, (2,), keep=0)),
    "text": ("above 0 and at most 1, got '0.5'", lambda: dropout.dropout_mask(RNG, (2,), keep="0.5")),
    "no layer": ("of at least one layer, got none", lambda: dropout.thinned_networks([1.0], [], keep=0.5)),
    "above one": ("above 0 and at most 1, got 1.5", lambda: dropout.scaled_pass(X, [], keep=1.5)),
    "nan": ("above 0 and at most 1, got nan", lambda: regression.dropout_ridge(DATA, TARGET, keep=float("nan"))),
    "too many": ("n from 0 to 20, got n = 21", lambda: dropout.all_masks(21, keep=0.5)),
    "shapes": (r"got \(40, 5\) and \(3,\)", lambda: regression.dropout_ridge(DATA, TARGET[:3], keep=0.5)),
}


@pytest.mark.parametrize(("words", "call"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(words, call):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_number_is_no_source_of_masks():
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator.*got 0"):
        dropout.dropout_mask(0, (2, 3), keep=0.5)


UNIT = [
    regression.linear_expected_error,
    regression.linear_expected_gradient,
    regression.logistic_expected_gradient,
    regression.logistic_approximate_gradient,
]


@pytest.mark.parametrize("function", UNIT)
def test_lists_do_as_arrays_do(function):
    np.testing.assert_array_equal(function(W.tolist(), X.tolist(), 0.3, keep=0.6), function(W, X, 0.3, keep=0.6))
