"""Batch and layer normalization: laws of the transform and of its gradient, the statistics, folding."""

import numpy as np
import pytest

from course_lib import normalization as norm

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 3)) * [1, 5, 0.2] + [0, 10, -1]
GAMMA, BETA, DY = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=(16, 3))
ONES = np.ones(3)


def test_batch_norm_sets_mean_and_standard_deviation_of_each_feature():
    y, _ = norm.batch_norm_forward(X, GAMMA, BETA, epsilon=1e-12)
    np.testing.assert_allclose(y.mean(axis=0), BETA, atol=1e-9)
    np.testing.assert_allclose(y.std(axis=0), np.abs(GAMMA), atol=1e-9)


def test_batch_norm_forgets_shift_and_scale_of_its_inputs():
    y = norm.batch_norm_forward(X, GAMMA, BETA, epsilon=1e-12)[0]
    np.testing.assert_allclose(norm.batch_norm_forward(7 * X - 3, GAMMA, BETA, epsilon=1e-12)[0], y, atol=1e-8)


def test_gamma_and_beta_give_the_inputs_back():
    epsilon = 1e-3
    y = norm.batch_norm_forward(X, np.sqrt(X.var(axis=0) + epsilon), X.mean(axis=0), epsilon=epsilon)[0]
    np.testing.assert_allclose(y, X, atol=1e-12)


@pytest.mark.parametrize("epsilon", [0.0, 1e-3, 0.5])
def test_the_gradient_has_no_part_that_shifts_and_only_epsilons_share_of_one_that_scales(epsilon):
    _, cache = norm.batch_norm_forward(X, GAMMA, BETA, epsilon=epsilon)
    dx, dgamma, _ = norm.batch_norm_backward(DY, cache)
    x_hat, variance = cache[0], cache[4]
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-9)
    left = GAMMA * dgamma * epsilon / (variance + epsilon) ** 1.5
    np.testing.assert_allclose((dx * x_hat).sum(axis=0), left, atol=1e-9)


def test_examples_of_a_batch_are_coupled():
    """The output of one example has a gradient by all others."""
    one = np.zeros_like(DY)
    one[0] = 1.0
    dx = norm.batch_norm_backward(one, norm.batch_norm_forward(X, GAMMA, BETA)[1])[0]
    assert (dx[1:] != 0).all()


def test_epsilon_stands_inside_the_root():
    """At a standard deviation of 1e-6 and epsilon 1e-8 outputs are 0.0100; with sigma + epsilon they would be 0.990."""
    x = 1e-6 * np.array([[1.0], [-1.0]])
    y, cache = norm.batch_norm_forward(x, np.ones(1), np.zeros(1), epsilon=1e-8)
    assert y[0] == pytest.approx(0.0100, rel=1e-3)
    assert cache[2] == pytest.approx(1e4, rel=1e-3)


PAIRS = {
    "batch": (norm.batch_norm_forward, norm.batch_norm_backward),
    "inference": (
        lambda x, g, b: norm.batch_norm_inference_forward(x, g, b, np.arange(3.0), np.arange(1.0, 4.0)),
        norm.batch_norm_inference_backward,
    ),
    "layer": (norm.layer_norm_forward, norm.layer_norm_backward),
}


@pytest.mark.parametrize(("forward", "backward"), PAIRS.values(), ids=PAIRS)
def test_gradients_are_the_central_differences(forward, backward):
    arguments = [X, GAMMA, BETA]
    gradients = backward(DY, forward(*arguments)[1])
    for i, argument in enumerate(arguments):
        estimate = np.empty_like(argument)
        for at in np.ndindex(argument.shape):
            moved = []
            for step in (1e-6, -1e-6):
                other = [a.copy() for a in arguments]
                other[i][at] += step
                moved.append(np.sum(DY * forward(*other)[0]))
            estimate[at] = (moved[0] - moved[1]) / 2e-6
        np.testing.assert_allclose(gradients[i], estimate, atol=1e-6)


def test_layer_norm_is_batch_norm_of_the_transpose():
    ones, zeros = np.ones(16), np.zeros(16)
    ours = norm.layer_norm_forward(X, np.ones(3), np.zeros(3))[0]
    np.testing.assert_allclose(ours, norm.batch_norm_forward(X.T, ones, zeros)[0].T, atol=1e-12)


@pytest.mark.parametrize(("forward", "backward"), PAIRS.values(), ids=PAIRS)
def test_a_gradient_of_another_shape_is_not_broadcast(forward, backward):
    _, cache = forward(X, GAMMA, BETA)
    with pytest.raises(ValueError, match=r"dy must have the shape of the outputs, \(16, 3\), got \(16, 1\)"):
        backward(DY[:, :1], cache)


@pytest.mark.parametrize(("forward", "backward"), PAIRS.values(), ids=PAIRS)
def test_lists_do_as_arrays_do(forward, backward):
    y, cache = forward(X.tolist(), GAMMA, BETA)
    np.testing.assert_array_equal(y, forward(X, GAMMA, BETA)[0])
    np.testing.assert_array_equal(backward(DY.tolist(), cache)[0], backward(DY, cache)[0])


def test_running_statistics_of_a_constant_are_bias_corrected_to_it():
    mean, variance = np.zeros(1), np.ones(1)
    for t in range(1, 20):
        mean = norm.running_average(mean, np.array([5.0]), momentum=0.9)
        variance = norm.running_average(variance, np.array([4.0]), momentum=0.9)
        np.testing.assert_allclose(mean, 5 * (1 - 0.9**t))
        np.testing.assert_allclose(norm.bias_corrected(mean, 0.0, 0.9, t), 5)
        np.testing.assert_allclose(norm.bias_corrected(variance, 1.0, 0.9, t), 4)


def test_population_statistics_are_unbiased():
    batches = np.random.default_rng(1).normal(3, 2, size=(20_000, 4, 1))
    mean, variance = norm.population_statistics(batches.mean(axis=1), batches.var(axis=1), 4)
    assert mean == pytest.approx(3, abs=0.03)
    assert variance == pytest.approx(4, rel=0.02)
    assert batches.var(axis=1).mean() == pytest.approx(3, rel=0.02)  # what is averaged in training is (m-1)/m of it


def test_folding_gives_one_dense_layer():
    W, b = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    mean, variance, x = RNG.normal(size=3), RNG.uniform(1, 2, 3), RNG.normal(size=(4, 5))
    y = norm.batch_norm_inference_forward(x @ W + b, GAMMA, BETA, mean, variance)[0]
    W_folded, b_folded = norm.fold_batch_norm(W, b, GAMMA, BETA, mean, variance)
    np.testing.assert_allclose(x @ W_folded + b_folded, y, atol=1e-12)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_float32_stays_float32(pair):
    forward, backward = pair
    if forward is PAIRS["inference"][0]:
        mean, variance = np.zeros(3, np.float32), np.ones(3, np.float32)
        forward = lambda x, g, b: norm.batch_norm_inference_forward(x, g, b, mean, variance)  # noqa: E731
    y, cache = forward(*(a.astype(np.float32) for a in (X, GAMMA, BETA)))
    assert {a.dtype for a in (y, *backward(DY.astype(np.float32), cache))} == {np.dtype(np.float32)}


REFUSED = {
    "batch of one": (
        "batch norm needs a batch of at least 2 in training, got 1",
        lambda: norm.batch_norm_forward(X[:1], GAMMA, BETA),
    ),
    "no step": ("needs t >= 1 and momentum in", lambda: norm.bias_corrected(X, 0.0, 0.9, 0)),
    "momentum": (r"momentum in \[0, 1\), got 3 and 1", lambda: norm.bias_corrected(X, 0.0, 1.0, 3)),
    "m": ("batches of at least 2 examples, got 1", lambda: norm.population_statistics(X, X, 1)),
    "epsilon, batch": ("epsilon must be at least 0 and finite, got -5", lambda: norm.batch_norm_forward(X, GAMMA, BETA, epsilon=-5)),
    "epsilon, layer": ("at least 0 and finite, got nan", lambda: norm.layer_norm_forward(X, GAMMA, BETA, epsilon=np.nan)),
    "epsilon, inference": ("got inf", lambda: norm.batch_norm_inference_forward(X, GAMMA, BETA, BETA, ONES, epsilon=np.inf)),
    "epsilon, folding": ("got -1", lambda: norm.fold_batch_norm(X, BETA, GAMMA, BETA, BETA, ONES, epsilon=-1)),
    "variance": ("a variance must be at least 0, got -1", lambda: norm.batch_norm_inference_forward(X, GAMMA, BETA, BETA, -ONES)),
    "variance, folding": ("at least 0, got -1", lambda: norm.fold_batch_norm(X, BETA, GAMMA, BETA, BETA, -ONES)),
    "shapes, folding": (
        r"takes W of shape \(n_in, n\) .*got \(3, 1\); \(1,\), \(3,\)",
        lambda: norm.fold_batch_norm(np.ones((3, 1)), np.ones(1), GAMMA, BETA, BETA, ONES),
    ),
    "shapes, average": (r"value must have shape \(3,\), got \(2, 1\)", lambda: norm.running_average(ONES, np.ones((2, 1)))),
    "half an example": ("need whole batches of at least 2 examples, got 2.5", lambda: norm.population_statistics(X, X, 2.5)),
    "m is nan": ("need whole batches of at least 2 examples, got nan", lambda: norm.population_statistics(X, X, np.nan)),
    "a mean more": (r"a variance for each mean, \(16, 3\), got \(15, 3\)", lambda: norm.population_statistics(X, X[1:], 4)),
    "x": (r"x of shape \(batch, n\) .*got \(3,\)", lambda: norm.layer_norm_forward([1.0, 2.0, 3.0], GAMMA, BETA)),
}  # fmt: skip


@pytest.mark.parametrize(("words", "call"), REFUSED.values(), ids=REFUSED)
def test_refused_by_name(words, call):
    with pytest.raises(ValueError, match=words):
        call()
