"""How a worker is started and ended, in each mode; what the modes are worth stands in `sandbox`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from . import seccomp
from .runtime import Runtime, remove
from .users import NoSandbox, Spare, as_user, processes

LIMITS = {
    "AS": 1536 * 2**20,
    "CPU": 30,
    "FSIZE": 32 * 2**20,
    "NPROC": 8,
    "NOFILE": 256,
    "CORE": 0,
}
SCRATCH = 64 * 2**20
END_SECONDS = 20.0
INNER_UID = 1000  # what the worker takes itself for behind bubblewrap
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
KILL_ALL = """
import os, sys
user, killer = map(int, sys.argv[1:])
os.setgroups([])
os.setresgid(killer, killer, killer)
os.setresuid(killer, user, killer)
try:
    os.kill(-1, 9)
except ProcessLookupError:
    pass
"""


class MachineFailure(RuntimeError):
    """A worker did not start, or would not end: nothing that a learner did. Nothing may be marked from it."""


class Walls(Protocol):
    """How one mode starts a worker and ends it."""

    def start(self, answers: int) -> subprocess.Popen:
        """Start a process that writes its answers to a descriptor."""

    def end(self, process: subprocess.Popen) -> None:
        """Kill it and all that it started, and wait until they are gone."""

    def close(self) -> None:
        """Give back what is held for all workers."""


def memory_file(data: bytes) -> int:
    """Return a descriptor from which some bytes can be read."""
    descriptor = os.memfd_create("course", os.MFD_CLOEXEC)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def setting(answers: int, path: list[str], limits: dict[str, int], code: int | None = None, **folders: Any) -> str:
    """Return the worker's one argument."""
    return json.dumps({"answers": answers, "path": path, "limits": limits, "filter": code, **folders})


def launch(command: list[str], descriptors: tuple[int, ...], **more: Any) -> subprocess.Popen:
    """Start a command in a session of its own, with an empty environment and the descriptors given."""
    more = {"env": {}, "cwd": "/", **more}
    with _first_to_go():
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=descriptors,
            start_new_session=True,
            bufsize=0,
            **more,
        )


@contextlib.contextmanager
def _first_to_go() -> Iterator[None]:
    """Let what is started now be what goes where memory runs out; what CAP_SYS_RESOURCE has raised nobody else lowers again."""
    score = Path("/proc/self/oom_score_adj")
    try:
        before = score.read_text()
        score.write_text("1000")
    except OSError:  # not Linux's, or not ours to change
        yield
        return
    try:
        yield
    finally:
        score.write_text(before)


def kill_group(process: subprocess.Popen) -> None:
    """Kill a process with its group and wait for it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        raise MachineFailure(f"process {process.pid} cannot be killed") from None


class Bubblewrap:
    """Namespaces, by the program bwrap."""

    def __init__(self, runtime: Runtime) -> None:
        program = shutil.which("bwrap")
        if program is None:
            raise NoSandbox("bubblewrap is not installed")
        self.program, self.filter = program, seccomp.program()
        self.spare = Spare() if os.geteuid() == 0 else None
        self.who = as_user(self.spare.uid if self.spare else None)
        self.command = ["/python/bin/python3", "-I", "-S", "/worker/worker.pyc"]
        self.arguments = self._arguments(runtime)

    def _arguments(self, runtime: Runtime) -> list[str]:
        flags = "--unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts "
        flags += "--unshare-cgroup-try --hostname learner --new-session --die-with-parent --cap-drop ALL --clearenv"
        flags += (
            " --as-pid-1"  # bwrap's own first process would have no limits, and the learner's code could take it over
        )
        arguments = [*flags.split(), "--uid", str(INNER_UID), "--gid", str(INNER_UID)]

        def show(source: Path | str, target: str) -> None:
            arguments.extend(("--ro-bind", str(source), target))

        for folder in system_folders():
            if os.path.islink(folder):
                arguments += ["--symlink", os.readlink(folder), folder]
            else:
                show(folder, folder)
        show(runtime.program, "/python/bin/python3")
        library = f"/python/{runtime.inside}"
        show(runtime.library, library)
        for name in ("site-packages", "dist-packages"):
            if (runtime.library / name).is_dir():
                show(runtime.empty, f"{library}/{name}")
        if runtime.shared is not None:
            show(runtime.shared, f"/python/lib/{runtime.shared.name}")
            arguments += ["--setenv", "LD_LIBRARY_PATH", "/python/lib"]
        for name, path in runtime.packages.items():
            show(path, f"/packages/{name}")
        show(runtime.worker, "/worker")
        arguments += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev", "--remount-ro", "/dev"]
        arguments += ["--perms", "1777", "--size", str(SCRATCH), "--tmpfs", "/tmp", "--remount-ro", "/"]
        return [*arguments, "--chdir", "/tmp"]

    def start(self, answers: int) -> subprocess.Popen:
        """Start a worker; paths of this machine go in by a descriptor, so that no list of processes shows them."""
        rules = memory_file(self.filter)
        arguments = memory_file("\0".join([*self.arguments, "--seccomp", str(rules)]).encode() + b"\0")
        try:
            command = [self.program, "--args", str(arguments), "--", *self.command]
            command.append(setting(answers, ["/worker", "/packages"], LIMITS))
            return launch(command, (answers, rules, arguments), **self.who)
        finally:
            os.close(rules)
            os.close(arguments)

    def end(self, process: subprocess.Popen) -> None:
        """Kill the first process of the namespace, with which all others die; bwrap itself then ends."""
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        except OSError:
            children = []
        for child in map(int, children):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        if children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)  # only now is the namespace empty
        kill_group(process)

    def close(self) -> None:
        """Give back what was held."""
        if self.spare is not None:
            self.spare.release()


def system_folders() -> list[str]:
    """Return where the C library and the libraries that Python needs stand; links come as links."""
    multiarch = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}"
    own = [multiarch] if os.path.isdir(multiarch) else [] if os.path.isdir("/usr/lib64") else ["/usr/lib"]
    return [*filter(os.path.exists, ("/usr/lib64", "/lib64", "/lib")), *own]


class OwnUser:
    """A fresh user for every worker; only root can."""

    def __init__(self, runtime: Runtime) -> None:
        if os.geteuid() != 0:
            raise NoSandbox("only root can start a worker as another user")
        self.filter = seccomp.program()
        self.runtime = runtime
        self.environment = {}
        if runtime.copied and runtime.shared is not None:
            self.environment["LD_LIBRARY_PATH"] = str(runtime.shared.parent)
        shown = [runtime.program, runtime.library, runtime.folder, *runtime.packages.values(), *system_folders()]
        self.readable = [*map(str, shown), "/etc/ld.so.cache", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"]
        if runtime.shared is not None:
            self.readable.append(str(runtime.shared))
        self.killer = Spare()
        self.users: dict[int, tuple[Spare, Path]] = {}

    def start(self, answers: int) -> subprocess.Popen:
        """Start a worker in a folder of its own."""
        spare = Spare()
        folder = Path(tempfile.mkdtemp(prefix="learner-", dir=self.runtime.folder))
        os.chown(folder, spare.uid, spare.uid)
        rules = memory_file(self.filter)
        paths = [str(self.runtime.worker), str(self.runtime.alone())]
        command = [str(self.runtime.program), "-I", "-S", str(self.runtime.worker / "worker.pyc")]
        command.append(setting(answers, paths, LIMITS, rules, readable=self.readable, writable=[str(folder)]))
        try:
            process = launch(
                command, (answers, rules), **as_user(spare.uid), env=self.environment, cwd=folder, umask=0o077
            )
        except BaseException:
            remove(folder)
            spare.release()
            raise
        finally:
            os.close(rules)
        self.users[process.pid] = spare, folder
        return process

    def end(self, process: subprocess.Popen) -> None:
        """Kill everything of the worker's user, then remove what it wrote."""
        spare, folder = self.users[process.pid]
        kill_group(process)
        until = time.monotonic() + END_SECONDS
        while True:
            self._kill_all_of(spare.uid)
            if not any(uid == spare.uid for _, uid in processes()):
                break
            if time.monotonic() > until:
                raise MachineFailure(f"processes of user {spare.uid} cannot be killed")
        del self.users[process.pid]
        try:
            sweep_after(spare.uid, folder)
        finally:
            spare.release()

    def _kill_all_of(self, uid: int) -> None:
        """Kill every process of a user.

        In one call, which leaves a fork no time: whoever forks and ends in turn is in no list of processes, so before
        that call an empty list says nothing. By somebody who may signal that user, and whom it may not signal back.
        """
        command = [str(self.runtime.program), "-I", "-S", "-c", KILL_ALL, str(uid), str(self.killer.uid)]
        done = subprocess.run(command, env=self.environment, cwd="/", capture_output=True, text=True)
        if done.returncode:
            raise MachineFailure(f"processes of user {uid} cannot be killed: {done.stderr.strip()[-300:]}")

    def close(self) -> None:
        """Give back what was held; every worker gives back its own."""
        self.killer.release()


def sweep_after(uid: int, folder: Path) -> None:
    """Remove what a user has left in its folder and where everybody may write."""
    remove(folder)
    for name in SHARED_FOLDERS:
        try:
            entries = list(os.scandir(name))
        except OSError:
            continue
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
                if status.st_uid == uid:
                    remove(entry.path)
            except OSError:
                pass


class Nothing:
    """No walls: a process of this user."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        # as one's own user, what counts against NPROC is all that one runs
        self.limits = {name: most for name, most in LIMITS.items() if name != "NPROC"}
        self.folders: dict[int, str] = {}

    def start(self, answers: int) -> subprocess.Popen:
        """Start a worker in a folder of its own."""
        folder = tempfile.mkdtemp(prefix="learner-", dir=self.runtime.folder)
        paths = [str(self.runtime.worker), str(self.runtime.alone())]
        command = [str(self.runtime.program), "-I", "-S", str(self.runtime.worker / "worker.pyc")]
        command.append(setting(answers, paths, self.limits))
        process = launch(command, (answers,), cwd=folder)
        self.folders[process.pid] = folder
        return process

    def end(self, process: subprocess.Popen) -> None:
        """Kill the worker's group; what has left it stays."""
        kill_group(process)
        remove(self.folders.pop(process.pid))

    def close(self) -> None:
        """Do nothing."""


KINDS: dict[str, Callable[[Runtime], Walls]] = {"bubblewrap": Bubblewrap, "uid": OwnUser, "none": Nothing}
