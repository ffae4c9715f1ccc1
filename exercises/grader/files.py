"""Files and zips of strangers: regular files only, of bounded size, zips in memory."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .handed import Unreadable
from .notebook import NOTEBOOK_BYTES

ARCHIVE_BYTES = 512 * 2**20
MEMBERS, DECLARED_BYTES = 50_000, 4 * 2**30
FILES, ZIPS = 1000, 20  # of one learner
ENTRY = b"PK\x01\x02"  # begins what a zip says of a member


def hidden(name: str) -> bool:
    """Say whether a file is the system's own; one that is named like a hidden notebook is somebody's."""
    handed = name.startswith(".") and not name.startswith("._") and name.lower().endswith((".ipynb", ".zip"))
    return not handed and (name.startswith((".", "__MACOSX")) or name in ("Thumbs.db", "desktop.ini"))


def read(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file that is no link and no larger than `most`; `Unreadable` says why not."""
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


def notebooks_in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the notebooks in a folder, at any depth, those in zips included."""
    seen = zips = 0
    waiting = [folder]
    while waiting:  # not os.walk: folders may be nested deeper than Python calls itself
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                seen += 1
                if seen > FILES:
                    raise Unreadable(f"the folder holds more than {FILES} files")
                if hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.name.lower().endswith(".ipynb"):
                    yield entry.name, read(Path(entry.path), NOTEBOOK_BYTES)
                elif entry.name.lower().endswith(".zip"):
                    zips += 1
                    yield from _in_zip_number(zips, read(Path(entry.path), ARCHIVE_BYTES))


def _in_zip_number(number: int, raw: bytes) -> Iterator[tuple[str, bytes]]:
    if number > ZIPS:
        raise Unreadable(f"there are more than {ZIPS} zips in it")
    return notebooks_in_zip(raw)


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return what a zip holds but for the system's own files."""
    members = archive.infolist()
    if len(members) > MEMBERS or sum(m.file_size for m in members) > DECLARED_BYTES:
        raise Unreadable(f"the zip holds more than {MEMBERS} files or {DECLARED_BYTES // 2**30} GB")
    return [m for m in members if not any(map(hidden, parts_of(m)))]


def parts_of(member: zipfile.ZipInfo) -> list[str]:
    """Return the folders and the name of a member, none of which leads out."""
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
def told() -> Iterator[None]:
    """Say in words what `zipfile` raises; on damaged files that may be nearly anything."""
    try:
        yield
    except Unreadable:
        raise
    except Exception:
        raise Unreadable("the zip is damaged, or protected by a password") from None


def notebooks_in_zip(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the notebooks in a zip."""
    if raw.count(ENTRY) > MEMBERS:  # before `zipfile` makes an object of each
        raise Unreadable(f"the zip holds more than {MEMBERS} files")
    with told(), zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for member in members_of(archive):
            if not member.is_dir() and member.filename.lower().endswith(".ipynb"):
                yield member.filename, _read_member(archive, member)


def notebooks_among(archive: zipfile.ZipFile, group: Sequence[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the notebooks among members of a zip, those in zips of theirs included."""
    zips = 0
    for member in group:
        if member.filename.lower().endswith(".ipynb"):
            yield member.filename, _read_member(archive, member)
        elif member.filename.lower().endswith(".zip"):
            zips += 1
            yield from _in_zip_number(zips, _read_member(archive, member, ARCHIVE_BYTES))
