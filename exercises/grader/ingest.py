"""What was handed in, as cells of code: from folders, zips and notebooks, whoever delivers them.

A file is read, never run, unpacked or trusted: regular files only, of bounded size, zips in memory. What cannot be marked
becomes a row with a reason. No name that a learner gave is ever a path to write to.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from .attempts import CANVAS, flagged, identity, newest
from .choice import NO_NOTEBOOK, only
from .files import (
    ARCHIVE_BYTES,
    hidden,
    members_of,
    notebooks_among,
    notebooks_in_folder,
    notebooks_in_zip,
    parts_of,
    read,
    told,
)
from .handed import Handed, Rejected, Submission, Unreadable, clean, key_of
from .notebook import NOTEBOOK_BYTES, cells_of

TABLES = (".yml", ".yaml", ".csv")  # of the system or the teacher; no learner hands in such a thing as a notebook
EXPORT = "submission_metadata.yml"  # of Gradescope


def collect(path: Path, wanted: str | None = None) -> list[Handed]:
    """Read a class: a folder or zip of learners' folders, zips and notebooks; or one notebook.

    Parameters
    ----------
    path : Path
        What was downloaded from Canvas, Gradescope or elsewhere.
    wanted : str, optional
        The set that is marked: of several notebooks of a learner its counts.

    Returns
    -------
    list of Submission or Rejected
        One for each learner and attempt, ordered by name; none is left out.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If there is nothing in it.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is nothing at {path}")
    if path.is_dir():
        path = _unwrapped(path)
        found = [_of_entry(path / name, name, wanted) for name in sorted(os.listdir(path)) if not hidden(name)]
        found = _named(found, path / EXPORT) if (path / EXPORT).is_file() else found
    elif path.suffix.lower() == ".zip":
        found = list(_class_in_zip(path, wanted))
    else:
        found = [_of_entry(path, path.name, wanted)]
    handed = [one for one in found if one is not None]
    if not handed:
        raise ValueError(f"{path} holds no submission: folders, zips or notebooks (.ipynb), one for each learner")
    return sorted(flagged(newest(handed)), key=lambda one: (key_of(one.learner), one.name))


def collect_one(path: Path, wanted: str | None = None) -> Handed:
    """Read what one learner handed in: a notebook, or a folder with a notebook and perhaps other files.

    Parameters
    ----------
    path : Path
        File or folder.
    wanted : str, optional
        As in `collect`.

    Returns
    -------
    Submission or Rejected
        With the reason.
    """
    learner, keys = identity(path.name)
    return _of_entry(path, path.name, wanted) or Rejected(clean(path.name), learner, NO_NOTEBOOK, keys)


def _unwrapped(path: Path) -> Path:
    """Return the folder of the class where all of it lies in one folder more."""
    while True:
        inside = [e for e in os.scandir(path) if not (hidden(e.name) or _is_table(e.name))]
        if len(inside) != 1 or not inside[0].is_dir(follow_symlinks=False):
            return path
        below = [entry for entry in os.scandir(inside[0].path) if not hidden(entry.name)]
        many = [e.name for e in below if e.is_dir(follow_symlinks=False) or e.name.lower().endswith(".zip")]
        notebooks = [e.name for e in below if e.name.lower().endswith(".ipynb")]
        if EXPORT not in {e.name for e in below} and len(many) < 2 and len(notebooks) < 5:  # one learner's folder
            return path
        path = Path(inside[0].path)


def _named(found: list[Handed | None], export: Path) -> list[Handed | None]:
    """Give the submissions of Gradescope's export, folders with numbers, the people that its table names."""
    import yaml

    try:
        table = yaml.safe_load(read(export, NOTEBOOK_BYTES).decode("utf8"))
    except (Unreadable, UnicodeDecodeError, yaml.YAMLError, RecursionError) as trouble:
        raise ValueError(f"{export} cannot be read as Gradescope's table of submissions") from trouble
    whose: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for folder, entry in table.items() if isinstance(table, dict) else ():
        people = entry.get(":submitters", ()) if isinstance(entry, dict) else ()
        for person in people if isinstance(people, list) else ():
            found_keys = [person.get(k) for k in (":sid", ":email", ":name")] if isinstance(person, dict) else []
            told = [str(one).strip() for one in found_keys if type(one) in (str, int) and one]
            if told:
                whose.setdefault(str(folder), []).append((clean(told[-1]), tuple(told)))
    named: list[Handed | None] = []
    for one in found:
        people = whose.get(one.name, []) if one is not None else []
        named += [replace(one, learner=who, keys=keys) for who, keys in people] if one is not None and people else [one]
    return named


def _of_entry(path: Path, name: str, wanted: str | None) -> Handed | None:
    learner, keys = identity(name)
    shown = clean(name)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            return _made(shown, learner, keys, *only(notebooks_in_folder(path), wanted))
        if name.lower().endswith(".zip"):
            return _made(shown, learner, keys, *only(notebooks_in_zip(read(path, ARCHIVE_BYTES)), wanted))
        if name.lower().endswith(".ipynb") or not stat.S_ISREG(mode):
            return _made(shown, learner, keys, read(path, NOTEBOOK_BYTES))
        return _no_notebook(name)
    except Unreadable as trouble:
        return Rejected(shown, learner, str(trouble), keys)
    except OSError as trouble:
        return Rejected(shown, learner, f"the file cannot be read ({trouble.strerror})", keys)


def _is_table(name: str) -> bool:
    """Say whether a file is the system's or the teacher's."""
    return name.lower().endswith(TABLES) and not CANVAS.fullmatch(name)


def _no_notebook(name: str) -> Rejected | None:
    """Return a row for a file that is no notebook; the system's own tables get none."""
    if _is_table(name):
        return None
    learner, keys = identity(name)
    ending = clean(PurePosixPath(name).suffix)
    return Rejected(clean(name), learner, f"a file that ends in {ending!r}: hand in the notebook (.ipynb)", keys)


def _made(name: str, learner: str, keys: tuple[str, ...], raw: bytes, note: str = "") -> Handed:
    digest = hashlib.sha256(raw).hexdigest()
    try:
        return Submission(name, learner, digest, cells_of(raw), keys, note)
    except Unreadable as trouble:
        return Rejected(name, learner, str(trouble), keys, digest)


def _class_in_zip(path: Path, wanted: str | None) -> Iterator[Handed | None]:
    """Read the zip of a whole class: the folders and files at its top are the learners."""
    try:
        with told(), zipfile.ZipFile(path) as archive:
            members = [(m, parts_of(m)) for m in members_of(archive)]
            if _is_wrapped(members):  # all in one folder
                members = [(m, parts[1:]) for m, parts in members]
            groups: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
            folders = set()
            for member, parts in members:
                if parts:
                    groups[parts[0]].append(member)
                    folders |= {parts[0]} if len(parts) > 1 or member.is_dir() else set()
            for name, group in groups.items():
                handed = name.lower().endswith((".ipynb", ".zip"))
                yield _of_group(archive, name, group, wanted) if name in folders or handed else _no_notebook(name)
    except Unreadable as trouble:
        yield Rejected(clean(path.name), clean(path.stem), str(trouble))


def _is_wrapped(members: Sequence[tuple[zipfile.ZipInfo, list[str]]]) -> bool:
    files = [parts for member, parts in members if not member.is_dir()]
    handed = [parts for parts in files if parts[-1].lower().endswith((".ipynb", ".zip"))]
    return len({p[0] for p in files}) == 1 and all(len(p) > 1 for p in files) and (
        any(len(p) > 2 for p in files) or len(handed) > 1
    )  # fmt: skip


def _of_group(archive: zipfile.ZipFile, name: str, group: Sequence[zipfile.ZipInfo], wanted: str | None) -> Handed:
    learner, keys = identity(name)
    try:
        with told():
            return _made(clean(name), learner, keys, *only(notebooks_among(archive, group), wanted))
    except Unreadable as trouble:
        return Rejected(clean(name), learner, str(trouble), keys)
