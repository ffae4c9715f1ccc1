"""The range test on problems whose largest stable rate is known."""

import numpy as np
import pytest

from course_lib import Network
from course_lib.data import digits
from course_lib.layers import BatchNorm, Dense, Dropout, relu
from course_lib.losses import squared
from course_lib.range_test import range_test
from course_lib.training import train

DATA = digits()


def make(seed=0):
    return Network(np.random.default_rng(seed), 64, [Dense(24), relu, Dense(10)])


def run(rule="gradient_descent", network=None, seed=1, **options):
    return range_test(np.random.default_rng(seed), network or make(), rule, DATA.x_train, DATA.y_train, **options)


def test_exponential_growth_has_equal_factors_and_linear_growth_equal_amounts():
    rates = run(lowest=1e-4, highest=1e-1, steps=31).rates
    np.testing.assert_allclose(rates[1:] / rates[:-1], 10**0.1)
    rates = run(lowest=1e-4, highest=1e-1, steps=31, growth="linear").rates
    np.testing.assert_allclose(np.diff(rates), (1e-1 - 1e-4) / 30)


def test_the_losses_are_those_of_training_with_the_same_rates():
    found = run(lowest=1e-3, highest=0.1, steps=40, batch_size=64)
    ours = train(
        np.random.default_rng(1), make(), "gradient_descent", DATA.x_train, DATA.y_train,
        epochs=2, batch_size=64, learning_rate=lambda k: float(found.rates[min(k, 39)]),
    )  # fmt: skip
    np.testing.assert_array_equal(found.losses, ours.losses[:40])


@pytest.mark.parametrize("rule", ["gradient_descent", "momentum", "adam"])
@pytest.mark.parametrize("seed", range(3))
def test_it_stops_when_the_loss_breaks_and_the_suggestion_trains(rule, seed):
    found = run(rule, make(seed), seed, highest=100.0)
    assert found.diverged and found.rates[-1] < 100 and "lowest at" in found.reason
    assert found.suggestion <= found.rates[np.argmin(found.smoothed)] / 10 * (1 + 1e-9)
    history = train(
        np.random.default_rng(seed),
        make(seed),
        rule,
        DATA.x_train,
        DATA.y_train,
        epochs=3,
        learning_rate=found.suggestion,
    )
    assert not history.diverged and np.mean(history.losses[-20:]) < 0.5 * history.losses[0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_on_a_quadratic_the_suggestion_lies_below_the_largest_stable_rate_and_the_loss_breaks_above(momentum, seed):
    """Polyak (1964): the heavy ball is stable up to (2 + 2 momentum) / L; at momentum 0 that is gradient descent's 2 / L."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(64, 3)) * rng.uniform(0.1, 3, 3)
    y = x @ rng.normal(size=3) + 3.0
    design = np.column_stack([x, np.ones(64)])
    stable = (2 + 2 * momentum) / np.linalg.eigvalsh(2 * design.T @ design / 64).max()

    def linear():
        return Network(np.random.default_rng(seed), 3, [Dense(1)], loss=squared)

    options = {"batch_size": 64, "momentum": momentum}
    found = range_test(rng, linear(), "momentum", x, y, lowest=stable / 1e4, highest=100 * stable, **options)
    assert found.diverged and found.rates[-1] > stable > found.suggestion
    if momentum == 0:  # with momentum a loss may rise on its way down
        falling = found.losses[1:][found.rates[:-1] < stable] / found.losses[:-1][found.rates[:-1] < stable]
        assert falling.max() <= 1
    for share, grows in ((found.suggestion / stable, False), (0.98, False), (1.02, True)):
        losses = train(rng, linear(), "momentum", x, y, epochs=2000, learning_rate=share * stable, **options).losses
        assert (losses[-1] > losses[0]) == grows


def test_the_smoothed_loss_is_the_corrected_average():
    found = run(steps=50, highest=0.1, smoothing=0.8)
    v, expected = 0.0, []
    for n, loss in enumerate(found.losses, start=1):
        v = 0.8 * v + 0.2 * loss
        expected.append(v / (1 - 0.8**n))
    np.testing.assert_allclose(found.smoothed, expected)


def test_the_network_is_put_back_also_after_an_error():
    network = make()
    before = network.theta.copy()
    run(network=network, steps=30)
    np.testing.assert_array_equal(network.theta, before)

    def fails(network):
        raise RuntimeError("in measure")

    with pytest.raises(RuntimeError, match="in measure"):
        run(network=network, steps=30, measure=fails)
    np.testing.assert_array_equal(network.theta, before)


def test_batch_norm_and_dropout_are_tested_as_they_are_trained_and_put_back():
    network = Network(np.random.default_rng(0), 64, [Dense(16), BatchNorm(), relu, Dropout(keep=0.8), Dense(10)])
    before = network.theta.copy(), network.state.copy()
    seen = []
    found = run(
        "adam", network, highest=0.5, steps=60, batch_size=64, measure=lambda n: seen.append(n.state.copy()) or 0.0
    )
    assert found.suggestion is not None
    assert (seen[0] != seen[-1]).any()  # the measure sees statistics that move with the run
    np.testing.assert_array_equal(network.theta, before[0])
    np.testing.assert_array_equal(network.state, before[1])


def test_a_matrix_method_is_tested_with_the_layers_it_would_train():
    one, other = (run("muon", steps=30, exclude_layers=names) for names in (None, ()))
    assert one.losses[0] == other.losses[0] and (one.losses[1:] != other.losses[1:]).all()


def test_accuracy_can_be_measured_on_the_way_as_smith_did():
    found = run(
        steps=60, highest=0.5, growth="linear", measure=lambda network: network.accuracy(DATA.x_test, DATA.y_test)
    )
    assert len(found.measured) == 60 and found.measured[-1] > found.measured[0] + 0.2


def test_without_a_fall_there_is_no_suggestion():
    found = run(lowest=1e-9, highest=1e-8, steps=40)
    assert found.suggestion is None and not found.diverged
    assert found.reason.startswith("the loss never fell by more than its noise")
    assert "**no suggestion**" in found._repr_markdown_()
    found = run(lowest=1e3, highest=1e6, steps=40)
    assert found.suggestion is None and found.diverged


def test_a_test_that_ends_too_early_says_so():
    found = run(lowest=1e-4, highest=0.02, steps=120)
    assert found.reason.endswith("still falling at the highest rate: repeat with a higher one")


def test_progress_is_told():
    seen = []
    run(steps=25, highest=0.01, on_progress=lambda *told: seen.append(told))
    assert [done for done, *_ in seen] == list(range(1, 26)) and seen[0][1] == 25


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"lowest": 0.0}, ValueError, "expected 0 < lowest < highest, got 0.0 and 10.0"),
        ({"lowest": 1.0, "highest": 0.5}, ValueError, "expected 0 < lowest < highest, got 1.0 and 0.5"),
        ({"steps": 5}, ValueError, "steps must be a whole number of at least 20, got 5"),
        ({"growth": "cubic"}, ValueError, "growth must be 'exponential' or 'linear', got 'cubic'"),
        ({"smoothing": 1.0}, ValueError, "expected smoothing in .* got 1.0"),
        ({"learning_rate": 0.1}, TypeError, "range_test sets the learning_rate of 'gradient_descent' itself"),
        ({"momentun": 0.1}, TypeError, "no hyperparameter 'momentun'"),
    ],
)
def test_refused_by_name(options, error, words):
    with pytest.raises(error, match=words):
        run(**options)
