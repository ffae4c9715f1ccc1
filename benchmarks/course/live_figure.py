"""A slider event of a live figure in headless Chromium; the argument says how many times slower the processor is made.

What counts is the time from the event until the figure's script is done: every path run again, both panels drawn.
What the browser's main thread then does for the frame (layout, filling in the pixels) is told beside it.
"""

import json
import statistics
import sys

from playwright.sync_api import sync_playwright

from course_lib.live import LiveFigure
from tools import browser

STEPS, OPTIMIZERS = 150, ("gradient_descent", "momentum", "nesterov")
WARM_UP, EVENTS = 20, 100

# One event a frame, from each slider in turn, at and below its first value, so that no path diverges and ends early.
SLIDE = """async (events) => {
  const sliders = [...document.querySelector("live-fig").shadowRoot.querySelectorAll("input[type=range]")];
  window.firsts ??= sliders.map((slider) => slider.valueAsNumber);
  const times = [];
  for (let i = 0; i < events; i++) {
    const k = i % sliders.length;
    sliders[k].value = window.firsts[k] - Math.floor(i / sliders.length) % 4;
    await new Promise(requestAnimationFrame);
    const began = performance.now();
    sliders[k].dispatchEvent(new Event("input"));
    times.push(performance.now() - began);
  }
  return times;
}"""
PICTURE_WITH_SLIDERS_AT = """(place) => {
  const root = document.querySelector("live-fig").shadowRoot;
  for (const slider of root.querySelectorAll("input[type=range]")) {
    slider.value = place;
    slider.dispatchEvent(new Event("input"));
  }
  return root.querySelector("canvas").toDataURL();
}"""


def make_figure() -> LiveFigure:
    """Return the figure, or stop where a path is not whole."""
    figure = LiveFigure("ravine", OPTIMIZERS, steps=STEPS)
    if [len(outcome.path) for outcome in figure.outcomes.values()] != [STEPS + 1] * len(OPTIMIZERS):
        sys.exit(f"the figure does not show {len(OPTIMIZERS)} whole paths of {STEPS} steps")
    return figure


def measure(page, slower: float) -> tuple[float, float]:
    """Return the milliseconds of an event: median of the script, mean of the browser's main thread."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    page.evaluate(SLIDE, WARM_UP)
    before = busy()
    script = statistics.median(page.evaluate(SLIDE, EVENTS))
    return script, 1000 * (busy() - before) / EVENTS


def main() -> None:
    """Measure and print."""
    html = make_figure().to_page()
    try:
        path = browser.find()
    except LookupError as missing:
        sys.exit(str(missing).partition("\n")[0])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*browser.ARGUMENTS], chromium_sandbox=False)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_content(html)
        script, frame = measure(page, float(sys.argv[1]))
        if page.evaluate(PICTURE_WITH_SLIDERS_AT, 0) == page.evaluate(PICTURE_WITH_SLIDERS_AT, 4):
            sys.exit("the sliders do not change the picture")
        version = chromium.version
        chromium.close()
    print(json.dumps({"seconds": script / 1000, "frame": frame / 1000, "versions": {"chromium": version}}))


if __name__ == "__main__":
    main()
