"""The book's notation, from one file: MathJax's macros and the table of symbols."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from course_lib.disagreements import SOURCES

FILE = Path(__file__).resolve().parents[1] / "appendices" / "notation.yml"
NOTATION: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SHORT = {"notes": "notes", "mondal": "Mondal", "tennakoon": "Tennakoon", "zazo": "Zazo and Protopapas"}


def table() -> str:
    """Return the table of symbols as Markdown: ours, what it means, its shape or range, its name in the library and in Keras."""
    head = ["symbol", "meaning", "shape or range", "in code", "in Keras"]
    return _markdown(
        head,
        [
            [
                f"${entry['symbol']}$",
                entry["meaning"],
                entry["shape"],
                ", ".join(f"`{name}`" for name in entry.get("code", ())),
                ", ".join(f"`{name}`" for name in entry.get("keras", "").split(", ") if name),
            ]
            for entry in NOTATION["symbols"]
        ],
    )


def spellings() -> str:
    """Return a table as Markdown: our symbols, and what each source writes instead."""
    names = [name for name in SOURCES if name in SHORT]
    rows = [
        [f"${entry['symbol']}$", *(spelled(entry["sources"].get(name, "")) for name in names)]
        for entry in NOTATION["symbols"]
    ]
    return _markdown(["here", *(SHORT[name] for name in names)], rows)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def spelled(text: str) -> str:
    """Return a source's spelling as Markdown: symbols in dollars, words as they are, a dash for nothing."""
    return "; ".join(_phrase(part) for part in text.split("; ")) if text else "–"


def _phrase(part: str) -> str:
    symbol, _, words = part.partition(" in ")
    if words:
        return f"${symbol}$ in {words}"
    return part if " over " in part else ", ".join(f"${one}$" for one in part.split(", "))
