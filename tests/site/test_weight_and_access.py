"""How heavy a chapter's page is, and whether everybody can use it."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe

from .test_site import CHAPTERS, PAGES, ready

HEAVIEST = 1_500_000  # bytes of all that the browser asks for, each file packed with gzip -9
SCRIPTS = 15_000  # bytes of the live figures' scripts, each packed
GRAVE = {"serious", "critical"}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_is_light(site, page, name):
    sizes = {}
    page.on("response", lambda answer: sizes.setdefault(answer.url, answer))
    ready(page, f"{site}/{name}.html")
    packed = {
        url: len(gzip.compress(answer.body(), 9))
        for url, answer in list(sizes.items())
        if answer.ok and url.startswith(site)
    }
    largest = sorted(packed.items(), key=lambda item: -item[1])[:5]
    assert 100_000 < sum(packed.values()) < HEAVIEST, largest


@pytest.mark.parametrize("name", PAGES)
def test_the_scripts_of_a_pages_live_figures_are_small(site, page, name):
    scripts = {}
    page.on("response", lambda answer: "/live-fig" in answer.url and scripts.setdefault(answer.url, answer))
    ready(page, f"{site}/{name}.html")
    page.wait_for_function("() => [...document.querySelectorAll('live-fig')].every(f => f.kind)")
    assert sum(len(gzip.compress(answer.body(), 9)) for answer in list(scripts.values())) <= SCRIPTS


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", CHAPTERS)
def test_axe_finds_nothing_grave_in_a_chapter(site, browser, name, scheme):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    ready(page, f"{site}/{name}.html")
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page, context="article.bd-article")
    grave = {
        v["id"]: [node["html"][:120] for node in v["nodes"][:3]]
        for v in found.response["violations"]
        if v["impact"] in GRAVE
    }
    context.close()
    assert not grave
