"""Rules as Keras optimizers under a distribution strategy: two replicas end where one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="MirroredStrategy is TensorFlow's")


def test_two_replicas_end_where_one_device_ends():
    """A rule that acts elementwise, one that looks ahead and a matrix method, each with a scheduled rate."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity.two_devices"],
        cwd=root,
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report.keys() == {"adam", "nesterov", "muon"}
    for rule, found in report.items():
        assert found["replicas"] == [2, 1], rule
        assert found["apart"] < 1e-5 < 0.1 < found["moved"], rule
