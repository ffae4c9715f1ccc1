"""A notebook's code cells: read as data, never run."""

from __future__ import annotations

import json
from typing import Any

from .handed import Unreadable, clean

NOTEBOOK_BYTES, CODE_BYTES = 32 * 2**20, 2**20  # plots make a notebook large; what a learner wrote does not
BRACKETS = 500_000  # small things grow twentyfold in memory
CELLS = 2000
SETUP_CELL = "# @title Set-up: run this cell first"  # see tools/colab.py


def cells_of(raw: bytes) -> tuple[str, ...]:
    """Return a notebook's code cells.

    Parameters
    ----------
    raw : bytes
        A file of format 3 or 4.

    Returns
    -------
    tuple of str
        In the order of the file, without the generated set-up cell.

    Raises
    ------
    Unreadable
        Where it is no notebook in Python, with the reason.
    """
    if len(raw) > NOTEBOOK_BYTES:
        raise Unreadable(f"the notebook is larger than {NOTEBOOK_BYTES // 2**20} MB; clear its outputs")
    if not raw.strip():
        raise Unreadable("the file is empty")
    if raw.count(b"[") + raw.count(b"{") > BRACKETS:
        raise Unreadable("the notebook holds too many things; clear its outputs")
    try:
        book = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("the file is not text, so it is no notebook") from None
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("the file is damaged: it is not JSON") from None
    if not isinstance(book, dict) or not isinstance(book.get("nbformat"), int):
        raise Unreadable("the file is not a notebook")
    if book["nbformat"] < 3:
        raise Unreadable(f"the notebook is of format {book['nbformat']}; 3 and 4 can be read")
    _check_language(book.get("metadata"))
    sources = [_source(cell) for cell in _cells(book)]
    code = tuple(s for s in sources if s is not None and s.strip() and not s.startswith(SETUP_CELL))
    if not code:
        raise Unreadable("the notebook has no code cells")
    if len(code) > CELLS:
        raise Unreadable(f"the notebook has more than {CELLS} code cells")
    if sum(map(len, code)) > CODE_BYTES:
        raise Unreadable(f"the notebook has more than {CODE_BYTES // 2**20} MB of code")
    return code


def _cells(book: dict[str, Any]) -> list[Any]:
    if book["nbformat"] >= 4:
        cells = book.get("cells")
        return cells if isinstance(cells, list) else []
    sheets = book.get("worksheets")
    sheets = [s for s in sheets if isinstance(s, dict)] if isinstance(sheets, list) else []
    return [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]


def _source(cell: Any) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source.encode("utf8", "replace").decode("utf8") if isinstance(source, str) else None


def _check_language(metadata: Any) -> None:
    metadata = metadata if isinstance(metadata, dict) else {}
    kernel, info = (
        metadata.get(k) if isinstance(metadata.get(k), dict) else {} for k in ("kernelspec", "language_info")
    )
    for language in (kernel.get("language"), info.get("name")):  # type: ignore[union-attr]
        if isinstance(language, str) and not language.lower().startswith(("python", "ipython")):
            raise Unreadable(f"the notebook's language is {clean(language)[:20]}, not Python")
