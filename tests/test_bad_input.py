"""Bad input in one place: each is an error that says what came and what was expected, at every border it can come to."""

import re

import numpy as np
import pytest

from course_lib import Network, Stepper, data, descend, gradient_check, losses
from course_lib import initialization as init
from course_lib.averages import exponential_average
from course_lib.curvature import hessian_vector_product
from course_lib.data import load
from course_lib.dropout import dropout_mask, nwgm, scaled_pass, thinned_networks
from course_lib.dropout_regression import dropout_ridge, linear_expected_error
from course_lib.feature_scaling import fit_standard
from course_lib.inference import population_state
from course_lib.landscapes import deep_linear_chain, extended_rosenbrock, spectral_quadratic
from course_lib.layers import BatchNorm, Dense, Dropout, relu
from course_lib.learning_rate import constant, exp_range, exponential_decay, schedule_from
from course_lib.line_search import as_search
from course_lib.many_networks import train_many
from course_lib.normalization import batch_norm_forward, layer_norm_forward, population_statistics, running_average
from course_lib.propagation import propagation
from course_lib.range_test import range_test
from course_lib.second_order import newton
from course_lib.snapshots import train_snapshots
from course_lib.surface import as_surface, inexact
from course_lib.surfaces import quadratic
from course_lib.training import train

X = np.random.default_rng(0).normal(size=(33, 6))
Y = np.arange(33) % 3
NAN = np.where(np.arange(33 * 6).reshape(33, 6) == 13, np.nan, X)
ONE, ZERO = np.ones(6), np.zeros(6)


def rng():
    return np.random.default_rng(0)


def net(*hidden, **options):
    return Network(rng(), 6, [*hidden, Dense(3)], **options)


def trains(network=None, x=X, y=Y, rule="adam", **options):
    """Every way to train, on the same input."""
    options = {"batch_size": 32, **options}
    return {
        "train": lambda: train(rng(), network or net(), rule, x, y, epochs=1, **options),
        "range_test": lambda: range_test(rng(), network or net(), rule, x, y, steps=20, **options),
        "snapshots": lambda: train_snapshots(rng(), network or net(), rule, x, y, keep_at=[2], **options),
        "train_many": lambda: train_many([rng()], [network or net()], rule, x, y, epochs=1, **options),
    }


UNKNOWN = {
    "rule": (LookupError, "no update rule is called 'adm'; did you mean 'adam'", lambda: descend("adm", quadratic, [1.0, 1.0], 1)),
    "hyperparameter": (TypeError, "rule 'adam' has no hyperparameter 'beta1'; did you mean 'beta_1'", lambda: Stepper("adam", ONE.copy(), beta1=0.9)),
    "surface": (LookupError, "no surface is called 'bowls'; did you mean 'bowl'", lambda: as_surface("bowls")),
    "surface to descend": (LookupError, "no surface is called 'bowls'; did you mean 'bowl'", lambda: descend("adam", "bowls", [1.0, 1.0], 1)),
    "schedule": (LookupError, "no schedule is called 'constnt'; did you mean 'constant'", lambda: schedule_from({"name": "constnt"})),
    "constant": (TypeError, "no constant 'rate'", lambda: constant(rate=0.1)),
    "search": (LookupError, "no line search is called 'wolf'; did you mean 'wolfe'", lambda: as_search("wolf")),
    "data set": (LookupError, "no data set is called 'digit'; did you mean 'digits'", lambda: load("digit")),
    "mode": (ValueError, "mode must be one of fan_in, fan_out, fan_avg, got 'fan'", lambda: init.variance_scaling(rng(), (2, 2), mode="fan")),
    **{f"rule, {name}": (LookupError, "no update rule is called 'adm'", call) for name, call in trains(rule="adm").items()},
}  # fmt: skip

SHAPES = {
    "start": (ValueError, r"takes points of shape \(\.\.\., 2\), theta0 has shape \(3,\)", lambda: descend("adam", quadratic, [1.0] * 3, 1)),
    "gradient": (ValueError, r"the gradient must have the shape of theta, \(2,\), got \(3,\)", lambda: descend("adam", lambda t: np.ones(3), [1.0, 1.0], 1)),
    "surface": (ValueError, r"takes points of shape \(\.\.\., 2\), got shape \(3,\)", lambda: quadratic(np.ones(3))),
    "clipped": (ValueError, r"before must return an array of the gradient's shape, \(3, 2\), got \(\)", lambda: descend("adam", quadratic, np.ones((3, 2)), 1, before=np.sum)),
    "no gradient": (TypeError, "grad must be a surface or a function, got NoneType None", lambda: descend("adam", None, [1.0, 1.0], 1)),
    "no function before": (TypeError, "before must be a function, got str 'clip'", lambda: descend("adam", quadratic, [1.0, 1.0], 1, before="clip")),
    "complex start": (ValueError, "theta0 must be an array of real numbers, got an array of complex128", lambda: descend("adam", quadratic, [1j, 1.0], 1)),
    "variance": (ValueError, r"variance must be a number or have shape \(2,\), got shape \(3,\)", lambda: inexact(rng(), quadratic, variance=[1, 2, 3])(np.ones(2))),
    "network": (ValueError, r"x must have shape \(batch, 6\), got \(33, 5\)", lambda: net().predict(X[:, :5])),
    "direction": (ValueError, r"the shape of theta, \(21,\), got shape \(3,\)", lambda: hessian_vector_product(net(), X, Y, np.ones(3))),
    "batch norm": (ValueError, r"x of shape \(batch, n\) and \(n,\) for each of the others, got \(33, 6\); \(5,\), \(6,\)", lambda: batch_norm_forward(X, np.ones(5), ZERO)),
    "batch norm of images": (ValueError, r"got \(1, 33, 6\); \(6,\), \(6,\)", lambda: batch_norm_forward(X[None], ONE, ZERO)),
    "layer norm": (ValueError, r"got \(33, 6\); \(6,\), \(5,\)", lambda: layer_norm_forward(X, ONE, np.zeros(5))),
    "scaling": (ValueError, r"x must have shape \(examples, 6\), got \(33, 5\)", lambda: fit_standard(X).apply(X[:, :5])),
    "thinned": (ValueError, r"layer 0 gets 2 inputs, so it needs W of shape \(2, n\) .* got \(3, 1\) and \(1,\)", lambda: thinned_networks([1.0, 2.0], [(np.ones((3, 1)), np.zeros(1))], keep=0.5)),
    "scaled": (ValueError, r"layer 1 gets 4 inputs, .* got \(3, 1\) and \(1,\)", lambda: scaled_pass(X, [(np.ones((6, 4)), np.zeros(4)), (np.ones((3, 1)), np.zeros(1))], keep=0.5)),
    "nwgm": (ValueError, r"got \(3, 2\) and \(4,\)", lambda: nwgm(np.full((3, 2), 0.5), np.full(4, 0.25))),
    "unit": (ValueError, r"expected w and x of one shape \(n,\), got \(3,\) and \(2,\)", lambda: linear_expected_error(np.ones(3), np.ones(2), 1.0, keep=0.5)),
    "Hessian": (ValueError, r"takes points of shape \(\.\.\., 2\), got shape \(3,\)", lambda: newton(quadratic, [1.0] * 3)),
    **{f"labels, {name}": (ValueError, r"one row an example and at least one, got shapes \(33, 6\) and \(30,\)", call) for name, call in trains(y=Y[:30]).items()},
    **{f"no example, {name}": (ValueError, r"at least one, got shapes \(0, 6\) and \(0,\)", call) for name, call in trains(x=X[:0], y=Y[:0]).items()},
}  # fmt: skip

NOT_FINITE = {
    "start": (ValueError, "theta0 must be finite, got nan at index 0", lambda: descend("adam", quadratic, [np.nan, 1.0], 1)),
    "rate": (ValueError, "adam: learning_rate must be finite, got inf", lambda: Stepper("adam", ONE.copy(), learning_rate=np.inf)),
    "rate, train_many": (ValueError, "adam: learning_rate must be finite, got nan", trains(learning_rate=np.nan)["train_many"]),
    "eigenvalue": (ValueError, "a row of at least one finite number", lambda: spectral_quadratic([1.0, np.nan])),
    "predict": (ValueError, "x must be finite, got nan in row 2, feature 1", lambda: net().predict(NAN)),
    "loss": (ValueError, "x must be finite, got nan in row 2, feature 1", lambda: net().loss_and_grad(NAN, Y)),
    "check": (ValueError, "x must be finite, got nan in row 2", lambda: gradient_check(net(), NAN, Y)),
    "propagation": (ValueError, "x must be finite, got nan in row 2", lambda: propagation(net(), NAN, Y)),
    "population": (ValueError, "x must be finite, got nan in row 2", lambda: population_state(net(Dense(4), BatchNorm()), NAN, 16)),
    "numbers": (ValueError, "y must be finite, got nan", lambda: net(loss=losses.squared).loss(X[:, :6], np.full((33, 3), np.nan))),
    "scaling": (ValueError, "x must be finite, got nan in row 2, feature 1", lambda: fit_standard(NAN)),
    "ridge": (ValueError, "X and y must be finite", lambda: dropout_ridge(NAN, X[:, 0], keep=0.5)),
    "schedule": (ValueError, "learning_rate must be finite, got nan", lambda: constant(learning_rate=np.nan)),
    **{f"data, {name}": (ValueError, "x must be finite, got nan in example 2", call) for name, call in trains(x=NAN).items()},
}  # fmt: skip

OUT_OF_RANGE = {
    "negative rate": (ValueError, "adam: learning_rate must be at least 0, got -0.1", lambda: descend("adam", quadratic, [1.0, 1.0], 1, learning_rate=-0.1)),
    "negative rate, train": (ValueError, "learning_rate must be at least 0, got -0.1", trains(learning_rate=-0.1)["train"]),
    "negative rate, snapshots": (ValueError, "learning_rate must be at least 0, got -0.1", trains(learning_rate=-0.1)["snapshots"]),
    "negative rate, train_many": (ValueError, "learning_rate must be at least 0, got -0.1", trains(learning_rate=-0.1)["train_many"]),
    "decay of 1, train_many": (ValueError, r"adam: beta_2 must be in \[0, 1\), got 1", trains(beta_2=[1.0])["train_many"]),
    "negative rate, schedule": (ValueError, "learning_rate must be at least 0, got -0.1", lambda: constant(learning_rate=-0.1)),
    "decay of 1": (ValueError, r"adam: beta_2 must be in \[0, 1\), got 1", lambda: Stepper("adam", ONE.copy(), beta_2=1.0)),
    "decay below 0": (ValueError, r"rmsprop: rho must be in \[0, 1\), got -0.1", lambda: Stepper("rmsprop", ONE.copy(), rho=-0.1)),
    "decay of an average": (ValueError, r"beta must be in \[0, 1\), got 1.0", lambda: exponential_average([1.0], 1.0)),
    "decay of statistics": (ValueError, r"momentum must be in \[0, 1\), got 1.0", lambda: BatchNorm(momentum=1.0)),
    "decay of one statistic": (ValueError, r"momentum must be in \[0, 1\), got 2", lambda: running_average(ZERO, ONE, momentum=2)),
    "decay of a rate": (ValueError, "decay_rate must be greater than 0 and at most 1, got 1.5", lambda: exponential_decay(initial_learning_rate=1.0, decay_steps=1, decay_rate=1.5)),
    "decay of a cycle": (ValueError, "gamma must be greater than 0 and at most 1, got 2", lambda: exp_range(initial_learning_rate=0.1, maximal_learning_rate=1.0, step_size=2, gamma=2)),
    "fan of zero": (ValueError, r"at least 1, got \(0, 3\): a fan would be zero", lambda: init.he_normal(rng(), (0, 3))),
    "fan of zero, convolution": (ValueError, r"got \(3, 3, 0, 8\): a fan would be zero", lambda: init.fans((3, 3, 0, 8))),
    "fan that is no whole number": (ValueError, r"got \(2.5, 3\)", lambda: init.fans((2.5, 3))),
    "width of zero": (ValueError, "units must be a whole number of at least 1, got 0", lambda: Dense(0)),
    "batch of one": (ValueError, "a batch of at least 2 in training, got 1", lambda: batch_norm_forward(X[:1], ONE, ZERO)),
    "batch of one, network": (ValueError, "a batch of at least 2 in training, got 1", lambda: net(BatchNorm()).loss_and_grad(X[:1], Y[:1])),
    "batch of one, population": (ValueError, "batches of at least 2 examples, got 1", lambda: population_statistics(X, X, 1)),
    "keep 0": (ValueError, "above 0 and at most 1, got 0 ", lambda: Dropout(keep=0)),
    "keep 0, mask": (ValueError, "above 0 and at most 1, got 0 ", lambda: dropout_mask(rng(), (2, 2), keep=0)),
    "keep 0, ridge": (ValueError, "above 0 and at most 1, got 0 ", lambda: dropout_ridge(X, X[:, 0], keep=0)),
    "probability of 2": (ValueError, "outputs must be from 0 to 1, got 2 to 2", lambda: nwgm(np.full((4, 1), 2.0), np.full(4, 0.25))),
    "labels": (ValueError, "classes must be from 0 to 2, got 0 to 3", lambda: net().loss(X, np.arange(33) % 4)),
    "labels below 0": (ValueError, "classes must be from 0 to 2, got -1 to 1", lambda: net().loss_and_grad(X, Y - 1)),
    "labels that are no classes": (ValueError, r"one class \(an integer\) for each of the 33 inputs, got float64", lambda: net().loss(X, Y * 1.0)),
    "labels of a logistic unit": (ValueError, "labels must be from 0 to 1, got 0 to 2", lambda: Network(rng(), 6, [Dense(1)], loss=losses.logistic).loss(X, Y)),
    "labels of a bias": (ValueError, "y must hold whole numbers from 0 to 2", lambda: init.log_odds_bias(Y + 1, 3)),
    **{f"labels, {name}": (ValueError, "classes must be from 0 to 2, got 5 to 7", call) for name, call in trains(y=Y + 5).items()},
    **{f"half an example, {name}": (ValueError, "whole numbers batch_size >= 1 and epochs >= 0, got 2.5", call) for name, call in trains(batch_size=2.5).items()},
    "patience": (ValueError, "patience must be a whole number of at least 1, .* got nan", trains(patience=np.nan, validation=(X, Y))["train"]),
    **{f"no batch, {name}": (ValueError, "batch_size >= 1 and epochs >= 0, got 0", call) for name, call in trains(batch_size=0).items()},
}  # fmt: skip

COUNTS = {
    "descend": ("steps", 3, lambda n: descend("adam", quadratic, [1.0, 1.0], n)),
    "network": ("n_in", 3, lambda n: Network(rng(), n, [Dense(3)]).theta),
    "dense": ("Dense: units", 3, lambda n: Dense(n).units),
    "fans": ("", 3, lambda n: init.fans((n, 2))),
    "log-odds": ("classes", 3, lambda n: init.log_odds_bias(Y, n)),
    "range_test": ("steps", 20, lambda n: range_test(rng(), net(), "adam", X, Y, steps=n, batch_size=8).losses),
    "blobs": ("n", 3, lambda n: data.blobs(rng(), n).x_train),
    "spirals": ("classes", 3, lambda n: data.spirals(rng(), classes=n).x_train),
    "sparse features": ("features", 3, lambda n: data.sparse_features(rng(), features=n).x_train),
    "least squares": ("n", 3, lambda n: data.wilson_least_squares(rng(), n).x_train),
    "rosenbrock": ("n", 3, lambda n: extended_rosenbrock(n).start),
    "chain": ("depth", 3, lambda n: deep_linear_chain(n).hessian([0.5, 0.5, 0.5])),
    "newton": ("steps", 3, lambda n: newton(quadratic, [1.0, 1.0], steps=n).path),
    "epochs": ("", 3, lambda n: train(rng(), net(), "adam", X, Y, epochs=n).losses),
    **{f"batch_size, {name}": ("", 3, lambda n, name=name: trains(batch_size=n)[name]() and None) for name in trains()},
}  # fmt: skip

NO_GENERATOR = {
    "network": lambda: Network(0, 6, [Dense(3)]),
    "initializer": lambda: init.he_normal(0, (3, 3)),
    "inexact": lambda: inexact(0, quadratic),
    "train": lambda: train(0, net(), "adam", X, Y),
    "range_test": lambda: range_test(None, net(), "adam", X, Y),
}

TABLE = {
    f"{kind}: {name}": row
    for kind, rows in (("unknown", UNKNOWN), ("shape", SHAPES), ("not finite", NOT_FINITE), ("range", OUT_OF_RANGE))
    for name, row in rows.items()
}


@pytest.mark.parametrize(("error", "words", "call"), TABLE.values(), ids=TABLE)
def test_it_is_refused_in_words(error, words, call):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("count", [2.5, np.nan, np.inf, -1, None, "3", True])
@pytest.mark.parametrize(("name", "good", "call"), COUNTS.values(), ids=COUNTS)
def test_a_count_is_a_whole_number_or_refused_in_words(name, good, call, count):
    with pytest.raises(ValueError, match=f"{name}.*whole number.*got .*{re.escape(repr(count))}"):
        call(count)


@pytest.mark.parametrize(("name", "good", "call"), COUNTS.values(), ids=COUNTS)
def test_a_whole_number_may_be_a_float(name, good, call):
    np.testing.assert_array_equal(call(float(good)), call(good))


@pytest.mark.parametrize("call", NO_GENERATOR.values(), ids=NO_GENERATOR)
def test_a_seed_is_no_source_of_randomness(call):
    with pytest.raises(
        TypeError, match=r"rng must be a numpy.random.Generator, for example np.random.default_rng\(0\)"
    ):
        call()


@pytest.mark.parametrize("way", ["train", "range_test", "snapshots"])
def test_the_last_batch_of_an_epoch_may_be_one_too_few_for_batch_norm(way):
    hyper = {"keep_at": [4]} if way == "snapshots" else {}
    run = {"train": train, "range_test": range_test, "snapshots": train_snapshots}[way]
    with pytest.raises(ValueError, match="a batch of at least 2 in training, got 1; the last batch of an epoch may be"):
        run(rng(), net(Dense(4), BatchNorm(), relu), "adam", X, Y, batch_size=32, **hyper)


def test_a_run_that_diverges_is_no_bad_input():
    """Numbers that stop being finite on the way are recorded, not raised."""
    history = train(rng(), net(loss=losses.squared), "gradient_descent", X, X[:, :3], epochs=200, learning_rate=1e6)
    assert history.diverged
    assert not np.isfinite(descend("gradient_descent", quadratic, [1.0, 1.0], 2000, learning_rate=10.0)).all()
