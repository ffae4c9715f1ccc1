"""Marks a class: ``python -m exercises.grader run SUBMISSIONS --out grades.csv --store DIR``."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from . import class_run, gradebook, gradescope, ingest, marking, report
from .handed import Rejected
from .sandbox import MachineFailure, NoSandbox, open_sandbox
from .store import Store, StoreError

VARIABLE = "COURSE_SECRET"
WRONG_USE, MACHINE = 2, 3
HEX = re.compile(rb"[0-9a-fA-F]+")  # two digits are one byte


class UsageError(ValueError):
    """What was asked for cannot be done; the message is for people."""


def read_secret(file: Path | None, store: Path | None = None) -> bytes:
    """Return the course's secret, from a file or the environment.

    Parameters
    ----------
    file : Path or None
        Where it stands; else the variable COURSE_SECRET is read.
    store : Path, optional
        Where it must not lie.

    Returns
    -------
    bytes
        At least 32.

    Raises
    ------
    UsageError
        If there is none, it is too short, or it lies in the store.
    """
    make = "make one with: umask 077; python -c 'import secrets; print(secrets.token_hex(32))' > course.secret"
    if file is None:
        secret, place = (
            _trimmed(os.environ.get(VARIABLE, "").encode("utf8", "surrogateescape")),
            f"the variable {VARIABLE}",
        )
        if not secret:
            raise UsageError(f"the course's secret is missing: give --secret FILE or set {VARIABLE}; {make}")
    else:
        place = str(file)
        if store is not None and file.resolve().is_relative_to(store.resolve()):
            raise UsageError(
                f"the secret {file} lies inside the store {store}, which others may read; put it elsewhere"
            )
        try:
            if os.name == "posix" and file.stat().st_mode & 0o077:
                print(f"the secret {file} can be read by others on this machine: chmod 600 {file}", file=sys.stderr)
            secret = _trimmed(file.read_bytes())
        except OSError as trouble:
            raise UsageError(f"the secret {file} cannot be read ({trouble.strerror}); {make}") from trouble
    digits = HEX.fullmatch(secret) is not None
    size = len(secret) // 2 if digits else len(secret)
    if size < marking.SECRET_BYTES:
        raise UsageError(
            f"the secret in {place} has {size} bytes{' in hexadecimal digits' if digits else ''}, "
            f"at least {marking.SECRET_BYTES} are needed; {make}"
        )
    return secret


def _trimmed(secret: bytes) -> bytes:
    """Return text without the blanks around it; of raw bytes each counts."""
    try:
        text = secret.decode().strip()
    except UnicodeDecodeError:
        return secret
    return text.encode() if text.isprintable() else secret


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number of processes, 1 or more, is needed; got {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Mark a class and write the tables and pages that are asked for."""
    from tqdm import tqdm

    secret = read_secret(options.secret, options.store)
    roster = gradebook.read_roster(options.roster) if options.roster else []
    for name in ("store", "reports", "secret"):
        inside = getattr(options, name)
        if inside and inside.resolve().is_relative_to(options.submissions.resolve()):
            raise UsageError(f"the {name} {inside} lies inside the submissions; put it elsewhere")
    if options.reports and options.reports.is_file():
        raise UsageError(f"{options.reports} is a file; name a folder")
    if options.reports and report.is_foreign(options.reports):
        raise UsageError(f"{options.reports} holds pages of something else; name another folder")
    for file in filter(None, (options.out, options.canvas)):
        if not file.parent.is_dir():
            raise UsageError(f"there is no folder {file.parent} for {file.name}")
        if file.is_dir():
            raise UsageError(f"{file} is a folder; name a file")
    handed = class_run.noted(ingest.collect(options.submissions, options.set), options.set)
    sets = class_run.choose_sets(handed, options.set)
    found = {name: sum(one == name for one in sets.values()) for name in sorted(set(sets.values()))}
    if options.canvas and len(found) > 1:
        told = ", ".join(f"{number} of {name}" for name, number in found.items())
        raise UsageError(f"a column of Canvas is one set, and the submissions are of several ({told}): give --set NAME")
    store = Store(options.store)
    with tqdm(total=len(set(sets)), unit="notebook", disable=options.quiet) as bar:

        def tell(done: int, failed: int, left: int) -> None:
            bar.n = done + failed
            bar.set_postfix_str(f"{done} done, {failed} failed, {left} left")

        mode = "none" if options.unsandboxed else options.sandbox
        if options.unsandboxed:
            print("no sandbox: learners' code can do all that you can, marks included", file=sys.stderr)
        records = class_run.run(
            handed,
            sets,
            secret,
            store,
            mode=mode,
            scheduler=options.scheduler,
            workers=options.workers,
            on_progress=tell,
        )
    rows = gradebook.rows_of(handed, records, sets, roster)
    gradebook.write_grades(options.out, rows)
    print(f"{options.out}: {len(rows)} rows of {len(handed)} submissions")
    rejected = sum(isinstance(one, Rejected) for one in handed)
    if rejected:
        print(f"{rejected} could not be marked; each has a row with the reason")
    if roster:
        _tell_who_is_missing(rows)
    if options.canvas:
        gradebook.write_canvas(options.canvas, rows, roster, options.assignment)
        print(f"{options.canvas}: to be imported in Canvas")
    if options.reports:
        known = gradebook.match(handed, roster)
        people = [known[n].name if n in known else one.learner for n, one in enumerate(handed)]
        if mode is None:
            with open_sandbox() as walls:
                mode = walls.mode  # a weak one is told in the overview
        absent = sorted({row.learner for row in rows if row.reason == gradebook.HANDED_NOTHING})
        made = report.entries(handed, people, records, absent)
        print(report.write_reports(options.reports, made, mode=mode, site=options.site))
    return 0


def _tell_who_is_missing(rows: Sequence[gradebook.Row]) -> None:
    """Say which submissions are nobody's, and who handed in nothing: often they belong together."""
    strangers = sorted({row.submission for row in rows if gradebook.NOT_ON_ROSTER in row.reason})
    absent = sorted({row.learner for row in rows if row.reason == gradebook.HANDED_NOTHING})
    for people, what in (
        (strangers, "of the submissions belong to nobody on the roster"),
        (absent, "of the roster handed in nothing"),
    ):
        if people:
            more = f", and {len(people) - 10} more" if len(people) > 10 else ""
            print(f"{len(people)} {what}: {', '.join(people[:10])}{more}", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    top = argparse.ArgumentParser(prog="python -m exercises.grader", description="Marks that can be trusted.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser(
        "run", help="mark a class", description="Mark a class. A run that was stopped goes on where it was."
    )
    one.add_argument(
        "submissions", type=Path, help="folder or zip of folders, zips and notebooks, one for each learner"
    )
    one.add_argument("--out", type=Path, required=True, help="the table of marks to write, grades.csv")
    one.add_argument("--store", type=Path, required=True, help="folder that keeps the marks")
    one.add_argument("--set", metavar="NAME", help="which set it is; found by itself where all answer the same")
    one.add_argument("--roster", type=Path, help="who takes part: CSV with id and name, or Canvas's gradebook")
    one.add_argument(
        "--secret", type=Path, metavar="FILE", help=f"the course's secret, 32 bytes at least (or {VARIABLE})"
    )
    one.add_argument("--scheduler", metavar="ADDRESS", help="a running dask cluster; by default one is started here")
    one.add_argument("--workers", type=_count, metavar="N", help="processes, where no scheduler is given; one a core")
    one.add_argument("--canvas", type=Path, metavar="FILE", help="write a summary that Canvas imports")
    one.add_argument("--assignment", default="Exercises", metavar="NAME", help="name of the column for Canvas")
    one.add_argument("--reports", type=Path, metavar="FOLDER", help="write a page for each learner and an overview")
    one.add_argument("--site", default="", metavar="ADDRESS", help="of the book, for links in the pages")
    one.add_argument("--sandbox", choices=("bubblewrap", "uid"), help="which walls; by default the strongest that work")
    one.add_argument(
        "--unsandboxed", action="store_true", help="run learners' code without walls: it can then do what you can"
    )
    one.add_argument("--quiet", action="store_true", help="no progress bar")
    one.set_defaults(act=run)
    gradescope.add_commands(commands, read_secret)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line by default.

    Returns
    -------
    int
        0; 2 where it was asked for something that cannot be done; 3 where the machine failed.
    """
    options = parser().parse_args(arguments)
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # cleans up, as Ctrl-C does
    try:
        return options.act(options)
    except (UsageError, StoreError, gradebook.RosterError, FileNotFoundError, ValueError) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return WRONG_USE
    except (NoSandbox, MachineFailure, class_run.RunError, OSError) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return MACHINE
    except KeyboardInterrupt:
        print("\nstopped; what is marked is stored, and the same command goes on from there", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
