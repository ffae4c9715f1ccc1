"""Where compiled kernels are made and kept: by numba, in a folder of the user's cache, by the hash of their text."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_lib.loop_text import define


class CompileError(RuntimeError):
    """Why something does not run compiled."""


def compile_kernel(name: str, text: str) -> Callable[..., Any]:
    """Compile a text at its first call; on a machine where it was compiled before, load that.

    Parameters
    ----------
    name : str
        What the file is called that keeps it.
    text : str
        A function ``kernel``; its only free name is ``np``.

    Returns
    -------
    callable
        The function.

    Raises
    ------
    CompileError
        If there is no numba.
    """
    try:
        import numba
    except ImportError as error:
        raise CompileError(f"numba is missing or does not fit ({error}): pip install 'course-lib[compiled]'") from error
    settings = {"error_model": "numpy", "nogil": True}
    try:
        return numba.njit(cache=True, **settings)(_kept(name, text))
    except (OSError, RuntimeError):  # nowhere to keep it
        return numba.njit(**settings)(define(text, "kernel"))


def _kept(name: str, text: str) -> Callable[..., Any]:
    """Return the kernel from a file, for numba keeps what it compiles beside the file that it comes from."""
    import importlib.util

    folder = cache_folder()
    text = f'"""Printed by course_lib; may be deleted."""\n\nimport numpy as np\n\n\n{text}'
    path = folder / f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:16]}.py"
    if not path.exists() or path.read_text() != text:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(text)
        fresh.replace(path)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)  # by this name numba finds it again
    spec.loader.exec_module(module)
    return module.kernel


def cache_folder() -> Path:
    """Folder that keeps what was compiled; it may be deleted at any time.

    Returns
    -------
    Path
        ``COURSE_CACHE`` where that is set, else course_lib in the user's cache.
    """
    said = os.environ.get("COURSE_CACHE")
    return Path(said) if said else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "course_lib"
