"""What was handed in by whom: a notebook that can be run, or the reason why there is none."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

NAME = 120
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


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
