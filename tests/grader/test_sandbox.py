"""The walls, felt from inside by code that wants out, and looked at from outside afterwards.

Every test says in its name which mode it ran in. As root both modes are tried, as a plain user bubblewrap only, which is
the only one that works there. Bubblewrap is left out only where another program, unshare, finds that this kernel or this
container allows no namespaces.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from exercises.grader import runtime, sandbox, seccomp, session, walls
from exercises.grader.sandbox import NoSandbox, Sandbox, open_sandbox
from exercises.grader.session import Call, MachineFailure, execute
from exercises.grader.users import SPARE_UIDS, Spare, as_user
from tools import walls as tool

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
LAUNCH = walls.launch
UNSHARE = ["unshare", "--user", "--net", "--pid", "--fork", "--mount", "--ipc", "--uts", "--mount-proc", "true"]


def modes() -> list[str]:
    """Return the modes that must work on this machine."""
    namespaces = subprocess.run(UNSHARE, capture_output=True).returncode == 0
    found = ["bubblewrap"] if namespaces or not IS_ROOT else []
    return [*found, "uid"] if IS_ROOT else found


@pytest.fixture(scope="module", params=modes())
def walled(request):
    with open_sandbox(request.param) as box:
        yield box


@pytest.fixture(scope="module")
def bubblewrap():
    if "bubblewrap" not in modes():
        pytest.skip("unshare finds that there are no namespaces here: only the mode uid is tried")
    with open_sandbox("bubblewrap") as box:
        yield box


@pytest.fixture(scope="module")
def own_user():
    if not IS_ROOT:
        pytest.skip("only root can start a worker as another user: only bubblewrap is tried")
    with open_sandbox("uid") as box:
        yield box


def look(box: Sandbox, body: str, *args):
    """Return what a function with this body returns inside."""
    source = f"def look(*args):\n{textwrap.indent(textwrap.dedent(body), '    ')}"
    answer = execute([source], [Call("look", "look", args)], box).answers[0]
    assert answer.kind == "value", answer
    return answer.value


def everything_running() -> dict[int, tuple[str, int, str]]:
    """Return state, parent and command of all processes, dead ones too."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            found[int(entry.name)] = state, int(parent), command
    return found


def nothing_left(marker: str) -> None:
    """Demand that no process bears a marker, and that this process has no dead child."""
    running = everything_running()
    assert not [command for _, _, command in running.values() if marker in command]
    assert not [pid for pid, (state, parent, _) in running.items() if state == "Z" and parent == os.getpid()]


# What is seen


def test_the_environment_is_empty(walled, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "do-not-tell-" * 3)
    body = """
    import os
    seen = ""
    for pid in ["self", "1", *map(str, range(os.getpid() - 200, os.getpid() + 200))]:
        try:
            seen += open(f"/proc/{pid}/environ").read()
        except OSError:
            pass
    return dict(os.environ), seen[:9000]
    """
    environment, seen = look(walled, body)
    assert environment == {}
    assert "do-not-tell" not in seen and "COURSE_SECRET" not in seen
    assert str(ROOT) not in seen and os.environ["PATH"] not in seen


def test_the_worker_has_no_privilege_and_can_get_none(walled):
    status = look(
        walled,
        "return dict(line.rstrip('\\n').split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)",
    )
    assert "0" not in status["Uid"].split() + status["Gid"].split()
    assert "0" not in status["Groups"].split()
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    body = """
    import os
    got = []
    for name, args in (("setuid", (0,)), ("setgid", (0,)), ("setgroups", ([0],)), ("chroot", ("/",))):
        try:
            getattr(os, name)(*args)
            got.append(name)
        except OSError:
            pass
    return got
    """
    assert look(walled, body) == []


def test_seen_from_outside_the_worker_is_not_root(walled):
    with walled.start() as worker:
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        if IS_ROOT:
            assert all(int(uid) in SPARE_UIDS for uid in uids)
        else:
            assert set(uids) == {str(os.getuid())}


def test_no_command_line_names_a_path_of_this_machine(bubblewrap):
    with bubblewrap.start() as worker:
        tree, commands = {worker.process.pid}, ""
        for pid, (_, parent, command) in sorted(everything_running().items()):
            if pid in tree or parent in tree:
                tree.add(pid)
                commands += command
    assert "worker.pyc" in commands
    for path in (ROOT, sys.prefix, bubblewrap.runtime.folder, Path.home()):
        assert str(path) not in commands


def test_host_paths_do_not_exist_inside(bubblewrap, tmp_path):
    (tmp_path / "secret").write_text("secret")
    paths = [ROOT, ROOT / "course_lib", tmp_path / "secret", "/etc/passwd", "/etc", "/root", "/home", "/sys", "/var",
             "/usr/bin", "/bin/sh", "/opt", "/srv", "/mnt", Path(sys.prefix), bubblewrap.runtime.folder]  # fmt: skip
    exists = look(bubblewrap, "import os\nreturn [os.path.exists(path) for path in args]", *map(str, paths))
    assert dict(zip(map(str, paths), exists, strict=True)) == dict.fromkeys(map(str, paths), False)


def test_of_the_packages_only_numpy_is_there(walled):
    body = """
    import importlib.util, sys
    found = [n for n in args if importlib.util.find_spec(n) is not None]
    return found, [p for p in sys.path if "site-packages" in p]
    """
    names = [
        "numpy",
        "json",
        "pytest",
        "yaml",
        "pip",
        "dask",
        "nbformat",
        "hypothesis",
        "exercises",
        "pyseccomp",
        "setuptools",
    ]
    assert look(walled, body, *names) == (["numpy", "json"], [])


def test_no_other_process_is_seen_and_none_without_limits(bubblewrap):
    assert look(bubblewrap, "import os\nreturn [int(n) for n in os.listdir('/proc') if n.isdigit()], os.getpid()") == (
        [1],
        1,
    )
    assert look(bubblewrap, "import os\nreturn os.uname().nodename") == "learner"


def test_nothing_is_open_but_two_pipes(walled):
    body = """
    import os
    links = []
    for name in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink("/proc/self/fd/" + name))
        except OSError:
            pass
    return sorted(link for link in links if not link.startswith("/proc/"))
    """
    links = look(walled, body)
    assert links[:3] == ["/dev/null"] * 3
    assert len(links) == 5 and all(link.startswith("pipe:[") for link in links[3:])


def test_nothing_of_the_kernel_can_be_set(walled):
    body = """
    import os
    paths = ["/proc/sysrq-trigger", "/proc/kcore", "/dev/kmsg", "/dev/mem"]
    for folder in ("/proc/sys", "/proc/irq", "/proc/bus", "/sys"):
        for where, _, names in os.walk(folder):
            paths += [os.path.join(where, name) for name in names]
    opened, written = [], []
    for path in paths:
        try:
            with open(path, "r+b", buffering=0) as file:
                opened.append(path)
                content = file.read(100)
                file.seek(0)
                file.write(content)
                written.append(path)
        except OSError:
            pass
    return len(paths), opened, written
    """
    tried, opened, written = look(walled, body)
    assert tried > (500 if walled.landlock == 0 else 3)  # Landlock does not even let them be looked for
    assert written == []
    if walled.mode == "bubblewrap":
        assert opened == []  # as a user of the machine some open, and only writing fails


# What is written


def test_only_the_scratch_folder_can_be_written_to_and_it_is_small(bubblewrap):
    body = """
    import os
    places = set()
    for where, folders, _ in os.walk("/"):
        if where.startswith("/proc/") and where.count("/") > 2:
            folders.clear()
            continue
        try:
            with open(os.path.join(where, "written"), "w"):
                places.add(where)
        except OSError:
            pass
    before = sorted(os.listdir("/tmp"))
    total = 0
    try:
        for number in range(100):
            with open(f"/tmp/{number}", "wb") as file:
                for _ in range(8):
                    total += file.write(bytes(2**20))
                    file.flush()
    except OSError as error:
        return sorted(places), before, total, error.errno
    """
    places, before, total, errno = look(bubblewrap, body)
    assert places == ["/tmp"]
    assert before == ["written"]
    assert 32 * 2**20 < total <= 64 * 2**20
    assert errno == 28
    assert look(bubblewrap, "import os\nreturn os.listdir('/tmp')") == []  # every worker gets an empty one


def test_a_file_ends_at_32_megabytes(walled):
    body = """
    with open("large", "wb", buffering=0) as file:
        try:
            for _ in range(40):
                file.write(bytes(2**20))
        except OSError as error:
            return error.errno, file.tell()
    """
    assert look(walled, body) == (27, 32 * 2**20)


def test_what_a_user_has_written_is_removed(own_user, tmp_path):
    private = tmp_path / "secret"
    private.write_text("secret")
    private.chmod(0o600)
    body = """
    import os
    for name in args[1:]:
        try:
            with open(name, "w") as file:
                file.write("x")
            os.makedirs("/tmp/" + args[1].replace("/", "-") + "-folder/inner")
        except PermissionError:
            pass
    try:
        return os.getcwd(), os.getuid(), open(args[0]).read()
    except OSError as error:
        return os.getcwd(), os.getuid(), error.errno
    """
    marker = f"left-{os.getpid()}-{time.monotonic_ns()}"
    folder, uid, errno = look(
        own_user, body, str(private), f"/tmp/{marker}", f"/dev/shm/{marker}", f"/var/tmp/{marker}"
    )
    assert errno == 13
    assert uid in SPARE_UIDS
    assert not Path(folder).exists()
    assert not [name for place in ("/tmp", "/var/tmp", "/dev/shm") for name in os.listdir(place) if marker in name]


READ_AND_WRITE = """
import os
read, wrote = [], []
for path in args:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path).close()
        read.append(path)
    except OSError:
        pass
    try:
        name = os.path.join(path, "written-by-a-learner")
        open(name, "w").close()
        wrote.append(path)
        os.remove(name)
    except OSError:
        pass
return read, wrote
"""


def test_landlock_leaves_python_numpy_and_one_folder(own_user):
    paths = [
        "/",
        "/etc/passwd",
        "/etc",
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/proc",
        "/proc/1/cmdline",
        "/home",
        str(ROOT),
        str(ROOT / "README.md"),
        ".",
    ]
    read, wrote = look(own_user, READ_AND_WRITE, *paths)
    if own_user.landlock:
        assert (read, wrote) == (["."], ["."])
    else:
        assert "/etc/passwd" in read and "/tmp" in wrote  # as the mode's description admits


def test_without_landlock_what_was_written_is_swept_up(own_user, monkeypatch):
    monkeypatch.setattr(own_user.walls, "readable", ["/"])
    marker = f"left-{os.getpid()}-{time.monotonic_ns()}"
    launch = walls.launch

    def everywhere(command, descriptors, **more):
        told = json.loads(command[-1]) | {"writable": ["/"]}
        return launch([*command[:-1], json.dumps(told)], descriptors, **more)

    monkeypatch.setattr(walls, "launch", everywhere)
    body = f"""
    import os
    for place in ("/tmp", "/var/tmp", "/dev/shm"):
        os.makedirs(place + "/{marker}/inner")
        open(place + "/{marker}/inner/file", "w").close()
        os.symlink("/etc", place + "/{marker}/link")
        os.mkfifo(place + "/{marker}-pipe")
    return os.getuid()
    """
    assert look(own_user, body) in SPARE_UIDS
    assert not [name for place in ("/tmp", "/var/tmp", "/dev/shm") for name in os.listdir(place) if marker in name]


def test_every_worker_is_a_user_of_its_own(own_user):
    uids = [look(own_user, "import os\nreturn os.getuid()") for _ in range(3)]
    assert len(set(uids)) == 3


# What is called


def test_the_network_is_out_of_reach(walled):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        body = """
        import ctypes, socket
        seen = []
        for family, kind in ((2, 1), (2, 2), (10, 1), (1, 1), (16, 3)):
            try:
                socket.socket(family, kind).connect(("127.0.0.1", args[0]))
                seen.append(0)
            except OSError as error:
                seen.append(error.errno)
        libc = ctypes.CDLL(None, use_errno=True)
        return seen, libc.socket(2, 1, 0), ctypes.get_errno()
        """
        assert look(walled, body, server.getsockname()[1]) == ([1] * 5, -1, 1)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("unshare", (0x10000000,)), ("setns", (0, 0)), ("ptrace", (0, 0, 0, 0)), ("mount", (0, 0, 0, 0, 0)), ("umount2", (0, 0)),
        ("syscall", (321, 0, 0, 0)), ("syscall", (425, 1, 0)), ("syscall", (250, 0, 0)), ("syscall", (323, 0)),
        ("syscall", (56, 0x10000000 | 17, 0, 0, 0, 0)), ("shmget", (0, 4096, 0o1600)), ("personality", (0,)),
        ("ioctl", (0, 0x5412, 0)), ("process_vm_readv", (1, 0, 0, 0, 0, 0)), ("open_by_handle_at", (0, 0, 0)),
    ],
    ids=lambda x: x if isinstance(x, str) else str(x[0]),
)  # fmt: skip
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="some are called by number, and these are x86's")
def test_a_call_that_nobody_needs_is_refused(walled, name, arguments):
    body = f"""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.{name}(*args), ctypes.get_errno()
    """
    assert look(walled, body, *arguments) == (-1, 1)


def test_the_filter_denies_what_the_issue_names():
    denied = set(seccomp.DENIED.split())
    assert {"ptrace", "process_vm_readv", "process_vm_writev", "unshare", "setns", "mount", "pivot_root", "add_key",
            "request_key", "keyctl", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "kexec_load",
            "init_module", "finit_module", "open_by_handle_at", "socket"} <= denied  # fmt: skip


# What is started


def test_a_fork_bomb_stops_early_and_leaves_nothing(walled):
    body = """
    import os, time
    children = 0
    for _ in range(60):
        try:
            if os.fork() == 0:
                os.setsid()
                while True:
                    time.sleep(100)
            children += 1
        except OSError:
            pass
    return children, os.getuid()
    """
    children, uid = look(walled, body)
    assert 1 <= children < 8
    if IS_ROOT:
        uid = walled.walls.spare.uid if walled.mode == "bubblewrap" else uid
        assert processes_of(uid) == []


def processes_of(uid: int) -> list[int]:
    """Return the processes of a user; dead ones get 2 s, in which the system's first process may bury them."""
    until = time.monotonic() + 2
    while True:
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and f"Uid:\t{uid}\t" in (entry / "status").read_text():
                    found.append(int(entry.name))
            except OSError:
                continue
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def test_daemons_are_gone(walled):
    marker = f"daemon-{os.getpid()}-{time.monotonic_ns()}"
    body = """
    import os, signal, sys, time
    program = open("/proc/self/cmdline").read().split("\\0")[0]
    for number in range(2):
        if os.fork() == 0:
            os.setsid()
            for one in range(1, 65):
                try:
                    signal.signal(one, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            if os.fork() == 0:
                code = f"open('alive{number}', 'w').close(); import time; time.sleep(300)"
                environment = {"LD_LIBRARY_PATH": os.path.dirname(os.path.dirname(program)) + "/lib"}
                os.execve(program, [program, "-I", "-S", "-c", code, args[0]], environment)
            os._exit(0)
    until = time.monotonic() + 1.5
    while time.monotonic() < until and not (os.path.exists("alive0") and os.path.exists("alive1")):
        time.sleep(0.01)
    return sorted(name for name in os.listdir(".") if name.startswith("alive"))
    """
    assert look(walled, body, marker) == ["alive0", "alive1"]
    nothing_left(marker)


@pytest.mark.parametrize("first", ["pass", "os.kill(-1, 9)"], ids=["hides", "kills"])
def test_what_forks_and_ends_in_turn_is_in_no_list_and_yet_gone(walled, first, monkeypatch):
    monkeypatch.setattr(session, "CELL_SECONDS", 1.0)
    name = f"hops{os.getpid() % 10**6}{first[:4]}"
    cell = f"""
import ctypes, os, time
ctypes.CDLL(None).prctl(15, b"{name}")  # its name; forks inherit it
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        until = time.monotonic() + 4
        while time.monotonic() < until:
            try:
                {first}
                if os.fork():
                    os._exit(0)
            except OSError:
                pass
        time.sleep(60)
"""
    for _ in range(5):
        execute([cell], [], walled)
    assert within(6, lambda: not alive(name)), alive(name)  # what was missed hops no more, and stays


def alive(name: str) -> list[str]:
    """Return the processes of a name that are not dead."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text() if entry.name.isdigit() else ""
        except OSError:
            continue
        if f"({name})" in stat and ") Z " not in stat:
            found.append(entry.name)
    return found


def test_memory_ends_at_one_and_a_half_gigabytes(walled):
    body = """
    import numpy as np
    held = []
    try:
        for _ in range(60):
            held.append(np.empty(64 * 2**20, np.uint8))
    except MemoryError:
        return len(held) * 64
    """
    assert 512 <= look(walled, body) <= 1536


def test_memory_cannot_be_held_in_files_without_a_name(walled):
    body = """
    import os
    try:
        return os.memfd_create("x")
    except OSError as refused:
        return refused.errno
    """
    assert look(walled, body) == errno.EPERM


def test_the_kernel_takes_the_worker_first_where_memory_runs_out(walled):
    assert look(walled, "return int(open('/proc/self/oom_score_adj').read())") == 1000
    assert Path("/proc/self/oom_score_adj").read_text() != "1000\n"  # the grader itself stays as it was


def may_raise_for_good() -> bool:
    """Say whether this process has CAP_SYS_RESOURCE, which root in a container may lack."""
    (effective,) = re.findall(r"CapEff:\t(\w+)", Path("/proc/self/status").read_text())
    return bool(int(effective, 16) >> 24 & 1)


@pytest.mark.skipif(not may_raise_for_good(), reason="without CAP_SYS_RESOURCE what was raised can be lowered again")
def test_the_worker_cannot_get_out_of_that(walled):
    body = """
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("0")
    except OSError:
        pass
    return int(open("/proc/self/oom_score_adj").read())
    """
    assert look(walled, body) == 1000


def test_limits_cannot_be_raised(walled):
    body = """
    import resource
    raised = []
    for name in args:
        which = getattr(resource, "RLIMIT_" + name)
        soft, hard = resource.getrlimit(which)
        try:
            resource.setrlimit(which, (hard + 1, hard + 1))
            raised.append(name)
        except (ValueError, OSError):
            pass
    return raised, [list(resource.getrlimit(getattr(resource, "RLIMIT_" + name))) for name in args]
    """
    names = ["AS", "CPU", "FSIZE", "NPROC", "NOFILE", "CORE"]
    raised, found = look(walled, body, *names)
    assert raised == []
    assert found == [[n, n] for n in (1_610_612_736, 30, 33_554_432, 8, 256, 0)]


# Where the walls cannot stand


def test_a_worker_that_does_not_start_is_a_failure_of_the_machine(walled, monkeypatch):
    def refuses(*_, **__):
        raise FileNotFoundError("no such program")

    for command, words in (
        (["/bin/false"], "without a word"),
        (["/bin/echo", "{}"], "word|else"),
        (["/bin/sh", "-c", "echo broken >&2"], "broken"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(walls, "launch", lambda _, fds, command=command, **more: LAUNCH(command, fds, **more))
            with pytest.raises(MachineFailure, match=words):
                execute(["x = 1"], [Call("f", "f", ())], walled)
    monkeypatch.setattr(walls, "launch", refuses)
    with pytest.raises(MachineFailure, match="no such program"):
        walled.start()


def test_a_worker_that_says_nothing_is_a_failure_of_the_machine(walled, monkeypatch):
    monkeypatch.setattr(walls, "launch", lambda _, fds, **more: LAUNCH(["/bin/sleep", "60"], fds, **more))
    monkeypatch.setattr(sandbox, "BOOT_SECONDS", 0.3)
    with pytest.raises(MachineFailure, match="no sign of life"):
        walled.start()


def test_bubblewrap_that_fails_is_a_failure_of_the_machine(bubblewrap, monkeypatch):
    monkeypatch.setattr(bubblewrap.walls, "arguments", ["--ro-bind", "/there/is/no/such/folder", "/x"])
    with pytest.raises(MachineFailure, match="bwrap"):
        execute(["x = 1"], [Call("f", "f", ())], bubblewrap)


def test_without_a_filter_there_is_no_sandbox(monkeypatch):
    seccomp.program.cache_clear()
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    try:
        for mode in modes():
            with pytest.raises(NoSandbox, match="libseccomp"):
                open_sandbox(mode)
        with pytest.raises(NoSandbox, match="apt-get install bubblewrap"):
            open_sandbox()
    finally:
        seccomp.program.cache_clear()


def test_a_filter_that_the_kernel_does_not_take_stops_the_worker(own_user, monkeypatch):
    monkeypatch.setattr(own_user.walls, "filter", b"\xff" * 16)
    with pytest.raises(MachineFailure, match="seccomp"):
        own_user.start()


def test_nobody_enters_as_root(monkeypatch):
    with pytest.raises(NoSandbox, match="root"):
        as_user(0)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NoSandbox, match="root"):
        as_user(None)


def test_a_worker_that_is_root_after_all_is_not_let_in(bubblewrap, monkeypatch):
    if not IS_ROOT:
        pytest.skip("this is not root: there is nothing to drop")
    monkeypatch.setattr(bubblewrap.walls, "who", {})
    with pytest.raises(MachineFailure, match="root"):
        bubblewrap.start()


def test_no_walls_are_never_taken_unasked(monkeypatch):
    monkeypatch.setattr(walls.shutil, "which", lambda _: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoSandbox, match="bubblewrap is not installed") as caught:
        open_sandbox()
    assert "apt-get install bubblewrap" in str(caught.value)


def test_unknown_modes_are_refused():
    with pytest.raises(ValueError, match="bubblewrap, uid, none"):
        open_sandbox("docker")


def test_without_walls_when_asked_for_by_name():
    with open_sandbox("none") as box:
        assert box.mode == "none"
        assert look(box, "return 6 * args[0]", 7) == 42
        folder = look(box, "import os\nreturn os.getcwd()")
        assert not Path(folder).exists()


def test_the_strongest_that_works_is_taken():
    with open_sandbox() as box:
        assert box.mode == modes()[0]


def test_a_plain_user_is_walled_in_as_well(bubblewrap):
    """What root tests above, tried as somebody else: the tests of a plain user try it anyway."""
    if not IS_ROOT:
        return
    spare, box = Spare(), runtime.Runtime(dropped=True)
    try:
        packages = [str(ROOT), str(Path(seccomp.__file__).parents[2]), str(Path(pytest.__file__).parents[1])]
        code = f"""
import sys
sys.path += {packages!r}
from exercises.grader.sandbox import open_sandbox
from exercises.grader.session import Call, execute
with open_sandbox() as box:
    source = "import os\\ndef f(x): return x + 1, os.listdir('/')"
    print(box.mode, execute([source], [Call("f", "f", (1,))], box).answers[0].value)
"""
        environment = {"LD_LIBRARY_PATH": str(box.shared.parent)} if box.shared else {}
        environment["PATH"] = os.environ["PATH"]
        who = as_user(spare.uid)
        answer = subprocess.run(
            [str(box.program), "-S", "-B", "-c", code], env=environment, capture_output=True, text=True, cwd="/", **who
        )
        assert answer.stdout.startswith("bubblewrap (2, ["), answer.stderr
        assert "root" not in answer.stdout
    finally:
        box.close()
        spare.release()


# What a run leaves behind


def test_the_private_folder_goes_with_the_sandbox_and_after_a_killed_run():
    code = "from exercises.grader.sandbox import Sandbox; import time\n"
    code += f"box = Sandbox({modes()[0]!r}); print(box.runtime.folder, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        folder = Path(run.stdout.readline().strip())
        with Sandbox("none") as other:
            assert folder.is_dir()  # its run is alive: not to be swept
            assert other.runtime.folder.stat().st_mode & 0o777 == 0o755
        assert not other.runtime.folder.exists()
        run.kill()
    assert folder.is_dir()
    Sandbox("none").close()
    assert not folder.exists()


BECOME_ANOTHER = """
import os
program = open("/proc/self/cmdline").read().split("\\0")[0]
libraries = {"LD_LIBRARY_PATH": os.path.dirname(os.path.dirname(program)) + "/lib"}
os.execve(program, [program, "-I", "-S", "-c", "import time; time.sleep(60)", "MARKER"], libraries)
"""


def test_a_killed_run_takes_its_worker_along(walled):
    marker = f"run-{os.getpid()}-{time.monotonic_ns()}"
    code = "import sys; from exercises.grader import sandbox, session\n"
    code += f"with sandbox.open_sandbox({walled.mode!r}) as box: session.execute([sys.stdin.read()], [], box)"
    run = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, text=True)
    with run:
        run.stdin.write(BECOME_ANOTHER.replace("MARKER", marker))
        run.stdin.close()
        assert within(20, lambda: any(marker in command for _, _, command in everything_running().values()))
        run.kill()
    assert within(10, lambda: not any(marker in command for _, _, command in everything_running().values()))


def within(seconds: float, holds) -> bool:
    until = time.monotonic() + seconds
    while not (reached := holds()) and time.monotonic() < until:
        time.sleep(0.02)
    return reached


def test_users_are_lent_to_one_worker_at_a_time():
    held = [Spare() for _ in range(5)]
    try:
        assert len({spare.uid for spare in held}) == 5
        assert all(spare.uid in SPARE_UIDS for spare in held)
    finally:
        for spare in held:
            spare.release()


def test_what_other_users_cannot_read_is_seen_as_such(tmp_path):
    open_one = Path("/usr")
    assert runtime.open_to_all(open_one)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "file").write_text("x")
    assert not runtime.open_to_all(closed / "file")


def test_copies_are_for_everybody_and_hold_no_other_packages(tmp_path):
    source = tmp_path / "source"
    (source / "site-packages" / "secret").mkdir(parents=True)
    (source / "os.py").write_text("x")
    (source / "os.py").chmod(0o600)
    copy = runtime.copied(source, tmp_path / "copy")
    assert sorted(path.name for path in copy.rglob("*")) == ["os.py"]
    assert (copy / "os.py").stat().st_mode & 0o777 == 0o644
    shutil.rmtree(copy)


# The tool that installs them


def test_the_tool_names_the_mode_or_says_what_to_do(monkeypatch):
    assert tool.find() == modes()[0]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(tool.shutil, "which", lambda _: "/usr/bin/apt-get")
    assert tool.attempts()[-1][-2:] == ["bubblewrap", "libseccomp2"]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert tool.attempts() == []
    monkeypatch.setattr(tool.shutil, "which", lambda _: None)
    with pytest.raises(LookupError, match="sudo apt-get install bubblewrap"):
        tool.install()
