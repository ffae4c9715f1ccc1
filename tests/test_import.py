"""The library is light: importing it loads NumPy and nothing that is slow."""

import json
import subprocess
import sys

HEAVY = {"keras", "tensorflow", "matplotlib", "IPython", "ipywidgets", "sklearn", "scipy", "numba", "joblib"}


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_import_loads_nothing_heavy():
    loaded = set(json.loads(run("import sys, json, course_lib; print(json.dumps(list(sys.modules)))")))
    assert "numpy" in loaded
    assert not HEAVY & loaded


def test_import_costs_at_most_60_ms_more_than_numpy():
    program = "import numpy, time; t = time.process_time(); import course_lib; print(time.process_time() - t)"
    assert min(float(run(program)) for _ in range(5)) < 0.060
