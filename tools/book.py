"""Build the book: HTML afresh each time, executed notebooks reused while nothing they need changed.

``python tools/book.py [FOLDER]`` fails on any warning, any failed or stalled cell and any page of
the table of contents that is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import vendor  # noqa: E402

PATIENCE = 1200  # seconds for one build; every notebook of the course executes in less than 30


def key() -> str:
    """Return a hash of all that a notebook's outputs depend on besides its own cells."""
    files = [p for p in sorted((ROOT / "course_lib").rglob("*")) if p.is_file()]
    digest = hashlib.sha256(sys.version.encode())
    for path in [ROOT / "requirements.txt", *files]:
        if "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def clean(build: Path) -> None:
    """Delete all that is built, and the executed notebooks too where they may be stale."""
    stamp, cache = build / "cache-key", build / ".jupyter_cache"
    if not stamp.exists() or stamp.read_text() != key():
        shutil.rmtree(cache, ignore_errors=True)
    for path in build.iterdir() if build.exists() else ():
        if path != cache:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    build.mkdir(exist_ok=True)
    stamp.write_text(key())


def pages(toc: dict) -> Iterator[str]:
    """Yield every page of a table of contents."""
    if page := toc.get("root", toc.get("file")):
        yield page
    for part in (*toc.get("parts", ()), *toc.get("chapters", ()), *toc.get("sections", ())):
        yield from pages(part)


def sphinx(source: Path) -> int | None:
    """Run Jupyter Book; return its exit code, or None where it had to be stopped."""
    binaries = Path(sys.executable).parent
    command = [str(binaries / "jupyter-book"), "build", str(source), "-W", "-n", "--keep-going"]
    environment = os.environ | {
        "COURSE_SITE": "1",
        "OPENBLAS_NUM_THREADS": "1",  # the chapters' matrices are small: threads cost more than they bring
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PATH": os.pathsep.join([str(binaries), os.environ["PATH"]]),
    }
    job = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return job.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()


def forget_stalled(source: Path) -> list[str]:
    """Take notebooks as slow as a stalled cell out of the cache and return their names.

    A wait that lasted as long as a cell may is no error to Jupyter Book; the time tells.
    """
    config = yaml.safe_load((source / "_config.yml").read_text())
    limit = config["execute"]["timeout"]
    database = source / "_build" / ".jupyter_cache" / "global.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(database)) as cache, cache:
        records = cache.execute("SELECT pk, uri, data FROM nbcache").fetchall()
        slow = [
            (pk, uri)
            for pk, uri, data in records
            if (json.loads(data or "{}") or {}).get("execution_seconds", 0) >= limit
        ]
        cache.executemany("DELETE FROM nbcache WHERE pk = ?", [(pk,) for pk, _ in slow])
    return [uri for _, uri in slow]


def build(source: Path) -> None:
    """Build the book in a folder, or stop with a message that says what is wrong."""
    if source == ROOT:
        vendor.write(source / "_generated")
    for attempt in (1, 2):
        clean(source / "_build")
        code = sphinx(source)
        stalled = forget_stalled(source)
        if code is not None and not stalled:
            break
        what = f"stalled or far too slow: {', '.join(stalled)}" if stalled else "took too long"
        print(f"attempt {attempt}: {what}", file=sys.stderr, flush=True)
    else:
        sys.exit("the book was not built: execution stalled twice")
    html = source / "_build" / "html"
    failures = sorted(html.glob("reports/**/*.log"))
    for failure in failures:
        print(f"\n{failure}:\n{failure.read_text()}", file=sys.stderr, flush=True)
    if code or failures:
        sys.exit("the book was not built: see the warnings and errors above")
    toc = yaml.safe_load((source / "_toc.yml").read_text())
    if missing := [p for p in ("index", *pages(toc)) if not (html / f"{p}.html").exists()]:
        sys.exit(f"pages of the table of contents are missing: {', '.join(missing)}")


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    build(folder)
    print("\nThe book is built. To read it, type this and open http://localhost:8000")
    print("  python3 -m http.server -d _build/html")
