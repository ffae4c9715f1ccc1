"""Snapshots of a run and their averages."""

import numpy as np
import pytest

from course_lib import Network
from course_lib.data import digits
from course_lib.layers import BatchNorm, Dense, Dropout, relu
from course_lib.learning_rate import cosine_decay_restarts, restart_steps
from course_lib.losses import logistic, softmax, squared
from course_lib.snapshots import average_probabilities, ensemble_accuracy, error_correlation, train_snapshots
from course_lib.training import train

DATA = digits()
ENDS = restart_steps(3, first_decay_steps=30)
RATE = cosine_decay_restarts(initial_learning_rate=0.3, first_decay_steps=30)


def make(seed=0):
    return Network(np.random.default_rng(seed), 64, [Dense(16), relu, Dense(10)])


def run(network, rule="momentum", **options):
    options = {"keep_at": ENDS, "learning_rate": RATE, **options}
    return train_snapshots(np.random.default_rng(1), network, rule, DATA.x_train, DATA.y_train, **options)


def test_a_snapshot_is_what_training_up_to_there_gives():
    network = make()
    taken = run(network, keep_at=[45, 90], batch_size=32)
    assert taken.steps == (45, 90)
    for epochs, member in enumerate(taken.members, start=1):
        again = make()
        train(
            np.random.default_rng(1), again, "momentum", DATA.x_train, DATA.y_train, epochs=epochs, learning_rate=RATE
        )
        np.testing.assert_array_equal(member, again.theta)
    np.testing.assert_array_equal(network.theta, taken.members[-1])
    assert taken.history.losses[0] > taken.history.losses[-1]
    assert taken._repr_markdown_() == "**momentum**: 2 snapshots, after 45, 90 steps"


def test_the_ensemble_is_the_mean_of_the_probabilities():
    network = make()
    members = run(network).members
    p = average_probabilities(network, members, DATA.x_test)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(p, np.mean([softmax(network.predict(DATA.x_test, at=m)) for m in members], axis=0))


def test_an_ensemble_of_one_is_the_member_and_of_twins_too():
    network = make()
    taken = run(network)
    alone = network.accuracy(DATA.x_test, DATA.y_test)
    for members in (taken.members[-1:], np.repeat(taken.members[-1:], 4, axis=0)):
        assert ensemble_accuracy(network, members, DATA.x_test, DATA.y_test) == alone


def test_errors_of_twins_are_the_same_and_those_of_independent_runs_less_so():
    network = make()
    taken = run(network)
    twins = np.repeat(taken.members[:1], 2, axis=0)
    data = DATA.x_test, DATA.y_test
    assert error_correlation(network, twins, *data) == pytest.approx(1)
    assert error_correlation(network, taken.members, *data) < 0.99


def test_the_jury_theorem_holds_for_members_that_err_apart():
    """Three members, each wrong on its own third of the inputs and right with more confidence: together always right."""
    network = Network(np.random.default_rng(0), 3, [Dense(2)])
    x, y = np.eye(3), np.zeros(3, int)
    members = []
    for wrong in range(3):
        w = np.zeros((3, 2))
        w[:, 0] = 2.0
        w[wrong] = [0.0, 1.0]
        theta = np.zeros_like(network.theta)
        network.weights(theta)["0.dense.W"][...] = w
        members.append(theta)
    assert [ensemble_accuracy(network, [m], x, y) for m in members] == pytest.approx([2 / 3] * 3)
    assert ensemble_accuracy(network, members, x, y) == 1
    assert error_correlation(network, members, x, y) == pytest.approx(-0.5)
    perfect = np.zeros_like(network.theta)
    network.weights(perfect)["0.dense.W"][:, 0] = 1
    assert np.isnan(error_correlation(network, [members[0], perfect], x, y))


def test_a_logistic_ensemble_averages_the_logistic_function_of_its_scores():
    """Scores of log 3 and -log 3 are the probabilities 3/4 and 1/4."""
    network = Network(np.random.default_rng(0), 1, [Dense(1)], loss=logistic)
    x, y = np.array([[1.0], [-1.0], [0.5]]), np.array([1, 0, 0])
    sure, unsure = np.array([np.log(3), 0.0]), np.zeros(2)
    np.testing.assert_allclose(average_probabilities(network, [sure], x[:2]), [[0.75], [0.25]], rtol=1e-15)
    np.testing.assert_allclose(average_probabilities(network, [sure, unsure], x[:2]), [[0.625], [0.375]], rtol=1e-15)
    network.theta[...] = sure
    assert ensemble_accuracy(network, [sure, unsure], x, y) == network.accuracy(x, y) == pytest.approx(2 / 3)
    assert error_correlation(network, [sure, -sure], x, y) == pytest.approx(-1)


def test_an_ensemble_under_a_loss_without_probabilities_is_refused():
    network = Network(np.random.default_rng(0), 1, [Dense(1)], loss=squared)
    with pytest.raises(TypeError, match="probabilities need softmax_cross_entropy or logistic .* got squared"):
        ensemble_accuracy(network, [network.theta], np.ones((2, 1)), np.ones(2))
    with pytest.raises(TypeError, match="errors need a loss with classes, got squared"):
        error_correlation(network, [network.theta] * 2, np.ones((2, 1)), np.ones(2))


def test_a_run_that_diverges_keeps_what_it_reached():
    taken = run(make(), keep_at=[2, 400], learning_rate=lambda k: 0.01 if k < 2 else 1e200)
    assert taken.steps == (2,) and taken.members.shape == (1, make().theta.size)
    assert taken.history.diverged


def test_each_member_keeps_the_running_statistics_of_its_time():
    """With batch norm and dropout: every snapshot answers as the network did that was trained up to there."""
    layers = [Dense(16), BatchNorm(momentum=0.9), relu, Dropout(keep=0.8), Dense(10)]
    network = Network(np.random.default_rng(0), 64, layers)
    taken = run(network, keep_at=[45, 90])
    assert taken.states.shape == (2, 32)
    alone = []
    for epochs in (1, 2):
        again = Network(np.random.default_rng(0), 64, layers)
        data = DATA.x_train, DATA.y_train
        train(np.random.default_rng(1), again, "momentum", *data, epochs=epochs, learning_rate=RATE)
        alone.append(softmax(again.predict(DATA.x_test)))
    np.testing.assert_array_equal(average_probabilities(network, taken, DATA.x_test), np.mean(alone, axis=0))
    np.testing.assert_array_equal(network.state, taken.states[-1])
    by_the_last = average_probabilities(network, taken.members, DATA.x_test)
    assert np.abs(by_the_last - np.mean(alone, axis=0)).max() > 0.01


def test_a_matrix_method_takes_snapshots_too():
    taken = run(make(), keep_at=[3, 6], learning_rate=0.01, rule="muon")
    assert taken.members.shape == (2, make().theta.size) and taken.states.shape == (2, 0)


def test_refused_by_name():
    for wrong in ([], [0, 3], [3, 3], [2.5]):
        with pytest.raises(ValueError, match="keep_at must be whole numbers that rise from at least 1"):
            run(make(), keep_at=wrong)
    network = make()
    with pytest.raises(ValueError, match=r"members must have shape \(k, 1210\) with k of at least 1, got \(0,\)"):
        average_probabilities(network, [], DATA.x_test)
    with pytest.raises(ValueError, match="a correlation needs at least two members, got 1"):
        error_correlation(network, [network.theta], DATA.x_test, DATA.y_test)
    with pytest.raises(ValueError, match=r"y must hold one class \(an integer\) for each of the 100 inputs"):
        ensemble_accuracy(network, [network.theta], DATA.x_test[:100], DATA.y_test[:3])
