"""Muon against the singular value decomposition, and its way through a network."""

import numpy as np
import pytest

from course_lib import Network, Stepper, descend
from course_lib.layers import Dense, relu
from course_lib.network_stepper import NetworkStepper, stepper_of
from course_lib.training import train

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


def test_only_singular_values_below_a_hundredth_of_the_norm_leave_that_band():
    values = np.concatenate([[1.0], np.geomspace(1e-5, 0.3, 400)])
    shares, moved = values / np.linalg.norm(values), np.diag(first_step(np.diag(values)))
    assert 0.68 < moved[shares > 0.01].min() < moved[shares > 0.01].max() < 1.14
    assert moved.min() < 0.1 and 1.19 < moved.max() < 1.21


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


EXCLUDED = {  # what is asked for, and the blocks that then take Muon; by default as its author advises
    "default": (None, {"0.dense.W"}),
    "none": ((), {"0.dense.W", "2.dense.W"}),
    "a layer": (["0.dense"], {"2.dense.W"}),
    "a number": (["2"], {"0.dense.W"}),
    "a block": (["0.dense.W"], {"2.dense.W"}),
    "all": (["0", "2"], set()),
}


@pytest.mark.parametrize(("exclude_layers", "by_muon"), EXCLUDED.values(), ids=EXCLUDED)
def test_in_a_network_hidden_matrices_take_muon_and_all_else_adamw(exclude_layers, by_muon):
    net = network()
    hyper = {"learning_rate": 0.05, "weight_decay": 0.1}
    stepper = NetworkStepper("muon", net.theta, net.blocks, exclude_layers=exclude_layers, **hyper)
    alone = {
        name: Stepper("muon", view.copy(), **hyper)
        if name in by_muon
        else Stepper("adamw", view.ravel().copy(), **hyper)
        for name, view in net.weights().items()
    }
    for _ in range(3):
        g = RNG.normal(size=net.theta.shape)
        stepper.step(g)
        for name, view in net.weights(g).items():
            alone[name].step(view.reshape(alone[name].theta.shape))
    for name, view in net.weights().items():
        np.testing.assert_array_equal(view, alone[name].theta.reshape(view.shape))
    assert {name for name, s in stepper.steppers.items() if s.rule.name == "muon"} == by_muon


@pytest.mark.parametrize("exclude_layers", [None, (), ["0"]], ids=str)
def test_training_hands_the_layers_on(exclude_layers):
    x, y = RNG.normal(size=(8, 6)), RNG.integers(3, size=8)
    ours, theirs = network(), network()
    train(np.random.default_rng(0), ours, "muon", x, y, epochs=1, batch_size=8, exclude_layers=exclude_layers)
    order = np.random.default_rng(0).permutation(8)
    stepper_of("muon", theirs, exclude_layers=exclude_layers).step(theirs.loss_and_grad(x[order], y[order])[1])
    np.testing.assert_array_equal(ours.theta, theirs.theta)


def test_of_a_single_layer_nothing_takes_muon_unless_told():
    """The output layer is all there is: then training with Muon is training with AdamW."""
    alone = Network(np.random.default_rng(0), 6, [Dense(3)])
    assert {s.rule.name for s in stepper_of("muon", alone).steppers.values()} == {"adamw"}
    assert stepper_of("muon", alone, exclude_layers=()).steppers["0.dense.W"].rule.name == "muon"


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
    with pytest.raises(ValueError, match=r"the gradient must have the shape of theta, \(53,\), got \(3,\)"):
        NetworkStepper("muon", net.theta, net.blocks).step(np.ones(3))
    with pytest.raises(LookupError, match="no parameter is called '1'; there are 0.dense.W, 0.dense.b, 2.dense.W"):
        stepper_of("muon", net, exclude_layers=["1"])
    with pytest.raises(TypeError, match="exclude_layers must hold several names, such as .* got the one string '2'"):
        stepper_of("muon", net, exclude_layers="2")
    with pytest.raises(TypeError, match="exclude_layers is for matrix methods such as muon; 'adam' takes every"):
        stepper_of("adam", net, exclude_layers=["2"])
