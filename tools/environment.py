#!/usr/bin/env python3
"""Make the course's environment in .venv; do nothing where it stands already.

Needs nothing but a Python: it finds one that every pinned package supports, uses uv where it can be
had and pip elsewhere, and installs requirements.txt and, editable, the course's own library.

    python3 tools/environment.py FOLDER LIST    makes another one beside it, of a list of pins and nothing else
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "course-stamp"
PYTHON = VENV / "bin" / "python"
SUPPORTED = ((3, 11), (3, 13))  # the Pythons that the pinned TensorFlow has wheels for
CLEAN = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}


def run(*command, check=True, quiet=False):
    """Run a command and say so; where it fails, stop with its name (or return False)."""
    words = [str(word) for word in command]
    if not quiet:
        print("+", *words, flush=True)
    to = subprocess.DEVNULL if quiet else None
    try:
        code = subprocess.run(words, cwd=ROOT, env=CLEAN, stdout=to, stderr=to).returncode
    except OSError as trouble:
        code = trouble
    if code and check:
        sys.exit(f"\nthe environment could not be made: `{' '.join(words)}` failed ({code})")
    return not code


def version_of(python):
    """Return (major, minor) of a Python, or None where it does not start."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", code], capture_output=True, text=True, env=CLEAN)
    except OSError:
        return None
    return tuple(map(int, answer.stdout.split())) if answer.returncode == 0 else None


def find_python():
    """Return a Python that the pinned set supports, or None."""
    (low, high) = SUPPORTED
    others = [f"python3.{minor}" for minor in range(high[1], low[1] - 1, -1)]
    for name in [os.environ.get("PYTHON"), "python3", *others]:
        path = name and shutil.which(name)
        if path and low <= (version_of(path) or (0, 0)) <= high:
            return path
    return None


def make_venv(python, folder):
    """Make a virtual environment with pip; Debian keeps the module for that in a package."""
    command = [python, "-m", "venv", "--clear", folder]
    if run(python, "-c", "import venv, ensurepip", check=False, quiet=True):
        return run(*command)
    package = "python{}.{}-venv".format(*version_of(python))
    if shutil.which("apt-get") is None:
        sys.exit(f"{python} has no venv module: install it (Debian calls it {package}), or uv")
    if os.geteuid() != 0:
        sys.exit(f"{python} has no venv module. Type this, then run make again:\n  sudo apt-get install {package}")
    run("apt-get", "-q", "update", check=False)
    run("apt-get", "-q", "-y", "install", package)
    return run(*command)


def find_uv():
    """Return a uv that works, or None; a name on PATH may be a mere stub."""
    path = shutil.which("uv")
    return path if path and run(path, "--version", check=False, quiet=True) else None


def make_environment():
    """Make .venv with a supported Python and return the command that installs into it."""
    python, uv = find_python(), find_uv()
    if VENV.exists() and not usable():
        shutil.rmtree(VENV)
    if python is None and uv is None:
        uv = borrow_uv()
    if not VENV.exists():
        if uv:
            run(uv, "venv", "--python", python or f"3.{SUPPORTED[1][1]}", VENV)
        else:
            make_venv(python, VENV)
    if uv is None and run(PYTHON, "-m", "pip", "install", "-q", "uv", check=False):
        uv = VENV / "bin" / "uv"
    if uv:
        return [uv, "pip", "install", "--python", PYTHON]
    return [PYTHON, "-m", "pip", "install"]


def usable():
    """Say whether .venv's own Python starts and is one we support."""
    return SUPPORTED[0] <= (version_of(PYTHON) or (0, 0)) <= SUPPORTED[1]


def borrow_uv():
    """Install uv with a Python that is too old or too new for the course, so that it brings one."""
    folder = ROOT / ".uv"
    make_venv(sys.executable, folder)
    if not run(folder / "bin" / "python", "-m", "pip", "install", "-q", "uv", check=False):
        (low, high) = SUPPORTED
        sys.exit(
            "no Python {}.{} to {}.{} was found (the pinned TensorFlow has no others), nor uv, which "
            "brings one.\nInstall either, or name a Python: PYTHON=/path/to/python3 make book".format(*low, *high)
        )
    return folder / "bin" / "uv"


def key():
    """Return what the installed environment depends on, as a hash."""
    parts = [(ROOT / name).read_bytes() for name in ("requirements.txt", "pyproject.toml")]
    return hashlib.sha256(b"\0".join([*parts, bytes(str(ROOT), "utf8")])).hexdigest()


def make_beside(folder, wanted):
    """Make an environment with .venv's Python and a list of pins; do nothing where it stands already."""
    python, stamp = folder / "bin" / "python", folder / "course-stamp"
    parts = [path.read_bytes() for path in sorted(wanted.parent.glob("*.txt"))]  # one list may name another
    new = hashlib.sha256(b"\0".join([*parts, bytes(f"{wanted.name} {version_of(PYTHON)}", "utf8")])).hexdigest()
    if version_of(python) and stamp.exists() and stamp.read_text() == new:
        return
    shutil.rmtree(folder, ignore_errors=True)
    uv = find_uv() or next(VENV.glob("bin/uv"), None)
    if uv:
        run(uv, "venv", "-q", "--python", PYTHON, folder)
        run(uv, "pip", "install", "-q", "--python", python, "-r", wanted)
    else:
        make_venv(PYTHON, folder)
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted)
    stamp.write_text(new)


def main():
    """Bring .venv to what requirements.txt says, or another environment to what a list says."""
    if sys.argv[1:]:
        folder, wanted = sys.argv[1:]
        return make_beside(ROOT / folder, ROOT / wanted)
    if not re.search(r"^setuptools==", (ROOT / "requirements.txt").read_text(), re.MULTILINE):
        sys.exit("requirements.txt must pin setuptools: the library is built with it")
    if usable() and STAMP.exists() and STAMP.read_text() == key():
        return
    install = make_environment()
    STAMP.unlink(missing_ok=True)
    run(*install, "-r", "requirements.txt")
    run(*install, "--no-deps", "--no-build-isolation", "-e", ".")
    STAMP.write_text(key())
    print(f"the environment stands in {VENV.name}", flush=True)


if __name__ == "__main__":
    main()
