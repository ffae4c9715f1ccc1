"""Laws that hold for networks, normalizations and scalings of any shape, type and setting."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib import Network, gradient_check, losses
from course_lib import feature_scaling as scaling
from course_lib import initialization as init
from course_lib import normalization as norm
from course_lib.inference import folded
from course_lib.layers import BatchNorm, Dense, Dropout, LayerNorm, linear, sigmoid, tanh

shares = st.floats(0.1, 1.0)
seeds = st.integers(0, 2**32 - 1)
middle = st.one_of(
    st.integers(2, 5).map(Dense),
    st.sampled_from([linear, tanh, sigmoid]),  # not relu: a kink may lie between two differences
    st.builds(BatchNorm, momentum=st.floats(0, 0.99), epsilon=st.floats(1e-2, 1)),
    st.builds(LayerNorm, epsilon=st.floats(1e-2, 1)),
    st.builds(Dropout, keep=shares, inverted=st.booleans()),
)
anything = settings(max_examples=40, deadline=None, derandomize=True)


@st.composite
def networks(draw, dtypes=(np.float64,)):
    """A network, inputs and labels."""
    loss = draw(st.sampled_from([losses.softmax_cross_entropy, losses.logistic, losses.squared]))
    layers = [*draw(st.lists(middle, max_size=4)), Dense(draw(st.integers(2, 4)))]
    rng = np.random.default_rng(draw(seeds))
    n_in, n = draw(st.integers(2, 5)), draw(st.integers(3, 6))
    network = Network(rng, n_in, layers, dtype=draw(st.sampled_from(dtypes)), loss=loss, l2=draw(st.floats(0, 0.1)))
    network.theta += rng.normal(0, 0.2, network.theta.size).astype(network.theta.dtype)
    y = rng.integers(network.n_out, size=n)
    return network, rng.normal(size=(n, n_in)), y if loss.correct is losses._right_class else np.eye(network.n_out)[y]


@anything
@given(networks(), st.booleans())
def test_any_gradient_is_that_of_its_loss(case, training):
    network, x, y = case
    assert max(gradient_check(network, x, y, training=training).values()) < 1e-5


@anything
@given(networks(dtypes=(np.float32, np.float64)))
def test_any_network_keeps_its_type_its_parameters_and_its_state(case):
    network, x, y = case
    before = network.theta.copy(), network.state.copy()
    types = set()
    network.loss_and_grad(x, y, rng=np.random.default_rng(0), watch=lambda *now: types.add(now[2].dtype))
    assert types == {network.theta.dtype}
    np.testing.assert_array_equal(network.theta, before[0])
    np.testing.assert_array_equal(network.state, before[1])


@anything
@given(networks())
def test_any_network_folded_gives_the_same_scores(case):
    network, x, _ = case
    np.testing.assert_allclose(folded(network).predict(x), network.predict(x), atol=1e-9)


@anything
@given(seeds, st.integers(2, 20), st.integers(1, 6), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_batch_norm_forgets_scale_and_shift_of_any_batch(seed, m, n, scale, shift):
    x = np.random.default_rng(seed).normal(size=(m, n))
    assume(x.std(axis=0).min() > 0.05)
    ones, zeros = np.ones(n), np.zeros(n)
    y = norm.batch_norm_forward(x, ones, zeros, epsilon=1e-30)[0]
    np.testing.assert_allclose(norm.batch_norm_forward(scale * x + shift, ones, zeros, epsilon=1e-30)[0], y, atol=1e-6)


FITS = [
    scaling.fit_min_max,
    scaling.fit_mean_normalization,
    scaling.fit_standard,
    scaling.fit_log,
    scaling.fit_whitening,
]


@anything
@given(seeds, st.integers(1, 12), st.integers(1, 5), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.sampled_from(FITS))
def test_training_data_of_any_shape_come_back_from_any_scaling(seed, m, n, scale, shift, fit):
    x = scale * np.random.default_rng(seed).normal(size=(m, n)) + shift
    fitted = fit(x)
    np.testing.assert_allclose(fitted.invert(fitted.apply(x)), x, rtol=1e-7, atol=1e-7 * (scale + abs(shift)))


@anything
@given(
    seeds,
    st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple),
    st.sampled_from(["fan_in", "fan_out", "fan_avg"]),
    shares,
)
def test_no_bounded_initializer_leaves_its_bound(seed, shape, mode, scale):
    fan_in, fan_out = init.fans(shape)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    for distribution, bound in (("uniform", 3**0.5), ("truncated", 2 / init.TRUNCATED_STDDEV)):
        W = init.variance_scaling(np.random.default_rng(seed), shape, scale=scale, mode=mode, distribution=distribution)
        assert W.shape == shape and np.abs(W).max() <= bound * (scale / n) ** 0.5 * (1 + 1e-12)


def test_the_two_types_have_the_same_gradient():
    def gradient(dtype):
        network = Network(np.random.default_rng(0), 4, [Dense(5), BatchNorm(), tanh, Dense(3)], dtype=dtype)
        x = np.random.default_rng(1).normal(size=(8, 4))
        return network.loss_and_grad(x, np.arange(8) % 3)[1]

    np.testing.assert_allclose(gradient(np.float32), gradient(np.float64), atol=1e-6)
