"""What a learner's code finds behind the walls: Python's standard library, NumPy, the worker. Nothing else.

Folders are used where they stand. Where the user that the worker runs as cannot read them (a Python under /root), they
are copied, once for all submissions, into a private folder that goes when the sandbox is closed.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import py_compile
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PREFIX = "course-grader-"
LEFT_OUT = shutil.ignore_patterns(
    "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3",
    "config-*", "*.opt-*.pyc", "*.a",
)  # fmt: skip


def remove(path: Path | str) -> None:
    """Remove a file or folder with all that is in it, however deep: Python's own way calls itself for each level.

    Parameters
    ----------
    path : Path or str
        Of ours; what does not go stays.
    """
    subprocess.run(["/bin/rm", "-rf", "--one-file-system", "--", str(path)], env={}, stderr=subprocess.DEVNULL)


class Runtime:
    """The folders that are shown to the worker.

    Parameters
    ----------
    dropped : bool
        Whether the worker runs as another user, who may not be able to read what this one can.

    Attributes
    ----------
    folder : Path
        Private to this run; everybody may read it.
    program, library : Path
        Python's program and its standard library.
    shared : Path or None
        Python's shared library, where it is built with one that lies beside it.
    packages : dict of str to Path
        NumPy and the libraries that come with it.
    worker : Path
        A folder with the worker and `wire`, compiled.
    """

    def __init__(self, dropped: bool) -> None:
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=open_folder()))
        self.folder.chmod(0o755)
        self._lock = os.open(self.folder / "new", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (self.folder / "new").rename(self.folder / "lock")  # never seen without its owner, see `sweep`
        try:
            self.worker = self._compiled()
            self.empty = self.folder / "empty"
            self.empty.mkdir(mode=0o755)
            self._python(dropped)
            self.packages = {
                name: self._reachable(path, Path("packages", name), dropped) for name, path in numpy_folders().items()
            }
        except BaseException:
            self.close()
            raise

    def _compiled(self) -> Path:
        folder = self.folder / "worker"
        folder.mkdir(mode=0o755)
        for name in ("worker", "wire"):
            target = folder / f"{name}.pyc"
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(
                str(HERE / f"{name}.py"), str(target), f"{name}.py", doraise=True, invalidation_mode=mode
            )
            target.chmod(0o644)
        return folder

    def _python(self, dropped: bool) -> None:
        self.base = Path(sys.base_prefix).resolve()
        program = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
        library = Path(sysconfig.get_path("stdlib", vars={"base": str(self.base)})).resolve()
        self.inside = library.relative_to(self.base)  # lib/python3.11, lib64/python3.11
        shared = shared_library()
        self.copied = dropped and not all(map(open_to_all, filter(None, (program, library / "os.py", shared))))
        if self.copied:
            home = self.folder / "python"
            program = copied(program, home / "bin" / "python3")
            shared = shared and copied(shared, home / "lib" / shared.name)
            library = copied(library, home / self.inside)
        self.program, self.library, self.shared = program, library, shared

    def _reachable(self, path: Path, name: Path, dropped: bool) -> Path:
        if not dropped or open_to_all(path / "__init__.py" if (path / "__init__.py").exists() else path):
            return path
        return copied(path, self.folder / name)

    def alone(self) -> Path:
        """Return a folder in which NumPy stands and no other package.

        Returns
        -------
        Path
            With links to what `packages` names.
        """
        folder = self.folder / "alone"
        if not folder.exists():
            folder.mkdir(mode=0o755)
            for name, path in self.packages.items():
                (folder / name).symlink_to(path)
        return folder

    def close(self) -> None:
        """Remove the private folder."""
        if self._lock >= 0:
            remove(self.folder)
            os.close(self._lock)
            self._lock = -1


def numpy_folders() -> dict[str, Path]:
    """Return NumPy's folder and that of the libraries beside it, without the packages around them."""
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        raise RuntimeError("NumPy is not installed here")
    folder = Path(spec.origin).resolve().parent
    beside = {name: folder.parent / name for name in ("numpy", "numpy.libs")}
    return {name: path for name, path in beside.items() if path.is_dir()}


def shared_library() -> Path | None:
    """Return Python's shared library, where there is one and the loader would not look for it by itself."""
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError:
        return None
    found = re.search(r"(/\S*/libpython3\.\d+\w*\.so[.\d]*)\n", maps)
    return Path(found[1]) if found else None


def copied(source: Path, target: Path) -> Path:
    """Copy a file or a folder so that everybody can read it."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=LEFT_OUT, symlinks=False, ignore_dangling_symlinks=True)
    else:
        shutil.copy2(source, target)
    for path in [target, *target.rglob("*")] if target.is_dir() else [target]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return target


def open_to_all(path: Path) -> bool:
    """Say whether any user can read a path, by the modes of it and of all folders above."""
    folder = path.is_dir()
    wanted = stat.S_IROTH | (stat.S_IXOTH if folder else 0)
    if path.stat().st_mode & wanted != wanted:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


def open_folder() -> Path:
    """Return the folder of temporary files that any user can enter."""
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        path = Path(name).resolve()
        if path.is_dir() and open_to_all(path):
            return path
    raise RuntimeError("no folder for temporary files that every user can enter: set TMPDIR to one")


def sweep() -> None:
    """Remove what a run that was killed has left."""
    for folder in open_folder().glob(f"{PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.geteuid() or folder.is_symlink():
                continue
            lock = os.open(folder / "lock", os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(folder)
        except OSError:  # its run is alive
            pass
        finally:
            os.close(lock)
