"""What the page for instructors shows: the misconceptions of the class for show, as the overview draws them."""

from __future__ import annotations

import base64

from exercises.grader import demo, plots

SET, SHOWN = "momentum", 10


def overview() -> tuple[str, str]:
    """Return the address of the picture, which holds it whole, and its words."""
    most = demo.expected(demo.plan(SET)).most_common(SHOWN)
    drawn = plots.misconceptions([name for (_, name), _ in most], [count for _, count in most])
    picture = drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1) if "xmlns=" not in drawn else drawn
    said = "; ".join(f"{name}: {count}" for (_, name), count in most)
    words = f"Bars of the most frequent misconceptions of a synthetic class of {demo.SIZE}: {said}."
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}", words
