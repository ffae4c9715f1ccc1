"""The graded tasks that follow the chapter momentum."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import momentum as rules
from .task import Part, Property, Task, Wrong, near

Rng = np.random.Generator
Args = tuple[Any, ...]


def _shape(rng: Rng, hidden: bool) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(2, 6, size=3 if hidden else 1))


def _bowl(rng: Rng, hidden: bool) -> np.ndarray:
    n = int(rng.integers(4, 8) if hidden else rng.integers(2, 4))
    turn = np.linalg.qr(rng.normal(size=(n, n)))[0]
    H = turn * rng.uniform(0.5, 4, size=n) @ turn.T
    return (H + H.T) / 2


# --- one step of classical momentum


def classical(theta, g, v, learning_rate, momentum):
    """One step of classical momentum: ``(theta, v)``."""
    return rules.momentum(theta, g, v, 1, learning_rate=learning_rate, momentum=momentum)


def _classical_draw(rng: Rng, hidden: bool) -> Args:
    theta, g, v = rng.normal(size=(3, *_shape(rng, hidden)))
    return theta, g, v, float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.2, 0.95))


def _at_rest(rng: Rng, hidden: bool) -> Args:
    theta, g, _, rate, alpha = _classical_draw(rng, hidden)
    return theta, g, np.zeros_like(g), 3 * rate, alpha


def _uphill(theta, g, v, learning_rate, momentum):
    v = momentum * v + learning_rate * g
    return theta + v, v


def _averaged(theta, g, v, learning_rate, momentum):
    v = momentum * v - (1 - momentum) * learning_rate * g
    return theta + v, v


def _old_velocity(theta, g, v, learning_rate, momentum):
    return theta + v, momentum * v - learning_rate * g


def _pytorch(theta, g, v, learning_rate, momentum):
    v = momentum * v + g
    return theta - learning_rate * v, v


def _without_momentum(function, rng):
    theta, g, v, rate, _ = _classical_draw(rng, False)
    new = function(theta, g, v, rate, 0.0)[0]
    return None if near(new, theta - rate * g) else "it is not theta - learning_rate * g"


CLASSICAL = Task(
    "momentum.classical",
    "One step of momentum",
    classical,
    parts=(Part("from any velocity", _classical_draw, points=2), Part("from rest", _at_rest)),
    wrong=(
        Wrong(
            "the gradient uphill",
            _uphill,
            "the gradient is added to the velocity. It points uphill; where should the velocity go?",
        ),
        Wrong(
            "the averaged form",
            _averaged,
            "the gradient is weighted by 1 - momentum, as in a moving average. Classical momentum adds it with the rate alone.",
        ),
        Wrong(
            "the velocity of the step before",
            _old_velocity,
            "the parameters move by the velocity as it came in. Which one has the new gradient in it?",
        ),
        Wrong(
            "PyTorch's form",
            _pytorch,
            "the rate stands outside the velocity. From rest and at a constant rate the path is the same; but the velocity that is asked for, and the one that came in, hold the rate and point downhill.",
        ),
    ),
    properties=(Property("with momentum 0 the step is gradient descent's", _without_momentum),),
)

# --- Nesterov's step on a bowl


def nesterov(theta, v, H, learning_rate, momentum):
    """One step of Nesterov's momentum on ``theta @ H @ theta / 2``: ``(theta, v)``."""
    g = H @ rules.nesterov.where_function(theta, v, momentum=momentum)  # type: ignore[misc]
    return rules.nesterov(theta, g, v, 1, learning_rate=learning_rate, momentum=momentum)


def _nesterov_draw(rng: Rng, hidden: bool) -> Args:
    H = _bowl(rng, hidden)
    theta, v = rng.normal(size=(2, len(H)))
    return theta, v, H, float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.3, 0.95))


def _step_from(theta, v, point, H, learning_rate, momentum):
    v = momentum * v - learning_rate * H @ point
    return theta + v, v


def _no_look_ahead(theta, v, H, learning_rate, momentum):
    return _step_from(theta, v, theta, H, learning_rate, momentum)


def _look_back(theta, v, H, learning_rate, momentum):
    return _step_from(theta, v, theta - momentum * v, H, learning_rate, momentum)


def _whole_velocity(theta, v, H, learning_rate, momentum):
    return _step_from(theta, v, theta + v, H, learning_rate, momentum)


def _moved_twice(theta, v, H, learning_rate, momentum):
    return _step_from(theta + momentum * v, v, theta + momentum * v, H, learning_rate, momentum)


def _from_rest(function, rng):
    theta, v, H, rate, alpha = _nesterov_draw(rng, False)
    new = function(theta, 0 * v, H, rate, alpha)[0]
    return None if near(new, theta - rate * H @ theta) else "it is not theta - learning_rate * H @ theta"


NESTEROV = Task(
    "momentum.nesterov",
    "Nesterov looks ahead",
    nesterov,
    parts=(Part("a step on a bowl", _nesterov_draw, points=3),),
    wrong=(
        Wrong(
            "the gradient where we stand",
            _no_look_ahead,
            "the gradient is taken at theta, which makes it classical momentum. Nesterov asks where the velocity is about to lead.",
        ),
        Wrong(
            "a look back",
            _look_back,
            "the gradient is taken behind theta, at theta - momentum * v. The velocity here already points downhill.",
        ),
        Wrong(
            "a look too far ahead",
            _whole_velocity,
            "the gradient is taken at theta + v. Only the share of the velocity that survives is sure to be walked.",
        ),
        Wrong(
            "the look-ahead walked twice",
            _moved_twice,
            "the step begins at the look-ahead point, so that momentum * v is walked twice. Look ahead, but step from theta.",
        ),
    ),
    properties=(Property("from rest the step is gradient descent's", _from_rest),),
)

# --- the corrected moving average


def corrected_average(x, beta):
    """Exponentially weighted averages of x along the first axis, from zero and corrected for that."""
    z, averages = np.zeros_like(x[0]), []
    for t, one in enumerate(x, 1):
        z = beta * z + (1 - beta) * one
        averages.append(z / (1 - beta**t))
    return np.array(averages)


def _series(rng: Rng, hidden: bool, each: tuple[int, ...] = ()) -> Args:
    shape = (int(rng.integers(6, 12) if hidden else rng.integers(3, 6)), *each)
    return rng.normal(size=shape), float(rng.uniform(0.5, 0.95))


def _series_of_arrays(rng: Rng, hidden: bool) -> Args:
    return _series(rng, hidden, (3, 2) if hidden else (2,))


def _averages(divide):
    def averages(x, beta):
        z, out = np.zeros_like(x[0]), []
        for t, one in enumerate(x, 1):
            z = beta * z + (1 - beta) * one
            shown = divide(z, beta, t)
            if isinstance(shown, tuple):
                (z,) = shown
                shown = z
            out.append(shown)
        return np.array(out)

    return averages


def _swapped(x, beta):
    return corrected_average(x, 1 - beta)


def _half_swapped(x, beta):
    t = np.arange(1, len(x) + 1).reshape(-1, *[1] * (x.ndim - 1))
    return _averages(lambda z, beta, t: z)(x, 1 - beta) / (1 - beta**t)


def _constant(function, rng):
    value = float(rng.uniform(1, 5))
    got = function(np.full(8, value), 0.9)
    return None if near(got, value) else "some average of equal numbers is another number"


CORRECTED = Task(
    "momentum.corrected_average",
    "An average that starts at nothing",
    corrected_average,
    parts=(Part("averages of numbers", _series, points=2), Part("averages of arrays", _series_of_arrays)),
    wrong=(
        Wrong(
            "no correction",
            _averages(lambda z, beta, t: z),
            "the averages start at zero and are not corrected for it. How much weight do t numbers have together?",
        ),
        Wrong(
            "a correction that does not fade",
            _averages(lambda z, beta, t: z / (1 - beta)),
            "every average is 1 / (1 - beta) times too large: divided by 1 - beta, or every number entered with weight 1. How much weight do the first t numbers have together, at t = 1, and at t = 100?",
        ),
        Wrong(
            "the correction written back",
            _averages(lambda z, beta, t: (z / (1 - beta**t),)),
            "the corrected average goes on into the recursion. It is for reading only; the recursion keeps the raw one.",
        ),
        Wrong(
            "the weights swapped",
            _swapped,
            "the new number has the weight beta and the old average 1 - beta. Which of them should have most?",
        ),
        Wrong(
            "the weights swapped in the recursion",
            _half_swapped,
            "in the recursion the new number has the weight beta and the old average 1 - beta; the correction is the one for the weights as they should be.",
        ),
    ),
    properties=(Property("an average of equal numbers is that number, from the first on", _constant),),
)

# --- the best setting for given ends of the spectrum


def best_setting(eigenvalues):
    """The best rate and momentum for a bowl with these eigenvalues, and the factor a step: three numbers."""
    a, b = np.sqrt(np.min(eigenvalues)), np.sqrt(np.max(eigenvalues))
    return float((2 / (a + b)) ** 2), float(((b - a) / (b + a)) ** 2), float((b - a) / (b + a))


def _eigenvalues(rng: Rng, hidden: bool) -> Args:
    n = int(rng.integers(6, 15) if hidden else rng.integers(2, 5))
    return (10 ** rng.uniform(-3 if hidden else 0, 2, size=n),)


def _plain(eigenvalues):
    low, high = float(np.min(eigenvalues)), float(np.max(eigenvalues))
    return 2 / (low + high), 0.0, (high - low) / (high + low)


def _factor_is_momentum(eigenvalues):
    rate, momentum, _ = best_setting(eigenvalues)
    return rate, momentum, momentum


def _no_roots(eigenvalues):
    rate, _, share = _plain(eigenvalues)
    return rate**2, share**2, share


def _no_square(eigenvalues):
    rate, momentum, factor = best_setting(eigenvalues)
    return float(np.sqrt(rate)), momentum, factor


def _round_bowl(function, rng):
    _, momentum, factor = function(np.full(3, float(rng.uniform(1, 5))))
    good = abs(momentum) < 1e-12 and abs(factor) < 1e-12
    return None if good else f"momentum {momentum:.3g} and factor {factor:.3g} came"


BEST = Task(
    "momentum.best_setting",
    "The best that momentum can do",
    best_setting,
    parts=(Part("rate and momentum", _eigenvalues, only=(0, 1)), Part("the factor", _eigenvalues, points=2, only=(2,))),
    wrong=(
        Wrong(
            "gradient descent's best",
            _plain,
            "this is the best rate without momentum. With momentum the square roots of the eigenvalues count.",
        ),
        Wrong(
            "the momentum taken for the factor",
            _factor_is_momentum,
            "rate and momentum are right. At the best setting both roots of the update have the size sqrt(momentum).",
        ),
        Wrong("a rate that is not squared", _no_square, "momentum and factor are right. The rate is a square, too."),
        Wrong(
            "eigenvalues for their roots",
            _no_roots,
            "the eigenvalues stand where their square roots belong. That the condition number enters by its root is the whole gain.",
        ),
    ),
    properties=(Property("a round bowl needs no momentum, and one step does", _round_bowl),),
)

# --- how fast each direction is


def factors(eigenvalues, learning_rate, momentum):
    """For each eigenvalue the size of the larger root of classical momentum's update."""
    trace = 1 + momentum - learning_rate * np.asarray(eigenvalues, float)
    root = np.sqrt((trace**2 - 4 * momentum).astype(complex))
    return np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2


def _spectrum(rng: Rng, hidden: bool) -> Args:
    momentum = float(rng.uniform(0.3, 0.9))
    turn = (1 + np.sqrt(momentum)) ** 2, (1 - np.sqrt(momentum)) ** 2  # of rate times eigenvalue: complex between
    rate = float(rng.uniform(0.05, 0.5))
    products = np.concatenate(
        [rng.uniform(0.05, 0.9, 2) * turn[1], rng.uniform(turn[1], turn[0], 2), turn[0] * rng.uniform(1.1, 1.4, 1)]
    )
    products = (
        np.concatenate([products, rng.uniform(turn[1], turn[0], int(rng.integers(2, 6)))]) if hidden else products
    )
    return rng.permutation(products) / rate, rate, momentum


def _always_complex(eigenvalues, learning_rate, momentum):
    return np.full(len(eigenvalues), np.sqrt(momentum))


def _descent(eigenvalues, learning_rate, momentum):
    return np.abs(1 - learning_rate * eigenvalues)


def _real_part(eigenvalues, learning_rate, momentum):
    trace = 1 + momentum - learning_rate * eigenvalues
    root = np.sqrt(np.maximum(trace**2 - 4 * momentum, 0))
    return np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2


def _one_root(eigenvalues, learning_rate, momentum):
    trace = 1 + momentum - learning_rate * eigenvalues
    return np.abs(trace + np.sqrt((trace**2 - 4 * momentum).astype(complex))) / 2


def _no_momentum(function, rng):
    eigenvalues, rate, _ = _spectrum(rng, False)
    got = function(eigenvalues, rate, 0.0)
    return None if near(got, np.abs(1 - rate * eigenvalues)) else "they are not abs(1 - learning_rate * eigenvalues)"


FACTORS = Task(
    "momentum.factors",
    "Which direction is slow?",
    factors,
    parts=(Part("real and complex roots", _spectrum, points=3),),
    wrong=(
        Wrong(
            "the square root of the momentum everywhere",
            _always_complex,
            "that is right where the roots are complex. For small and for large eigenvalues they are real.",
        ),
        Wrong(
            "gradient descent's factor",
            _descent,
            "the momentum does not enter. The update takes theta and v to new ones: it is a matrix of two by two.",
        ),
        Wrong(
            "one root only",
            _one_root,
            "only the root with the plus is looked at. Where 1 + momentum - learning_rate * eigenvalue is negative, the other is the larger.",
        ),
        Wrong(
            "the real part for the size",
            _real_part,
            "where the roots are complex only their real part is counted. The size of a complex number has both parts.",
        ),
    ),
    properties=(Property("with momentum 0 the factors are gradient descent's", _no_momentum),),
)

# --- find the bug


def walk(theta, H, learning_rate, momentum, steps):
    """The path of classical momentum on a bowl, from rest: an array of steps + 1 rows."""
    theta, v = np.array(theta, float), np.zeros(len(theta))
    path = [theta]
    for _ in range(steps):
        v = momentum * v - learning_rate * H @ theta
        theta = theta + v
        path.append(theta)
    return np.array(path)


def _walk_draw(rng: Rng, hidden: bool) -> Args:
    H = _bowl(rng, hidden)
    steps = int(rng.integers(6, 15) if hidden else rng.integers(3, 6))
    return rng.normal(size=len(H)), H, float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.3, 0.95)), steps


def _one_memory(theta, H, learning_rate, momentum, steps):
    return np.tile(walk(theta, H, learning_rate, momentum, steps)[-1], (steps + 1, 1))


def _forgotten(theta, H, learning_rate, momentum, steps):
    return walk(theta, H, learning_rate, 0.0, steps)


def _late_start(theta, H, learning_rate, momentum, steps):
    return walk(theta, H, learning_rate, momentum, steps + 1)[1:]


def _begins(function, rng):
    theta, *others = _walk_draw(rng, False)
    return None if near(function(theta, *others)[0], theta) else "the first row is another point"


WALK = Task(
    "momentum.walk",
    "Find the bug: a path that stands still",
    walk,
    parts=(Part("the whole path", _walk_draw, points=2),),
    wrong=(
        Wrong(
            "one array, many names",
            _one_memory,
            "all rows are the last one. The list holds the same array many times, and it is changed in place.",
        ),
        Wrong(
            "a velocity that is forgotten",
            _forgotten,
            "the velocity begins anew at every step, which is gradient descent. What must outlive the loop's body?",
        ),
        Wrong(
            "a path without its start",
            _late_start,
            "the first row is the first step's end. The path begins where the walk does.",
        ),
    ),
    properties=(Property("the path begins at the start", _begins),),
)

# --- diagnose the run


def recover(path, gradients):
    """The rate and the momentum that a recorded run had: two numbers."""
    velocities = np.diff(np.asarray(path), axis=0)
    old = np.concatenate([np.zeros_like(velocities[:1]), velocities[:-1]])
    columns = np.stack([-np.asarray(gradients).ravel(), old.ravel()], axis=1)
    rate, momentum = np.linalg.lstsq(columns, velocities.ravel(), rcond=None)[0]
    return float(rate), float(momentum)


def _recorded(rng: Rng, hidden: bool) -> Args:
    theta, H, rate, momentum, steps = _walk_draw(rng, hidden)
    path = walk(theta, H, rate, momentum, steps + 2)
    return path, path[:-1] @ H


def _noisy_run(rng: Rng, hidden: bool) -> Args:
    theta, _, rate, momentum, steps = _walk_draw(rng, hidden)
    gradients, v, path = rng.normal(size=(steps + 3, len(theta))), np.zeros(len(theta)), [theta]
    for g in gradients:
        v = momentum * v - rate * g
        path.append(path[-1] + v)
    return np.array(path), gradients


def _only_rate(path, gradients):
    first = path[1] - path[0]
    return float(-first @ gradients[0] / (gradients[0] @ gradients[0])), 0.0


def _average_rate(path, gradients):
    rate, momentum = recover(path, gradients)
    return rate / (1 - momentum), momentum


def _walked_again(function, rng):
    path, gradients = _noisy_run(rng, False)
    rate, momentum = function(path, gradients)
    theta, v = path[0], np.zeros_like(path[0])
    for g in gradients:
        v = momentum * v - rate * g
        theta = theta + v
    return None if near(theta, path[-1]) else "it ends elsewhere"


RECOVER = Task(
    "momentum.recover",
    "Diagnose the run: which momentum was it?",
    recover,
    parts=(
        Part("the rate of a run on a bowl", _recorded, only=(0,)),
        Part("its momentum", _recorded, only=(1,)),
        Part("a run with noisy gradients", _noisy_run, points=2),
    ),
    wrong=(
        Wrong(
            "the first step alone",
            _only_rate,
            "the first step tells the rate. The second begins to tell the momentum.",
        ),
        Wrong(
            "the rate of the averaged form",
            _average_rate,
            "the momentum is right, and the rate is 1 / (1 - momentum) times too large: that is how far a step leads in the end.",
        ),
    ),
    rtol=1e-5,
    properties=(Property("with what you return the recorded gradients lead to the recorded end", _walked_again),),
)

TASKS: tuple[Task, ...] = (CLASSICAL, NESTEROV, CORRECTED, BEST, FACTORS, WALK, RECOVER)
