"""What clipping keeps and what it changes."""

import numpy as np
import pytest

from course_lib import Network, descend
from course_lib.clipping import clip_by_norm, clip_by_value
from course_lib.layers import Dense
from course_lib.many_networks import train_many
from course_lib.range_test import range_test
from course_lib.snapshots import train_snapshots
from course_lib.sweep import Descent
from course_lib.training import train

RNG = np.random.default_rng(0)


def test_by_norm_the_direction_is_kept():
    g = RNG.normal(size=(50, 7)) * np.geomspace(1e-3, 1e3, 50)[:, None]
    clipped = clip_by_norm(1.5)(g)
    long = np.linalg.norm(g, axis=1) > 1.5
    assert 0 < long.sum() < 50
    np.testing.assert_array_equal(clipped[~long], g[~long])
    np.testing.assert_allclose(np.linalg.norm(clipped[long], axis=1), 1.5, rtol=1e-12)
    np.testing.assert_allclose(np.sum(clipped * g, axis=1), np.linalg.norm(clipped, axis=1) * np.linalg.norm(g, axis=1))


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e20), (np.float32, 3e37), (np.float64, 1e200), (int, 10**9)])
def test_an_explosion_is_cut_to_the_limit_and_not_to_nothing(dtype, size):
    """Sides 3, 4 and hypotenuse 5, of a size whose square no number of that type can hold."""
    clipped = clip_by_norm(10.0)(np.array([3, -4], dtype) * dtype(size))
    np.testing.assert_allclose(clipped, [6, -8], rtol=1e-6)


def test_by_value_the_direction_may_turn():
    clipped = clip_by_value(1.0)(np.array([100.0, 0.5, -3.0]))
    np.testing.assert_array_equal(clipped, [1.0, 0.5, -1.0])


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_zero_and_float32_pass(clip):
    g = np.zeros((2, 3), np.float32)
    assert clip(1.0)(g).dtype == np.float32
    np.testing.assert_array_equal(clip(1.0)(g), g)


def test_a_matrix_is_clipped_as_a_whole_where_one_is_named():
    """Numbers of 3 in a square have the Frobenius norm 6; row by row, which is the default, it would stay 1.41."""
    g = np.full((2, 2), 3.0)
    np.testing.assert_allclose(clip_by_norm(1.0, axis=(-2, -1))(g), g / 6, rtol=1e-15)
    assert np.linalg.norm(clip_by_norm(1.0)(g)) == pytest.approx(np.sqrt(2))
    batch = np.stack([g, 1e-3 * g])
    np.testing.assert_allclose(clip_by_norm(1.0, axis=(-2, -1))(batch), [g / 6, 1e-3 * g], rtol=1e-15)


def test_matrix_methods_see_a_matrix_clipped_as_a_whole():
    """A factor below 1 leaves the singular vectors, so Muon's step of a clipped matrix is that of the matrix itself."""
    g = np.outer([1.0, 2.0], [3.0, 4.0]) + np.eye(2)
    options = {"learning_rate": 0.1, "weight_decay": 0.0}
    plain = descend("muon", lambda theta: g, np.zeros((2, 2)), 1, **options)
    whole = descend("muon", lambda theta: g, np.zeros((2, 2)), 1, before=clip_by_norm(1.0, axis=(-2, -1)), **options)
    rows = descend("muon", lambda theta: g, np.zeros((2, 2)), 1, before=clip_by_norm(1.0), **options)
    np.testing.assert_allclose(whole, plain, rtol=1e-5)
    assert np.abs(rows - plain).max() > 1e-3


@pytest.mark.parametrize("start", [[30.0, 40.0], [[30.0, 40.0], [0.3, 0.4]]], ids=["path", "batch"])
def test_as_before_it_bounds_the_step_of_every_run_alone(start):
    path = descend("gradient_descent", lambda theta: theta, start, 1, learning_rate=0.5, before=clip_by_norm(1.0))
    moved = np.linalg.norm(path[1] - path[0], axis=-1)
    np.testing.assert_allclose(moved, [0.5, 0.25] if np.ndim(start) == 2 else 0.5, rtol=1e-12)


def test_training_clips_the_gradient_of_the_whole_network():
    network = Network(np.random.default_rng(0), 4, [Dense(3)])
    before = network.theta.copy()
    x, y = 100 * RNG.normal(size=(8, 4)), RNG.integers(0, 3, 8)
    train(RNG, network, "gradient_descent", x, y, epochs=1, batch_size=8, before=clip_by_norm(0.1), learning_rate=1.0)
    assert np.linalg.norm(network.theta - before) == pytest.approx(0.1, rel=1e-12)


@pytest.mark.parametrize("limit", [0, -1.0, np.inf, np.nan, "1", [1.0]])
@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_a_limit_that_is_no_positive_number_is_refused(clip, limit):
    with pytest.raises(ValueError, match="the limit of a gradient must be a positive number, got"):
        clip(limit)


def test_every_way_to_train_clips():
    """A limit that no gradient reaches changes nothing; one of nearly nothing leaves a network where it was."""
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2

    def moved(way, limit):
        net = Network(np.random.default_rng(0), 3, [Dense(2)])
        start = net.theta.copy()
        way(net, {"before": clip_by_norm(limit)} if limit else {})
        return net.theta - start

    rng = np.random.default_rng
    ways = [
        lambda net, o: train(rng(1), net, "gradient_descent", x, y, epochs=1, learning_rate=0.5, **o),
        lambda net, o: train_many([rng(1)], [net], "gradient_descent", x, y, epochs=1, learning_rate=0.5, **o),
        lambda net, o: train_snapshots(rng(1), net, "gradient_descent", x, y, keep_at=[2], learning_rate=0.5, **o),
    ]
    for way in ways:
        np.testing.assert_array_equal(moved(way, 1e9), moved(way, None))
        assert np.linalg.norm(moved(way, 1e-9)) <= 2 * 0.5e-9
    net = Network(rng(0), 3, [Dense(2)])
    still = range_test(rng(1), net, "gradient_descent", x, y, steps=30, before=clip_by_norm(1e-12))
    assert np.ptp(still.losses[:3]) < np.ptp(y)  # the batches differ, the network hardly
    bound = Descent("gradient_descent", "bowl", [3.0, 4.0], 10, score=lambda end: end[:, 0], before=clip_by_norm(0.1))
    assert bound(rng(0), learning_rate=1.0) == pytest.approx(
        3 - 10 * 0.1 * 0.6
    )  # ten steps of 0.1 straight to the minimum
