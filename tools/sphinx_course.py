"""A Sphinx extension: what the book needs beyond its configuration file.

autodoc shows rules and surfaces, which are objects, as the functions they read like; the theme's
second search field and its second set of icons go; ``{course-claims}`` stands for all claims that the chapters have
checked, ``{course-disagreements}`` for all sentences of the sources that they put right, ``{course-sources}`` for those
sources, ``{course-notation}`` and ``{course-spellings}`` for the symbols, ``{course-conformance}`` for tables of papers,
Keras, PyTorch and this library, ``{course-performance}`` for what the benchmarks measured.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.ext.autodoc import FunctionDocumenter

from course_lib.disagreements import SOURCES
from course_lib.rule import Rule
from course_lib.surfaces import Surface
from tools import book, conformance_page, front_page, marks_page, notation, performance_page


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


def macros(_: Sphinx, config: Config) -> None:
    """Teach MathJax the book's own commands."""
    config.mathjax3_config = {"tex": {"macros": dict(notation.NOTATION["macros"])}}


def defaults_as_written(_: Sphinx, config: Config) -> None:
    """Show ``namespace=np`` as it stands in the source, not as the module and where it lies on this machine."""
    config.autodoc_preserve_defaults = True


def one_search_field(_: Sphinx, config: Config) -> None:
    """Keep the search in the side bar only."""
    config.html_theme_options["navbar_persistent"] = []


def icons_once(app: Sphinx, failure: Exception | None) -> None:
    """Leave the icons to the font; the theme also sends them as a script of half a megabyte, packed."""
    script = Path(app.outdir) / "_static" / "scripts" / "fontawesome.js"
    if failure is None and app.builder.format == "html":
        script.write_text("// the icons come from the font\n")


def inline_scripts_once(_: Sphinx, pagename: str, templatename: str, context: dict, doctree: Any) -> None:
    """Drop the doubles of inline scripts: a constant declared twice is an error on every page.

    What an extension adds late, Sphinx notes once with the name None and once with an empty one.
    """
    scripts = context["script_files"]
    scripts[:] = {(s.filename or "", s.priority, *sorted(s.attributes.items())): s for s in scripts}.values()


def spare_stars(_: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Escape the star of a shape such as (*batch, n), which is no emphasis; literals are left alone."""
    lines[:] = [line if "``" in line else re.sub(r"([(, ])\*(?=\w+,)", r"\1\\*", line) for line in lines]


COLLECTED = {"course-claim": "course-claims", "course-disagreement": "course-disagreements"}
"""What chapters print in boxes, by the class of the box, with the directive that stands for all of them."""


class Place(nodes.General, nodes.Element):
    """Where the boxes of all chapters will stand."""


class Collection(Directive):
    """Every box of a kind from every chapter, with a link to the run that it came from."""

    def run(self) -> list[nodes.Node]:
        """Keep a place; the chapters may not have been read yet."""
        return [Place(kind=next(kind for kind, directive in COLLECTED.items() if directive == self.name))]


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember the boxes of a page: what stands between the two tags that `course_lib` prints."""
    found = app.env.__dict__.setdefault("course_boxes", {})
    page = found[app.env.docname] = []
    for opening in doctree.findall(nodes.raw):
        box = re.search(rf'class="({"|".join(COLLECTED)})" id="([^"]+)"', opening.astext())
        if box:
            rest = opening.parent.children[opening.parent.index(opening) + 1 :]
            inside = list(itertools.takewhile(lambda node: not isinstance(node, nodes.raw), rest))
            page.append((*box.groups(), [node.deepcopy() for node in inside]))
            if box.group(1) == "course-claim":
                name = next(inside[0].findall(nodes.literal))
                link = nodes.reference("", "", name.deepcopy(), refuri=f"#{box.group(2)}", internal=True)
                name.replace_self(link)  # where it stands, for whoever wants to point to it


def put(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put all boxes of a kind where its directive stands, in the order of the book."""
    boxes = app.env.__dict__.get("course_boxes", {})
    for place in list(doctree.findall(Place)):
        sections = []
        for page in filter(boxes.get, in_order(app)):
            title = app.env.titles[page].astext()
            section = nodes.section("", nodes.title("", title), ids=[nodes.make_id(title)])
            address = app.builder.get_relative_uri(docname, page)
            for kind, anchor, inside in boxes[page]:
                if kind == place["kind"]:
                    link = nodes.reference("", "See the run.", refuri=f"{address}#{anchor}", internal=True)
                    section += nodes.container("", *inside, nodes.paragraph("", "", link), classes=[kind])
            if len(section) > 1:
                sections.append(section)
        place.replace_self(sections)
        app.env.get_domain("math").data["has_equations"][docname] = True  # else the page comes without MathJax


def in_order(app: Sphinx) -> list[str]:
    """Return the pages in the order of the table of contents."""
    return [str(page) for page in book.pages(yaml.safe_load((Path(app.srcdir) / "_toc.yml").read_text()))]


class FrontFigure(Directive):
    """The live figure of the front page."""

    def run(self) -> list[nodes.Node]:
        """Put its element; its script is on every page."""
        return [nodes.raw("", front_page.figure().to_html(inline=False), format="html")]


class MapPlace(nodes.General, nodes.Element):
    """Where the map of the chapters will stand."""


class ChapterMap(Directive):
    """Every chapter with its question, and what it asks for."""

    def run(self) -> list[nodes.Node]:
        """Keep a place; the chapters may not have been read yet."""
        return [MapPlace()]


def take_measure(app: Sphinx, doctree: nodes.document) -> None:
    """Measure a chapter while its outputs stand in it."""
    if app.env.docname.startswith("chapters/"):
        app.env.__dict__.setdefault("course_measures", {})[app.env.docname] = front_page.measure(doctree)


def put_map(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the map of the chapters where it belongs."""
    measures = app.env.__dict__.get("course_measures", {})
    for place in list(doctree.findall(MapPlace)):
        entries = nodes.bullet_list()
        for page in filter(measures.get, in_order(app)):
            found, seconds = measures[page], front_page.running_time(Path(app.srcdir) / "_build", page)
            address = app.builder.get_relative_uri(docname, page)
            link = nodes.reference("", app.env.titles[page].astext(), refuri=address, internal=True)
            about = f"About {found.minutes} minutes to read, {found.exercises} exercises"
            about += f"; its notebook ran in {seconds:.0f} seconds." if seconds else "."
            words = [nodes.strong("", "", link), nodes.Text(f". {found.question} "), nodes.emphasis("", about)]
            entries += nodes.list_item("", nodes.paragraph("", "", *words))
        place.replace_self(entries)


class Written(Directive):
    """Markdown that is made of data."""

    def run(self) -> list[nodes.Node]:
        """Read it."""
        inside = nodes.container(classes=[self.name])
        text = WRITTEN[self.name]()
        self.state.nested_parse(StringList(text.splitlines(), source=self.name), self.content_offset, inside)
        return [inside]


WRITTEN = {
    "course-sources": lambda: "\n".join(f"- {source.citation}" for source in SOURCES.values()),
    "course-notation": notation.table,
    "course-spellings": notation.spellings,
}


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


class Performance(Conformance):
    """A part of the pages of performance and for instructors: a picture or a text."""

    def run(self) -> list[nodes.Node]:
        """Put the picture, with its words, or the Markdown that the text comes as."""
        (name,) = self.arguments
        if name in performance_page.TEXTS:
            return self.read(nodes.container(), performance_page.TEXTS[name]())
        address, words = performance_page.chart() if name == "chart" else marks_page.overview()
        box = '<div class="course-wide" role="group" aria-label="Picture, scrolls sideways" tabindex="0">'
        picture = nodes.image(uri=address, alt=words)
        return [nodes.raw("", box, format="html"), picture, nodes.raw("", "</div>", format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", macros)
    app.connect("config-inited", defaults_as_written)
    app.connect("config-inited", one_search_field)
    app.connect("html-page-context", inline_scripts_once)
    app.connect("build-finished", icons_once)
    app.connect("autodoc-process-docstring", spare_stars)
    app.setup_extension("sphinx.ext.autodoc")
    app.add_autodocumenter(RuleDocumenter)
    app.add_node(Place)
    app.add_node(MapPlace)
    app.add_directive("course-figure", FrontFigure)
    app.add_directive("course-map", ChapterMap)
    for directive in COLLECTED.values():
        app.add_directive(directive, Collection)
    for directive in WRITTEN:
        app.add_directive(directive, Written)
    app.add_directive("course-conformance", Conformance)
    app.add_directive("course-performance", Performance)
    app.connect("doctree-read", collect)
    app.connect("doctree-read", take_measure)
    app.connect("doctree-resolved", put)
    app.connect("doctree-resolved", put_map)
    return {"parallel_read_safe": True}
