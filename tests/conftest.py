"""What tests share: markers given by what a test uses, the built site and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import browser as browsers

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser or Keras, so that nobody has to remember to."""
    for item in items:
        if {"browser", "site", "html"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        folder = set(item.path.relative_to(ROOT).parts)
        if "parity" in folder:
            item.add_marker("parity")
        if folder & {"chapters", "colab"}:
            item.add_marker("book")
        if item.path.name in {"test_compiled.py", "test_sweep.py"}:
            item.add_marker("long")


@pytest.fixture(scope="session")
def html() -> Path:
    """Return the folder of the built site."""
    if not (HTML / "index.html").exists():
        pytest.fail("the site is not built: run `make book` first", pytrace=False)
    return HTML


@pytest.fixture(scope="session")
def site(html: Path) -> Iterator[str]:
    """Serve the built site on this machine and return its address, without a slash at the end."""
    with browsers.serve(html) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Start a Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        try:
            running = browsers.launch(playwright)
        except LookupError as missing:
            pytest.fail(str(missing), pytrace=False)
        yield running
        running.close()


@pytest.fixture
def record() -> SimpleNamespace:
    """Return what `page` writes down: requests, missing files, console errors, page errors."""
    return SimpleNamespace(requests=[], missing=[], console=[], errors=[])


@pytest.fixture
def page(browser, record: SimpleNamespace) -> Iterator:
    """Open a fresh page in a context of its own; what it asks for and complains of is in `record`."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    fresh = context.new_page()
    fresh.on("request", lambda request: record.requests.append(request.url))
    fresh.on("requestfailed", lambda request: record.missing.append(request.url))
    fresh.on("response", lambda r: r.status >= 400 and record.missing.append(f"{r.status} {r.url}"))
    fresh.on("console", lambda m: m.type == "error" and record.console.append(m.text))
    fresh.on("pageerror", lambda error: record.errors.append(str(error)))
    yield fresh
    context.close()
