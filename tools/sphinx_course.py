"""A Sphinx extension: what the book needs beyond its configuration file.

autodoc shows rules and surfaces, which are objects, as the functions they read like; the theme's
second search field goes.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.ext.autodoc import FunctionDocumenter

from course_lib.rule import Rule
from course_lib.surfaces import Surface


class RuleDocumenter(FunctionDocumenter):
    """Documents a rule or a surface as the function that it was written as."""

    objtype = "rule"
    directivetype = "function"
    priority = 20

    @classmethod
    def can_document_member(cls, member: Any, membername: str, isattr: bool, parent: Any) -> bool:
        """Say whether this is an object of ours."""
        return isinstance(member, Rule | Surface)

    def check_module(self) -> bool:
        """Leave out what a module merely imports."""
        return getattr(self.object, "__module__", None) == self.modname


def one_search_field(_: Sphinx, config: Config) -> None:
    """Keep the search in the side bar only."""
    config.html_theme_options["navbar_persistent"] = []


def spare_stars(_: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Escape the star of a shape such as (*batch, n), which is no emphasis; literals are left alone."""
    lines[:] = [line if "``" in line else re.sub(r"([(, ])\*(?=\w+,)", r"\1\\*", line) for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", one_search_field)
    app.connect("autodoc-process-docstring", spare_stars)
    app.setup_extension("sphinx.ext.autodoc")
    app.add_autodocumenter(RuleDocumenter)
    return {"parallel_read_safe": True}
