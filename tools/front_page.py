"""What stands on the front page besides its text: a live figure, and what a chapter asks for."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes

from course_lib.live import LiveFigure

PACE = 200  # words a minute
LOOK = 0.5  # minutes for a displayed equation or a figure


def figure() -> LiveFigure:
    """Return the figure at the top: three opinions about one valley."""
    return LiveFigure(
        "ravine",
        {
            "gradient descent": ("gradient_descent", {"learning_rate": 0.038}),
            "momentum": ("momentum", {"learning_rate": 0.01}),
            "Adam": ("adam", {"learning_rate": 0.5}),
        },
        steps=150,
    )


@dataclass(frozen=True)
class Measure:
    """What there is to read and to do on a page.

    Parameters
    ----------
    question : str
        Its first paragraph.
    words : int
        Of prose, without code and without what is folded away.
    looks : int
        Displayed equations and figures.
    exercises : int
        For practice.
    """

    question: str
    words: int
    looks: int
    exercises: int

    @property
    def minutes(self) -> int:
        """Time to read, to five minutes."""
        return max(5, 5 * round((self.words / PACE + LOOK * self.looks) / 5))


def measure(page: nodes.document) -> Measure:
    """Measure a page that was read.

    Parameters
    ----------
    page : docutils.nodes.document
        The page.

    Returns
    -------
    Measure
        What there is.
    """
    paragraphs: list[str] = []
    looks = exercises = 0
    folded = False
    for node in page.findall():
        if isinstance(node, nodes.raw):
            text = node.astext()
            exercises += "<summary>Solution</summary>" in text
            looks += "<live-fig" in text or 'class="course-picture"' in text
            folded = "<details" in text or (folded and "</details>" not in text)
        elif isinstance(node, nodes.math_block):
            looks += not folded
        elif isinstance(node, nodes.paragraph) and not folded:
            paragraphs.append(node.astext())
    words = sum(len(re.findall(r"[^\W\d_]+", text)) for text in paragraphs)
    return Measure(paragraphs[0] if paragraphs else "", words, looks, exercises)


def running_time(build: Path, page: str) -> float | None:
    """Return the seconds that a notebook ran for when it was last executed, or None where nobody knows.

    Parameters
    ----------
    build : Path
        The folder ``_build``.
    page : str
        The page's name.

    Returns
    -------
    float or None
        Seconds.
    """
    database = build / ".jupyter_cache" / "global.db"
    if not database.exists():
        return None
    with closing(sqlite3.connect(database)) as cache:
        records = cache.execute("SELECT uri, data FROM nbcache ORDER BY accessed").fetchall()
    times = [
        json.loads(data or "{}").get("execution_seconds") for uri, data in records if Path(uri).stem == Path(page).name
    ]
    return times[-1] if times else None
