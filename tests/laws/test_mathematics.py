"""Laws of schedules, dropout and surfaces for any constants, masks and points."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib import dropout
from course_lib import learning_rate as schedules
from course_lib.hyperparameters import Range
from course_lib.surfaces import SURFACES

anything = settings(max_examples=40, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 2**32 - 1)
rates, shares, spans = st.floats(1e-4, 10), st.floats(0.05, 1), st.integers(1, 200)
keeps = st.floats(0.05, 1)
every_surface = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)

FALLING = st.one_of(
    st.builds(lambda s, end: (schedules.linear_decay, {"decay_steps": s}, {"end_learning_rate": end}), spans, shares),
    st.builds(lambda s, end: (schedules.cosine_decay, {"decay_steps": s, "alpha": end}, {}), spans, shares),
    *(
        st.builds(lambda s, c, make=make: (make, {"decay_steps": s, "decay_rate": c}, {}), spans, shares)
        for make in (schedules.inverse_time_decay, schedules.exponential_decay, schedules.step_decay)
    ),
)


@anything
@given(FALLING, rates)
def test_a_rate_that_falls_begins_at_the_first_never_rises_and_keeps_above_its_floor(drawn, first):
    make, constants, of_the_first = drawn
    ends = {name: share * first for name, share in of_the_first.items()}
    values = make(initial_learning_rate=first, **constants, **ends)(np.arange(500))
    floor = ends.get("end_learning_rate", constants.get("alpha", 0) * first)
    assert values[0] == pytest.approx(first, rel=1e-15)
    assert np.diff(values).max() <= 1e-15 * first
    assert values.min() >= floor * (1 - 1e-15)
    if floor:  # both that have one reach it
        np.testing.assert_allclose(values[constants["decay_steps"] :], floor, rtol=1e-14)


@anything
@given(rates, shares, spans, st.integers(0, 20))
def test_cyclical_rates_have_their_period_and_their_bounds(highest, share, half, cycle):
    low, steps = share * highest, np.arange(2 * half + 1)
    constants = {"initial_learning_rate": low, "maximal_learning_rate": highest, "step_size": half}
    first = schedules.triangular(**constants)(steps)
    assert (first[0], first[half], first[-1]) == pytest.approx((low, highest, low), rel=1e-14)
    assert first.min() >= low * (1 - 1e-14) and first.max() <= highest * (1 + 1e-14)
    np.testing.assert_allclose(first, first[::-1], rtol=1e-12)  # as fast down as up
    later = steps[:-1] + 2 * half * cycle
    np.testing.assert_allclose(schedules.triangular(**constants)(later), first[:-1], rtol=1e-11)
    halved = schedules.triangular2(**constants)(later) - low
    np.testing.assert_allclose(halved * 2.0**cycle, first[:-1] - low, rtol=1e-9, atol=1e-10 * highest * 2.0**cycle)
    np.testing.assert_array_equal(
        schedules.exp_range(**constants, gamma=1.0)(later), schedules.triangular(**constants)(later)
    )


@anything
@given(rates, st.integers(2, 50), st.integers(1, 3), shares, st.floats(0, 0.9))
def test_a_warm_restart_is_the_top_of_a_period_that_falls_to_the_next(first, length, t_mul, m_mul, alpha):
    rate = schedules.cosine_decay_restarts(
        initial_learning_rate=first, first_decay_steps=length, t_mul=t_mul, m_mul=m_mul, alpha=alpha
    )
    begins = [0, *schedules.restart_steps(4, first_decay_steps=length, t_mul=t_mul)]
    assert begins == [sum(length * t_mul**j for j in range(i)) for i in range(5)]
    for i in range(4):
        period = rate(np.arange(begins[i], begins[i + 1]))
        assert period[0] == pytest.approx(first * ((1 - alpha) * m_mul**i + alpha), rel=1e-12)
        assert (np.diff(period) < 0).all()
        assert period.min() >= first * alpha * (1 - 1e-14)
    assert rate(begins[4]) == pytest.approx(first * ((1 - alpha) * m_mul**4 + alpha), rel=1e-12)


@anything
@given(FALLING, rates, st.integers(1, 100), shares)
def test_a_warm_up_rises_to_its_schedule_and_is_it_from_there(drawn, first, length, share):
    make, constants, of_the_first = drawn
    after = make(initial_learning_rate=first, **constants, **{name: s * first for name, s in of_the_first.items()})
    values = schedules.warm_up(after, warmup_steps=length, warmup_learning_rate=share * first)(np.arange(length + 50))
    assert values[0] == pytest.approx(share * first) and np.argmax(values) <= length
    assert np.diff(values[: length + 1]).min() >= -1e-15 * first
    np.testing.assert_array_equal(values[length:], after(np.arange(50)))


@anything
@given(st.integers(0, 10), keeps)
def test_all_masks_are_a_distribution_whose_units_stay_by_their_chance(n, keep):
    masks, probabilities = dropout.all_masks(n, keep=keep)
    assert len(np.unique(masks, axis=0)) == len(masks) == 2**n
    assert probabilities.sum() == pytest.approx(1) and probabilities.min() >= 0
    np.testing.assert_allclose(probabilities @ masks, keep)
    kept = masks.sum(axis=1)
    assert probabilities @ (kept - n * keep) ** 2 == pytest.approx(n * keep * (1 - keep), abs=1e-12)  # binomial


@anything
@given(seeds, keeps, st.booleans())
def test_inverted_masks_keep_the_mean_and_classic_ones_its_share(seed, keep, inverted):
    """Within six standard deviations of 20000 draws, on outputs and on gradients."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=4)
    mask = dropout.dropout_mask(rng, (20000, 4), keep=keep, inverted=inverted)
    y, cache = dropout.dropout_forward(x, mask)
    scale = 1.0 if inverted else keep
    off = 6 * scale * np.sqrt((1 - keep) / keep / 20000) + 1e-6
    assert (np.abs(y.mean(axis=0) - scale * x) <= off * np.abs(x)).all()
    np.testing.assert_array_equal(dropout.dropout_backward(np.broadcast_to(x, mask.shape), cache)[0], y)


@anything
@given(seeds, st.booleans())
def test_a_layer_that_keeps_all_is_the_identity(seed, inverted):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(5, 3))
    mask = dropout.dropout_mask(rng, x.shape, keep=1, inverted=inverted)
    np.testing.assert_array_equal(dropout.dropout_forward(x, mask)[0], x)


@anything
@given(seeds, st.integers(1, 4), st.integers(1, 4), keeps)
def test_of_linear_units_the_scaled_network_is_the_mean_of_all_thinned_ones(seed, n, hidden, keep):
    rng = np.random.default_rng(seed)
    weights = [(rng.normal(size=shape), rng.normal(size=shape[1])) for shape in ((n, hidden), (hidden, 2))]
    x = rng.normal(size=n)
    thinned = dropout.thinned_networks(x, weights, keep=keep, activation=lambda z: z)
    np.testing.assert_allclose(
        thinned.mean, dropout.scaled_pass(x, weights, keep=keep, activation=lambda z: z), atol=1e-9
    )


@st.composite
def with_other_parameters(draw, surface):
    """The surface with any parameters that it allows, of a size at which differences can be told from rounding."""

    def one(allowed):
        low = 0.2 if allowed.low > 0 else max(allowed.low, -20)
        return st.floats(low, min(allowed.high, 20))

    drawn = {name: draw(one(surface.ranges.get(name, Range(-20)))) for name in surface.parameters}
    return surface.with_parameters(**drawn)


@every_surface
@anything
@given(data=st.data(), seed=seeds)
def test_any_gradient_and_hessian_are_slopes_along_a_line(surface, data, seed):
    surface = data.draw(with_other_parameters(surface))
    rng = np.random.default_rng(seed)
    low, high = np.transpose(surface.box)
    point, d, h = rng.uniform(low, high), rng.normal(size=len(low)), 1e-5
    assume(all(np.abs(point - minimum).max() > 0.01 for minimum in surface.minima))  # Ackley's has a tip
    ahead, behind = point + h * d, point - h * d
    sizes = np.abs([surface(ahead), surface(behind)]).max(), np.abs([surface.grad(ahead), surface.grad(behind)]).max()
    bend = (
        np.abs(surface.hessian(ahead) - surface.hessian(behind)).max() * h * (d @ d) ** 1.5
    )  # what a difference lacks
    slope = (surface(ahead) - surface(behind)) / (2 * h)
    assert slope == pytest.approx(surface.grad(point) @ d, rel=1e-6, abs=bend + 1e-10 * (1 + sizes[0]))
    curvature = (surface.grad(ahead) - surface.grad(behind)) / (2 * h)
    np.testing.assert_allclose(curvature, surface.hessian(point) @ d, rtol=1e-5, atol=1e-5 * (1 + sizes[1]))


@every_surface
@anything
@given(data=st.data())
def test_minima_have_no_slope_whatever_the_parameters(surface, data):
    surface = data.draw(with_other_parameters(surface))
    for point in surface.minima:
        np.testing.assert_allclose(surface.grad(point), 0, atol=1e-10)
