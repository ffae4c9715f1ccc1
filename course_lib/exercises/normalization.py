"""The graded tasks that follow the chapter normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import normalization as library
from .task import Part, Property, Task, Wrong, near

Rng = np.random.Generator
Args = tuple[Any, ...]


def _table(rng: Rng, hidden: bool) -> np.ndarray:
    m, n = (int(rng.integers(9, 20)), int(rng.integers(5, 8))) if hidden else (5, 3)
    return rng.normal(size=(m, n)) * 10 ** rng.uniform(-1, 1, size=n) + rng.uniform(-3, 3, size=n)


# --- standardize


def standardize(train, other):
    """`other` in units of the training data: mean 0, deviation 1; a feature that is constant there becomes 0."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    constant = train.min(axis=0) == train.max(axis=0)
    return np.where(constant, 0.0, (other - mean) / np.where(constant, 1.0, deviation))


def _two_tables(rng: Rng, hidden: bool) -> Args:
    train = _table(rng, hidden)
    return train, train[: int(rng.integers(2, 5))] * rng.uniform(0.5, 2) + 1


def _constant_feature(rng: Rng, hidden: bool) -> Args:
    train, other = _two_tables(rng, hidden)
    if not hidden:
        train = np.concatenate([train, train[:2] + 1])
    for _ in range(100):
        train[:, 1] = float(rng.integers(1, 90)) / 10
        if train.std(axis=0)[1] > 0:  # by rounding; of five equal numbers it would always be 0
            break
    return train, other


def _by_own(train, other):
    return standardize(other, other)


def _divided(train, other, by):
    constant = train.min(axis=0) == train.max(axis=0)
    return np.where(constant, 0.0, (other - train.mean(axis=0)) / np.where(constant, 1.0, by))


def _by_variance(train, other):
    return _divided(train, other, train.var(axis=0))


def _by_sample(train, other):
    return _divided(train, other, train.std(axis=0, ddof=1))


def _not_made_zero(train, other):
    constant = train.min(axis=0) == train.max(axis=0)
    return (other - train.mean(axis=0)) / np.where(constant, 1.0, train.std(axis=0))


def _small_number_added(train, other):
    return (other - train.mean(axis=0)) / (train.std(axis=0) + 1e-8)


def _by_rows(train, other):
    return (other - train.mean()) / train.std()


def _comes_out(function, rng):
    train = _table(rng, False)
    x = function(train, train)
    good = near(x.mean(axis=0), 0) and near(x.std(axis=0), 1)
    return None if good else "they have another mean or deviation"


STANDARDIZE = Task(
    "normalization.standardize",
    "Standardize what comes later",
    standardize,
    parts=(Part("data that came later", _two_tables, points=2), Part("a constant feature", _constant_feature)),
    wrong=(
        Wrong(
            "a leak",
            _by_own,
            "the other data are standardized by their own mean and deviation. Nobody has those when one example comes in.",
        ),
        Wrong(
            "the variance for the deviation", _by_variance, "it divides by the variance, which has the unit squared."
        ),
        Wrong(
            "division by m - 1",
            _by_sample,
            "the deviation divides by m - 1. Here the data are what they are, not a sample: divide by m.",
        ),
        Wrong(
            "a constant feature that is not made 0",
            _not_made_zero,
            "a feature that is constant in training is divided by 1. Later data may differ from that constant, by any amount in any unit; such a column is to be 0.",
        ),
        Wrong(
            "a small number added to the deviation",
            _small_number_added,
            "1e-8 is added to the deviation. Where a feature was constant in training, what comes later is then multiplied by a hundred million.",
        ),
        Wrong(
            "one mean for all features",
            _by_rows,
            "all features share one mean and one deviation. Each feature, a column, has a unit of its own.",
        ),
    ),
    properties=(Property("the training data come out with mean 0 and deviation 1", _comes_out),),
)

# --- condition number


def condition(x):
    """The condition number of least squares on these features and a bias."""
    a = np.column_stack([np.ones(len(x)), x])
    eigenvalues = np.linalg.eigvalsh(a.T @ a / len(a))
    return float(eigenvalues[-1] / eigenvalues[0])


def _features(rng: Rng, hidden: bool) -> Args:
    return (_table(rng, hidden),)


def _no_bias(x):
    eigenvalues = np.linalg.eigvalsh(x.T @ x / len(x))
    return float(eigenvalues[-1] / eigenvalues[0])


def _of_covariance(x):
    return _no_bias(x - x.mean(axis=0))


def _of_data(x):
    return float(np.sqrt(condition(x)))


def _standardized(function, rng):
    x = rng.normal(size=(20, 1))
    got = function((x - x.mean()) / x.std())
    return None if near(got, 1) else f"{got:.4g} came"


CONDITION = Task(
    "normalization.condition",
    "How narrow is the valley?",
    condition,
    parts=(Part("features and a bias", _features, points=2),),
    wrong=(
        Wrong("a forgotten bias", _no_bias, "the bias is a weight, too: its feature is 1 for every example."),
        Wrong(
            "the covariance",
            _of_covariance,
            "this is the condition number of the covariance: the means were taken away, which is a cure. Asked is how ill the data are, as they came and with the column of ones.",
        ),
        Wrong(
            "upside down",
            lambda x: 1 / condition(x),
            "the smallest eigenvalue is divided by the largest. A condition number is at least 1.",
        ),
        Wrong(
            "the condition number of the data",
            _of_data,
            "it is the root of what is asked: the Hessian has the squares of the singular values.",
        ),
    ),
    rtol=1e-5,
    properties=(Property("one standardized feature and a bias make a round valley, 1", _standardized),),
)

# --- batch norm forward


def batch_norm(x, gamma, beta, epsilon):
    """Batch norm of a table of examples by features, in training mode."""
    return library.batch_norm_forward(x, gamma, beta, epsilon=epsilon)[0]


def _layer(rng: Rng, hidden: bool) -> Args:
    x = _table(rng, hidden)
    gamma, beta = rng.uniform(0.5, 2, size=x.shape[1]), rng.normal(size=x.shape[1])
    return x, gamma, beta, float(10 ** rng.uniform(-2, -1))


def _quiet_unit(rng: Rng, hidden: bool) -> Args:
    x, gamma, beta, _ = _layer(rng, hidden)
    return 1e-2 * x, gamma, beta, float(10 ** rng.uniform(-4, -2.5))


def _outside(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + epsilon) + beta


def _unbiased(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + epsilon) + beta


def _over_units(x, gamma, beta, epsilon):
    off = x - x.mean(axis=1, keepdims=True)
    return gamma * off / np.sqrt(x.var(axis=1, keepdims=True) + epsilon) + beta


def _beta_scaled(x, gamma, beta, epsilon):
    return gamma * ((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + beta)


def _company(function, rng):
    x, gamma, beta, epsilon = _layer(rng, False)
    one, other = function(x, gamma, beta, epsilon), function(x + 7.0, gamma, beta, epsilon)
    return None if near(one, other) else "a shift of the whole batch changes the outputs"


BATCH_NORM = Task(
    "normalization.batch_norm",
    "Batch norm, forward",
    batch_norm,
    parts=(Part("a batch", _layer, points=2), Part("a batch that hardly varies", _quiet_unit)),
    wrong=(
        Wrong(
            "epsilon beside the deviation",
            _outside,
            "epsilon is added to the deviation. It belongs under the root, beside the variance; one pair of authors prints it outside.",
        ),
        Wrong(
            "division by m - 1",
            _unbiased,
            "the variance of the batch divides by m - 1. In training mode it divides by m.",
        ),
        Wrong(
            "layer norm", _over_units, "mean and variance are taken over the units of each example. That is layer norm."
        ),
        Wrong("beta inside the scale", _beta_scaled, "gamma multiplies beta, too. Scale first, then shift."),
    ),
    properties=(Property("a shift of the whole batch changes nothing", _company),),
)

# --- its gradient


def backward(dy, x, gamma, epsilon):
    """Gradients by x, gamma and beta of batch norm: ``(dx, dgamma, dbeta)``."""
    _, cache = library.batch_norm_forward(x, gamma, np.zeros_like(gamma), epsilon=epsilon)
    return library.batch_norm_backward(dy, cache)


def _gradient(rng: Rng, hidden: bool) -> Args:
    x, gamma, _, epsilon = _layer(rng, hidden)
    return rng.normal(size=x.shape), x, gamma, epsilon


def _parts(dy, x, gamma, epsilon):
    s = np.sqrt(x.var(axis=0) + epsilon)
    x_hat = (x - x.mean(axis=0)) / s
    return s, x_hat, (dy * x_hat).sum(axis=0), dy.sum(axis=0)


def _constants(dy, x, gamma, epsilon):
    s, _, dgamma, dbeta = _parts(dy, x, gamma, epsilon)
    return gamma * dy / s, dgamma, dbeta


def _fixed_variance(dy, x, gamma, epsilon):
    s, _, dgamma, dbeta = _parts(dy, x, gamma, epsilon)
    return gamma / s * (dy - dy.mean(axis=0)), dgamma, dbeta


def _projection(dy, x, gamma, epsilon):
    s, x_hat, dgamma, dbeta = _parts(dy, x, gamma, epsilon)
    along = dgamma / (x_hat**2).sum(axis=0)
    return gamma / s * (dy - dy.mean(axis=0) - x_hat * along), dgamma, dbeta


def _no_gamma(dy, x, gamma, epsilon):
    dx, dgamma, dbeta = backward(dy, x, gamma, epsilon)
    return dx / gamma, dgamma, dbeta


def _means(dy, x, gamma, epsilon):
    dx, dgamma, dbeta = backward(dy, x, gamma, epsilon)
    return dx, dgamma / len(x), dbeta / len(x)


def _no_shift_left(function, rng):
    dx = function(*_gradient(rng, False))[0]
    return None if near(np.sum(dx, axis=0), 0) else "the gradient still has a part that shifts a feature"


BACKWARD = Task(
    "normalization.backward",
    "Batch norm, backward",
    backward,
    parts=(Part("by gamma and beta", _gradient, only=(1, 2)), Part("by x", _gradient, points=3, only=(0,))),
    wrong=(
        Wrong(
            "mean and variance taken for constants",
            _constants,
            "each output depends on all inputs of its feature, through the mean and through the variance.",
        ),
        Wrong(
            "the variance taken for a constant",
            _fixed_variance,
            "the path through the mean is there, the one through the variance is missing.",
        ),
        Wrong(
            "the whole of the part along x_hat taken away",
            _projection,
            "the part along x_hat is taken away as a whole. The variance stands beside epsilon under the root, so a share epsilon / (variance + epsilon) of it stays: the sum of dy * x_hat is divided by m, not by the sum of x_hat squared.",
        ),
        Wrong("gamma left out", _no_gamma, "the gradient reaches x_hat through gamma."),
        Wrong(
            "means for sums",
            _means,
            "the gradients by gamma and beta are averaged over the batch. The loss has its own 1/m already; add.",
        ),
    ),
    properties=(Property("no part of dx shifts a feature", _no_shift_left),),
)

# --- running averages


def running(means, momentum):
    """Running averages of batch means in Keras's convention, from 0 and corrected for that, after each batch."""
    average, found = np.zeros_like(means[0]), []
    for t, mean in enumerate(means, 1):
        average = library.running_average(average, mean, momentum=momentum)
        found.append(library.bias_corrected(average, 0.0, momentum, t))
    return np.array(found)


def _batches(rng: Rng, hidden: bool) -> Args:
    steps, width = (int(rng.integers(7, 15)), 4) if hidden else (5, 2)
    return rng.normal(size=(steps, width)) + 2, float(rng.uniform(0.7, 0.99))


def _raw(means, momentum):
    average, found = np.zeros_like(means[0]), []
    for mean in means:
        average = momentum * average + (1 - momentum) * mean
        found.append(average)
    return np.array(found)


def _pytorch(means, momentum):
    return running(means, 1 - momentum)


def _raw_pytorch(means, momentum):
    return _raw(means, 1 - momentum)


def _written_back(means, momentum):
    average, found = np.zeros_like(means[0]), []
    for t, mean in enumerate(means, 1):
        average = (momentum * average + (1 - momentum) * mean) / (1 - momentum**t)
        found.append(average)
    return np.array(found)


def _same_correction(means, momentum):
    return _raw(means, momentum) / (1 - momentum)


def _plain_mean(means, momentum):
    return np.cumsum(means, axis=0) / np.arange(1, len(means) + 1)[:, None]


def _still(function, rng):
    mean = rng.normal(size=2)
    got = function(np.tile(mean, (5, 1)), 0.9)
    return None if near(got, mean) else "some average of equal means is another one"


RUNNING = Task(
    "normalization.running",
    "Averages that know their start",
    running,
    parts=(Part("after each batch", _batches, points=3),),
    wrong=(
        Wrong(
            "no correction",
            _raw,
            "these are the raw averages, as Keras and PyTorch keep them. After t batches the share momentum**t is still the start's.",
        ),
        Wrong(
            "PyTorch's convention",
            _pytorch,
            "momentum weighs the new batch. In Keras's convention it is the share that stays.",
        ),
        Wrong(
            "PyTorch's convention, and no correction",
            _raw_pytorch,
            "momentum weighs the new batch, and the averages are the raw ones. In Keras's convention it is the share that stays; and after t batches the share momentum**t is still the start's.",
        ),
        Wrong(
            "the correction written back",
            _written_back,
            "the corrected average goes on into the recursion. It is for reading only; the recursion keeps the raw one.",
        ),
        Wrong(
            "a correction that does not fade",
            _same_correction,
            "every average is 1 / (1 - momentum) times the raw one. The start's share is momentum**t and gets smaller with every batch.",
        ),
        Wrong("a plain mean", _plain_mean, "all batches count the same. The running average forgets."),
    ),
    properties=(Property("an average of equal means is that mean, from the first batch on", _still),),
)

# --- folding


def fold(W, b, gamma, beta, mean, variance, epsilon):
    """Weights and bias of the one dense layer that is a dense layer and batch norm after it: ``(W, b)``."""
    return library.fold_batch_norm(W, b, gamma, beta, mean, variance, epsilon=epsilon)


def _two_layers(rng: Rng, hidden: bool) -> Args:
    n, m = (int(rng.integers(4, 8)), int(rng.integers(4, 8))) if hidden else (3, 2)
    W, (b, beta, mean) = rng.normal(size=(n, m)), rng.normal(size=(3, m))
    return W, b, rng.uniform(0.5, 2, size=m), beta, mean, rng.uniform(0.2, 3, size=m), float(10 ** rng.uniform(-3, -1))


def _bias_forgotten(W, b, gamma, beta, mean, variance, epsilon):
    scale = gamma / np.sqrt(variance + epsilon)
    return W * scale, beta - mean * scale


def _bias_unscaled(W, b, gamma, beta, mean, variance, epsilon):
    scale = gamma / np.sqrt(variance + epsilon)
    return W * scale, b - mean * scale + beta


def _no_epsilon(W, b, gamma, beta, mean, variance, epsilon):
    return fold(W, b, gamma, beta, mean, variance, 0.0)


def _does_both(function, rng):
    W, b, gamma, beta, mean, variance, epsilon = _two_layers(rng, False)
    x = rng.normal(size=(4, len(W)))
    both = library.batch_norm_inference_forward(x @ W + b, gamma, beta, mean, variance, epsilon=epsilon)[0]
    folded_W, folded_b = function(W, b, gamma, beta, mean, variance, epsilon)
    return None if near(x @ folded_W + folded_b, both) else "its outputs differ from theirs"


FOLD = Task(
    "normalization.fold",
    "Fold it away",
    fold,
    parts=(Part("the weights", _two_layers, only=(0,)), Part("the bias", _two_layers, only=(1,))),
    wrong=(
        Wrong("the old bias forgotten", _bias_forgotten, "the dense layer had a bias, and batch norm sees it."),
        Wrong(
            "a bias that was not scaled",
            _bias_unscaled,
            "the old bias is added as it was. It goes through the division and through gamma like the rest.",
        ),
        Wrong(
            "epsilon forgotten", _no_epsilon, "the variance stands under the root alone; epsilon was there in training."
        ),
    ),
    properties=(Property("the folded layer does what the two did", _does_both),),
)

# --- find the bug


def layer_norm(x, gamma, beta, epsilon):
    """Layer norm of a table of examples by units."""
    return library.layer_norm_forward(x, gamma, beta, epsilon=epsilon)[0]


def _alone(function, rng):
    x, gamma, beta, epsilon = _layer(rng, False)
    one, other = function(x[:1], gamma, beta, epsilon), function(x, gamma, beta, epsilon)[:1]
    return None if near(one, other) else "alone it gets another answer than in company"


LAYER_NORM = Task(
    "normalization.layer_norm",
    "Find the bug: an answer that depends on the company",
    layer_norm,
    parts=(Part("a batch", _layer, points=2),),
    wrong=(
        Wrong(
            "batch norm",
            batch_norm,
            "mean and variance are taken over the examples, so every answer depends on who else asked. Over what does layer norm take them?",
        ),
        Wrong(
            "one mean for the whole table",
            lambda x, gamma, beta, epsilon: gamma * (x - x.mean()) / np.sqrt(x.var() + epsilon) + beta,
            "one mean and one variance serve the whole table. Each example has its own.",
        ),
    ),
    properties=(Property("an example gets the same answer alone and in company", _alone),),
)

# --- diagnose the run

DIAGNOSES = ("right", "other convention", "never updated", "updated twice")


def _moving(means, momentum, diagnosis):
    share = 1 - momentum if diagnosis == "other convention" else momentum
    average = np.zeros_like(means[0])
    for mean in means if diagnosis != "never updated" else ():
        for _ in range(2 if diagnosis == "updated twice" else 1):
            average = share * average + (1 - share) * mean
    return average


def diagnose(means, moving_means, momentum):
    """What happened to each layer's moving mean: "right", "other convention", "never updated" or "updated twice"."""
    return [_nearest(layer, moving, momentum) for layer, moving in zip(means, moving_means, strict=True)]


def _nearest(means, moving_mean, momentum):
    gaps = {d: float(np.abs(_moving(means, momentum, d) - moving_mean).max()) for d in DIAGNOSES}
    return min(gaps, key=lambda d: gaps[d])


def _record(rng: Rng, hidden: bool, low: float = 0.85, high: float = 0.95) -> Args:
    layers, steps, width = (int(rng.integers(5, 9)), int(rng.integers(7, 15)), 4) if hidden else (4, 5, 2)
    means, momentum = rng.normal(size=(layers, steps, width)) + 2, float(rng.uniform(low, high))
    stories = rng.permutation([*DIAGNOSES, *rng.choice(DIAGNOSES, size=layers - 4)])
    return means, np.array([_moving(m, momentum, d) for m, d in zip(means, stories, strict=True)]), momentum


def _forgetful(rng: Rng, hidden: bool) -> Args:
    return _record(rng, hidden, 0.5, 0.7)


def _exchanged(means, moving_means, momentum):
    return diagnose(means, moving_means, 1 - momentum)


def _by_size(means, moving_means, momentum):
    return ["right" if np.any(moving) else "never updated" for moving in moving_means]


def _in_order(function, rng):
    means, moving, momentum = _record(rng, False)
    words = list(function(means, moving, momentum))
    turned = list(function(means[::-1], moving[::-1], momentum))
    return None if words == turned[::-1] else "in the other order they get other words"


DIAGNOSE = Task(
    "normalization.diagnose",
    "Diagnose the run: what happened to the moving means?",
    diagnose,
    parts=(
        Part("averages that forget soon", _forgetful, points=2, calls=8),
        Part("averages that remember long", _record, calls=8),
    ),
    wrong=(
        Wrong(
            "the conventions exchanged",
            _exchanged,
            "momentum was read as the share of the new batch. In Keras it is the share that stays.",
        ),
        Wrong("moved or not", _by_size, "that tells only whether it was ever updated."),
    ),
    properties=(Property("layers in another order get their words in that order", _in_order),),
)

TASKS: tuple[Task, ...] = (STANDARDIZE, CONDITION, BATCH_NORM, BACKWARD, RUNNING, FOLD, LAYER_NORM, DIAGNOSE)
