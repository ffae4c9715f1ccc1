"""What the library needs at least is said in words, where Colab installs it without looking."""

import subprocess
import sys

import pytest

from course_lib import _floors
from tests.conftest import ROOT


def test_what_is_too_old_is_named():
    _floors.check("3.11.0", "1.24.0")
    _floors.check("4.0", "2.5.0rc1")
    with pytest.raises(
        ImportError, match=r"needs Python 3\.11 or newer, here is 3\.10\.2; and NumPy 1\.24 or newer, here"
    ):
        _floors.check("3.10.2", "1.9.9")
    with pytest.raises(ImportError, match=r"needs NumPy 1\.24 or newer, here is 1\.23\.5\. In Colab"):
        _floors.check("3.13.0", "1.23.5")


def test_the_floors_are_those_of_the_package():
    said = (ROOT / "pyproject.toml").read_text()
    python, numpy = (".".join(map(str, floor)) for floor in (_floors.PYTHON, _floors.NUMPY))
    assert f'requires-python = ">={python}"' in said and f'"numpy>={numpy}"' in said


@pytest.mark.parametrize(
    ("pretend", "words"),
    [
        ("sys.modules['numpy'] = None", "course_lib needs NumPy"),
        ("import numpy; numpy.__version__ = '1.23.5'", "course_lib needs NumPy 1.24 or newer, here is 1.23.5"),
    ],
)
def test_importing_looks(pretend, words):
    program = f"import sys; {pretend}; import course_lib"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert f"ImportError: {words}" in done.stderr
