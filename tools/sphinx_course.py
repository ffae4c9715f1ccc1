"""A Sphinx extension: what the book needs beyond its configuration file.

autodoc shows rules and surfaces, which are objects, as the functions they read like; the theme's
second search field and its second set of icons go; ``{course-claims}`` stands for all claims that the chapters have
checked, ``{course-conformance}`` for tables of papers, Keras, PyTorch and this library.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.ext.autodoc import FunctionDocumenter

from course_lib.rule import Rule
from course_lib.surfaces import Surface
from tools import conformance_page


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


def icons_once(app: Sphinx, failure: Exception | None) -> None:
    """Leave the icons to the font; the theme also sends them as a script of half a megabyte, packed."""
    script = Path(app.outdir) / "_static" / "scripts" / "fontawesome.js"
    if failure is None and app.builder.format == "html":
        script.write_text("// the icons come from the font\n")


def spare_stars(_: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Escape the star of a shape such as (*batch, n), which is no emphasis; literals are left alone."""
    lines[:] = [line if "``" in line else re.sub(r"([(, ])\*(?=\w+,)", r"\1\\*", line) for line in lines]


class ClaimsPlace(nodes.General, nodes.Element):
    """Where the claims of all chapters will stand."""


class Claims(Directive):
    """Every claim of every chapter, with a link to the run that checked it."""

    def run(self) -> list[nodes.Node]:
        """Keep a place; the chapters may not have been read yet."""
        return [ClaimsPlace()]


def collect_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Remember the claims of a page: what stands between the two tags that `course_lib.claims` prints."""
    found = app.env.__dict__.setdefault("course_claims", {})
    page = found[app.env.docname] = []
    for opening in doctree.findall(nodes.raw):
        anchor = re.search(r'class="course-claim" id="([^"]+)"', opening.astext())
        if anchor:
            rest = opening.parent.children[opening.parent.index(opening) + 1 :]
            inside = itertools.takewhile(lambda node: not isinstance(node, nodes.raw), rest)
            page.append((anchor.group(1), [node.deepcopy() for node in inside]))


def place_claims(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put all claims where the directive stands."""
    for place in list(doctree.findall(ClaimsPlace)):
        sections = []
        for page, claims in sorted(app.env.__dict__.get("course_claims", {}).items()):
            if claims:
                title = app.env.titles[page].astext()
                section = nodes.section("", nodes.title("", title), ids=[nodes.make_id(title)])
                address = app.builder.get_relative_uri(docname, page)
                for anchor, inside in claims:
                    link = nodes.reference("", "See the run.", refuri=f"{address}#{anchor}", internal=True)
                    section += nodes.container("", *inside, nodes.paragraph("", "", link), classes=["course-claim"])
                sections.append(section)
        place.replace_self(sections)
        app.env.get_domain("math").data["has_equations"][docname] = True  # else the page comes without MathJax


class Conformance(Directive):
    """A table of the conformance page; ``optimizers`` is a section for each."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the Markdown that the tables come as."""
        (name,) = self.arguments
        if name != "optimizers":
            return self.read(nodes.container(), conformance_page.TABLES[name]())
        sections = []
        for title, text in conformance_page.optimizers():
            section = nodes.section("", nodes.title("", title), ids=[nodes.make_id(title)], names=[title.lower()])
            sections += self.read(section, text)
        return sections

    def read(self, inside: nodes.Element, text: str) -> list[nodes.Node]:
        """Put parsed Markdown into a node."""
        inside["classes"].append("course-conformance")
        self.state.nested_parse(StringList(text.splitlines(), source="conformance"), self.content_offset, inside)
        return [inside]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", one_search_field)
    app.connect("build-finished", icons_once)
    app.connect("autodoc-process-docstring", spare_stars)
    app.setup_extension("sphinx.ext.autodoc")
    app.add_autodocumenter(RuleDocumenter)
    app.add_node(ClaimsPlace)
    app.add_directive("course-claims", Claims)
    app.add_directive("course-conformance", Conformance)
    app.connect("doctree-read", collect_claims)
    app.connect("doctree-resolved", place_claims)
    return {"parallel_read_safe": True}
