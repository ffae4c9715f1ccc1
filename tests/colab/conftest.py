"""What these tests share: the library as a wheel, and an environment like Colab's that a test may change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT
from tools import colab as tool
from tools import environment

VENV = os.environ.get("COURSE_COLAB", ".venv-colab")  # `make colab` names the one with TensorFlow
HAS_KERAS = VENV.endswith("keras")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
EXECUTE = """
import sys, nbformat, nbclient
book = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(book, kernel_name="python3", timeout=120).execute()
sys.stdout.write(nbformat.writes(book))
"""


class Runtime:
    """A fresh environment on top of one with Colab's versions; what is installed into it stays in it."""

    def __init__(self, folder: Path):
        below = ROOT / VENV / "bin" / "python"
        if not below.exists():
            pytest.fail(f"no {VENV}: type `make pins`, or for {VENV}-keras `make colab`", pytrace=False)
        self.python = folder / "runtime" / "bin" / "python"
        self.empty = folder / "content"
        self.empty.mkdir()
        subprocess.run([below, "-m", "venv", "--without-pip", folder / "runtime"], check=True, env=environment.CLEAN)
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        packages = subprocess.run([below, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
        (own,) = (folder / "runtime" / "lib").glob("python3*/site-packages")
        (own / "colab.pth").write_text(f"import site; site.addsitedir({packages!r})\n")
        self.kernels = folder / "jupyter"
        argv = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = self.kernels / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}))

    def variables(self, *sources: object) -> dict[str, str]:
        """Return the variables of a process that takes the library from these sources."""
        return environment.CLEAN | {
            "COURSE_LIB_SPEC": " ".join(map(str, sources)),
            "JUPYTER_PATH": str(self.kernels),  # before the kernels of whoever runs this
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }

    def run(self, *words: object, sources: tuple = ()) -> subprocess.CompletedProcess[str]:
        """Run Python in a folder that holds nothing of the course."""
        command = [str(word) for word in (self.python, *words)]
        return subprocess.run(
            command, cwd=self.empty, env=self.variables(*sources), capture_output=True, text=True, timeout=300
        )

    def packages(self) -> set[str]:
        """Return what is installed, a line for each."""
        done = self.run("-m", "pip", "freeze", "--all", "--disable-pip-version-check")
        assert done.returncode == 0, done.stderr
        return set(done.stdout.splitlines())

    def execute(self, book: nbformat.NotebookNode, *sources: object) -> nbformat.NotebookNode:
        """Run a notebook from top to bottom in the empty folder."""
        path = self.empty / "book.ipynb"
        path.write_text(nbformat.writes(book), encoding="utf8")
        done = self.run("-c", EXECUTE, path.name, sources=sources)
        if done.returncode:
            pytest.fail(done.stderr[-5000:], pytrace=False)
        return nbformat.reads(done.stdout, as_version=4)


@pytest.fixture
def colab(tmp_path: Path) -> Runtime:
    """Return an environment with Colab's versions, without the library."""
    return Runtime(tmp_path)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the library's wheel from this tree, without asking the network for anything."""
    source, target = tmp_path_factory.mktemp("tree") / "course", tmp_path_factory.mktemp("wheel")
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".*", "_build", "_generated", "build", "dist", "*.egg-info", "*.pyc"),
    )
    done = subprocess.run([sys.executable, "-c", BUILD, target], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target / tool.read(ROOT).wheel


@pytest.fixture(scope="session")
def setup_cell() -> str:
    """Return the set-up cell as the tool writes it."""
    _, cell = tool.read(ROOT).cells("chapters/momentum.ipynb")
    return cell["source"]
