"""What the library needs at least: Colab installs it without looking."""

import sys

PYTHON = (3, 11)
NUMPY = (1, 24)


def check(python: str, numpy: str) -> None:
    """Raise an ImportError that names every version that is too old."""
    pairs = (("Python", python, PYTHON), ("NumPy", numpy, NUMPY))
    old = [
        f"{name} {'.'.join(map(str, floor))} or newer, here is {version}"
        for name, version, floor in pairs
        if tuple(int(number) for number in version.split(".")[:2]) < floor
    ]
    if old:
        raise ImportError(
            f"course_lib needs {'; and '.join(old)}. In Colab the newest is under Runtime > Change runtime type."
        )


try:
    import numpy
except ModuleNotFoundError as missing:
    if missing.name != "numpy":
        raise
    raise ImportError("course_lib needs NumPy: type `pip install numpy`") from missing

check(sys.version.split()[0], numpy.__version__)
