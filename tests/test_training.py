"""Training runs, their data and their record."""

import sys

import numpy as np
import pytest

from course_lib import RULES, Network
from course_lib.data import digits
from course_lib.layers import BatchNorm, Dense, relu
from course_lib.losses import squared
from course_lib.training import History, minibatches, train

DATA = digits()


def network(seed=0):
    return Network(np.random.default_rng(seed), 64, [Dense(32), relu, Dense(10)])


def test_digits_are_what_they_say():
    assert DATA.x_train.shape == (1438, 64) and DATA.x_test.shape == (359, 64)
    assert (DATA.x_train.min(), DATA.x_train.max()) == (0.0, 1.0)
    assert set(DATA.y_test) == set(range(10))
    whole = np.concatenate([DATA.x_train, DATA.x_test])
    assert len(np.unique(whole, axis=0)) == 1797  # no image is in both parts


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_learns_the_digits(rule):
    slow = ["gradient_descent", "momentum_averaged_step", "momentum_averaged_gradient"]
    fast = ["adam", "adam_uncorrected", "amsgrad", "lion", "muon", "rmsprop_nesterov"]
    rates = {**dict.fromkeys(slow, 0.3), **dict.fromkeys(fast, 0.01), "adadelta": 1.0}
    history = train(
        np.random.default_rng(1), network(), rule, DATA.x_train, DATA.y_train,
        epochs=4, learning_rate=rates.get(rule, 0.05), test=(DATA.x_test, DATA.y_test),
    )  # fmt: skip
    assert history.test_accuracy > 0.9
    assert len(history.losses) == 4 * 45
    assert f"test accuracy {history.test_accuracy:.1%}" in history._repr_markdown_()


def test_the_same_seed_gives_the_same_run():
    runs = [train(np.random.default_rng(1), network(), "momentum", DATA.x_train, DATA.y_train, epochs=1) for _ in "ab"]
    assert runs[0].losses == runs[1].losses


def test_an_epoch_visits_every_example_once():
    order = np.concatenate(list(minibatches(np.random.default_rng(0), 103, 10, 1)))
    assert sorted(order) == list(range(103))
    with pytest.raises(ValueError, match="batch_size >= 1 and epochs >= 0, got 0 and 1"):
        next(minibatches(np.random.default_rng(0), 10, 0, 1))


def test_progress_is_reported_after_every_step():
    seen = []
    train(
        np.random.default_rng(1), network(), "momentum", DATA.x_train[:100], DATA.y_train[:100],
        epochs=2, batch_size=30, on_progress=lambda *now: seen.append(now),
    )  # fmt: skip
    assert [(done, total) for done, total, _ in seen] == [(k, 8) for k in range(1, 9)]


def test_a_diverging_run_ends_early_and_says_so():
    history = train(np.random.default_rng(1), network(), "momentum", DATA.x_train, DATA.y_train, learning_rate=1e200)
    assert history.diverged
    assert len(history.losses) < 20
    assert "diverged" in history._repr_markdown_()


def test_the_record_of_no_step():
    assert "no step" in History("mine")._repr_markdown_()


def test_patience_stops_a_run_that_only_learns_by_heart_and_goes_back_to_its_best():
    rng = np.random.default_rng(0)
    x, y = DATA.x_train[:150], rng.permutation(DATA.y_train[:150])  # nothing to learn but the examples
    validation = DATA.x_test, DATA.y_test
    whole = network()
    patient = network()
    settings = {"epochs": 40, "learning_rate": 0.01, "validation": validation}
    long = train(np.random.default_rng(1), whole, "adam", x, y, **settings)
    short = train(np.random.default_rng(1), patient, "adam", x, y, patience=3, **settings)
    best = int(np.argmin(short.validation_losses))
    assert len(long.validation_losses) == 40
    assert short.validation_losses == long.validation_losses[: best + 4]
    assert patient.loss(*validation) == short.validation_losses[best] < whole.loss(*validation)


def test_patience_that_does_not_run_out_changes_nothing_but_the_end():
    runs = [
        train(
            np.random.default_rng(1), network(), "momentum", DATA.x_train, DATA.y_train,
            epochs=2, validation=(DATA.x_test, DATA.y_test), patience=patience,
        )
        for patience in (None, 2)
    ]  # fmt: skip
    assert runs[0].losses == runs[1].losses and runs[0].validation_losses == runs[1].validation_losses
    assert len(runs[0].validation_losses) == 2


@pytest.mark.parametrize("given", [{"patience": 0}, {"patience": 1.5}, {"patience": 3, "validation": None}], ids=str)
def test_patience_is_refused_by_name(given):
    settings = {"validation": (DATA.x_test, DATA.y_test), **given}
    with pytest.raises(
        ValueError, match=r"patience must be a whole number of at least 1, with validation=\(x, y\); got"
    ):
        train(np.random.default_rng(1), network(), "momentum", DATA.x_train, DATA.y_train, **settings)


def test_missing_scikit_learn_is_said_plainly(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="digits comes with scikit-learn: pip install scikit-learn"):
        digits()
    with pytest.raises(ValueError, match="test_share must be between 0 and 1, got 1"):
        digits(test_share=1)


def test_a_label_out_of_range_is_refused_before_any_step():
    net, x, y = Network(np.random.default_rng(0), 2, [Dense(3)]), np.ones((9, 2)), np.zeros(9, int)
    before, y[-1] = net.theta.copy(), 3
    with pytest.raises(ValueError, match="classes must be from 0 to 2, got 0 to 3"):
        train(np.random.default_rng(0), net, "adam", x, y, batch_size=1)
    assert np.array_equal(net.theta, before)


REFUSED = {
    "test of another width": ({"test": (np.ones((4, 3)), [0] * 4)}, ValueError, r"x must have shape \(batch, 64\), got \(4, 3\)"),
    "test that is no pair": ({"test": np.ones((4, 64))}, TypeError, r"test must be a pair \(x, y\), got ndarray"),
    "labels of the validation": ({"validation": (np.ones((4, 64)), [10] * 4)}, ValueError, "classes must be from 0 to 9, got 10 to 10"),
    "a batch of one": ({"batch_size": 13}, ValueError, "it is one of 40 examples in batches of 13"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_refused_later_is_refused_before_any_step(options, error, words):
    net = Network(np.random.default_rng(0), 64, [Dense(8), BatchNorm(), Dense(10)])
    before = net.theta.copy()
    with pytest.raises(error, match=words):
        train(np.random.default_rng(0), net, "adam", np.ones((40, 64)), np.arange(40) % 10, epochs=2, **options)
    np.testing.assert_array_equal(net.theta, before)


def test_a_test_of_a_loss_without_classes_is_refused_before_any_step():
    net = Network(np.random.default_rng(0), 2, [Dense(1)], loss=squared)
    data = np.ones((4, 2)), np.ones((4, 1))
    with pytest.raises(TypeError, match=r"test=\(x, y\) needs a loss with classes, got squared"):
        train(np.random.default_rng(0), net, "adam", *data, test=data)
