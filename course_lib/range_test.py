"""The range test: train while the rate grows, and look where the loss falls and where it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from course_lib.averages import corrected, exponential_step
from course_lib.hyperparameters import check_count
from course_lib.network import Network
from course_lib.network_stepper import stepper_of
from course_lib.rule import FloatArray, Rule, as_rule
from course_lib.training import OnProgress, check_examples, check_last_batch, minibatches

WARM = 10  # so many steps before the smoothed loss is trusted


@dataclass(frozen=True)
class RangeTest:
    """What a range test saw and what it suggests.

    Parameters
    ----------
    name : str
        Of the rule.
    growth : {"exponential", "linear"}
        How the rate grew.
    rates, losses, smoothed : ndarray of shape (k,)
        The rate of each step, the loss of its minibatch before it, and the average of the losses so far that forgets.
    measured : ndarray of shape (k,) or (0,)
        What ``measure`` gave after each step.
    diverged : bool
        Whether the test ended because the loss broke.
    suggestion : float or None
        A careful rate; None where the curve does not carry one.
    reason : str
        Where it comes from, or why there is none.
    """

    name: str
    growth: str
    rates: FloatArray
    losses: FloatArray
    smoothed: FloatArray
    measured: FloatArray
    diverged: bool
    suggestion: float | None
    reason: str

    def _repr_markdown_(self) -> str:
        end = "ended when the loss broke" if self.diverged else "ran to the highest rate"
        advice = "no suggestion" if self.suggestion is None else f"suggested rate {self.suggestion:.2g}"
        span = f"{self.rates[0]:.2g} to {self.rates[-1]:.2g} in {len(self.rates)} steps"
        return f"**{self.name}**, {self.growth} growth, {span}, {end}; **{advice}**: {self.reason}"


def range_test(
    rng: np.random.Generator,
    network: Network,
    rule: Rule | str,
    x: Any,
    y: Any,
    *,
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 200,
    growth: Literal["exponential", "linear"] = "exponential",
    batch_size: int = 32,
    smoothing: float = 0.9,
    stop_at: float = 4.0,
    measure: Callable[[Network], float] | None = None,
    before: Callable[[FloatArray], FloatArray] | None = None,
    exclude_layers: Iterable[str] | None = None,
    on_progress: OnProgress | None = None,
    **hyper: Any,
) -> RangeTest:
    """Train with a rate that grows from step to step; the network is afterwards what it was before.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order of the examples and of the masks of dropout.
    network : Network
        It is trained and put back, its state too.
    rule : Rule or str
        An update rule with a learning rate.
    x, y : array_like
        Inputs and classes.
    lowest, highest : float
        First and last rate, 0 < lowest < highest.
    steps : int >= 20
        How many steps the growth takes; the data are passed as often as that needs.
    growth : {"exponential", "linear"}
        By equal factors, or by equal amounts as in Smith's paper.
    batch_size : int
        Examples a step.
    smoothing : float in [0, 1)
        Share of the past in the smoothed loss.
    stop_at : float > 1
        The test ends when the smoothed loss is so many times its lowest value, or no number.
    measure : callable, optional
        Called with the network after each step, for example for its accuracy on data set apart.
    before : callable, optional
        What is done to each gradient first, such as `course_lib.clipping.clip_by_norm`.
    exclude_layers : iterable of str, optional
        Of a matrix method, as in `course_lib.training.train`.
    on_progress : callable, optional
        Called after each step with steps done, steps in all, loss.
    **hyper : float or callable
        The other hyperparameters of the rule.

    Returns
    -------
    RangeTest
        The curve and a suggestion.

    Raises
    ------
    LookupError, TypeError, ValueError
        If a name, a shape or a number does not fit.

    References
    ----------
    L. N. Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.3, arXiv:1506.01186.
    """
    rule = as_rule(rule)
    x, y = check_examples(rng, x, y, batch_size=batch_size)
    growing = RateGrowth(lowest, highest, steps, growth, smoothing, stop_at)
    if "learning_rate" in hyper or "learning_rate" not in rule.hyperparameters:
        raise TypeError(f"range_test sets the learning_rate of {rule.name!r} itself, so the rule must have one to set")
    stepper = stepper_of(rule, network, exclude_layers=exclude_layers, **hyper)
    check_last_batch(network, len(x), batch_size)
    first = network.theta.copy(), network.state.copy()
    epochs, measured = -(-steps * batch_size // len(x)) + 1, []
    try:
        with np.errstate(all="ignore"):
            for rate, batch in zip(growing.planned, minibatches(rng, len(x), batch_size, epochs), strict=False):
                loss, g = network.loss_and_grad(x[batch], y[batch], at=stepper.where(learning_rate=rate), rng=rng)
                growing.see(loss)
                if on_progress is not None:
                    on_progress(len(growing.losses), steps, loss)
                if growing.diverged:
                    break
                stepper.step(g if before is None else before(g), learning_rate=rate)
                network.state[...] = network.next_state
                if measure is not None:
                    measured.append(float(measure(network)))
    finally:
        network.theta[...], network.state[...] = first
    return growing.record(rule.name, measured)


class RateGrowth:
    """A range test under way, whoever trains: the rates to come, and what the losses so far say.

    Parameters
    ----------
    lowest, highest : float
        First and last rate.
    steps : int
        How many steps the growth takes.
    growth : {"exponential", "linear"}
        As in `range_test`.
    smoothing, stop_at : float
        As in `range_test`.

    Raises
    ------
    ValueError
        If one is out of range.

    Attributes
    ----------
    planned : ndarray of shape (steps,)
        The rate of each step.
    losses, smoothed : list of float
        Of the steps so far.
    diverged : bool
        Whether the loss broke.
    """

    def __init__(self, lowest: float, highest: float, steps: int, growth: str, smoothing: float, stop_at: float):
        self.planned = _plan(lowest, highest, steps, growth)
        if not (0 <= smoothing < 1 and stop_at > 1):
            raise ValueError(f"expected smoothing in [0, 1) and stop_at > 1, got {smoothing} and {stop_at}")
        self.growth, self.smoothing, self.stop_at = growth, smoothing, stop_at
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self.diverged = False
        self._average = 0.0

    @property
    def over(self) -> bool:
        """Whether there is nothing more to see."""
        return self.diverged or len(self.losses) == len(self.planned)

    def see(self, loss: float) -> None:
        """Take the loss of the next minibatch, before its step."""
        self.losses.append(loss)
        self._average = exponential_step(self._average, loss, beta=self.smoothing)
        self.smoothed.append(corrected(self._average, len(self.losses), beta=self.smoothing))
        broke = len(self.losses) > WARM and self.smoothed[-1] > self.stop_at * min(self.smoothed)
        self.diverged = not np.isfinite(loss) or broke

    def record(self, name: str, measured: Sequence[float] = ()) -> RangeTest:
        """Return the curve so far and what it suggests.

        Parameters
        ----------
        name : str
            Of the rule.
        measured : sequence of float
            What was measured after the steps.

        Returns
        -------
        RangeTest
            The record.
        """
        rates = self.planned[: len(self.losses)]
        curve = np.array(self.losses), np.array(self.smoothed)
        suggestion, reason = _suggest(rates, *curve, self.growth, self.diverged)
        return RangeTest(name, self.growth, rates, *curve, np.array(measured), self.diverged, suggestion, reason)


def _plan(lowest: float, highest: float, steps: int, growth: str) -> FloatArray:
    if not 0 < lowest < highest < np.inf:
        raise ValueError(f"expected 0 < lowest < highest, got {lowest} and {highest}")
    steps = check_count("steps", steps, 2 * WARM)
    if growth not in ("exponential", "linear"):
        raise ValueError(f"growth must be 'exponential' or 'linear', got {growth!r}")
    return np.geomspace(lowest, highest, steps) if growth == "exponential" else np.linspace(lowest, highest, steps)


def _suggest(
    rates: FloatArray, losses: FloatArray, smoothed: FloatArray, growth: str, diverged: bool
) -> tuple[float | None, str]:
    """A tenth of the rate of the lowest smoothed loss, or the rate of the steepest fall if that is smaller."""
    whole = int(np.isfinite(smoothed).sum())
    if whole <= WARM:
        return None, f"the loss broke within {len(rates)} steps: begin with a lower rate"
    rates, losses, smoothed = rates[:whole], losses[:whole], smoothed[:whole]
    best = WARM + int(np.argmin(smoothed[WARM:]))
    noise = float(np.std(losses[:WARM]))
    if smoothed[WARM] - smoothed[best] <= noise:
        return None, f"the loss never fell by more than its noise, {noise:.2g}"
    scale = np.log(rates) if growth == "exponential" else rates
    steepest = WARM + int(np.argmin(np.gradient(smoothed, scale)[WARM : best + 1]))
    tenth = rates[best] / 10
    careful = float(min(tenth, rates[steepest]))
    reason = (
        f"the smoothed loss is lowest at {rates[best]:.2g} and falls most steeply at {rates[steepest]:.2g}; the smaller of "
        "the latter and a tenth of the former. The loss lags behind the rate, so try a third and three times as much too"
    )
    if not diverged and best >= whole - WARM:
        reason += ". It was still falling at the highest rate: repeat with a higher one"
    return careful, reason
