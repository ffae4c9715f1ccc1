"""Every rule against Keras: the built-in counterpart, and the rule itself as an optimizer.

The gradients are fixed beforehand, so both sides get the same ones; at gradient scale 1 a misplaced epsilon would be
invisible, hence the three scales.
"""

import functools

import keras
import numpy as np
import pytest

from course_lib import RULES, Network, Stepper
from course_lib.averages import PathAverage
from course_lib.clipping import clip_by_norm, clip_by_value
from course_lib.counterparts import (
    COUNTERPARTS,
    as_keras_optimizer,
    counterpart,
    keras_network,
    keras_options,
    train_keras,
)
from course_lib.counterparts.optimizers import register_rule
from course_lib.data import digits
from course_lib.layers import Dense, relu, tanh
from course_lib.learning_rate import exponential_decay
from course_lib.rule import update_rule
from course_lib.training import train

STEPS, SIZE, MATRIX = 50, 12, (4, 3)
SCALES = [1.0, 1e-3, 1e-6]
RATES = {
    "constant": 0.03,
    "scheduled": exponential_decay(initial_learning_rate=0.05, decay_steps=10, decay_rate=0.7),
}


@pytest.fixture(params=sorted(RULES))
def rule(request):
    return RULES[request.param]


@pytest.fixture
def float64():
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


def gradients(scale):
    return scale * np.random.default_rng(7).normal(size=(STEPS, SIZE))


def start(rule):
    return np.zeros(SIZE if rule.elementwise else MATRIX)


def keras_path(optimizer, scale, dtype, rule):
    variable = keras.Variable(start(rule), dtype=dtype)
    path = []
    for g in gradients(scale):
        optimizer.apply([keras.ops.convert_to_tensor(g.reshape(variable.shape), dtype)], [variable])
        path.append(variable.numpy())
    return np.array(path)


def deviations(rule, hyper):
    """What no translation removes, as schedules under which the rule equals Keras."""
    values = {**rule.hyperparameters, **hyper}
    return {name: (lambda k, f=f: f(k, values)) for name, f in COUNTERPARTS[rule.name].deviation.items()}


def our_path(rule, scale, hyper):
    """Path of what Keras's variables hold: theta, or the look-ahead point."""
    entry = COUNTERPARTS[rule.name]
    stepper = Stepper(rule, start(rule), **hyper | deviations(rule, hyper))
    path = []
    for g in gradients(scale):
        stepper.step(g.reshape(stepper.theta.shape))
        path.append((stepper.where() if entry.variables == "look-ahead" else stepper.theta).copy())
    return np.array(path)


def assert_close(theirs, ours, rtol):
    """Relative to the longest way a coordinate has gone: a path that comes back near zero has no digits there."""
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=rtol * np.abs(ours).max())


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rate", RATES)
def test_built_in_counterpart_walks_the_same_path(rule, rate, scale, float64):
    hyper = {"learning_rate": RATES[rate]}
    if COUNTERPARTS[rule.name].optimizer is None:
        with pytest.raises(LookupError, match=f"Keras has no counterpart of '{rule.name}': .*; use as_keras_optimizer"):
            counterpart(rule, **hyper)
        return
    if rate == "scheduled" and COUNTERPARTS[rule.name].constant:
        with pytest.raises(LookupError, match="with a schedule for learning_rate: Keras keeps the rate inside"):
            counterpart(rule, **hyper)
        return
    # In float64 too Keras rounds its constants to float32: 6e-8 of the rate, but 1e-5 of 1 - beta_2 = 0.001
    rtol = 2e-5 if "beta_2" in rule.hyperparameters else 2e-7
    assert_close(keras_path(counterpart(rule, **hyper), scale, "float64", rule), our_path(rule, scale, hyper), rtol)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 2e-7), ("float32", 2e-5)])
def test_the_rule_as_keras_optimizer_walks_the_same_path(rule, rate, scale, dtype, rtol):
    stepper = Stepper(rule, start(rule), learning_rate=RATES[rate])
    ours = []
    for g in gradients(scale):
        stepper.step(g.reshape(stepper.theta.shape))
        ours.append(stepper.where().copy())
    optimizer = as_keras_optimizer(rule, learning_rate=RATES[rate])
    assert_close(keras_path(optimizer, scale, dtype, rule), np.array(ours), rtol)


def test_epsilon_of_keras_adam_is_somewhere_else():
    """Without the deviation the paths differ by far more than the tolerance at small gradients: the test has teeth."""
    stepper = Stepper("adam", np.zeros(SIZE), learning_rate=0.03)
    for g in gradients(1e-6):
        stepper.step(g)
    theirs = keras_path(counterpart("adam", learning_rate=0.03), 1e-6, "float64", RULES["adam"])[-1]
    assert np.abs(theirs - stepper.theta).max() > 1e-2 * np.abs(stepper.theta).max()


@pytest.mark.parametrize("make_optimizer", [counterpart, as_keras_optimizer])
@pytest.mark.parametrize("clip", [clip_by_norm(0.5), clip_by_value(0.5)], ids=["norm", "value"])
def test_clipping_is_what_keras_does(clip, make_optimizer, float64):
    stepper = Stepper("momentum", np.zeros(SIZE), learning_rate=0.03)
    for g in gradients(1.0):
        stepper.step(clip(g))
    optimizer = make_optimizer("momentum", learning_rate=0.03, keras_options=keras_options(before=clip))
    theirs = keras_path(optimizer, 1.0, "float64", RULES["momentum"])
    assert_close(theirs[-1], stepper.theta, 2e-7)


def test_the_norm_is_that_of_all_variables_together(float64):
    stepper = Stepper("gradient_descent", np.zeros(4), learning_rate=1.0)
    g = np.array([3.0, 0.0, 0.0, 4.0])
    stepper.step(clip_by_norm(1.0)(g))
    optimizer = counterpart(
        "gradient_descent", learning_rate=1.0, keras_options=keras_options(before=clip_by_norm(1.0))
    )
    variables = [keras.Variable(np.zeros(2), dtype="float64") for _ in range(2)]
    optimizer.apply([keras.ops.convert_to_tensor(part, "float64") for part in np.split(g, 2)], variables)
    np.testing.assert_allclose(np.concatenate([v.numpy() for v in variables]), stepper.theta, rtol=1e-7)


@pytest.mark.parametrize("make_optimizer", [counterpart, as_keras_optimizer])
def test_an_averaged_path_is_what_keras_keeps(make_optimizer, float64):
    stepper = Stepper("momentum", np.zeros(SIZE), learning_rate=0.03)
    average = PathAverage(stepper.theta, beta=0.8)
    for g in gradients(1.0):
        stepper.step(g)
        average.update()
    optimizer = make_optimizer("momentum", learning_rate=0.03, keras_options=keras_options(average=0.8))
    keras_path(optimizer, 1.0, "float64", RULES["momentum"])
    assert_close(optimizer._model_variables_moving_average[0].numpy(), average.theta, 2e-7)


def test_options_that_keras_lacks_are_said():
    assert keras_options() == {}
    with pytest.raises(LookupError, match="no counterpart of before=.*: it clips by norm or by value"):
        keras_options(before=np.sign)
    with pytest.raises(LookupError, match="no average of the path with bias correction"):
        keras_options(average=0.9, bias_correction=True)
    with pytest.raises(ValueError, match=r"average must be in \[0, 1\), got 1"):
        keras_options(average=1)


def test_every_rule_has_a_line_in_the_table():
    assert set(COUNTERPARTS) == set(RULES)


def make(dtype=np.float32):
    return Network(np.random.default_rng(0), 64, [Dense(16), relu, Dense(16), tanh, Dense(10)], dtype=dtype)


DATA = digits()


def test_a_network_carried_over_gives_the_same_scores():
    network = make()
    scores = keras_network(network).predict_on_batch(DATA.x_test.astype("float32"))
    np.testing.assert_allclose(scores, network.predict(DATA.x_test), atol=1e-5)


@pytest.mark.parametrize("make_optimizer", [counterpart, as_keras_optimizer])
def test_numpy_and_keras_train_along_the_same_losses(rule, make_optimizer):
    if make_optimizer is counterpart and COUNTERPARTS[rule.name].optimizer is None:
        return
    network = make()
    model = keras_network(network)
    hyper = {"learning_rate": 0.002}  # at larger rates the rules that start with long steps double every rounding
    data = (DATA.x_train, DATA.y_train)
    excluded = () if rule.elementwise else (f"{model.layers[-1].name}/",)  # the output layer, as ours by default
    optimizer = make_optimizer(rule, exclude_layers=excluded, **hyper)
    theirs = train_keras(np.random.default_rng(3), model, optimizer, *data, epochs=1)
    if make_optimizer is counterpart:
        hyper |= deviations(rule, hyper)
    ours = train(np.random.default_rng(3), network, rule, *data, epochs=1, **hyper)
    np.testing.assert_allclose(theirs.losses, ours.losses, atol=1e-4)


@pytest.mark.parametrize("make_optimizer", [counterpart, as_keras_optimizer])
def test_without_names_keras_lets_muon_have_the_output_layer_and_ours_does_when_told(make_optimizer):
    network = make()
    model = keras_network(network)
    data = (DATA.x_train, DATA.y_train)
    theirs = train_keras(np.random.default_rng(3), model, make_optimizer("muon", learning_rate=0.002), *data, epochs=1)
    ours = train(np.random.default_rng(3), network, "muon", *data, epochs=1, learning_rate=0.002, exclude_layers=())
    np.testing.assert_allclose(theirs.losses, ours.losses, atol=1e-4)
    excluding = train(np.random.default_rng(3), make(), "muon", *data, epochs=1, learning_rate=0.002)
    assert np.abs(np.subtract(excluding.losses, ours.losses)).max() > 0.01  # the test has teeth


def test_excluded_layers_are_kept_with_the_optimizer_and_refused_where_they_make_no_sense():
    optimizer = as_keras_optimizer("muon", exclude_layers=["output"])
    assert type(optimizer).from_config(optimizer.get_config()).exclude_layers == ["output"]
    for make_optimizer in (counterpart, as_keras_optimizer):
        with pytest.raises(TypeError, match="exclude_layers is for matrix methods such as muon; 'adam' takes every"):
            make_optimizer("adam", exclude_layers=["output"])
        with pytest.raises(TypeError, match="must hold several names, .* got the one string 'output'"):
            make_optimizer("muon", exclude_layers="output")


def test_after_training_keras_holds_theta_and_not_the_look_ahead_point():
    network = make()
    model = keras_network(network)
    train(np.random.default_rng(3), network, "nesterov", DATA.x_train, DATA.y_train, epochs=1, learning_rate=0.02)
    optimizer = as_keras_optimizer("nesterov", learning_rate=0.02)
    train_keras(np.random.default_rng(3), model, optimizer, DATA.x_train, DATA.y_train, epochs=1)
    for theirs, ours in zip(model.get_weights(), network.weights().values(), strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-4)


LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
COMPILED = {"op by op": ("0", False), "one kernel": ("1", False), "model and all": ("0", True)}


def fit(model, examples=128):
    """Train for an epoch on the same minibatches each time."""
    x, y = DATA.x_train[:examples].astype("float32"), DATA.y_train[:examples]
    model.fit(x, y, epochs=1, shuffle=False, verbose=0)
    return model


@functools.cache
def fitted(rule, how="op by op"):
    """A small network after one epoch with a rule under a schedule."""
    switch, jit_compile = COMPILED[how]
    rate = exponential_decay(initial_learning_rate=0.01, decay_steps=10, decay_rate=0.9)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("COURSE_COMPILED", switch)
        model = keras_network(make())
        model.compile(as_keras_optimizer(rule, learning_rate=rate), loss=LOSS, jit_compile=jit_compile)
        return fit(model)


@pytest.mark.parametrize("how", ["one kernel", "model and all"])
def test_compiled_it_is_the_same(rule, how):
    for ours, theirs in zip(fitted(rule, how).get_weights(), fitted(rule).get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_fit_saves_loads_and_goes_on(rule, tmp_path):
    model = fitted.__wrapped__(rule)  # one that no other test has
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.rule is rule
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    for ours, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(fit(model).get_weights(), fit(loaded).get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_large_models_take_one_kernel_and_small_ones_or_where_it_is_switched_off_do_not(monkeypatch):
    tf = pytest.importorskip("tensorflow", reason="the other backends compile the whole step")
    asked, plain = [], tf.function
    monkeypatch.setattr(
        tf, "function", lambda f=None, **given: asked.append(given.get("jit_compile")) or plain(f, **given)
    )
    for units, switch, wanted in [(2000, "auto", True), (20, "auto", False), (2000, "0", False), (20, "1", True)]:
        monkeypatch.setenv("COURSE_COMPILED", switch)
        model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(units), keras.layers.Dense(10)])
        model.compile(as_keras_optimizer("adam"), loss=LOSS)
        asked.clear()
        fit(model, 32)
        assert (True in asked) is wanted, (units, switch)


@pytest.mark.parametrize("make_optimizer", [counterpart, as_keras_optimizer])
def test_sparse_gradients_of_an_embedding_are_taken_like_any_other(make_optimizer):
    """The rows that no example names have gradient zero: with momentum they move on all the same."""
    hyper = {"learning_rate": 0.1, "momentum": 0.9}
    layers = [keras.Input((2,), dtype="int32"), keras.layers.Embedding(6, 3, embeddings_initializer="ones")]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(make_optimizer("momentum", **hyper), loss="mse")
    for x in ([[0, 1]], [[1, 2]]):
        model.train_on_batch(np.array(x), np.zeros((1, 1)))
    table = model.get_weights()[0]
    first = 1 - 0.1 * 12.0  # loss (sum of six ones)^2, whose derivative by each is 12
    assert table[0] == pytest.approx(np.full(3, first - 0.9 * 0.1 * 12.0), rel=1e-6)
    np.testing.assert_array_equal(table[3:], 1.0)


def test_a_readers_rule_must_be_made_known_before_loading(tmp_path):
    @update_rule()
    def my_sign_descent(theta, g, t, *, learning_rate=0.01):
        theta = theta - learning_rate * np.sign(g)
        return (theta,)

    model = keras_network(make())
    model.compile(
        as_keras_optimizer(my_sign_descent), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    model.fit(DATA.x_train[:64].astype("float32"), DATA.y_train[:64], epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    with pytest.raises(LookupError, match=r"no update rule is called 'my_sign_descent'.*register_rule\(rule\)"):
        keras.saving.load_model(tmp_path / "model.keras")
    register_rule(my_sign_descent)
    assert keras.saving.load_model(tmp_path / "model.keras").optimizer.rule is my_sign_descent
    with pytest.raises(ValueError, match="the library has a rule called 'adam'"):
        register_rule(update_rule()(_named("adam")))


def _named(name):
    scope = {}
    exec(f"def {name}(theta, g, t, *, learning_rate=0.1):\n    return (theta,)", scope)
    return scope[name]


def test_refused_by_name():
    with pytest.raises(TypeError, match="did you mean 'learning_rate'"):
        as_keras_optimizer("adam", learning_rates=0.1)
    with pytest.raises(ValueError, match="adam: learning_rate must be finite, got nan"):
        counterpart("adam", learning_rate=float("nan"))
    for make_optimizer in (counterpart, as_keras_optimizer):
        with pytest.raises(ValueError, match=r"adam: beta_1 must be in \[0, 1\), got 1"):
            make_optimizer("adam", beta_1=1.0)
    with pytest.raises(TypeError, match="adam: learning_rate: Keras takes a number or a schedule"):
        as_keras_optimizer("adam", learning_rate=lambda k: 0.1)
    with pytest.raises(LookupError, match="Keras takes a schedule for learning_rate only, got one for momentum"):
        counterpart("momentum", momentum=RATES["scheduled"])
    with pytest.raises(LookupError, match="Keras's Nadam has momentum_decay fixed at 1, got 0.004"):
        counterpart("nadam_framework", momentum_decay=0.004)
    with pytest.raises(LookupError, match="Keras's Lion refuses beta_1 = 0"):
        counterpart("lion", beta_1=0.0)
    with pytest.raises(LookupError, match="no entry in course_lib/counterparts/table.py"):
        counterpart(update_rule()(_named("mine")))
