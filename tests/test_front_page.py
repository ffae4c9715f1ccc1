"""What the front page says of a chapter is counted, not typed."""

import sqlite3
from contextlib import closing

from docutils import nodes

from tests.site.test_site import CHAPTERS
from tools.front_page import Measure, figure, measure, running_time


def read(*children):
    document = nodes.document(None, None)
    document += list(children)
    return document


def html(text):
    return nodes.raw("", text, format="html")


def test_prose_is_counted_and_what_is_folded_is_not():
    found = measure(
        read(
            nodes.title("", "A title"),
            nodes.paragraph("", "What does it know?"),
            nodes.literal_block("", "x = 1"),
            nodes.math_block("", "a = b"),
            html('<live-fig spec="">'),
            html('<details class="course-fold"><summary>Solution</summary>'),
            nodes.paragraph("", "many words that nobody reads at first"),
            nodes.math_block("", "c = d"),
            html("</details>"),
            nodes.paragraph("", "The end, 3 times."),
        )
    )
    assert found == Measure("What does it know?", words=7, looks=2, exercises=1)


def test_reading_time_is_rounded_to_five_minutes():
    assert Measure("", words=4000, looks=20, exercises=0).minutes == 30
    assert Measure("", words=10, looks=0, exercises=0).minutes == 5


def test_the_newest_running_time_is_told(tmp_path):
    assert running_time(tmp_path, "chapters/momentum") is None
    (tmp_path / ".jupyter_cache").mkdir()
    with closing(sqlite3.connect(tmp_path / ".jupyter_cache" / "global.db")) as cache, cache:
        cache.execute("CREATE TABLE nbcache (uri, data, accessed)")
        rows = [("/b/momentum.ipynb", 30, 2), ("/b/momentum.ipynb", 20, 1), ("/b/dropout.ipynb", 9, 3)]
        cache.executemany(
            "INSERT INTO nbcache VALUES (?, ?, ?)", [(uri, f'{{"execution_seconds": {s}}}', at) for uri, s, at in rows]
        )
    assert running_time(tmp_path, "chapters/momentum") == 30


def test_nobody_diverges_on_the_front_page_and_all_go_down():
    outcomes = figure().outcomes
    assert len(outcomes) == 3
    assert all(outcome.losses[-1] < outcome.losses[0] for outcome in outcomes.values())


def test_the_front_page_has_its_figure_and_every_chapter(site, page):
    page.goto(f"{site}/index.html", wait_until="networkidle")
    assert page.locator("live-fig canvas").count() == 2
    links = page.locator("article li strong a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert links == [f"{name}.html" for name in CHAPTERS]
