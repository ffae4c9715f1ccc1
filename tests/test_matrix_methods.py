"""Muon against the singular value decomposition, and its way through a network."""

import numpy as np
import pytest

from course_lib import Network, Stepper, descend
from course_lib.layers import Dense, relu
from course_lib.network_stepper import NetworkStepper

RNG = np.random.default_rng(0)


def first_step(g, **hyper):
    """What the first step moves at rate 1 and without decay, over the scale that its shape gives it."""
    moved = descend(
        "muon", lambda theta: g, np.zeros_like(g), 1,
        keep="last", **{"learning_rate": 1.0, "weight_decay": 0.0, "rms_rate": 1.0, **hyper},
    )  # fmt: skip
    return -moved / max(g.shape) ** 0.5


@pytest.mark.parametrize("steps", [0, 1, 5])
@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_muon_keeps_the_singular_vectors_and_changes_each_value_by_one_polynomial(shape, steps):
    """The steps on numbers: what happens to a singular value, from a decomposition that the rule does not do."""
    g = RNG.normal(size=shape)
    u, s, vt = np.linalg.svd(g, full_matrices=False)
    s = s / np.sqrt((s**2).sum())
    for _ in range(steps):
        s = np.polynomial.Polynomial([0, 3.4445, 0, -4.775, 0, 2.0315])(s)
    np.testing.assert_allclose(first_step(g, ns_steps=steps), u @ np.diag(s) @ vt, atol=1e-6)


@pytest.mark.parametrize("condition", [1.0, 10.0, 100.0])
def test_muon_makes_singular_values_about_equal(condition):
    """Between 0.68 and 1.14, as its author's page says of the coefficients, unless a value is tiny."""
    u, _ = np.linalg.qr(RNG.normal(size=(30, 8)))
    v, _ = np.linalg.qr(RNG.normal(size=(8, 8)))
    values = np.linalg.svd(first_step(u @ np.diag(np.geomspace(condition, 1, 8)) @ v), compute_uv=False)
    assert values.min() > 0.68 and values.max() < 1.14


@pytest.mark.parametrize("size", [1e-3, 1e6])
def test_muon_does_not_see_the_size_of_the_gradient(size):
    g = RNG.normal(size=(6, 4))
    np.testing.assert_allclose(first_step(size * g), first_step(g), atol=1e-4)


def test_muon_without_gradient_only_decays():
    path = descend("muon", np.zeros_like, np.full((3, 2), 2.0), 20, learning_rate=0.1, weight_decay=0.3)
    np.testing.assert_allclose(path[:, 0, 0], 2.0 * 0.97 ** np.arange(21), rtol=1e-12)


def test_the_root_mean_square_of_a_step_is_about_its_rate_whatever_the_shape():
    for shape in ((64, 16), (16, 64), (40, 40)):
        step = descend("muon", lambda theta, g=RNG.normal(size=shape): g, np.zeros(shape), 1, keep="last",
                       learning_rate=1.0, weight_decay=0.0)  # fmt: skip
        assert 0.14 < np.sqrt(np.mean(step**2)) < 0.23


def network():
    return Network(np.random.default_rng(0), 6, [Dense(5), relu, Dense(3)])


def test_in_a_network_matrices_take_muon_and_biases_adamw():
    net = network()
    stepper = NetworkStepper("muon", net.theta, net.blocks, learning_rate=0.05, weight_decay=0.1)
    views = net.weights()
    alone = {
        name: Stepper("muon" if view.ndim == 2 else "adamw", view.copy(), learning_rate=0.05, weight_decay=0.1)
        for name, view in views.items()
    }
    for _ in range(3):
        g = RNG.normal(size=net.theta.shape)
        stepper.step(g)
        for name, view in net.weights(g).items():
            alone[name].step(view)
    for name, view in net.weights().items():
        np.testing.assert_array_equal(view, alone[name].theta)
    assert {name: s.rule.name for name, s in stepper.steppers.items()} == {
        "0.dense.W": "muon", "0.dense.b": "adamw", "2.dense.W": "muon", "2.dense.b": "adamw",
    }  # fmt: skip


def test_refused_by_name():
    with pytest.raises(ValueError, match=r"muon works on matrices: theta must have shape .*, got \(5,\)"):
        descend("muon", lambda theta: theta, np.ones(5), 1)
    with pytest.raises(ValueError, match=r"muon works on matrices: .* got \(5,\)"):
        Stepper("muon", np.ones(5))
    with pytest.raises(ValueError, match="contiguous, writeable matrix"):
        Stepper("muon", np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="ns_steps must be a whole number of at least 0, got 2.5"):
        Stepper("muon", np.ones((2, 2)), ns_steps=2.5)
    net = network()
    with pytest.raises(TypeError, match="did you mean 'learning_rate'"):
        NetworkStepper("muon", net.theta, net.blocks).step(net.theta, learning_rat=0.1)
