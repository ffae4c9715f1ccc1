"""The walls around the worker, in three strengths.

``bubblewrap``
    Namespaces of its own for everything: the worker sees the standard library, NumPy and itself, read-only; an empty
    folder of 64 MB to write to; no network, no process but its own, no environment. A seccomp filter and limits come on
    top. Started by root, it first becomes a user that nobody is. What it does not cover: errors of the kernel, what
    processors leak, and all memory together (8 processes of 1.5 GB each: on a small machine, put the run under a cgroup,
    ``systemd-run --user --scope -p MemoryMax=4G``).

``uid``
    Where the kernel or a container allows no namespaces, for root only: a fresh user for every worker, the same filter
    and limits, a folder of its own, and everything of that user killed afterwards. Weaker: the learner's code sees that
    other processes are there, and may fill the disk with files of 32 MB each. Where the grader itself is killed, its
    worker dies too, but not what that has started. Where the kernel has Landlock (5.13 and newer, `Sandbox.landlock`),
    it reads only Python and NumPy and writes only to its folder; that a file is there, and how long it is, can be seen.
    Elsewhere it reads every file that everybody may read
    (so keep secrets and answers at mode 700), and files that it writes where everybody may write are removed only in
    /tmp, /var/tmp and /dev/shm.

``none``
    No walls, for those who ask for it by name: only limits, as this user. Never for other people's code.
"""

from __future__ import annotations

import os
import time

from . import seccomp
from .connection import Worker, WorkerEnded, WorkerLate
from .runtime import Runtime
from .users import NoSandbox, state_and_user
from .walls import KINDS, MachineFailure, Walls

BOOT_SECONDS = 30.0
MODES = tuple(KINDS)
ADVICE = """Learners' code runs only behind walls. Any of these will do:
  Debian, Ubuntu: sudo apt-get install bubblewrap libseccomp2     (bubblewrap 0.8 or newer)
  Fedora:         sudo dnf install bubblewrap libseccomp
  Ubuntu 24.04:   also sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
  a container without namespaces: run as root; a weaker mode (a user of its own for each submission) is then taken
  macOS, Windows: run it in a Linux container or in WSL 2"""


class Sandbox:
    """What starts workers, all behind the same walls.

    Parameters
    ----------
    mode : str
        "bubblewrap", "uid" or "none".

    Attributes
    ----------
    mode : str
        As given.
    versions : dict of str to str
        The worker's Python and NumPy; known once a worker has been started.
    landlock : int
        In the mode "uid", the version of the kernel's Landlock; 0 where it has none, and in other modes.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.versions: dict[str, str] = {}
        self.landlock = 0
        self.runtime = Runtime(dropped=mode != "none" and os.geteuid() == 0)
        try:
            self.walls: Walls = KINDS[mode](self.runtime)
        except BaseException:
            self.runtime.close()
            raise

    def start(self) -> Worker:
        """Start a worker and wait until it says that it is there.

        Returns
        -------
        Worker
            To be used as a context manager.

        Raises
        ------
        MachineFailure
            If it does not say so. No code of a learner's has run then.
        """
        reading, writing = os.pipe()
        try:
            process = self.walls.start(writing)
        except OSError as wrong:
            os.close(reading)
            raise MachineFailure(f"no worker could be started: {wrong}") from wrong
        finally:
            os.close(writing)
        worker = Worker(process, reading, lambda: self.walls.end(process))
        try:
            self._greet(worker)
        except BaseException:
            worker.close()
            raise
        return worker

    def _greet(self, worker: Worker) -> None:
        try:
            boot = worker.receive(time.monotonic() + BOOT_SECONDS)
        except (WorkerEnded, WorkerLate) as wrong:
            late = isinstance(wrong, WorkerLate)
            said = worker.complaint() or ("no sign of life" if late else "it ended without a word")
            raise MachineFailure(f"the worker did not start ({self.mode}): {said}") from wrong
        if boot.get("boot") is not True:
            raise MachineFailure(f"the worker did not start ({self.mode}): it said something else")
        if self.mode != "none" and state_and_user(worker.process.pid)[1] == 0:
            raise MachineFailure(f"the worker runs as root ({self.mode}): it is not let in")
        self.landlock = int(boot.get("landlock", 0))
        self.versions = {name: str(boot.get(name)) for name in ("python", "numpy")}

    def close(self) -> None:
        """Remove what the run needed. Workers must have been closed."""
        self.walls.close()
        self.runtime.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def tried(mode: str) -> Sandbox:
    """Return a sandbox in which a worker has been started once; raise `NoSandbox` where that does not work."""
    try:
        sandbox = Sandbox(mode)
    except seccomp.NoFilter as missing:
        raise NoSandbox(str(missing)) from missing
    try:
        sandbox.start().close()
    except MachineFailure as failure:
        sandbox.close()
        raise NoSandbox(str(failure)) from failure
    return sandbox


def open_sandbox(mode: str | None = None) -> Sandbox:
    """Return the strongest sandbox that works here.

    Parameters
    ----------
    mode : str, optional
        One of `MODES`; without it, "bubblewrap", and where that does not work and this is root, "uid".

    Returns
    -------
    Sandbox
        Tried once. Use it as a context manager.

    Raises
    ------
    NoSandbox
        If none works; it says why, and what to install. "none" is never taken without being asked for.
    ValueError
        If there is no such mode.
    """
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
    if mode is not None:
        return tried(mode)
    reasons = []
    for candidate in ("bubblewrap", "uid") if os.geteuid() == 0 else ("bubblewrap",):
        try:
            return tried(candidate)
        except NoSandbox as wrong:
            reasons.append(f"  {candidate}: {wrong}")
    raise NoSandbox("\n".join(["no sandbox works here:", *reasons, ADVICE]))
