"""Find out behind which walls learners' code can run here; with ``--install``, get bubblewrap where it is missing.

Printed is the mode in which the grader will work: "bubblewrap", or as root, where there are no namespaces, "uid".
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from exercises.grader import seccomp  # noqa: E402
from exercises.grader.sandbox import NoSandbox, open_sandbox  # noqa: E402

PACKAGES = ("bubblewrap", "libseccomp2")


def find() -> str:
    """Return the mode that works here, or raise LookupError with advice."""
    try:
        with open_sandbox() as sandbox:
            return sandbox.mode
    except NoSandbox as missing:
        raise LookupError(str(missing)) from missing


def filters() -> bool:
    """Say whether a filter for system calls can be built."""
    try:
        return bool(seccomp.program())
    except seccomp.NoFilter:
        return False


def attempts() -> list[list[str]]:
    """Return the commands that install what is missing, as far as this user may."""
    if not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")):
        return []
    apt = ["apt-get", "-q", "-y"]
    return [[*apt, "update"], [*apt, "install", "--no-install-recommends", *PACKAGES]]


def install() -> str:
    """Return the mode that works here after installing what is missing and can be installed."""
    if shutil.which("bwrap") is None or not filters():
        for command in attempts():
            print("+", *command, flush=True)
            if subprocess.run(command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}).returncode:
                break
    return find()


if __name__ == "__main__":
    try:
        print(install() if "--install" in sys.argv[1:] else find())
    except LookupError as missing:
        sys.exit(str(missing))
