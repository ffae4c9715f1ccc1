"""The scripts that set things up: what they say where something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tools import browser, environment


@pytest.fixture
def bare(monkeypatch, tmp_path) -> Path:
    """Pretend that the machine has nothing on its path but what a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.delenv("COURSE_BROWSER", raising=False)
    return tmp_path


def program(folder: Path, name: str, says: str = "", code: int = 0) -> Path:
    """Write a program that prints a line and leaves."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_a_python_that_tensorflow_does_not_know_is_passed_over(bare) -> None:
    program(bare, "python3", "3 99")
    good = program(bare, "python3.12", "3 12")
    assert environment.find_python() == str(good)


def test_no_python_is_none(bare) -> None:
    program(bare, "python3", "3 9")
    assert environment.find_python() is None


def test_a_stub_of_uv_is_no_uv(bare) -> None:
    program(bare, "uv", code=127)
    assert environment.find_uv() is None
    good = program(bare, "uv", "uv 1.0")
    assert environment.find_uv() == str(good)


def test_without_the_venv_module_a_user_is_told_what_to_type(bare, monkeypatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(environment, "run", lambda *_, **__: False)
    monkeypatch.setattr(environment, "version_of", lambda _: (3, 11))
    program(bare, "apt-get")
    with pytest.raises(SystemExit, match=r"sudo apt-get install python3\.11-venv"):
        environment.make_venv("python3", bare / "venv")


def test_without_the_venv_module_root_installs_it(bare, monkeypatch) -> None:
    ran = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(environment, "run", lambda *words, **_: ran.append(words))
    monkeypatch.setattr(environment, "version_of", lambda _: (3, 13))
    program(bare, "apt-get")
    environment.make_venv("python3", bare / "venv")
    assert ran[-2] == ("apt-get", "-q", "-y", "install", "python3.13-venv")
    assert ran[-1][1:3] == ("-m", "venv")


def test_a_failing_step_stops_with_its_name() -> None:
    with pytest.raises(SystemExit, match="could not be made: `false`"):
        environment.run("false")


def test_python_and_pins_agree() -> None:
    low = ".".join(map(str, environment.SUPPORTED[0]))
    assert f'requires-python = ">={low}"' in (ROOT / "pyproject.toml").read_text()
    assert environment.SUPPORTED[0] <= sys.version_info[:2] <= environment.SUPPORTED[1]


def test_where_no_browser_is_the_advice_says_what_to_do(bare, monkeypatch) -> None:
    monkeypatch.setattr(browser, "PLACES", ())
    monkeypatch.setattr(browser, "playwrights_own", lambda: "")
    with pytest.raises(LookupError, match="apt-get install chromium"):
        browser.find()


def test_a_stub_of_a_browser_is_no_browser(bare, monkeypatch) -> None:
    monkeypatch.setattr(browser, "PLACES", ())
    monkeypatch.setattr(browser, "playwrights_own", lambda: "")
    program(bare, "chromium", "install the chromium snap", code=1)
    good = program(bare, "google-chrome", "Google Chrome 150.0")
    assert browser.find() == str(good)


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="no git checkout")
def test_the_address_of_the_repository_stands_in_one_place() -> None:
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    command = ["git", "grep", "-l", address, ":!chapters/*.ipynb", ":!exercises/*/*.ipynb"]  # tools write it there
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout
    assert found.split() == ["_config.yml"]
