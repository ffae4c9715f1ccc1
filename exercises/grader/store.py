"""Marks on disk, by what they are marks of: a run that was killed goes on, and two runs write the same bytes."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.exercises import SETS

ROOT = Path(__file__).resolve().parents[2]
FACES = ("__main__.py", "class_run.py", "demo.py", "gradebook.py", "gradescope.py", "plots.py", "report.py", "store.py")
SIGN, HALF = "course-marks.json", ".part"
FORMAT = {"format": 1, "what": "marks of the course, written by exercises.grader"}


class StoreError(ValueError):
    """The folder cannot be used as a store; the message is for people."""


class Store:
    """A folder of marks.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; refused where it holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sign = folder / SIGN
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file; the store is a folder")
        if folder.exists() and not sign.exists() and any(p.suffix != HALF for p in folder.iterdir()):
            raise StoreError(f"{folder} is not empty and is no store; name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        if not sign.exists():
            _write(sign, FORMAT)

    def sweep(self) -> None:
        """Remove what a killed run left half written. Only the one who starts a run may do it."""
        for pattern in (f"*{HALF}", f"??/*{HALF}"):
            for half in self.folder.glob(pattern):
                half.unlink(missing_ok=True)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what is stored, or None where there is nothing or it is damaged.

        Parameters
        ----------
        key : str
            As `key_of` makes it.

        Returns
        -------
        dict or None
            The record.
        """
        try:
            body = json.loads(self._path(key).read_text(encoding="utf8"))
            record = body["record"]
            return record if body["sha256"] == _digest(record) and isinstance(record, dict) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, record: dict[str, Any]) -> None:
        """Store a record, whole or not at all.

        Parameters
        ----------
        key : str
            As `key_of` makes it.
        record : dict
            Plain data.
        """
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        _write(path, {"sha256": _digest(record), "record": record})

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def key_of(digest: str, set_name: str, fingerprint: str, *, walls: bool = True) -> str:
    """Return under which key the marks of a notebook are stored.

    It changes with the notebook, with the set's tasks and the library that answers them, with the grader's own code, with
    Python, NumPy and the secret, and with whether there were walls: marks that may differ never share a key.

    Parameters
    ----------
    digest : str
        SHA-256 of the notebook.
    set_name : str
        Which set.
    fingerprint : str
        Of the course's secret.
    walls : bool
        Whether the learner's code was kept apart.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    parts = [digest, set_name, fingerprint, _code(set_name), np.__version__, platform.python_version(), walls]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def sources(set_name: str) -> list[Path]:
    """Return the files on which a set's marks depend.

    Parameters
    ----------
    set_name : str
        Which set.

    Returns
    -------
    list of Path
        The library without its faces, what a task is, the set, and the grader without what only shows marks.
    """
    library = ROOT / "course_lib"
    tasks = [p for p in library.glob("exercises/*.py") if p.stem not in SETS or p.stem == set_name]
    grader = [p for p in Path(__file__).parent.glob("*.py") if p.name not in FACES]
    return sorted([*library.glob("*.py"), *tasks, *grader])


@functools.lru_cache(maxsize=16)
def _code(set_name: str) -> str:
    files = [(path.relative_to(ROOT).as_posix(), path.read_bytes()) for path in sources(set_name)]
    return hashlib.sha256(b"\0".join(name.encode() + b"\0" + content for name, content in files)).hexdigest()


def _digest(record: Any) -> str:
    return hashlib.sha256(_text(record).encode()).hexdigest()


def _text(content: Any) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _write(path: Path, content: Any) -> None:
    handle, half = tempfile.mkstemp(dir=path.parent, suffix=HALF)
    try:
        with os.fdopen(handle, "w", encoding="utf8") as file:
            file.write(_text(content) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(half, 0o644)
        os.replace(half, path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise
