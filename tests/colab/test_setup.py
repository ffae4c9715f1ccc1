"""The set-up cell and the wheel, in environments with Colab's versions."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile

import nbformat
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.book

STEERED = """
from matplotlib.figure import Figure
from course_lib.steer import steer
runs = []
def experiment(momentum):
    runs.append(momentum)
    return Figure(), f"momentum {momentum}"
shown = steer(experiment, momentum=(0.0, 0.9, 0.5))
shown
"""
MOVED = """
widget = shown.widget()
widget.children[0].value = 0.25
runs, widget.children[-1].value
"""


def test_the_wheel_holds_the_library_and_nothing_else(wheel) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    info = wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    assert {name.split("/")[0] for name in names} == {"course_lib", info}
    inside = {name for name in names if name.startswith("course_lib/")}
    patterns = ("**/*.py", "live/*.js", "plotting/*.mplstyle", "py.typed")
    library = ROOT / "course_lib"
    assert inside == {p.relative_to(ROOT).as_posix() for pattern in patterns for p in library.glob(pattern)}
    assert any(name.endswith(".js") for name in inside) and any(name.endswith(".mplstyle") for name in inside)
    assert not [name for name in inside if re.search(r"/tests?[_/]|solution", name)]


def test_the_cell_adds_the_library_and_nothing_else(colab, wheel, setup_cell) -> None:
    before = colab.packages()
    first = colab.run("-c", setup_cell, sources=(wheel,))
    assert (first.returncode, first.stderr) == (0, "")
    assert re.fullmatch(r"course_lib [\d.]+ installed, Python [\d.]+\n", first.stdout)
    after = colab.packages()
    assert before <= after and "ipywidgets==7.7.1" in after
    assert [line.split(" ")[0] for line in after - before] == ["course-lib"]
    second = colab.run("-c", setup_cell, sources=("nowhere.whl",))
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_where_the_library_is_installed_the_cell_does_nothing(setup_cell, tmp_path) -> None:
    forbid = "import subprocess; subprocess.run = None\n"
    done = subprocess.run([sys.executable, "-c", forbid + setup_cell], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_bad_source_is_followed_by_the_next(colab, wheel, setup_cell) -> None:
    done = colab.run("-c", setup_cell, sources=("nowhere/course_lib-0-py3-none-any.whl", wheel))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("course_lib ")


def test_bad_and_missing_wheels_stop_with_words_that_say_what_to_do(colab, wheel, setup_cell, tmp_path) -> None:
    broken = tmp_path / wheel.name
    broken.write_bytes(wheel.read_bytes()[:2000])
    before = colab.packages()
    done = colab.run("-c", setup_cell, sources=(broken, "nowhere/course_lib-0-py3-none-any.whl"))
    assert done.returncode == 1
    *_, said = done.stderr.partition("RuntimeError: ")
    for words in ("Check the internet", "delete runtime", "report what follows", str(broken), "nowhere/"):
        assert words in said
    assert colab.packages() == before


def test_a_wheel_that_holds_no_library_is_named(colab, setup_cell, tmp_path) -> None:
    info = "empty-1.dist-info/"
    path = tmp_path / "empty-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as empty:
        empty.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: empty\nVersion: 1\n")
        empty.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        empty.writestr(info + "RECORD", f"{info}METADATA,,\n{info}WHEEL,,\n{info}RECORD,,\n")
    done = colab.run("-c", setup_cell, sources=(path,))
    assert f"{path}: holds no course_lib" in done.stderr


def test_sliders_live_in_its_kernel(colab, wheel, setup_cell) -> None:
    new = nbformat.v4
    book = new.new_notebook(cells=[new.new_code_cell(source) for source in (setup_cell, STEERED, MOVED)])
    _, shown, moved = colab.execute(book, wheel).cells
    assert "application/vnd.jupyter.widget-view+json" in shown.outputs[0].data
    assert moved.outputs[0].data["text/plain"] == "([0.5, 0.25], 'momentum 0.25')"


def test_widgets_on_ipywidgets_7(colab, wheel, setup_cell) -> None:
    """What tests/test_steer.py holds for ipywidgets 8 holds here; an argument that 7.7.1 ignores is an error."""

    def pytest_there(path):
        strict = ("-W", "error:Passing unrecognized arguments:DeprecationWarning")
        alone = ("-p", "no:cacheprovider", "-c", "/dev/null", "--noconftest", "--import-mode=importlib")
        return colab.run("-m", "pytest", *alone, *strict, "--rootdir", colab.empty, path)

    assert colab.run("-c", setup_cell, sources=(wheel,)).returncode == 0
    done = pytest_there(ROOT / "tests" / "test_steer.py")
    assert done.returncode == 0, done.stdout
    planted = colab.empty / "test_planted.py"
    planted.write_text("import ipywidgets\ndef test(): ipywidgets.IntSlider(tooltip='new in 8')\n")
    assert "Passing unrecognized arguments" in pytest_there(planted).stdout
