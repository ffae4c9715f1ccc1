"""Data sets are what they say, whole, split once and the same for the same seed."""

import sys

import numpy as np
import pytest

from course_lib import descend
from course_lib.data import INSIDE, blobs, digits, load, sparse_features, spirals, split, wilson_least_squares

MADE = [blobs, spirals, sparse_features, wilson_least_squares]
SHAPES = {  # examples, features and classes, as scikit-learn's user guide lists them
    "digits": (1797, 64, 10),
    "breast_cancer": (569, 30, 2),
    "wine": (178, 13, 3),
    "iris": (150, 4, 3),
    "diabetes": (442, 10, None),
}


@pytest.mark.parametrize("name", INSIDE)
def test_the_sets_of_scikit_learn_are_what_they_say(name):
    examples, features, classes = SHAPES[name]
    data = load(name)
    assert len(data.x_train) + len(data.x_test) == len(data.y_train) + len(data.y_test) == examples
    assert len(data.x_test) == round(0.2 * examples)
    assert data.x_train.shape[1] == data.x_test.shape[1] == features
    if classes is not None:
        assert set(data.y_train) == set(range(classes))
    assert data.source == INSIDE[name]


def test_digits_are_the_set_of_that_name():
    assert all(np.array_equal(a, b) for a, b in zip(digits(seed=3), load("digits", seed=3), strict=True))


@pytest.mark.parametrize("make", MADE)
def test_the_seed_makes_the_set(make):
    one, same, other = (make(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one.x_train, same.x_train) and np.array_equal(one.y_test, same.y_test)
    assert not np.array_equal(one.x_train, other.x_train)
    assert set(np.unique(one.y_train)) == set(np.unique(one.y_test))


def test_a_split_holds_every_example_once():
    x = np.arange(10.0)[:, None]
    data = split(np.random.default_rng(0), x, np.arange(10), test_share=0.3, source="here")
    assert len(data.y_test) == 3
    assert sorted([*data.y_train, *data.y_test]) == list(range(10))
    assert np.array_equal(data.x_train[:, 0], data.y_train)


def test_blobs_are_round_clouds_of_the_spread_asked_for():
    data = blobs(np.random.default_rng(0), 30_000, classes=3, features=4, spread=2.0)
    for label in range(3):
        cloud = data.x_train[data.y_train == label]
        np.testing.assert_allclose(np.cov(cloud.T), 4 * np.eye(4), atol=0.2)
        assert (np.abs(cloud.mean(axis=0)) < 5.1).all()


def test_spirals_without_noise_lie_on_their_arms():
    data = spirals(np.random.default_rng(0), 400, classes=3, turns=2.0, noise=0.0)
    x, y = data.x_train, data.y_train
    radius = np.hypot(*x.T)
    turned = np.exp(1j * 2 * np.pi * (2.0 * radius / 5 + y / 3))
    np.testing.assert_allclose((x[:, 0] + 1j * x[:, 1]) / radius, turned, atol=1e-12)


def test_sparse_features_are_as_rare_as_they_say():
    data = sparse_features(np.random.default_rng(0), 50_000, 30, decay=0.5)
    np.testing.assert_allclose(data.x_train.mean(axis=0), np.arange(1, 31) ** -0.5, atol=0.01)
    assert set(np.unique(data.x_train)) == {0.0, 1.0}


def test_wilsons_features_are_those_of_the_paper():
    data = wilson_least_squares(np.random.default_rng(0), 10, positive_share=0.6)
    x, y = np.concatenate([data.x_train, data.x_test]), np.concatenate([data.y_train, data.y_test])
    assert x.shape == (10, 53) and sorted(y) == [-1.0] * 4 + [1.0] * 6
    assert np.array_equal(x[:, 0], y) and (x[:, 1:3] == 1).all()
    np.testing.assert_array_equal(x[:, 3:].sum(axis=1), np.where(y > 0, 1, 5))
    assert (x[:, 3:].sum(axis=0) <= 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_on_wilsons_data_all_fit_and_only_the_adaptive_ones_fail(seed):
    """Section 3.3 of the paper: descent interpolates and is right everywhere, AdaGrad answers +1 to all new examples."""
    data = wilson_least_squares(np.random.default_rng(seed), 200)
    x, y = data.x_train, data.y_train

    def grad(w):
        return (w @ x.T - y) @ x / len(y)

    rates = {"gradient_descent": 0.1, "momentum": 0.02, "adagrad": 0.05, "rmsprop": 0.001, "adam": 0.001}
    for rule, rate in rates.items():
        w = descend(rule, grad, np.zeros(x.shape[1]), 3000, keep="last", learning_rate=rate)
        assert (np.sign(x @ w) == y).all()
        wrong = np.mean(np.sign(data.x_test @ w) != data.y_test)
        if rule in ("gradient_descent", "momentum"):
            assert wrong == 0
        else:
            assert wrong == np.mean(data.y_test < 0) > 0.3


def test_what_cannot_be_is_refused_by_name(monkeypatch):
    rng = np.random.default_rng(0)
    with pytest.raises(LookupError, match="no data set is called 'digit'; did you mean 'digits'"):
        load("digit")
    for make in MADE:
        with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator.*got 0"):
            make(0)
        with pytest.raises(ValueError, match="n must be a whole number of at least 2, got 1"):
            make(rng, 1)
        with pytest.raises(ValueError, match="test_share must be between 0 and 1, got 1.5"):
            make(rng, test_share=1.5)
    with pytest.raises(ValueError, match="classes must be a whole number of at least 1, got 0"):
        blobs(rng, classes=0)
    with pytest.raises(ValueError, match="noise must be finite and at least 0, got -1"):
        spirals(rng, noise=-1)
    with pytest.raises(ValueError, match="positive_share must be between 0 and 1, got 0"):
        wilson_least_squares(rng, positive_share=0)
    with pytest.raises(ValueError, match="2 examples cannot be split with test_share 0.1: one part would be empty"):
        blobs(rng, 2, test_share=0.1)
    with pytest.raises(ValueError, match="one entry an example, got 3 and 2"):
        split(rng, np.ones((3, 1)), np.ones(2), source="here")
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator.*got 0"):
        split(0, np.ones((3, 1)), np.ones(3), source="here")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="wine comes with scikit-learn: pip install scikit-learn"):
        load("wine")
