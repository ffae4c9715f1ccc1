"""Find a Chromium for the browser tests; with ``--install``, get one where there is none.

Looked for, in this order: the environment variable COURSE_BROWSER, an installed Chromium or Chrome,
the Chromium that Playwright downloaded.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ADVICE = """no Chromium or Chrome was found, and the browser tests need one. Any of these will do:
  Debian:   sudo apt-get install chromium
  Ubuntu:   sudo .venv/bin/playwright install --with-deps chromium
  anywhere: .venv/bin/playwright install chromium
  or name one: export COURSE_BROWSER=/path/to/chrome"""


def works(path: str) -> bool:
    """Say whether the program starts; a packaged stub that only points to a shop does not."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "Chrom" in answer.stdout


def playwrights_own() -> str:
    """Return where Playwright keeps its Chromium, whether or not it is there."""
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return answer.stdout.strip()


def find() -> str:
    """Return the path of a Chromium that starts, or raise LookupError with advice."""
    chosen = os.environ.get("COURSE_BROWSER")
    if chosen:
        if works(chosen):
            return chosen
        raise LookupError(f"COURSE_BROWSER={chosen} does not start as a Chromium\n{ADVICE}")
    candidates = [*filter(None, map(shutil.which, NAMES)), *filter(os.path.exists, PLACES)]
    for path in candidates:
        if works(path):
            return path
    own = playwrights_own()
    if own and Path(own).exists() and works(own):
        return own
    raise LookupError(ADVICE)


def launch(playwright: Playwright) -> Browser:
    """Start the Chromium that `find` found; it raises LookupError where there is none."""
    return playwright.chromium.launch(executable_path=find(), args=[*ARGUMENTS], chromium_sandbox=False)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Write no line of log for each file."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and give its address, without a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def attempts() -> list[list[list[str]]]:
    """Return the ways of getting a Chromium on this machine, the simplest first."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    playwright = [sys.executable, "-m", "playwright", "install"]
    ways = [[[*playwright, "chromium"]]]
    if root and shutil.which("apt-get"):
        apt = ["apt-get", "-q", "-y"]
        ways.insert(0, [[*apt, "update"], [*apt, "install", "--no-install-recommends", "chromium"]])
        ways.insert(1, [[*playwright, "--with-deps", "chromium"]])
    return ways


def install() -> str:
    """Return a Chromium's path, installing one if needed."""
    try:
        return find()
    except LookupError:
        pass
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for way in attempts():
        for command in way:
            print("+", *command, flush=True)
            if subprocess.run(command, env=quiet).returncode:
                break
        try:
            return find()
        except LookupError:
            continue
    raise LookupError(ADVICE)


if __name__ == "__main__":
    try:
        print(install() if "--install" in sys.argv[1:] else find())
    except LookupError as missing:
        sys.exit(str(missing))
