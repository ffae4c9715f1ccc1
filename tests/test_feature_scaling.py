"""Scalings of the inputs: scikit-learn's, laws of whitening, constant features, and what is refused."""

import tracemalloc

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from course_lib import feature_scaling as scaling

RNG = np.random.default_rng(0)
TRAIN = RNG.normal(size=(50, 4)) @ RNG.normal(size=(4, 4)) * [1, 10, 0.1, 5] + [0, 100, -3, 1]
TEST = TRAIN[:7] * 1.3 + 1
FITS = {
    "min-max": scaling.fit_min_max,
    "mean": scaling.fit_mean_normalization,
    "standard": scaling.fit_standard,
    "log": scaling.fit_log,
    "zca": scaling.fit_whitening,
    "pca": lambda x: scaling.fit_whitening(x, kind="pca"),
}


@pytest.mark.parametrize(
    ("fitted", "peer"),
    [
        (scaling.fit_min_max(TRAIN), MinMaxScaler()),
        (scaling.fit_min_max(TRAIN, low=-1, high=1), MinMaxScaler((-1, 1))),
        (scaling.fit_standard(TRAIN), StandardScaler()),
    ],
)
def test_as_scikit_learn_on_data_never_seen(fitted, peer):
    np.testing.assert_allclose(fitted.apply(TEST), peer.fit(TRAIN).transform(TEST), atol=1e-12)


def test_mean_normalization_is_centered_with_range_one():
    y = scaling.fit_mean_normalization(TRAIN).apply(TRAIN)
    np.testing.assert_allclose([y.mean(axis=0), np.ptp(y, axis=0)], [[0] * 4, [1] * 4], atol=1e-12)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_there_and_back(fit):
    fitted = fit(TRAIN)
    near = TRAIN[:7] * 0.9 + 0.1 * TRAIN[7:14]
    np.testing.assert_allclose(fitted.invert(fitted.apply(near)), near, atol=1e-9)


@pytest.mark.parametrize("kind", ["zca", "pca"])
def test_whitened_data_have_the_identity_as_covariance(kind):
    fitted = scaling.fit_whitening(TRAIN, kind=kind)
    y = fitted.apply(TRAIN)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(4), atol=1e-10)


def test_zca_is_symmetric_and_nearest_to_the_data():
    zca, pca = (scaling.fit_whitening(TRAIN, kind=kind) for kind in ("zca", "pca"))
    np.testing.assert_allclose(zca.forward, zca.forward.T, atol=1e-12)
    centered = TRAIN - TRAIN.mean(axis=0)
    assert np.sum((zca.apply(TRAIN) - centered) ** 2) < np.sum((pca.apply(TRAIN) - centered) ** 2)


def test_epsilon_holds_back_directions_of_little_variance():
    y = scaling.fit_whitening(TRAIN, kind="pca", epsilon=1.0).apply(TRAIN)
    variances = np.linalg.eigvalsh(np.cov(TRAIN.T, bias=True))[::-1]
    np.testing.assert_allclose(y.var(axis=0), variances / (variances + 1), atol=1e-10)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_constant_feature_does_no_harm(fit):
    x = np.column_stack([TRAIN[:, 0], np.full(50, 0.1)])
    fitted = fit(x)
    y = fitted.apply(x)
    assert (np.isfinite(y).all() and np.ptp(y[:, 1]) < 1e-12) or fit is FITS["pca"]
    np.testing.assert_allclose(fitted.invert(y), x, atol=1e-12)


NEARLY_CONSTANT = {
    "0.1 + 0.2 beside 0.3": np.where(np.arange(20) % 4 == 0, 0.1 + 0.2, 0.3),
    "one neighbor": np.r_[np.nextafter(0.1, 1), np.full(49, 0.1)],
    "negative": np.r_[np.nextafter(-7e5, 0), np.full(9, -7e5)],
    "tiny": np.r_[np.nextafter(1e-200, 1), np.full(9, 1e-200)],
}


@pytest.mark.parametrize("values", NEARLY_CONSTANT.values(), ids=NEARLY_CONSTANT)
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_a_feature_that_varies_by_rounding_alone_is_constant(fit, values):
    """For scikit-learn's StandardScaler too."""
    x = np.column_stack([values, TRAIN[: len(values), 0]])
    fitted = fit(x)
    y = fitted.apply(x)
    assert np.ptp(y[:, -1 if fit is FITS["pca"] else 0]) < 1e-9
    np.testing.assert_allclose(fitted.invert(y), x, rtol=1e-12, atol=1e-12)
    if fit is FITS["standard"]:
        assert StandardScaler().fit(x).scale_[0] == fitted.width[0] == 1
        np.testing.assert_allclose(y, StandardScaler().fit_transform(x), atol=1e-9)


def test_a_float32_feature_is_constant_up_to_its_own_rounding():
    x = np.full((10, 1), 0.1, np.float32)
    x[0] = np.nextafter(x[0], np.float32(1))
    assert scaling.fit_standard(x).width == scaling.fit_min_max(x).width == 1
    assert scaling.fit_standard(x.astype(float)).width < 1e-8  # in float64 that is a difference


def test_a_feature_that_varies_by_more_than_rounding_is_not_constant():
    x = 1e6 + 1e-6 * np.array([[-1.0], [1.0]])
    np.testing.assert_allclose(scaling.fit_standard(x).apply(x), StandardScaler().fit_transform(x), rtol=1e-4)
    assert StandardScaler().fit(x).scale_ < 1e-5


@pytest.mark.parametrize("kind", ["zca", "pca"])
def test_whitening_with_more_features_than_examples(kind):
    x = np.random.default_rng(1).normal(size=(5, 9))
    fitted = scaling.fit_whitening(x, kind=kind)
    y = fitted.apply(x)
    np.testing.assert_allclose(np.linalg.eigvalsh(np.cov(y.T, bias=True)), [0] * 5 + [1] * 4, atol=1e-10)
    np.testing.assert_allclose(fitted.invert(y), x, atol=1e-10)


def test_whitening_needs_memory_for_the_data_and_not_for_their_square():
    x = np.random.default_rng(0).normal(size=(4000, 3))
    tracemalloc.start()
    scaling.fit_whitening(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * x.nbytes


def test_log_makes_a_log_normal_normal():
    x = np.exp(TRAIN[:, :2] / 10)
    np.testing.assert_allclose(scaling.fit_log(x).apply(x), TRAIN[:, :2] / 10, atol=1e-12)
    np.testing.assert_array_equal(scaling.fit_log([[-2.0], [0.0]]).apply([[-2.0]]), [[0.0]])


def test_standardizing_cures_a_condition_number():
    """Features of scales 1 to 1000 without correlation: the Hessian of least squares goes from 1e6 to about 1."""
    x = np.random.default_rng(0).normal(size=(5000, 2)) * [1, 1000]
    assert np.linalg.cond(x.T @ x) > 5e5
    y = scaling.fit_standard(x).apply(x)
    assert np.linalg.cond(y.T @ y) < 1.2


@pytest.mark.parametrize("power", [-600, 600])
def test_standardizing_does_not_see_the_unit_however_small_or_large(power):
    """Powers of 2 round nothing; the squares of these are no numbers any more."""
    x = TRAIN * 2.0**power
    y = scaling.fit_standard(TRAIN).apply(TRAIN)
    np.testing.assert_allclose(scaling.fit_standard(x).apply(x), y, rtol=1e-14)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_float32_stays_float32(fit):
    x = TRAIN.astype(np.float32)
    fitted = fit(x)
    assert fitted.apply(x).dtype == fitted.invert(fitted.apply(x)).dtype == np.float32


def test_whole_numbers_become_floats():
    assert scaling.fit_min_max([[0], [4]]).apply([[1]]) == [[0.25]]


FITTED = scaling.fit_standard(TRAIN)
REFUSED = {
    "nan": ("x must be finite, got nan in row 1, feature 0", lambda: scaling.fit_standard([[1.0], [np.nan]])),
    "inf later": ("x must be finite, got inf in row 0, feature 3", lambda: FITTED.apply([[0, 0, 0, np.inf]])),
    "empty": (r"shape \(examples, features\), got \(0, 3\)", lambda: scaling.fit_min_max(np.empty((0, 3)))),
    "vector": (r"shape \(examples, features\), got \(3,\)", lambda: scaling.fit_log([1.0, 2.0, 3.0])),
    "other width": (r"shape \(examples, 4\), got \(2, 3\)", lambda: FITTED.apply(np.ones((2, 3)))),
    "interval": ("low must be below high, both finite, got 1 and 1", lambda: scaling.fit_min_max(TRAIN, low=1, high=1)),
    "kind": ("kind must be 'zca' or 'pca', got 'lda'", lambda: scaling.fit_whitening(TRAIN, kind="lda")),
    "epsilon": ("epsilon must be at least 0 and finite, got -1", lambda: scaling.fit_whitening(TRAIN, epsilon=-1)),
    "no logarithm": ("feature 0 must be above 0, got -1 in row 0", lambda: scaling.fit_log([[1.0], [2.0]]).apply([[-1.0]])),
}  # fmt: skip


@pytest.mark.parametrize(("words", "call"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(words, call):
    with pytest.raises(ValueError, match=words):
        call()
