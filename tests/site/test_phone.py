"""The built site on a phone: nothing too small to read, nothing cut without a sign, nothing wider than the screen."""

import pytest

from .test_site import CHAPTERS, PAGES, ready

PICTURES = """
() => [...document.querySelectorAll("article img:not(live-fig *)")].map(e => ({
    alt: e.alt.slice(0, 60),
    small: e.currentSrc !== e.src,
    wide: e.getBoundingClientRect().width,
    reachable: !!e.closest('[tabindex="0"]'),
}))
"""
SCROLLING = """
async () => {
    const found = [];
    const more = e => ["left", "right"].map(side => parseFloat(getComputedStyle(e).getPropertyValue(`--course-${side}`)));
    const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (const e of document.querySelectorAll("article :is(.pst-scrollable-table-container, div.math)")) {
        const begin = (await painted(), more(e)), scrolls = e.scrollWidth > e.clientWidth + 4;
        e.scrollLeft = e.scrollWidth;
        found.push([scrolls, begin, (await painted(), more(e))]);
    }
    return found;
}
"""


@pytest.fixture
def phone(browser):
    """Open a page as wide as a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_phone(site, phone, name):
    ready(phone, f"{site}/{name}.html")
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", PAGES)
def test_a_picture_is_drawn_for_the_phone_or_scrolls(site, phone, name):
    ready(phone, f"{site}/{name}.html")
    pictures = phone.evaluate(PICTURES)
    phone.wait_for_timeout(400)  # the theme looks for what scrolls after a while
    assert pictures or name not in CHAPTERS
    for picture in phone.evaluate(PICTURES):
        assert picture["small"] or (picture["wide"] > 500 and picture["reachable"]), picture


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_scrolls_fades_where_there_is_more(site, phone, name):
    ready(phone, f"{site}/{name}.html")
    found = phone.evaluate(SCROLLING)
    assert any(scrolls for scrolls, _, _ in found)
    for scrolls, (left, right), (left_at_end, right_at_end) in found:
        if scrolls:
            assert right > left == 0 and left_at_end > right_at_end == 0
        else:
            assert left == right == 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_name_of_a_claim_links_to_its_box(site, page, name):
    page.goto(f"{site}/{name}.html", wait_until="load")
    found = page.evaluate(
        "() => [...document.querySelectorAll('.course-claim')].map(e => ['#' + e.id, e.querySelector('a')?.hash])"
    )
    assert found and all(box == link for box, link in found)
