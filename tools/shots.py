"""Pictures of the built pages, to look at: ``_build/shots/<page>-<width>-<scheme>.png``."""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import browser as browsers  # noqa: E402

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


def main() -> None:
    """Take a picture of every page given, at each width and in each color scheme."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=["index", "chapters/momentum"])
    pages = parser.parse_args().pages
    html, out = ROOT / "_build" / "html", ROOT / "_build" / "shots"
    out.mkdir(exist_ok=True)
    with browsers.serve(html) as site, sync_playwright() as playwright:
        chromium = browsers.launch(playwright)
        for width, scheme in itertools.product(WIDTHS, SCHEMES):
            view = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for name in pages:
                page = view.new_page()
                page.goto(f"{site}/{name}.html", wait_until="networkidle")
                page.evaluate("() => window.MathJax?.startup?.promise")
                picture = out / f"{name.replace('/', '-')}-{width}-{scheme}.png"
                page.screenshot(path=picture, full_page=True)
                print(picture.relative_to(ROOT))
            view.close()
        chromium.close()


if __name__ == "__main__":
    main()
