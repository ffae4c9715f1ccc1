"""The graded tasks that follow the chapter adaptive_rates."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import adam_variants
from .. import adaptive_rates as rules
from .task import Part, Property, Task, Wrong, near

Rng = np.random.Generator
Args = tuple[Any, ...]


def _shape(rng: Rng, hidden: bool) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(2, 6, size=3 if hidden else 1))


# --- AdaGrad


def adagrad(theta, g, r, learning_rate, epsilon):
    """One step of AdaGrad, epsilon outside the root: ``(theta, r)``."""
    return rules.adagrad(theta, g, r, 1, learning_rate=learning_rate, epsilon=epsilon)


def _adagrad_draw(rng: Rng, hidden: bool) -> Args:
    theta, g = rng.normal(size=(2, *_shape(rng, hidden)))
    return theta, g, rng.uniform(0.1, 3, size=g.shape), float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.01, 0.3))


def _rare(rng: Rng, hidden: bool) -> Args:
    theta, g, r, rate, epsilon = _adagrad_draw(rng, hidden)
    absent = rng.random(g.shape) < 0.5
    absent.flat[0], absent.flat[-1] = True, False
    return theta, np.where(absent, 0.0, g), np.where(absent, 0.0, r), rate, epsilon


def _adagrad_without_root(theta, g, r, learning_rate, epsilon):
    r = r + g**2
    return theta - learning_rate * g / (r + epsilon), r


def _adagrad_inside(theta, g, r, learning_rate, epsilon):
    r = r + g**2
    return theta - learning_rate * g / np.sqrt(r + epsilon), r


def _adagrad_old_sum(theta, g, r, learning_rate, epsilon):
    return theta - learning_rate * g / (np.sqrt(r) + epsilon), r + g**2


def _adagrad_sizes(theta, g, r, learning_rate, epsilon):
    r = r + np.abs(g)
    return theta - learning_rate * g / (np.sqrt(r) + epsilon), r


def _own_clock(function, rng):
    theta, g, _, rate, _ = _adagrad_draw(rng, False)
    path, r = [theta], np.zeros_like(g)
    for _ in range(4):
        new, r = function(path[-1], g, r, rate, 0.0)
        path.append(new)
    return None if np.allclose(path[4] - path[3], (path[1] - path[0]) / 2) else "it is not"


ADAGRAD = Task(
    "adaptive_rates.adagrad",
    "AdaGrad, one step",
    adagrad,
    parts=(
        Part("the sum of squares", _adagrad_draw, only=(1,)),
        Part("new parameters", _adagrad_draw, only=(0,)),
        Part("features that are absent", _rare),
    ),
    wrong=(
        Wrong(
            "the sum without its root",
            _adagrad_without_root,
            "the gradient is divided by the sum of squares itself, so its unit does not drop out. One source says so in words; its formula does not.",
        ),
        Wrong(
            "epsilon inside the root",
            _adagrad_inside,
            "that is Keras's place for epsilon. Here the paper's is asked for.",
        ),
        Wrong(
            "the sum of the step before",
            _adagrad_old_sum,
            "the gradient is divided by a sum that does not know it yet. Look at the order of the two formulas.",
        ),
        Wrong(
            "sizes for squares",
            _adagrad_sizes,
            "absolute values are summed. In which unit is the root of that, and in which the gradient?",
        ),
    ),
    properties=(Property("with equal gradients and no epsilon the fourth step is half the first", _own_clock),),
)

# --- RMSProp


def rmsprop(theta, g, r, learning_rate, rho, epsilon):
    """One step of RMSProp, epsilon inside the root: ``(theta, r)``."""
    return rules.rmsprop(theta, g, r, 1, learning_rate=learning_rate, rho=rho, epsilon=epsilon)


def _rmsprop_draw(rng: Rng, hidden: bool) -> Args:
    theta, g = rng.normal(size=(2, *_shape(rng, hidden)))
    epsilon = float(10 ** rng.uniform(-3, -2))
    return (
        theta,
        g,
        rng.uniform(0.1, 3, size=g.shape),
        float(rng.uniform(0.05, 0.5)),
        float(rng.uniform(0.6, 0.95)),
        epsilon,
    )


def _tiny(rng: Rng, hidden: bool) -> Args:
    theta, g, r, rate, rho, _ = _rmsprop_draw(rng, hidden)
    return theta, 1e-3 * g, 1e-6 * r, rate, rho, 1e-6


def _rmsprop_outside(theta, g, r, learning_rate, rho, epsilon):
    r = rho * r + (1 - rho) * g**2
    return theta - learning_rate * g / (np.sqrt(r) + epsilon), r


def _rmsprop_swapped(theta, g, r, learning_rate, rho, epsilon):
    return rmsprop(theta, g, r, learning_rate, 1 - rho, epsilon)


def _rmsprop_summed(theta, g, r, learning_rate, rho, epsilon):
    r = rho * r + g**2
    return theta - learning_rate * g / np.sqrt(r + epsilon), r


def _scale_drops_out(function, rng):
    theta, g, r, rate, rho, _ = _rmsprop_draw(rng, False)
    one, other = (function(theta, c * g, c**2 * r, rate, rho, 0.0)[0] for c in (1.0, 1000.0))
    return None if np.allclose(one, other) else "gradients a thousand times as large lead elsewhere"


RMSPROP = Task(
    "adaptive_rates.rmsprop",
    "RMSProp, and where epsilon sits",
    rmsprop,
    parts=(
        Part("the average of squares", _rmsprop_draw, only=(1,)),
        Part("new parameters", _rmsprop_draw, only=(0,)),
        Part("gradients of a thousandth", _tiny),
    ),
    wrong=(
        Wrong(
            "epsilon outside the root",
            _rmsprop_outside,
            "that is PyTorch's place for epsilon. Inside the root, as asked here, it counts much more where gradients are small.",
        ),
        Wrong(
            "the weights swapped",
            _rmsprop_swapped,
            "rho weighs the new square instead of the old average. Which of them should have most?",
        ),
        Wrong(
            "a sum for an average",
            _rmsprop_summed,
            "the new square enters whole, so r is no average. What should the two weights add up to?",
        ),
    ),
    properties=(Property("without epsilon the scale of the gradients drops out", _scale_drops_out),),
)

# --- Adam


def adam(theta, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    """One step of Adam as in its paper: ``(theta, m, v)``."""
    return rules.adam(theta, g, m, v, t, learning_rate=learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)


def _adam_draw(rng: Rng, hidden: bool) -> Args:
    theta, g, m = rng.normal(size=(3, *_shape(rng, hidden)))
    v = rng.uniform(0.1, 2, size=g.shape)
    beta_1, beta_2, epsilon = rng.uniform(0.5, 0.9), rng.uniform(0.9, 0.99), rng.uniform(0.01, 0.1)
    t = int(rng.integers(2, 9 if hidden else 4))
    return theta, g, m, v, t, float(rng.uniform(0.05, 0.5)), float(beta_1), float(beta_2), float(epsilon)


def _adam_first(rng: Rng, hidden: bool) -> Args:
    theta, g, m, v, _, *others = _adam_draw(rng, hidden)
    return theta, g, 0 * m, 0 * v, 1, *others


def _moments(g, m, v, beta_1, beta_2):
    return beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2


def _adam_uncorrected(theta, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m, v = _moments(g, m, v, beta_1, beta_2)
    return theta - learning_rate * m / (np.sqrt(v) + epsilon), m, v


def _adam_no_exponent(theta, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m, v = _moments(g, m, v, beta_1, beta_2)
    step = learning_rate * m / (1 - beta_1) / (np.sqrt(v / (1 - beta_2)) + epsilon)
    return theta - step, m, v


def _adam_written_back(theta, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m, v = _moments(g, m, v, beta_1, beta_2)
    m, v = m / (1 - beta_1**t), v / (1 - beta_2**t)
    return theta - learning_rate * m / (np.sqrt(v) + epsilon), m, v


def _adam_as_printed(theta, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m, v = _moments(g, m, v, beta_1, beta_2)
    m, v = m / (1 - beta_1), v / (1 - beta_2)
    return theta - learning_rate * m / (np.sqrt(v) + epsilon), m, v


def _adam_inside(theta, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m, v = _moments(g, m, v, beta_1, beta_2)
    return theta - learning_rate * m / (1 - beta_1**t) / np.sqrt(v / (1 - beta_2**t) + epsilon), m, v


def _adam_keras(theta, g, m, v, t, learning_rate, beta_1, beta_2, epsilon):
    m, v = _moments(g, m, v, beta_1, beta_2)
    rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return theta - rate * m / (np.sqrt(v) + epsilon), m, v


def _first_step(function, rng):
    theta, g, m, v, _, rate, beta_1, beta_2, _ = _adam_draw(rng, False)
    moved = theta - function(theta, g, 0 * m, 0 * v, 1, rate, beta_1, beta_2, 0.0)[0]
    return None if np.allclose(np.abs(moved), rate) else "it is not one rate long in every coordinate"


ADAM = Task(
    "adaptive_rates.adam",
    "Adam, one step",
    adam,
    parts=(
        Part("both averages", _adam_draw, only=(1, 2)),
        Part("the first step", _adam_first),
        Part("a later step", _adam_draw, points=2),
    ),
    wrong=(
        Wrong(
            "no correction",
            _adam_uncorrected,
            "the averages start at zero and are used as they are. One source speaks of a correction and prints this step.",
        ),
        Wrong(
            "a correction without its exponent",
            _adam_no_exponent,
            "the divisors are 1 - beta at every step. What must they be after a thousand steps, when the start is forgotten?",
        ),
        Wrong(
            "the correction written back",
            _adam_written_back,
            "the corrected averages are returned as the state, so the next step will correct them once more.",
        ),
        Wrong(
            "the slides' correction",
            _adam_as_printed,
            "the averages are divided by 1 - beta at every step, and what comes out is kept. One set of slides prints it so; on a gradient of 1 its second average runs 1, 1000, a million.",
        ),
        Wrong("epsilon inside the root", _adam_inside, "epsilon stands under the root. The paper adds it outside."),
        Wrong(
            "Keras's epsilon",
            _adam_keras,
            "the corrections stand in front and epsilon beside the raw root, as in Keras. The paper corrects first.",
        ),
    ),
    properties=(Property("without epsilon the first step is one rate long in every coordinate", _first_step),),
)

# --- AdamW


def adamw(theta, m_hat, v_hat, learning_rate, weight_decay):
    """New parameters of AdamW from the corrected moments, epsilon left out."""
    return theta - learning_rate * (m_hat / np.sqrt(v_hat) + weight_decay * theta)


def _adamw_draw(rng: Rng, hidden: bool) -> Args:
    theta, m_hat = rng.normal(size=(2, *_shape(rng, hidden)))
    v_hat = 10 ** rng.uniform(-2, 1, size=theta.shape)
    return theta, m_hat, v_hat, float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.05, 0.4))


def _l2(theta, m_hat, v_hat, learning_rate, weight_decay):
    return theta - learning_rate * (m_hat + weight_decay * theta) / np.sqrt(v_hat)


def _decay_without_rate(theta, m_hat, v_hat, learning_rate, weight_decay):
    return theta - learning_rate * m_hat / np.sqrt(v_hat) - weight_decay * theta


def _decay_after(theta, m_hat, v_hat, learning_rate, weight_decay):
    return (theta - learning_rate * m_hat / np.sqrt(v_hat)) * (1 - learning_rate * weight_decay)


def _growth(theta, m_hat, v_hat, learning_rate, weight_decay):
    return theta - learning_rate * (m_hat / np.sqrt(v_hat) - weight_decay * theta)


def _same_share(function, rng):
    theta, m_hat, v_hat, rate, decay = _adamw_draw(rng, False)
    share = function(theta, 0 * m_hat, v_hat, rate, decay) / theta
    return None if np.allclose(share, share[0]) and 0 < share[0] < 1 else "they do not"


ADAMW = Task(
    "adaptive_rates.adamw",
    "Decay for everybody",
    adamw,
    parts=(Part("new parameters", _adamw_draw, points=2),),
    wrong=(
        Wrong(
            "L2 inside Adam",
            _l2,
            "the decay goes through the division by the root, so parameters with large gradients hardly decay. What does the fraction bar divide?",
        ),
        Wrong(
            "a decay without the rate",
            _decay_without_rate,
            "the decay is not multiplied by the learning rate. Keras and PyTorch do so, and so does this exercise.",
        ),
        Wrong(
            "the decay of the new parameters",
            _decay_after,
            "the decay acts on the parameters after the step. Which ones stand on the right of the formula?",
        ),
        Wrong(
            "a decay that grows",
            _growth,
            "the parameters grow by the decay. Follow its sign through the bracket.",
        ),
    ),
    properties=(Property("where the moment is zero, all parameters shrink by the same share", _same_share),),
)

# --- Newton-Schulz


def orthogonalize(X, passes):
    """Newton-Schulz passes of Muon on a matrix divided by its Frobenius norm."""
    X = X / np.sqrt(np.sum(X**2))
    for _ in range(passes):
        A = X.T @ X
        X = 3.4445 * X + X @ (2.0315 * A @ A - 4.775 * A)
    return X


def _matrix(rng: Rng, hidden: bool) -> Args:
    shape = (int(rng.integers(5, 9)), int(rng.integers(3, 6))) if hidden else (3, 2)
    return rng.normal(size=shape) * 10 ** rng.uniform(-1, 1), int(rng.integers(2, 6))


def _spectral(X, passes):
    X = X / np.linalg.norm(X, 2)
    for _ in range(passes):
        A = X.T @ X
        X = 3.4445 * X + X @ (2.0315 * A @ A - 4.775 * A)
    return X


def _one_A(X, passes):
    X = X / np.sqrt(np.sum(X**2))
    A = X.T @ X
    for _ in range(passes):
        X = 3.4445 * X + X @ (2.0315 * A @ A - 4.775 * A)
    return X


def _entrywise(X, passes):
    X = X / np.sqrt(np.sum(X**2))
    for _ in range(passes):
        A = X.T @ X
        X = 3.4445 * X + X @ (2.0315 * A**2 - 4.775 * A)
    return X


def _cubic(X, passes):
    X = X / np.sqrt(np.sum(X**2))
    for _ in range(passes):
        X = 1.5 * X - 0.5 * X @ X.T @ X
    return X


def _exact(X, passes):
    U, _, Vt = np.linalg.svd(X, full_matrices=False)
    return U @ Vt


def _keeps_directions(function, rng):
    X, passes = _matrix(rng, False)
    U, _, Vt = np.linalg.svd(X, full_matrices=False)
    rest = U.T @ function(X, passes) @ Vt.T
    return None if near(rest, np.diag(np.diag(rest))) else "they turn"


def _no_scale(function, rng):
    X, passes = _matrix(rng, False)
    return None if near(function(X, passes), function(100 * X, passes)) else "it comes out otherwise"


ORTHOGONALIZE = Task(
    "adaptive_rates.orthogonalize",
    "Muon's matrix",
    orthogonalize,
    parts=(Part("a tall matrix", _matrix, points=3),),
    wrong=(
        Wrong(
            "the largest singular value for the norm",
            _spectral,
            "the matrix is divided by its largest singular value. Muon divides by the Frobenius norm, which needs no decomposition.",
        ),
        Wrong(
            "one product for all passes",
            _one_A,
            "A is computed once, from the first X, and used in every pass. Of which X should it be?",
        ),
        Wrong(
            "entries squared for a product",
            _entrywise,
            "the entries of A are squared. A A is a product of matrices.",
        ),
        Wrong(
            "the cubic iteration",
            _cubic,
            "that is the classical Newton-Schulz pass, which converges to 1. Muon's has a fifth power and other numbers.",
        ),
        Wrong(
            "the goal for the way",
            _exact,
            "all singular values are exactly 1. That is what the passes aim at, roughly; asked are the passes.",
        ),
    ),
    properties=(
        Property("the directions of the singular vectors stay", _keeps_directions),
        Property("a matrix a hundred times as large comes out the same", _no_scale),
    ),
)

# --- find the bug: AMSGrad


def denominators(gradients, beta_2):
    """The roots that AMSGrad divides by, in its paper's form and without epsilon: one for each gradient."""
    v = v_max = np.zeros_like(gradients[0])
    found = []
    for g in gradients:
        v = beta_2 * v + (1 - beta_2) * g**2
        v_max = np.maximum(v_max, v)
        found.append(np.sqrt(v_max))
    return np.array(found)


def _falling_gradients(rng: Rng, hidden: bool) -> Args:
    steps, width = (int(rng.integers(9, 15)), 4) if hidden else (6, 2)
    sizes = np.where(np.arange(steps) % 4 == 0, 3.0, 0.3)[:, None]
    return sizes * rng.uniform(0.5, 1.5, size=(steps, width)) * rng.choice([-1, 1], size=(steps, width)), float(
        rng.uniform(0.5, 0.9)
    )


def _contaminated(gradients, beta_2):
    v, found = np.zeros_like(gradients[0]), []
    for g in gradients:
        v = np.maximum(v, beta_2 * v + (1 - beta_2) * g**2)
        found.append(np.sqrt(v))
    return np.array(found)


def _no_maximum(gradients, beta_2):
    v, found = np.zeros_like(gradients[0]), []
    for g in gradients:
        v = beta_2 * v + (1 - beta_2) * g**2
        found.append(np.sqrt(v))
    return np.array(found)


def _corrected_maximum(gradients, beta_2):
    t = np.arange(1, len(gradients) + 1).reshape(-1, *[1] * np.ndim(gradients[0]))
    return denominators(gradients, beta_2) / np.sqrt(1 - beta_2**t)


def _long_after(function, rng):
    peaks = np.zeros((400, 2))
    peaks[0] = peaks[-1] = rng.uniform(1, 3, size=2)
    roots = function(peaks, 0.9)
    return None if np.allclose(roots[-1], roots[0]) else "it does not"


DENOMINATORS = Task(
    "adaptive_rates.denominators",
    "Find the bug: the root that AMSGrad divides by",
    denominators,
    parts=(Part("all denominators", _falling_gradients, points=2),),
    wrong=(
        Wrong(
            "one memory for two things",
            _contaminated,
            "the maximum is kept where the average was, so the next average starts from the maximum. How many arrays does AMSGrad keep?",
        ),
        Wrong(
            "no maximum", _no_maximum, "that is the plain average, Adam's, and it falls again. What must never fall?"
        ),
        Wrong(
            "the frameworks' form",
            _corrected_maximum,
            "the maximum is corrected for its start, as in Keras and PyTorch. The paper corrects nothing.",
        ),
    ),
    properties=(Property("a large gradient that comes again long after leaves the root as it was", _long_after),),
)

# --- diagnose the run: epsilon


def find_epsilon(gradients, steps, learning_rate):
    """Where epsilon was, "inside" or "outside" the root, and how large: ``(place, epsilon)``."""
    root = learning_rate * gradients / steps
    found = {"outside": root - gradients, "inside": root**2 - gradients**2}
    place = min(found, key=lambda name: np.ptp(found[name]) / np.mean(found[name]))
    return place, float(np.mean(found[place]))


def _constant_gradients(rng: Rng, hidden: bool) -> tuple[np.ndarray, float, float]:
    size = int(rng.integers(5, 9)) if hidden else 3
    epsilon, rate = 10 ** rng.uniform(-9, -2), rng.uniform(0.01, 0.5)
    return 10 ** np.linspace(-1, 1, size) * rng.uniform(0.8, 1.25, size), float(epsilon), float(rate)


def _outside(rng: Rng, hidden: bool) -> Args:
    sizes, epsilon, rate = _constant_gradients(rng, hidden)
    g = epsilon * sizes
    return g, rate * g / (g + epsilon), rate


def _inside(rng: Rng, hidden: bool) -> Args:
    sizes, epsilon, rate = _constant_gradients(rng, hidden)
    g = epsilon**0.5 * sizes
    return g, rate * g / np.sqrt(g**2 + epsilon), rate


def _places_swapped(gradients, steps, learning_rate):
    place, epsilon = find_epsilon(gradients, steps, learning_rate)
    return {"inside": "outside", "outside": "inside"}[place], epsilon


def _root_of_epsilon(gradients, steps, learning_rate):
    place, epsilon = find_epsilon(gradients, steps, learning_rate)
    return place, epsilon if place == "outside" else epsilon**0.5


def _always_outside(gradients, steps, learning_rate):
    return "outside", float(np.mean(learning_rate * gradients / steps - gradients))


def _always_inside(gradients, steps, learning_rate):
    return "inside", float(np.mean((learning_rate * gradients / steps) ** 2 - gradients**2))


def _unit_of_epsilon(function, rng):
    for draw, power in ((_outside, 1), (_inside, 2)):
        g, steps, rate = draw(rng, False)
        small, large = (function(unit * g, steps, rate)[1] for unit in (1.0, 10.0))
        if not np.isclose(large, 10.0**power * small):
            return f"{'inside' if power == 2 else 'outside'}, it becomes {large / small:.4g} times as large"
    return None


EPSILON = Task(
    "adaptive_rates.find_epsilon",
    "Diagnose the run: where was epsilon?",
    find_epsilon,
    parts=(Part("epsilon outside the root", _outside), Part("epsilon inside the root", _inside, points=2)),
    wrong=(
        Wrong(
            "the places swapped",
            _places_swapped,
            "the numbers are right, the words are not. Which of the two formulas has epsilon under the root?",
        ),
        Wrong(
            "the root of epsilon",
            _root_of_epsilon,
            "inside, what comes out is the root of epsilon. It is a gradient's size there; epsilon is not.",
        ),
        Wrong(
            "outside taken for granted",
            _always_outside,
            "epsilon is solved for as if it stood outside. Do all gradients of the record then give the same one?",
        ),
        Wrong(
            "inside taken for granted",
            _always_inside,
            "epsilon is solved for as if it stood inside. Do all gradients of the record then give the same one?",
        ),
    ),
    properties=(
        Property(
            "with gradients ten times as large and the same steps, epsilon is ten times as large outside and a hundred inside",
            _unit_of_epsilon,
        ),
    ),
    atol=0.0,
)

# --- diagnose the runs: the rule

MADE_BY = {
    "adagrad": (rules.adagrad, {}),
    "rmsprop": (rules.rmsprop, {"rho": 0.9}),
    "adam": (rules.adam, {}),
    "adam without correction": (adam_variants.adam_uncorrected, {}),
}


def _steps(name, gradients, learning_rate):
    rule, hyper = MADE_BY[name]
    theta, path = np.zeros_like(gradients[0]), []
    state = [theta] * len(rule.state)
    for t, g in enumerate(gradients, 1):
        new, *state = rule(theta, g, *state, t, learning_rate=learning_rate, epsilon=0.0, **hyper)
        path.append(new - theta)
        theta = new
    return np.array(path)


def _nearest(made, logs):
    return [min(made, key=lambda name: np.abs(made[name] - steps).max()) for steps in logs]


def which_rules(gradients, logs, learning_rate):
    """Name the rule behind each log: "adagrad", "rmsprop", "adam" or "adam without correction"."""
    return _nearest({name: _steps(name, gradients, learning_rate) for name in MADE_BY}, logs)


def _recorded(rng: Rng, hidden: bool) -> Args:
    steps, width, more = (int(rng.integers(6, 12)), 3, int(rng.integers(1, 4))) if hidden else (5, 2, 0)
    gradients = rng.uniform(0.3, 2, size=(steps, width)) * rng.choice([-1, 1], size=(steps, width))
    # small after large and the other way: at the second step all momentum goes uphill
    gradients[:2] = np.sign(gradients[0]) * [rng.uniform(1, 2, size=width), -rng.uniform(0.3, 0.6, size=width)]
    rate = float(rng.uniform(0.01, 0.5))
    names = rng.permutation([*MADE_BY, *rng.choice(list(MADE_BY), size=more)])
    return gradients, np.array([_steps(str(name), gradients, rate) for name in names]), rate


def _by_first_step(gradients, logs, learning_rate):
    first = [np.abs(steps[0]).mean() / learning_rate for steps in logs]
    return ["adagrad" if one < 2 else "rmsprop" for one in first]


def _by_sign(gradients, logs, learning_rate):
    downhill = [(np.sign(steps) == -np.sign(gradients)).all() for steps in logs]
    return ["rmsprop" if one else "adam" for one in downhill]


def _uphill(gradients, logs, learning_rate):
    return _nearest({name: -_steps(name, gradients, learning_rate) for name in MADE_BY}, logs)


def _without_rate(gradients, logs, learning_rate):
    return _nearest({name: _steps(name, gradients, 1.0) for name in MADE_BY}, logs)


def _any_scale(function, rng):
    gradients, logs, rate = _recorded(rng, False)
    names = [list(function(scale * gradients, logs, rate)) for scale in (1.0, 1000.0)]
    return None if names[0] == names[1] else "they do not"


WHICH = Task(
    "adaptive_rates.which_rules",
    "Diagnose the runs: who made these steps?",
    which_rules,
    parts=(Part("all logs", _recorded, points=3),),
    wrong=(
        Wrong(
            "a look at the first step only",
            _by_first_step,
            "AdaGrad and Adam begin alike, by one rate, and the other two begin alike too. When do they part?",
        ),
        Wrong(
            "a look at the signs only",
            _by_sign,
            "that tells whether there is momentum in it. What do the sizes tell?",
        ),
        Wrong(
            "steps uphill",
            _uphill,
            "the logs are compared with the steps turned round. What is added to the parameters goes downhill.",
        ),
        Wrong(
            "the rate left out",
            _without_rate,
            "the logs are compared with steps at a rate of 1. At which rate were they made?",
        ),
    ),
    properties=(Property("gradients a thousand times as large, with the same steps, give the same names", _any_scale),),
)

TASKS: tuple[Task, ...] = (ADAGRAD, RMSPROP, ADAM, ADAMW, ORTHOGONALIZE, DENOMINATORS, EPSILON, WHICH)
