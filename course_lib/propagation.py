"""How far signals get through a network: sizes of the outputs going forward and of the gradients coming back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.network import Network


@dataclass(frozen=True)
class Propagation:
    """Figures of each layer, the first one first.

    Parameters
    ----------
    layers : list of str
        Their names, such as ``"0.dense"``.
    mean, variance : list of float
        Of all numbers that a layer puts out for a batch.
    active : list of float
        Share of these that are above zero: after a ReLU, the share of units that fire.
    gradient_variance : list of float
        Of the loss's gradient by these numbers; nan before the first weights, where none is computed.
    """

    layers: list[str]
    mean: list[float]
    variance: list[float]
    active: list[float]
    gradient_variance: list[float]

    def _repr_markdown_(self) -> str:
        rows = zip(self.layers, self.mean, self.variance, self.active, self.gradient_variance, strict=True)
        head = "| layer | mean | variance | above zero | variance of the gradient |\n|---|---|---|---|---|\n"
        return head + "\n".join(f"| {name} | {m:.3g} | {v:.3g} | {a:.1%} | {g:.3g} |" for name, m, v, a, g in rows)


def propagation(network: Network, x: Any, y: Any, *, rng: np.random.Generator | None = None) -> Propagation:
    """Measure every layer on one batch, in training mode.

    Parameters
    ----------
    network : Network
        Its theta and its state are not changed; its grad is.
    x, y : array_like
        A batch, as in `Network.loss_and_grad`.
    rng : numpy.random.Generator, optional
        Source of the masks of dropout.

    Returns
    -------
    Propagation
        The figures; inf or nan where a signal explodes.

    Raises
    ------
    ValueError
        As `Network.loss_and_grad`.
    """
    names = [f"{i}.{layer.name}" for i, layer in enumerate(network.layers)]
    forward = np.full((len(names), 3), np.nan)
    backward = np.full(len(names), np.nan)

    def watch(direction: str, i: int, array: Any) -> None:
        if direction == "forward":
            forward[i] = array.mean(dtype=float), array.var(dtype=float), (array > 0).mean()
        else:
            backward[i] = array.var(dtype=float)

    with np.errstate(all="ignore"):
        network.loss_and_grad(x, y, rng=rng, watch=watch)
    mean, variance, active = forward.T.tolist()
    return Propagation(names, mean, variance, active, backward.tolist())
