"""What a rule makes of gradients that do not depend on where it is: gradients by the list, and the machine that feeds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.rule import SCALAR, FloatArray, Rule, as_rule, retarget
from course_lib.run_arguments import Hyper, check_hyper, schedules_of


def feed(
    rule: Rule | str, gradients: Any, theta0: Any = 0.0, *, box: tuple[float, float] | None = None, **hyper: Any
) -> FloatArray:
    """Let a rule step along given gradients.

    Parameters
    ----------
    rule : Rule or str
        A rule that acts on each parameter alone, or the name of one. Where it would look ahead does not matter here.
    gradients : array_like of shape (steps,) or (steps, n)
        One gradient a step, of one parameter or of several.
    theta0 : float or array_like of shape (n,)
        Where to start.
    box : (float, float), optional
        Each step ends at the nearest point between these two, as in online learning over an interval.
    **hyper : float or callable
        Hyperparameters of the rule; a callable is a schedule and gets the step, from 0.

    Returns
    -------
    ndarray of shape (steps + 1,) or (steps + 1, n)
        The path, start included.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `course_lib.descend`; also if the gradients are neither a row nor rows, or the box is empty.

    Examples
    --------
    >>> feed("gradient_descent", [1.0, 1.0, -1.0], learning_rate=0.5)
    array([ 0. , -0.5, -1. , -0.5])
    """
    rule, g, start = as_rule(rule), np.asarray(gradients, float), np.asarray(theta0, float)
    if not rule.elementwise:
        raise TypeError(f"{rule.name} works on matrices; feed takes rules that act on each parameter alone")
    if g.ndim not in (1, 2) or not np.isfinite(start).all():
        raise ValueError(
            f"expected gradients of shape (steps,) or (steps, n) and a finite start, got {g.shape}, {theta0!r}"
        )
    if box is not None and not box[0] <= box[1]:
        raise ValueError(f"box must be (low, high), got {box}")
    values = check_hyper(rule, dict(hyper), g.shape[1:])
    if g.ndim == 1 and start.ndim == 0:
        try:
            return _follow(rule, retarget(rule.function, SCALAR), g.tolist(), float(start), box, values, _clip_float)
        except (ZeroDivisionError, OverflowError, ValueError):  # where floats raise, arrays go on with inf and nan
            pass
    with np.errstate(all="ignore"):
        return _follow(rule, rule.function, list(g), np.broadcast_to(start, g.shape[1:]), box, values, np.clip)


def _follow(
    rule: Rule,
    step: Callable[..., Any],
    gradients: list[Any],
    theta: Any,
    box: Any,
    hyper: Hyper,
    clip: Callable[..., Any],
) -> FloatArray:
    tables = _tables(rule, hyper, len(gradients))
    now, path = dict(hyper), [theta]
    state = [theta * 0 + first for first in rule.state.values()]
    for t, g in enumerate(gradients, start=1):
        for name, table in tables.items():
            now[name] = table[t - 1]
        theta, *state = step(theta, g, *state, t, **now)
        if box is not None:
            theta = clip(theta, *box)
        path.append(theta)
    return np.array(path)


def _tables(rule: Rule, hyper: Hyper, steps: int) -> dict[str, list[float]]:
    """Values of the schedules at every step, checked all at once."""
    columns = {name: np.array([[now(k)] for k in range(steps)], float) for name, now in schedules_of(hyper).items()}
    return {name: column[:, 0].tolist() for name, column in check_hyper(rule, columns, (steps, 1), fill=False).items()}


def _clip_float(x: float, low: float, high: float) -> float:
    return low if x < low else min(x, high)


def constant(steps: int) -> FloatArray:
    """Gradient 1 at every step.

    Parameters
    ----------
    steps : int >= 0
        How many.

    Returns
    -------
    ndarray of shape (steps,)
        Ones.
    """
    return np.ones(steps)


def alternating(steps: int) -> FloatArray:
    """Gradients 1, -1, 1, ..., as across a narrow valley.

    Parameters
    ----------
    steps : int >= 0
        How many.

    Returns
    -------
    ndarray of shape (steps,)
        The first is 1.
    """
    return (-1.0) ** np.arange(steps)


def sparse(steps: int, *, every: int = 10) -> FloatArray:
    """Gradient 1 at the first and then at every so-manieth step, 0 between, as for a rare word.

    Parameters
    ----------
    steps : int >= 0
        How many.
    every : int >= 1
        Distance from one to the next.

    Returns
    -------
    ndarray of shape (steps,)
        Ones and zeros.
    """
    return (np.arange(steps) % every == 0).astype(float)


def noisy(steps: int, *, seed: int = 0) -> FloatArray:
    """Gradients with mean 0.3 and mean square 1, normally distributed, as from minibatches.

    Parameters
    ----------
    steps : int >= 0
        How many.
    seed : int
        Of the noise.

    Returns
    -------
    ndarray of shape (steps,)
        The gradients.
    """
    return 0.3 + np.sqrt(1 - 0.3**2) * np.random.default_rng(seed).normal(size=steps)


def fading(steps: int, *, after: int = 10) -> FloatArray:
    """Gradient 1 for the first steps, 1/100 from then on, as on the way from a steep slope into a flat valley.

    Parameters
    ----------
    steps : int >= 0
        How many.
    after : int >= 0
        How many are 1.

    Returns
    -------
    ndarray of shape (steps,)
        Ones and hundredths.
    """
    return np.where(np.arange(steps) < after, 1.0, 0.01)


SEQUENCES: dict[str, Callable[[int], FloatArray]] = {
    f.__name__: f for f in (constant, alternating, sparse, noisy, fading)
}
"""Sequences of gradients by name."""
