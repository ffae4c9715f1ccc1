"""The callbacks beside the NumPy runs: same network, weights and minibatches, hence the same records."""

import dataclasses

import keras
import numpy as np
import pytest

from course_lib import RULES, Network, Stepper
from course_lib.counterparts import (
    FollowSchedule,
    LookAhead,
    RangeTestCallback,
    SnapshotsCallback,
    as_keras_optimizer,
    keras_early_stopping,
    keras_loss,
    keras_network,
)
from course_lib.data import digits
from course_lib.layers import BatchNorm, Dense, relu
from course_lib.learning_rate import cosine_decay_restarts, linear_decay, one_cycle, restart_steps, triangular
from course_lib.range_test import range_test
from course_lib.snapshots import average_probabilities, train_snapshots
from course_lib.training import minibatches, train

DATA = digits()
X, Y = DATA.x_train.astype("float32"), DATA.y_train
BATCH, EPOCHS = 32, 3
PER_EPOCH = -(-len(X) // BATCH)
CYCLES = triangular(initial_learning_rate=0.01, maximal_learning_rate=0.2, step_size=15)
RESTARTS = cosine_decay_restarts(initial_learning_rate=0.2, first_decay_steps=20)


def make():
    return Network(np.random.default_rng(0), 64, [Dense(16), relu, Dense(10)], dtype=np.float32)


def make_model(optimizer, **options):
    network = make()
    model = keras_network(network)
    model.compile(optimizer, loss=keras_loss(network), **options)
    return model


def fit(model, *callbacks, epochs=EPOCHS):
    """Train on the minibatches that the NumPy run takes."""
    batches = ((X[i], Y[i]) for i in minibatches(np.random.default_rng(3), len(X), BATCH, epochs + 1))
    options = {"epochs": epochs, "steps_per_epoch": PER_EPOCH, "shuffle": False, "verbose": 0}
    model.fit(batches, callbacks=list(callbacks), **options)
    return model


def variables(model):
    return [np.copy(keras.ops.convert_to_numpy(v)) for v in [*model.variables, *model.optimizer.variables]]


def theta(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


def ours(rule, **hyper):
    network = make()
    train(np.random.default_rng(3), network, rule, X, Y, epochs=EPOCHS, batch_size=BATCH, **hyper)
    return network.theta


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("gradient_descent", {"lowest": 1e-3, "highest": 100.0, "steps": 60}),  # the loss breaks
        ("adam", {"lowest": 1e-5, "highest": 1e-2, "steps": 100}),
        ("nesterov", {"lowest": 1e-4, "highest": 0.05, "steps": 80, "growth": "linear", "smoothing": 0.8}),
    ],
)
def test_the_range_test_gives_the_same_record_and_puts_everything_back(rule, options):
    network = make()
    expected = range_test(
        np.random.default_rng(3), network, rule, X, Y, batch_size=BATCH, **options,
        measure=lambda network: network.theta.sum(),
    )  # fmt: skip
    optimizer = as_keras_optimizer(rule, learning_rate=0.07)
    test = RangeTestCallback(
        **options,
        measure=lambda model: sum(float(keras.ops.sum(optimizer.theta(v))) for v in model.trainable_variables),
    )
    model = make_model(optimizer)
    optimizer.build(model.trainable_variables)
    before = variables(model)
    fit(model, test)
    assert type(test.record) is type(expected) and test.record.diverged == expected.diverged
    for field in dataclasses.fields(expected):
        found, wanted = getattr(test.record, field.name), getattr(expected, field.name)
        if isinstance(wanted, np.ndarray):
            np.testing.assert_allclose(found, wanted, rtol=2e-4, err_msg=field.name)
    assert test.record.suggestion == pytest.approx(expected.suggestion)
    assert (test.record.name, test.record.growth) == (expected.name, expected.growth)
    for a, b in zip(before, variables(model), strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(optimizer.learning_rate) == pytest.approx(0.07)


def test_a_range_test_works_on_a_built_in_optimizer_and_can_be_repeated():
    test = RangeTestCallback(lowest=1e-4, highest=0.01, steps=40)
    model = fit(make_model(keras.optimizers.SGD(0.5)), test)
    first = test.record.losses
    fit(model, test)
    np.testing.assert_array_equal(test.record.losses, first)
    assert float(model.optimizer.learning_rate) == 0.5 and len(test.record.measured) == 0


@pytest.mark.parametrize("rate", [CYCLES, RESTARTS], ids=lambda rate: rate.name)
@pytest.mark.parametrize(
    "optimizer", [as_keras_optimizer, lambda rule: keras.optimizers.SGD()], ids=["ours", "built-in"]
)
def test_a_rate_that_follows_a_schedule_ends_where_the_numpy_run_ends(rate, optimizer):
    follow = FollowSchedule(rate)
    model = fit(make_model(optimizer("gradient_descent")), follow)
    np.testing.assert_allclose(theta(model), ours("gradient_descent", learning_rate=rate), atol=2e-5)
    np.testing.assert_allclose(follow.values, rate(np.arange(EPOCHS * PER_EPOCH)), rtol=1e-12)


@pytest.mark.parametrize("rule", ["momentum", "nesterov"])
def test_momentum_falls_while_the_rate_climbs(rule):
    total = EPOCHS * PER_EPOCH
    rate = one_cycle(maximal_learning_rate=0.1, total_steps=total)
    momentum = linear_decay(initial_learning_rate=0.95, decay_steps=total, end_learning_rate=0.8)
    model = make_model(as_keras_optimizer(rule, learning_rate=0.001))
    fit(model, FollowSchedule(rate), FollowSchedule(momentum, "momentum"))
    np.testing.assert_allclose(theta(model), ours(rule, learning_rate=rate, momentum=momentum), atol=2e-4)


def test_a_second_fit_goes_on_with_the_schedule():
    model, follow = make_model(as_keras_optimizer("momentum")), FollowSchedule(CYCLES)
    fit(fit(model, epochs=1), follow)
    np.testing.assert_allclose(follow.values, CYCLES(PER_EPOCH + np.arange(EPOCHS * PER_EPOCH)), rtol=1e-12)


def test_a_model_that_has_trained_takes_up_a_schedule_for_its_momentum():
    still = linear_decay(initial_learning_rate=0.0, decay_steps=1)
    ends = []
    for momentum in (0.9, 0.0):
        model = fit(make_model(as_keras_optimizer("momentum", learning_rate=0.0, momentum=momentum)), epochs=1)
        model.optimizer.learning_rate = 0.05
        ends.append(theta(fit(model, FollowSchedule(still, "momentum"))))
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("rule", ["momentum", "nesterov"])
def test_snapshots_at_the_restarts_are_those_of_the_numpy_run(rule):
    ends = restart_steps(2, first_decay_steps=20)
    network = make()
    rng = np.random.default_rng(3)
    expected = train_snapshots(rng, network, rule, X, Y, keep_at=ends, batch_size=BATCH, learning_rate=RESTARTS)
    keep = SnapshotsCallback(ends)
    model = fit(make_model(as_keras_optimizer(rule)), FollowSchedule(RESTARTS), keep)
    assert keep.record.steps == expected.steps == (20, 60)
    np.testing.assert_allclose(keep.record.members, expected.members, atol=1e-4)
    np.testing.assert_allclose(keep.record.history.losses, expected.history.losses, atol=1e-4)
    assert keep.record.history.name == expected.history.name
    np.testing.assert_array_equal(theta(model), keep.record.members[-1])


def test_snapshots_keep_the_running_statistics_too():
    network = Network(np.random.default_rng(0), 64, [Dense(16), BatchNorm(), relu, Dense(10)], dtype=np.float32)
    model = keras_network(network)
    model.compile(as_keras_optimizer("momentum", learning_rate=0.05), loss=keras_loss(network))
    keep = SnapshotsCallback([20, 60])
    fit(model, keep)
    rng = np.random.default_rng(3)
    kept = train_snapshots(rng, network, "momentum", X, Y, keep_at=[20, 60], batch_size=BATCH, learning_rate=0.05)
    np.testing.assert_allclose(keep.record.states, kept.states, atol=1e-3)
    ours, theirs = (average_probabilities(network, record, X) for record in (kept, keep.record))
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_run_that_diverges_keeps_what_it_reached():
    keep = SnapshotsCallback([2, 60], name="too far")
    fit(make_model(keras.optimizers.SGD()), FollowSchedule(lambda k: 0.01 if k < 2 else 1e30), keep)
    assert keep.record.steps == (2,) and keep.record.history.diverged and len(keep.record.history.losses) < 6
    assert keep.record.history.name == "too far"


LOOKS_AHEAD = [name for name, rule in RULES.items() if rule.where_function is not None]


@pytest.mark.parametrize("rule", LOOKS_AHEAD)
def test_two_fits_that_look_ahead_are_one(rule):
    """Also with a scheduled rate and momentum, and with a validation after each epoch."""
    rate = linear_decay(initial_learning_rate=0.01, decay_steps=150, end_learning_rate=0.002)
    momentum = linear_decay(initial_learning_rate=0.8, decay_steps=150, end_learning_rate=0.95)
    model = make_model(as_keras_optimizer(rule, learning_rate=rate, momentum=momentum))
    batches = minibatches(np.random.default_rng(3), len(X), BATCH, 2)
    for _ in range(2):
        data = ((X[i], Y[i]) for i in (next(batches) for _ in range(PER_EPOCH)))
        options = {"steps_per_epoch": PER_EPOCH, "verbose": 0, "shuffle": False, "validation_data": (X[:50], Y[:50])}
        model.fit(data, callbacks=[LookAhead()], **options)
    network = make()
    train(
        np.random.default_rng(3), network, rule, X, Y, epochs=2, batch_size=BATCH, learning_rate=rate, momentum=momentum
    )
    np.testing.assert_allclose(theta(model), network.theta, atol=2e-5)


def test_without_the_callback_a_second_fit_begins_at_theta_and_with_it_ahead():
    """One step of a second fit, by hand: at rest ahead of theta the gradient is another one."""
    ends = {}
    for callbacks in ([], [LookAhead()]):
        model = make_model(as_keras_optimizer("nesterov", learning_rate=0.05))
        fit(model, epochs=1)
        fit(model, *callbacks, epochs=1)
        ends[len(callbacks)] = theta(model)
    network = make()
    order = [*minibatches(np.random.default_rng(3), len(X), BATCH, 1)] * 2
    stepper = Stepper("nesterov", network.theta, learning_rate=0.05)
    for i in order:
        stepper.step(network.loss_and_grad(X[i], Y[i], at=stepper.where())[1])
    np.testing.assert_allclose(ends[1], network.theta, atol=1e-4)
    assert np.abs(ends[0] - network.theta).max() > 1e-3


def test_between_epochs_the_model_stands_at_theta_and_early_stopping_goes_back_there():
    validation = (X[:100], Y[:100])
    model = make_model(as_keras_optimizer("nesterov", learning_rate=0.02))
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((theta(self.model), logs["val_loss"]))

    stop = keras.callbacks.EarlyStopping("val_loss", restore_best_weights=True)
    batches = ((X[i], Y[i]) for i in minibatches(np.random.default_rng(3), len(X), BATCH, 4))
    options = {"steps_per_epoch": PER_EPOCH, "epochs": 3, "verbose": 0, "shuffle": False, "validation_data": validation}
    model.fit(batches, callbacks=[LookAhead(), Look(), stop], **options)
    network = make()
    history = train(np.random.default_rng(3), network, "nesterov", X, Y, epochs=3, batch_size=BATCH,
                    learning_rate=0.02, validation=validation)  # fmt: skip
    np.testing.assert_allclose([loss for _, loss in seen], history.validation_losses, rtol=1e-3)
    np.testing.assert_allclose(seen[-1][0], network.theta, atol=1e-4)
    best = int(np.argmin([loss for _, loss in seen]))
    np.testing.assert_array_equal(theta(model), seen[best][0])


@pytest.mark.parametrize(("rule", "patience"), [("gradient_descent", 1), ("nesterov", 2)])
def test_early_stopping_ends_at_the_same_epoch_and_goes_back_to_the_same_weights(rule, patience):
    """The data are so few that the validation loss rises soon."""
    few, validation = slice(0, 40), (X[200:300], Y[200:300])
    network = make()
    history = train(
        np.random.default_rng(3), network, rule, X[few], Y[few], epochs=60, batch_size=20, learning_rate=0.3,
        validation=validation, patience=patience,
    )  # fmt: skip
    assert patience < len(history.validation_losses) < 60
    model = make_model(as_keras_optimizer(rule, learning_rate=0.3))
    batches = ((X[few][i], Y[few][i]) for i in minibatches(np.random.default_rng(3), 40, 20, 61))
    options = {"steps_per_epoch": 2, "epochs": 60, "verbose": 0, "shuffle": False, "validation_data": validation}
    found = model.fit(batches, callbacks=[LookAhead(), keras_early_stopping(patience)], **options)
    np.testing.assert_allclose(found.history["val_loss"], history.validation_losses, rtol=2e-3)
    np.testing.assert_allclose(theta(model), network.theta, atol=2e-3)


def test_weights_that_were_set_between_two_fits_are_where_the_second_one_begins():
    model = make_model(as_keras_optimizer("nesterov", learning_rate=0.0))
    fit(model, epochs=1)
    wanted = theta(model) + 1
    model.set_weights([w + 1 for w in model.get_weights()])
    fit(model, epochs=1)
    np.testing.assert_allclose(theta(model), wanted, atol=1e-6)


def test_an_average_of_the_path_stays_at_the_end_of_fit():
    optimizer = as_keras_optimizer("nesterov", learning_rate=0.02, keras_options={"use_ema": True, "ema_momentum": 0.9})
    model = fit(make_model(optimizer), LookAhead(), epochs=1)
    average = np.concatenate([np.ravel(v) for v in optimizer._model_variables_moving_average])
    np.testing.assert_array_equal(theta(model), average)


def test_refused_by_name():
    with pytest.raises(ValueError, match="expected 0 < lowest < highest, got 1.0 and 0.5"):
        RangeTestCallback(lowest=1.0, highest=0.5)
    with pytest.raises(ValueError, match="patience must be a whole number of at least 1, got 0"):
        keras_early_stopping(0)
    with pytest.raises(ValueError, match="keep_at must be whole numbers that rise"):
        SnapshotsCallback([3, 3])
    with pytest.raises(TypeError, match="FollowSchedule follows a schedule or a function of the step, got 'a'"):
        FollowSchedule("a")
    with pytest.raises(TypeError, match="LookAhead is for rules as optimizers, got SGD: take as_keras_optimizer"):
        fit(make_model(keras.optimizers.SGD()), LookAhead())
    with pytest.raises(TypeError, match="SGD compiles its momentum in; .*take as_keras_optimizer"):
        fit(make_model(keras.optimizers.SGD(momentum=0.9)), FollowSchedule(CYCLES, "momentum"))
    with pytest.raises(TypeError, match="did you mean 'momentum'"):
        fit(make_model(as_keras_optimizer("momentum")), FollowSchedule(CYCLES, "momentun"))
    with pytest.raises(TypeError, match="let does not set the rate"):
        as_keras_optimizer("momentum").let(learning_rate=0.1)
    with pytest.raises(TypeError, match="learning rate is not settable"):
        fit(make_model(as_keras_optimizer("momentum", learning_rate=CYCLES)), RangeTestCallback())
    for callback in (RangeTestCallback(), FollowSchedule(CYCLES), SnapshotsCallback([1])):
        with pytest.raises(ValueError, match=f"{type(callback).__name__} acts on every step: .*=1, not 4"):
            fit(make_model(keras.optimizers.SGD(), steps_per_execution=4), callback)
    if keras.backend.backend() == "tensorflow":  # others build the model before
        unbuilt = keras.Sequential([keras.layers.Dense(10)])
        unbuilt.compile("sgd", loss=keras_loss(make()))
        with pytest.raises(ValueError, match="the model has none yet: give it a keras.Input"):
            fit(unbuilt, RangeTestCallback())
