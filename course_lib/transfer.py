"""Start from a trained network: copy some of its layers, and hold parameters fast while the rest learns."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from course_lib.network import Network


def mask_of(network: Network, names: Iterable[str]) -> np.ndarray:
    """Mark parameters by name.

    Parameters
    ----------
    network : Network
        Whose flat vector it is.
    names : iterable of str
        Of blocks or of whole layers: ``"0.dense.W"``, ``"0.dense"`` or ``"0"``.

    Returns
    -------
    ndarray of bool of shape (n,)
        True where theta holds one of them: what ``train(..., frozen=mask)`` leaves as it is.

    Raises
    ------
    LookupError
        If a name is that of no parameter.
    TypeError
        If names is one string: its letters would be taken for layers.
    """
    mask = np.zeros(network.theta.size, bool)
    for name in _several(names):
        for block in matching(network.blocks, name):
            mask[network.blocks[block][0]] = True
    return mask


def matching(blocks: Iterable[str], name: str) -> list[str]:
    """Find the blocks that a name means.

    Parameters
    ----------
    blocks : iterable of str
        Names such as ``"0.dense.W"``.
    name : str
        Of a block or of a whole layer, as in `mask_of`.

    Returns
    -------
    list of str
        At least one.

    Raises
    ------
    LookupError
        If a name is that of no parameter.
    """
    found = [block for block in blocks if f"{block}.".startswith(f"{name}.")]
    if not found:
        raise LookupError(f"no parameter is called {name!r}; there are {', '.join(blocks)}")
    return found


def start_from(network: Network, trained: Network, names: Iterable[str]) -> np.ndarray:
    """Copy layers of a trained network, their running statistics too.

    Parameters
    ----------
    network : Network
        Its theta and its state are changed.
    trained : Network
        Where the layers come from; there they have the same names.
    names : iterable of str
        As in `mask_of`.

    Returns
    -------
    ndarray of bool of shape (n,)
        The mask of what was copied, for ``train(..., frozen=mask)``.

    Raises
    ------
    LookupError
        If a name is that of no parameter in one of the networks.
    TypeError
        If names is one string.
    ValueError
        If a shape differs; nothing is copied then.
    """
    names = _several(names)
    pairs = []
    for ours, theirs in ((network.weights(), trained.weights()), (network.statistics(), trained.statistics())):
        for name in names:
            wanted = [block for block in ours if f"{block}.".startswith(f"{name}.")]
            matching(network.blocks, name)
            matching(trained.blocks, name)
            for block in wanted:
                if block not in theirs or theirs[block].shape != ours[block].shape:
                    there = theirs[block].shape if block in theirs else "nothing"
                    raise ValueError(f"{block} has shape {ours[block].shape}, the trained network has {there} there")
                pairs.append((ours[block], theirs[block]))
    for target, source in pairs:
        target[...] = source
    return mask_of(network, names)


def _several(names: Iterable[str]) -> list[str]:
    if isinstance(names, str):
        raise TypeError(f"names must be several, such as ['0.dense'], got the one string {names!r}")
    return list(names)
