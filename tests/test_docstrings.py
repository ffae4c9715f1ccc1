"""Docstrings say what the signatures say; a rule says all that a reader needs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from numpydoc.docscrape import NumpyDocString

import course_lib
from course_lib.hyperparameters import RANGES
from course_lib.rule import Rule

NEED_MORE = ("course_lib.counterparts", "course_lib.plotting", "course_lib.steer")


def public() -> Iterator[tuple[str, Any]]:
    """Yield every public function, class and rule by name, but for the modules that need Keras or matplotlib."""
    for module in pkgutil.walk_packages(course_lib.__path__, "course_lib."):
        if module.name.startswith(NEED_MORE) or module.name.endswith("__main__"):
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            ours = getattr(thing, "__module__", None) == module.name
            if ours and not name.startswith("_") and callable(thing):
                yield f"{module.name}.{name}", thing


PUBLIC = dict(public())
RULES = {name: thing for name, thing in PUBLIC.items() if isinstance(thing, Rule)}


def documented(thing: Any, section: str = "Parameters") -> list[str]:
    """Return the names that a section of a docstring speaks of."""
    entries = NumpyDocString(inspect.getdoc(thing) or "")[section]
    return [name.strip("* ") for entry in entries for name in entry.name.split(",")]


@pytest.mark.parametrize("name", PUBLIC)
def test_documented_parameters_are_the_real_ones(name) -> None:
    names = documented(PUBLIC[name])
    if names:
        assert sorted(names) == sorted(inspect.signature(PUBLIC[name]).parameters)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_documents_everything(name) -> None:
    rule = RULES[name]
    assert sorted(documented(rule)) == sorted(inspect.signature(rule).parameters)
    text = NumpyDocString(inspect.getdoc(rule))
    assert text["Returns"]
    assert text["References"]
    assert ".. math::" in inspect.getdoc(rule)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_the_ranges_that_the_machines_check(name) -> None:
    for entry in NumpyDocString(inspect.getdoc(RULES[name]) or "")["Parameters"]:
        for hyperparameter in entry.name.split(", "):
            if hyperparameter in RULES[name].hyperparameters:
                allowed = RANGES[hyperparameter]
                kind, inside = "int" if allowed.whole else "float", str(allowed)
                assert entry.type == f"{kind} {f'>= {allowed.low:g}' if 'at least' in inside else inside}"


def test_there_are_rules() -> None:
    assert RULES
