"""What steps a network: a `Stepper` on its flat vector, or, for a matrix method, one on each of its blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from course_lib.engine import Hyper, Stepper
from course_lib.network import Network
from course_lib.rule import FloatArray, Rule, as_rule
from course_lib.transfer import matching

Blocks = Mapping[str, tuple[slice, tuple[int, ...]]]


def stepper_of(
    rule: Rule | str, network: Network, *, exclude_layers: Iterable[str] | None = None, **hyper: Any
) -> Stepper | NetworkStepper:
    """Make what changes a network's theta in place by a rule.

    Parameters
    ----------
    rule : Rule or str
        An update rule or the name of one.
    network : Network
        Its theta is what the steps change.
    exclude_layers : iterable of str, optional
        As in `NetworkStepper`; for a matrix method only.
    **hyper : float or callable
        Hyperparameters of the rule; a callable is a schedule.

    Returns
    -------
    Stepper or NetworkStepper
        The latter for a matrix method.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `Stepper` and `NetworkStepper`; TypeError also for layers that an elementwise rule shall exclude.
    """
    rule = as_rule(rule)
    if not rule.elementwise:
        return NetworkStepper(rule, network.theta, network.blocks, exclude_layers=exclude_layers, **hyper)
    if exclude_layers is not None:
        raise TypeError(f"exclude_layers is for matrix methods such as muon; {rule.name!r} takes every parameter alike")
    return Stepper(rule, network.theta, **hyper)


def for_vectors(hyper: Hyper) -> tuple[Rule, Hyper]:
    """Say what the parameters take that the matrix method does not.

    Parameters
    ----------
    hyper : dict
        Hyperparameters of the matrix method, by name.

    Returns
    -------
    rule : Rule
        AdamW.
    hyper : dict
        Its hyperparameters: those that the matrix method has too with its values, the others as they are by default.
    """
    rule = as_rule("adamw")
    return rule, {name: hyper.get(name, default) for name, default in rule.hyperparameters.items()}


class NetworkStepper:
    """A `Stepper` for each block of a network's flat vector: the hidden matrices take the method, all else AdamW.

    Parameters
    ----------
    rule : Rule or str
        A matrix method, or the name of one.
    theta : ndarray of shape (n,)
        Contiguous floating-point vector that the steps change.
    blocks : mapping of str to (slice, shape)
        Where each weight stands in theta, as in ``Network.blocks``; those of two axes are the matrices.
    exclude_layers : iterable of str, optional
        Layers or blocks whose matrices take AdamW too, by names such as ``"0.dense"``, ``"0"`` or ``"0.dense.W"``. Where
        not given, the output layer, as Muon's author advises; with ``()`` every matrix takes the method.
    **hyper : float or callable
        Hyperparameters of the method; AdamW takes those of the same name.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `Stepper`; LookupError also for a name that no block has.

    Notes
    -----
    Keras's ``Muon`` cannot know which layer is the last: its ``exclude_layers`` is empty unless told, so its default is
    ``()`` here. Its ``exclude_embeddings`` has nothing to exclude in a network without embeddings.

    References
    ----------
    K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024,
    https://kellerjordan.github.io/posts/muon/.

    Attributes
    ----------
    theta : ndarray of shape (n,)
        The vector itself.
    steppers : dict of str to Stepper
        Each on a view of its block.
    """

    def __init__(
        self,
        rule: Rule | str,
        theta: FloatArray,
        blocks: Blocks,
        *,
        exclude_layers: Iterable[str] | None = None,
        **hyper: Any,
    ):
        self.rule, self.theta, self.blocks = as_rule(rule), theta, blocks
        others, shared = for_vectors(self.rule.with_defaults(hyper))
        matrices = [name for name, (_, shape) in blocks.items() if len(shape) == 2]
        excluded = matrices[-1:] if exclude_layers is None else _all_matching(blocks, exclude_layers)
        self.steppers = {
            name: Stepper(self.rule, theta[where].reshape(shape), **hyper)
            if name in matrices and name not in excluded
            else Stepper(others, theta[where], **shared)
            for name, (where, shape) in blocks.items()
        }

    def where(self, **now: float) -> FloatArray:
        """Point at which the next gradient is wanted: theta itself."""
        return self.theta

    def step(self, g: FloatArray, **now: float) -> None:
        """Change theta by one step.

        Parameters
        ----------
        g : ndarray of shape (n,)
            Gradient.
        **now : float
            Hyperparameters for this step only.

        Raises
        ------
        TypeError
            If a hyperparameter is unknown.
        ValueError
            If g has another shape than theta.
        """
        self.rule.with_defaults(now)  # an unknown name is refused here, not passed over below
        if g.shape != self.theta.shape:
            raise ValueError(f"the gradient must have the shape of theta, {self.theta.shape}, got {g.shape}")
        for name, (where, _) in self.blocks.items():
            stepper = self.steppers[name]
            known = {key: value for key, value in now.items() if key in stepper.rule.hyperparameters}
            stepper.step(g[where].reshape(stepper.theta.shape), **known)


def _all_matching(blocks: Blocks, names: Iterable[str]) -> set[str]:
    if isinstance(names, str):
        raise TypeError(f"exclude_layers must hold several names, such as ['0.dense'], got the one string {names!r}")
    return {block for name in names for block in matching(blocks, name)}
