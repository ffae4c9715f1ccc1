"""Named arrays in one flat vector: where each stands, and views of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from course_lib.rule import FloatArray

Blocks = dict[str, tuple[slice, tuple[int, ...]]]


def lay_out(shapes: Mapping[str, tuple[int, ...]]) -> Blocks:
    """Give each array its place, one after the other.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shapes by name.

    Returns
    -------
    dict of str to (slice, shape)
        Places by name.
    """
    ends = np.cumsum([0, *map(math.prod, shapes.values())]).tolist()
    return {name: (slice(*ends), shapes[name]) for name, ends in zip(shapes, pairwise(ends), strict=True)}


def length(blocks: Blocks) -> int:
    """Return the length of the vector that holds all blocks."""
    return max((where.stop for where, _ in blocks.values()), default=0)


def views(flat: FloatArray, blocks: Blocks) -> dict[str, FloatArray]:
    """Return views of a vector, by name; writing to one writes to the vector."""
    return {name: flat[where].reshape(shape) for name, (where, shape) in blocks.items()}
