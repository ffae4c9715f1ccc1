"""A drawn figure as a small file."""

from __future__ import annotations

import io

from matplotlib.figure import Figure
from PIL import Image


def small_png(figure: Figure, colors: int = 48, *, dpi: int = 140) -> bytes:
    """Write a figure with a palette and a light ground.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What was drawn.
    colors : int
        Size of the palette.
    dpi : int
        Pixels to the inch.

    Returns
    -------
    bytes
        A PNG.
    """
    stream, small = io.BytesIO(), io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    picture = Image.open(stream).convert("RGB").quantize(colors, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()
