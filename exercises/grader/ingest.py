"""What was handed in, as cells of code: from folders, zips and notebooks, whoever delivers them.

A file is read, never run, unpacked or trusted: regular files only, of bounded size, zips in memory. What cannot be marked
becomes a row with a reason. No name that a learner gave is ever a path to write to.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from course_lib.exercises import SETS

NOTEBOOK_BYTES, CODE_BYTES = 32 * 2**20, 2**20  # plots make a notebook large; what a learner wrote does not
TOGETHER_BYTES = 256 * 2**20  # of one learner's notebooks
BRACKETS = 500_000  # small things grow twentyfold in memory
ARCHIVE_BYTES = 512 * 2**20
MEMBERS, DECLARED_BYTES = 50_000, 4 * 2**30
FILES, NOTEBOOKS, ZIPS, CELLS, NAME = 1000, 100, 20, 2000, 120  # of one learner
SETUP_CELL = "# @title Set-up: run this cell first"  # see tools/colab.py
CANVAS = re.compile(r"(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
ATTEMPT = re.compile(r"-\d+(?=\.\w+$)")  # what Canvas adds to the name of a file that is handed in again
ENTRY = b"PK\x01\x02"  # begins what a zip says of a member
DEFINED = re.compile(r"^[ \t]*def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
SETS_FOLDER = Path(__file__).resolve().parents[1]
TABLES = (".yml", ".yaml", ".csv")  # of the system or the teacher; no learner hands in such a thing as a notebook


EXPORT = "submission_metadata.yml"  # of Gradescope
NO_NOTEBOOK = "there is no notebook (.ipynb) in it"


class Unreadable(Exception):
    """A file cannot be marked; the message is for people."""


@dataclass(frozen=True)
class Submission:
    """A notebook that can be run.

    Attributes
    ----------
    name : str
        Of the file or folder, cleaned.
    learner : str
        Who handed it in, by the name of the file or folder.
    digest : str
        SHA-256 of the notebook's bytes.
    cells : tuple of str
        Its code cells, in the order of the file.
    keys : tuple of str
        What a roster may know the learner by.
    note : str
        What a teacher should know about it.
    """

    name: str
    learner: str
    digest: str
    cells: tuple[str, ...]
    keys: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Rejected:
    """Something that cannot be run, and why.

    Attributes
    ----------
    name, learner : str
        As of a submission.
    reason : str
        For people.
    keys : tuple of str
        As of a submission.
    digest : str or None
        SHA-256 of its bytes, where they could be read.
    """

    name: str
    learner: str
    reason: str
    keys: tuple[str, ...] = ()
    digest: str | None = None


Handed = Submission | Rejected


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
        found = [_of_entry(path / name, name, wanted) for name in sorted(os.listdir(path)) if not _hidden(name)]
        found = _named(found, path / EXPORT) if (path / EXPORT).is_file() else found
    elif path.suffix.lower() == ".zip":
        found = list(_class_in_zip(path, wanted))
    else:
        found = [_of_entry(path, path.name, wanted)]
    handed = [one for one in found if one is not None]
    if not handed:
        raise ValueError(f"{path} holds no submission: folders, zips or notebooks (.ipynb), one for each learner")
    return sorted(_flagged(_newest(handed)), key=lambda one: (key_of(one.learner), one.name))


def _unwrapped(path: Path) -> Path:
    """Return the folder of the class where all of it lies in one folder more."""
    while True:
        inside = [entry for entry in os.scandir(path) if not _hidden(entry.name)]
        if len(inside) != 1 or not inside[0].is_dir(follow_symlinks=False):
            return path
        below = [entry for entry in os.scandir(inside[0].path) if not _hidden(entry.name)]
        many = [e.name for e in below if e.is_dir(follow_symlinks=False) or e.name.lower().endswith(".zip")]
        notebooks = [e.name for e in below if e.name.lower().endswith(".ipynb")]
        if EXPORT not in {e.name for e in below} and len(many) < 2 and len(notebooks) < 5:  # one learner's folder
            return path
        path = Path(inside[0].path)


def _named(found: list[Handed | None], export: Path) -> list[Handed | None]:
    """Give the submissions of Gradescope's export, folders with numbers, the people that its table names."""
    import yaml

    try:
        table = yaml.safe_load(_read(export, NOTEBOOK_BYTES).decode("utf8"))
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


def clean(name: str) -> str:
    """Return a name as it can be shown: no control, invisible or direction-changing characters, of bounded length.

    Parameters
    ----------
    name : str
        As it came.

    Returns
    -------
    str
        Never empty.
    """
    text = unicodedata.normalize("NFC", name.encode("utf8", "replace").decode("utf8"))
    text = "".join(c for c in text if unicodedata.category(c) not in INVISIBLE).strip()
    return text[:NAME] or "unnamed"


def key_of(name: str) -> str:
    """Return what two names have in common that people would take for the same.

    Parameters
    ----------
    name : str
        Of a learner.

    Returns
    -------
    str
        Without case, width and kinds of blanks.
    """
    return " ".join(unicodedata.normalize("NFKC", clean(name)).casefold().split())


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


def _hidden(name: str) -> bool:
    """Say whether a file is the system's own; one that is named like a hidden notebook is somebody's."""
    handed = name.startswith(".") and not name.startswith("._") and name.lower().endswith((".ipynb", ".zip"))
    return not handed and (name.startswith((".", "__MACOSX")) or name in ("Thumbs.db", "desktop.ini"))


def _identity(name: str) -> tuple[str, tuple[str, ...]]:
    """Return who handed in a file of this name, and what a roster may know them by."""
    stem = re.sub(r"\.(ipynb|zip)$", "", name, flags=re.IGNORECASE)
    canvas = CANVAS.fullmatch(stem)
    if canvas:
        return clean(f"{canvas['who']}_{canvas['id']}"), (canvas["id"], canvas["who"])
    return clean(stem), (clean(stem),)


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
    learner, keys = _identity(path.name)
    return _of_entry(path, path.name, wanted) or Rejected(clean(path.name), learner, NO_NOTEBOOK, keys)


def _of_entry(path: Path, name: str, wanted: str | None) -> Handed | None:
    learner, keys = _identity(name)
    shown = clean(name)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            return _made(shown, learner, keys, *_only(_notebooks_in_folder(path), wanted))
        if name.lower().endswith(".zip"):
            return _made(shown, learner, keys, *_only(_notebooks_in_zip(_read(path, ARCHIVE_BYTES)), wanted))
        if name.lower().endswith(".ipynb") or not stat.S_ISREG(mode):
            return _made(shown, learner, keys, _read(path, NOTEBOOK_BYTES))
        return _no_notebook(name)
    except Unreadable as trouble:
        return Rejected(shown, learner, str(trouble), keys)
    except OSError as trouble:
        return Rejected(shown, learner, f"the file cannot be read ({trouble.strerror})", keys)


def _no_notebook(name: str) -> Rejected | None:
    """Return a row for a file that is no notebook; the system's own tables get none."""
    if name.lower().endswith(TABLES) and not CANVAS.fullmatch(name):
        return None
    learner, keys = _identity(name)
    ending = clean(PurePosixPath(name).suffix)
    return Rejected(clean(name), learner, f"a file that ends in {ending!r}: hand in the notebook (.ipynb)", keys)


def _made(name: str, learner: str, keys: tuple[str, ...], raw: bytes, note: str = "") -> Handed:
    digest = hashlib.sha256(raw).hexdigest()
    try:
        return Submission(name, learner, digest, cells_of(raw), keys, note)
    except Unreadable as trouble:
        return Rejected(name, learner, str(trouble), keys, digest)


def _read(path: Path, most: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as trouble:
        if path.is_symlink():
            raise Unreadable("the file is a link to another file") from None
        raise Unreadable(f"the file cannot be read ({trouble.strerror})") from None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("this is not a regular file")
        raw = b"" if status.st_size > most else file.read(most + 1)
        if status.st_size > most or len(raw) > most:
            raise Unreadable(f"the file is larger than {most // 2**20} MB; clear the notebook's outputs")
        return raw


def _notebooks_in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    seen = zips = 0
    waiting = [folder]
    while waiting:  # not os.walk: folders may be nested deeper than Python calls itself
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                seen += 1
                if seen > FILES:
                    raise Unreadable(f"the folder holds more than {FILES} files")
                if _hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.name.lower().endswith(".ipynb"):
                    yield entry.name, _read(Path(entry.path), NOTEBOOK_BYTES)
                elif entry.name.lower().endswith(".zip"):
                    zips += 1
                    yield from _in_zip_number(zips, _read(Path(entry.path), ARCHIVE_BYTES))


def _in_zip_number(number: int, raw: bytes) -> Iterator[tuple[str, bytes]]:
    if number > ZIPS:
        raise Unreadable(f"there are more than {ZIPS} zips in it")
    return _notebooks_in_zip(raw)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > MEMBERS or sum(m.file_size for m in members) > DECLARED_BYTES:
        raise Unreadable(f"the zip holds more than {MEMBERS} files or {DECLARED_BYTES // 2**30} GB")
    return [m for m in members if not any(map(_hidden, _parts(m)))]


def _parts(member: zipfile.ZipInfo) -> list[str]:
    return [p for p in member.filename.replace("\\", "/").split("/") if p not in ("", ".", "..")]


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int = NOTEBOOK_BYTES) -> bytes:
    raw = b""
    if member.file_size <= most:
        with archive.open(member) as file:
            raw = file.read(most + 1)  # what is declared may be a lie
    if member.file_size > most or len(raw) > most:
        raise Unreadable(f"a file in the zip is larger than {most // 2**20} MB")
    return raw


@contextmanager
def _told() -> Iterator[None]:
    """Say in words what `zipfile` raises; on damaged files that may be nearly anything."""
    try:
        yield
    except Unreadable:
        raise
    except Exception:
        raise Unreadable("the zip is damaged, or protected by a password") from None


def _notebooks_in_zip(raw: bytes) -> Iterator[tuple[str, bytes]]:
    if raw.count(ENTRY) > MEMBERS:  # before `zipfile` makes an object of each
        raise Unreadable(f"the zip holds more than {MEMBERS} files")
    with _told(), zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for member in _members(archive):
            if not member.is_dir() and member.filename.lower().endswith(".ipynb"):
                yield member.filename, _read_member(archive, member)


def _only(notebooks: Iterable[tuple[str, bytes]], wanted: str | None) -> tuple[bytes, str]:
    """Return the one notebook that is meant, with a note where there were others; never all are held in memory.

    Those that define none of the course's functions, or are as the course hands them out, do not count beside others.
    """
    kept: dict[bytes, str] = {}
    meant, number, size, best = b"", 0, 0, -1
    for number, (name, raw) in enumerate(notebooks, 1):
        size += len(raw)
        if number > NOTEBOOKS or size > TOGETHER_BYTES:
            raise Unreadable(
                f"there are more than {NOTEBOOKS} notebooks or {TOGETHER_BYTES // 2**20} MB of them in it; hand in one"
            )
        worth = _worth(raw, wanted)
        if worth > best:
            best, kept, meant = worth, {}, raw
        if worth == best:
            kept[hashlib.sha256(raw).digest()] = clean(PurePosixPath(name).name)
    if not kept:
        raise Unreadable(NO_NOTEBOOK)
    if len(kept) > 1:
        shown = ", ".join(sorted(kept.values())[:5])
        raise Unreadable(f"there are {len(kept)} different notebooks in it ({shown}); hand in one")
    (name,) = kept.values()
    return meant, f"of {number} notebooks in it {name} was marked" if number > 1 and best == WRITTEN else ""


FOREIGN, UNTOUCHED, WRITTEN = range(3)


def _worth(raw: bytes, wanted: str | None) -> int:
    try:
        cells = cells_of(raw)
    except Unreadable:
        return FOREIGN
    functions = {name for cell in cells for name in DEFINED.findall(cell)}
    if not functions & _functions(wanted):
        return FOREIGN
    return UNTOUCHED if cells in _handed_out() else WRITTEN


@functools.cache
def _functions(wanted: str | None) -> frozenset[str]:
    sets = [SETS[wanted]] if wanted in SETS else SETS.values()
    return frozenset(task.function for tasks in sets for task in tasks)


@functools.cache
def _handed_out() -> frozenset[tuple[str, ...]]:
    files = [SETS_FOLDER / name / f"{name}.ipynb" for name in SETS]
    return frozenset(cells_of(file.read_bytes()) for file in files if file.is_file())


def _class_in_zip(path: Path, wanted: str | None) -> Iterator[Handed | None]:
    """Read the zip of a whole class: the folders and files at its top are the learners."""
    try:
        with _told(), zipfile.ZipFile(path) as archive:
            members = [(m, _parts(m)) for m in _members(archive)]
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
    def notebooks() -> Iterator[tuple[str, bytes]]:
        zips = 0
        for member in group:
            if member.filename.lower().endswith(".ipynb"):
                yield member.filename, _read_member(archive, member)
            elif member.filename.lower().endswith(".zip"):
                zips += 1
                yield from _in_zip_number(zips, _read_member(archive, member, ARCHIVE_BYTES))

    learner, keys = _identity(name)
    try:
        with _told():
            return _made(clean(name), learner, keys, *_only(notebooks(), wanted))
    except Unreadable as trouble:
        return Rejected(clean(name), learner, str(trouble), keys)


def _newest(handed: Iterable[Handed]) -> list[Handed]:
    """Reject what Canvas delivers of a learner beside the last attempt; a picture beside a notebook is no attempt.

    Notebooks of different names are kept, both; they are flagged. One that cannot be read takes nothing from an
    earlier one.
    """
    learners: dict[str, list[tuple[int, str, Handed]]] = defaultdict(list)
    kept: list[Handed] = []
    for one in handed:
        canvas = CANVAS.fullmatch(one.name)
        if canvas:
            learners[canvas["id"]].append((int(canvas["number"]), ATTEMPT.sub("", canvas["file"]), one))
        else:
            kept.append(one)
    for files in learners.values():
        last: dict[str, tuple[int, Handed]] = {}
        for number, file, one in files:
            if isinstance(one, Submission) and number >= last.get(file, (0, one))[0]:
                last[file] = number, one
        for _, file, one in files:
            if isinstance(one, Submission) and one is not last[file][1]:
                kept.append(
                    Rejected(
                        one.name, one.learner, f"a later attempt counts: {last[file][1].name}", one.keys, one.digest
                    )
                )
            elif isinstance(one, Submission) or not last or one.name.lower().endswith((".ipynb", ".zip")):
                kept.append(one)
    return kept


def _flagged(handed: Sequence[Handed]) -> list[Handed]:
    """Say so where two submissions bear the same name; both are kept."""
    alike = defaultdict(list)
    for one in handed:
        if isinstance(one, Submission):
            alike[key_of(one.learner)].append(one.name)
    flagged: list[Handed] = []
    for one in handed:
        others = [n for n in alike[key_of(one.learner)] if n != one.name] if isinstance(one, Submission) else []
        twice = isinstance(one, Submission) and len(alike[key_of(one.learner)]) > 1
        note = (
            f"the learner's name also stands on: {', '.join(others) or 'another file of the same name'}"
            if twice
            else ""
        )
        flagged.append(
            replace(one, note="; ".join(filter(None, (one.note, note)))) if isinstance(one, Submission) else one
        )
    return flagged
