"""The built site, as a reader's browser sees it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import yaml

from tests.conftest import ROOT
from tools import book

PAGES = tuple(book.pages(yaml.safe_load((ROOT / "_toc.yml").read_text())))
CHAPTERS = tuple(name for name in PAGES if name.startswith("chapters/"))

UNRENDERED = """
() => [...document.querySelectorAll("span.math, div.math")]
    .filter(e => !e.querySelector("mjx-container") || e.querySelector("mjx-merror"))
    .map(e => e.textContent)
"""
NAMELESS = """
() => [...document.querySelectorAll("article img")]
    .filter(e => !(e.getAttribute("alt") || "").trim() && e.getAttribute("role") !== "presentation")
    .map(e => e.src.slice(0, 80))
"""


def ready(page, address: str) -> None:
    """Open a page and wait until its equations are set."""
    page.goto(address, wait_until="load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.wait_for_load_state("networkidle")


def test_there_are_chapters_to_test() -> None:
    assert CHAPTERS


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_contents_is_built(html, name) -> None:
    assert (html / f"{name}.html").exists()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_other_site_and_has_no_errors(site, page, record, name) -> None:
    ready(page, f"{site}/{name}.html")
    outside = [u for u in record.requests if not u.startswith((site, "data:", "blob:"))]
    assert not outside
    assert not record.missing
    assert not record.console
    assert not record.errors


@pytest.mark.parametrize("name", PAGES)
def test_equations_are_set(site, page, name) -> None:
    ready(page, f"{site}/{name}.html")
    assert page.evaluate(UNRENDERED) == []


def test_the_equation_tests_see_equations(site, page) -> None:
    ready(page, f"{site}/chapters/momentum.html")
    assert page.locator("mjx-container").count() > 0


def test_equations_are_set_for_those_who_listen(site, page) -> None:
    ready(page, f"{site}/chapters/momentum.html")
    assert page.locator("mjx-assistive-mml").count() > 0


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_words(site, page, name) -> None:
    ready(page, f"{site}/{name}.html")
    assert page.evaluate(NAMELESS) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_pictures_stand_without_javascript(site, browser, name) -> None:
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(f"{site}/{name}.html", wait_until="load")
    pictures = still.locator("article img")
    broken = [
        pictures.nth(i).get_attribute("src")
        for i in range(pictures.count())
        if not pictures.nth(i).is_visible() or not pictures.nth(i).bounding_box()["width"]
    ]
    context.close()
    assert not broken


@pytest.mark.parametrize("name", PAGES)
def test_the_links_between_pages_lead_somewhere(site, page, html, name) -> None:
    page.goto(f"{site}/{name}.html", wait_until="load")
    links = page.evaluate("() => [...document.querySelectorAll('a[href]')].map(a => a.href)")
    paths = {urlsplit(link).path for link in links if link.startswith(site)}
    assert [p for p in paths if not (html / (p.lstrip("/") or "index.html")).exists()] == []


def test_the_live_figures_script_is_on_every_page_once(site, page) -> None:
    for name in PAGES:
        page.goto(f"{site}/{name}.html", wait_until="load")
        assert page.locator("script[src*='live-fig.js']").count() == 1
