"""Users of this machine that nobody is: a learner's code runs as one of them."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SPARE_UIDS = range(61_000, 65_000)


class NoSandbox(RuntimeError):
    """No walls can be built here; the message says what to install."""


class Spare:
    """A user of this machine that no process belongs to, for as long as this object is held."""

    _next = random.SystemRandom().randrange(len(SPARE_UIDS))

    def __init__(self) -> None:
        taken = {uid for _, uid in processes()}
        for _ in SPARE_UIDS:
            Spare._next = (Spare._next + 1) % len(SPARE_UIDS)
            uid = SPARE_UIDS[Spare._next]
            held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                held.bind(f"\0course-grader-{uid}")  # the kernel gives it back, however this run ends
            except OSError:
                held.close()
                continue
            if uid not in taken:
                self.uid, self._held = uid, held
                return
            held.close()
        raise NoSandbox(f"no spare user between {SPARE_UIDS[0]} and {SPARE_UIDS[-1]}")

    def release(self) -> None:
        """Give the user back."""
        self._held.close()


def processes() -> Iterator[tuple[int, int]]:
    """Yield number and user of every process that is not a zombie."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                state, uid = state_and_user(int(name))
            except OSError:
                continue
            if state != "Z":
                yield int(name), uid


def state_and_user(pid: int) -> tuple[str, int]:
    """Return the letter of a process's state, and its user as this side of the walls knows it."""
    status = Path("/proc", str(pid), "status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return fields["State"][0], int(fields["Uid"].split()[0])


def as_user(uid: int | None) -> dict[str, Any]:
    """Return the arguments by which a process becomes another user; None is for who is not root."""
    if uid is None and os.geteuid() != 0:
        return {}
    if not uid:
        raise NoSandbox("a learner's code never runs as root")
    return {"user": uid, "group": uid, "extra_groups": []}
