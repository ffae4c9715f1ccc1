"""What a live figure is without a browser: its words, its fallbacks, what it refuses."""

import base64
import gzip
import io
import json
import math
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from course_lib import RULES, SURFACES
from course_lib.averages import exponential_average, sliding_mean
from course_lib.engine import descend
from course_lib.learning_rate import exponential_decay
from course_lib.live import LiveAverage, LiveBatch, LiveFigure, LiveGradients, LiveLookAhead, LiveMap, LiveTable
from course_lib.live.average import drifting_signal
from course_lib.live.outcome import MEANING, STAY, judge, number
from course_lib.live.script import KINDS, core_script, kind_script, script_for
from course_lib.momentum import gradient_descent, momentum, nesterov
from course_lib.normalization import batch_norm_backward, batch_norm_forward
from course_lib.plotting.style import LOOKS, OPTIMIZERS, styles
from course_lib.rule import update_rule
from course_lib.surfaces import quadratic, ravine, surface, two_features
from course_lib.translator import TranslationError

SCRIPT_LIMIT = 15_000
PICTURE_LIMIT = 45_000


@pytest.fixture(scope="module")
def figure():
    return LiveFigure(
        ravine,
        {
            "gradient descent": (gradient_descent, {"learning_rate": 0.03}),
            "momentum": (momentum, {"learning_rate": 0.01}),
            "Nesterov": (nesterov, {"learning_rate": 0.01}),
        },
    )


class Reader(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def only(self, tag):
        ((_, attributes),) = [found for found in self.tags if found[0] == tag]
        return attributes


def test_the_bundle_holds_html_a_picture_and_words(figure):
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == figure.alt == repr(figure)
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).format == "PNG"


def test_the_words_hold_numbers_computed_by_hand():
    """On the bowl gradient descent shrinks x by 1 - rate and y by 1 - 10 rate, a closed form."""
    x, y = 9 * 0.99**50, 2 * 0.9**50
    text = LiveFigure("quadratic", ["gradient_descent"], steps=50, start=(-9, 2)).alt
    assert text == (
        "From (−9, 2) on quadratic with condition number 10: "
        f"gradient descent at learning rate 0.01, loss {(x * x + 10 * y * y) / 2:.1f} after 50 steps."
    )


def test_divergence_is_said_at_the_step_at_which_the_run_is_a_hundred_windows_away():
    """|1 - 10 rate| = 4 for rate 1/2: 2 * 4**k passes 100 * 8 at k = 5, the window being 8 high."""
    text = LiveFigure("quadratic", {"wild": ("gradient_descent", {"learning_rate": 0.5})}, start=(0, 2)).alt
    assert text.endswith("wild at learning rate 0.5, diverged at step 5.")


def test_a_run_that_overflows_ends_in_words_and_not_in_warnings():
    figure = LiveFigure("rosenbrock", {"wild": ("momentum", {"learning_rate": 100.0})}, steps=2000)
    assert figure.alt.endswith("diverged at step 1.")
    assert len(figure.png) > 1000


def test_which_of_two_minima_was_reached_is_said():
    figure = LiveFigure("two_minima", {"slow": ("gradient_descent", {"learning_rate": 0.1})})
    assert "converged to (−1, 0) after" in figure.alt


def test_a_run_that_ends_higher_than_it_began_says_so():
    path = np.array([[1.0, 0.0], [2.0, 0.0]])
    assert judge(path, quadratic).text(False) == "loss 2 after 1 steps, above the start"


def test_a_dip_through_the_minimum_is_not_arrival():
    """A frictionless ball swings through the bottom for ever, and one end of the run falls there by chance."""
    swinging = np.array([[np.cos(k * np.pi / 16), 0.0] for k in range(STAY + 79)])
    assert quadratic(swinging[-1]) < 1e-9 * quadratic(swinging[0])
    assert judge(swinging, quadratic).word == "underway"
    resting = np.concatenate([swinging, np.zeros((STAY, 2))])
    assert (judge(resting, quadratic).word, judge(resting, quadratic).step) == ("converged", STAY + 78)
    assert judge(resting[:-1], quadratic).word == "underway"


def test_what_converged_means_is_said_where_the_word_is():
    there = LiveFigure("quadratic", {"a": ("gradient_descent", {"learning_rate": 0.1})})
    assert "converged after" in there.alt and there.alt.endswith(MEANING)
    assert MEANING not in LiveFigure("quadratic", {"a": ("gradient_descent", {"learning_rate": 0.001})}).alt


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (-9.0, "−9"),
        (0.0152, "0.0152"),
        (1234.0, "1230"),
        (1.2e-7, "1.2e−7"),
        (-1.0e5, "−1.0e5"),
        (1e-3, "0.001"),
        (31.25, "31.3"),
        (1e-310, "1.0e−310"),
    ],
)
def test_numbers_read_well(x, text):
    assert number(x) == text


def test_without_script_and_element_the_picture_and_its_words_remain(figure):
    """What the sanitizer of an untrusted notebook does: unknown elements and scripts go, pictures stay."""
    stripped = re.sub(r"<script>.*?</script>|</?live-fig[^>]*>", "", figure.to_html(inline=True), flags=re.DOTALL)
    (picture,) = Reader(stripped).tags
    assert picture[0] == "img"
    assert picture[1]["alt"] == figure.alt
    assert picture[1]["src"].startswith("data:image/png;base64,")


def test_the_script_comes_along_except_on_the_site(figure, monkeypatch):
    monkeypatch.delenv("COURSE_SITE", raising=False)
    assert "<script>" in figure._repr_mimebundle_()["text/html"]
    monkeypatch.setenv("COURSE_SITE", "1")
    assert "<script" not in figure._repr_mimebundle_()["text/html"]


def test_the_picture_is_small_light_and_opaque(figure):
    assert len(figure.png) < PICTURE_LIMIT
    picture = Image.open(io.BytesIO(figure.png))
    assert picture.mode == "P"
    assert "transparency" not in picture.info
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["descent", *KINDS])
def test_what_a_figure_carries_is_small_and_asks_nobody(kind):
    assert len(gzip.compress(script_for(kind).encode())) <= SCRIPT_LIMIT
    assert not re.search(r"https?:|//\w|import\b|fetch\(|XMLHttp", script_for(kind))
    assert "</script" not in script_for(kind)


def test_an_unknown_kind_is_refused():
    with pytest.raises(LookupError, match="no kind of live figure is called 'maps'; known: average"):
        kind_script("maps")


def test_the_script_is_written_by_a_command(tmp_path):
    target = tmp_path / "deep" / "live-fig.js"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "course_lib.live.script", str(target)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert target.read_text(encoding="utf-8") == core_script()
    beside = {path.stem.removeprefix("live-fig-") for path in target.parent.glob("live-fig-*.js")}
    assert beside == set(KINDS)


def test_a_readers_own_rule_travels_with_the_figure():
    @update_rule("m")
    def sign_momentum(theta, g, m, t, *, learning_rate=0.02, beta=0.9):
        m = beta * m + (1 - beta) * g
        theta = theta - learning_rate * np.sign(m)
        return theta, m

    figure = LiveFigure("quadratic", {"mine": sign_momentum, "momentum": "momentum"})
    mine, library = figure.spec["optimizers"]
    assert "Math.sign(m)" in mine["rule"]["step"]
    assert "v = momentum * v - learning_rate * g" in library["rule"]["step"]


def test_a_readers_own_surface_travels_with_the_figure():
    @surface(box=((-1, 1), (-1, 1)), start=(0.5, 0.5), minima=[(0.0, 0.0)], source="mine")
    def bowl(x, y):
        """A bowl."""
        return x**2 + y**2

    @bowl.gradient
    def slope(x, y):
        return 2 * x, 2 * y

    assert LiveFigure(bowl, ["momentum"]).spec["surface"]["value"].startswith("(x, y, {}) =>")


def test_a_schedule_travels_with_the_figure():
    rate = exponential_decay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5)
    figure = LiveFigure("quadratic", {"decaying": ("momentum", {"learning_rate": rate})})
    hyper = figure.spec["optimizers"][0]["hyper"]
    assert hyper["learning_rate"]["constants"] == {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}
    assert [s["name"] for s in figure.spec["sliders"]] == ["momentum"]


def test_each_optimizer_has_its_own_rate_and_they_share_what_they_have_in_common(figure):
    assert [(s["name"], s["targets"]) for s in figure.spec["sliders"]] == [
        ("learning_rate", [0]),
        ("learning_rate", [1]),
        ("learning_rate", [2]),
        ("momentum", [1, 2]),
    ]
    for slider in figure.spec["sliders"]:
        assert slider["value"] in slider["values"]
        assert slider["values"] == sorted(set(slider["values"]))


def test_rates_run_over_round_numbers_on_a_logarithmic_scale(figure):
    values = figure.spec["sliders"][0]["values"]
    assert values[0] == 0.001
    assert values[-1] == 0.3
    ratios = np.divide(values[1:], values[:-1])
    assert ratios.min() > 1.01
    assert ratios.max() < 1.06
    assert all(float(f"{v:.3g}") == v for v in values)


def test_a_slider_stays_where_its_parameter_can_be():
    runs = {"descent": ("gradient_descent", {"learning_rate": 0.03})}
    surface = two_features.with_parameters(correlation=0.9)
    values = LiveFigure(surface, runs, sliders=["correlation"]).spec["sliders"][0]["values"]
    assert values[-1] == 1  # the correlation of two features is at most 1
    with pytest.raises(ValueError, match=r"slider 'correlation': correlation must be in \[-1, 1\], got \(0, 4\)"):
        LiveFigure(surface, runs, sliders={"correlation": (0, 4)})


def test_sliders_can_be_chosen():
    figure = LiveFigure(
        "ravine",
        {"a": ("momentum", {"momentum": 0.5}), "b": ("momentum", {"momentum": 0.9})},
        sliders={"momentum": (0, 1), "condition_number": [1, 10, 100], "learning_rate": None},
    )
    assert [(s["name"], s["targets"]) for s in figure.spec["sliders"]] == [
        ("momentum", [0]),
        ("momentum", [1]),
        ("condition_number", [-1]),
        ("learning_rate", [0]),
        ("learning_rate", [1]),
    ]
    assert figure.spec["sliders"][2]["values"] == [1, 10, 50, 100]


def test_the_spec_is_strict_json(figure):
    attribute = Reader(figure.to_html(inline=False)).only("live-fig")["spec"]
    spec = json.loads(attribute, parse_constant=pytest.fail)
    assert spec["alt"] == figure.alt
    assert spec["kind"] == "descent"


def test_text_from_outside_cannot_leave_its_place():
    label = '"><script>alert(1)</script>'
    tags = Reader(LiveFigure("ravine", {label: "momentum"}).to_html(inline=False)).tags
    assert [tag for tag, _ in tags] == ["live-fig", "img"]
    assert label in tags[1][1]["alt"]


@update_rule()
def loops(theta, g, t, *, learning_rate=0.1):
    for _ in range(3):
        theta = theta - learning_rate * g
    return (theta,)


ONE = ["momentum"]
REFUSED = {
    "unknown surface": (("ravin", ONE), {}, LookupError, "did you mean 'ravine'"),
    "no surface": ((lambda x: x, ONE), {}, TypeError, "expected a surface"),
    "unknown rule": (("ravine", ["momentun"]), {}, LookupError, "did you mean 'momentum'"),
    "no rule": (("ravine", [max]), {}, TypeError, "expected an update rule"),
    "no optimizers": (("ravine", {}), {}, ValueError, "at least one optimizer"),
    "too many optimizers": (("ravine", {str(i): "momentum" for i in range(13)}), {}, ValueError, "at most 12"),
    "unknown hyperparameter": (
        ("ravine", {"a": ("momentum", {"learning_rat": 1})}),
        {},
        TypeError,
        "did you mean 'learning_rate'",
    ),
    "rate of nan": (
        ("ravine", {"a": ("momentum", {"learning_rate": math.nan})}),
        {},
        ValueError,
        "learning_rate must be finite",
    ),
    "several rates": (
        ("ravine", {"a": ("momentum", {"learning_rate": np.ones((2, 1))})}),
        {},
        ValueError,
        "one number or a schedule",
    ),
    "infinite start": (("ravine", ONE), {"start": (math.inf, 0)}, ValueError, "must be finite"),
    "start of three": (("ravine", ONE), {"start": (1, 2, 3)}, ValueError, "two numbers"),
    "no steps": (("ravine", ONE), {"steps": 0}, ValueError, "from 1 to 10000, got 0"),
    "half a step": (("ravine", ONE), {"steps": 1.5}, ValueError, "got 1.5"),
    "steps in words": (("ravine", ONE), {"steps": "many"}, ValueError, "got 'many'"),
    "too many steps": (("ravine", ONE), {"steps": 10**6}, ValueError, "got 1000000"),
    "unknown slider": (("ravine", ONE), {"sliders": ["momentu"]}, LookupError, "did you mean 'momentum'"),
    "empty range": (("ravine", ONE), {"sliders": {"momentum": (1, 0)}}, ValueError, "(low, high)"),
    "slider to nan": (("ravine", ONE), {"sliders": {"momentum": (0, math.nan)}}, ValueError, "finite"),
    "rule with a loop": (("ravine", [loops]), {}, TranslationError, "for _ in range(3)"),
    "schedule as lambda": (
        ("ravine", {"a": ("momentum", {"learning_rate": lambda k: 0.1})}),
        {},
        TranslationError,
        "def",
    ),
}


@pytest.mark.parametrize(("arguments", "options", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_by_name(arguments, options, error, words):
    with pytest.raises(error, match=re.escape(words)):
        LiveFigure(*arguments, **options)


@pytest.mark.parametrize("name", SURFACES)
def test_every_surface_has_a_small_picture(name):
    figure = LiveFigure(name, list(RULES)[:7])
    assert len(figure.png) < PICTURE_LIMIT * 1.2


def test_an_optimizer_keeps_its_look_and_no_two_in_a_figure_share_one():
    assert styles(["momentum", "adam"])[0] == styles(["nesterov", "momentum"])[1] == OPTIMIZERS["momentum"]
    many = styles(["momentum", "momentum", "mine", "adam"])
    assert len(set(many)) == 4
    for color in ("color", "on_dark", "dash"):
        assert len({getattr(look, color) for look in LOOKS}) == len(LOOKS)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.color)
def test_colors_stand_out_from_their_ground(look):
    """Three to one is what WCAG 2.1 asks of graphics (criterion 1.4.11)."""

    def luminance(color):
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(
            w * (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4)
            for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True)
        )

    def contrast(a, b):
        low, high = sorted((luminance(a), luminance(b)))
        return (high + 0.05) / (low + 0.05)

    for ground in ("#ffffff", "#d3dde6"):
        assert contrast(look.color, ground) >= 3, ground
    for ground in ("#14181e", "#3a4653"):
        assert contrast(look.on_dark, ground) >= 3, ground


RATES, MOMENTA = np.linspace(0.01, 0.21, 21), np.linspace(0.0, 0.9, 10)
MEASURED = np.maximum(np.sqrt(MOMENTA)[:, None], np.abs(1 - 10 * RATES))


def made_map(**options):
    return LiveMap(momentum, quadratic, RATES, MOMENTA, MEASURED, marks={"here": (0.1, 0.3)}, **options)


def made_gradients(**options):
    return LiveGradients({name: name for name in ("adagrad", "rmsprop", "adam", "adam_uncorrected")}, **options)


GRID = {"kind": ["slow", "fast"], "rate": [0.1, 1.0, 10.0]}
RUN = 2.0 ** -np.outer([[1, 2, 3], [2, 4, 6]], np.arange(5)).reshape(2, 3, 5)
ENDS = {"one": RUN[..., -1], "two": RUN[..., 1]}


def made_table(curves=None, totals=ENDS, x=range(5), **options):
    curves = {"one": RUN, "two": 4 * RUN} if curves is None else curves
    return LiveTable(curves, GRID, x, totals, ("step", "loss", "error"), **{"along": "rate", **options})


OTHERS = {
    "average": LiveAverage,
    "batch": LiveBatch,
    "gradients": made_gradients,
    "look_ahead": lambda: LiveLookAhead("ravine"),
    "map": made_map,
    "table": made_table,
}


@pytest.mark.parametrize("kind", OTHERS)
def test_every_kind_keeps_the_contract(kind):
    shown = OTHERS[kind]()
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == shown.alt == repr(shown)
    assert re.search(r"\d", shown.alt)
    assert len(shown.png) < PICTURE_LIMIT
    tags = Reader(shown.to_html(inline=False))
    assert [tag for tag, _ in tags.tags] == ["live-fig", "img"]
    spec = json.loads(tags.only("live-fig")["spec"], parse_constant=pytest.fail)
    assert (spec["kind"], spec["alt"]) == (kind, shown.alt) == (kind, tags.only("img")["alt"])


def test_averages_are_the_librarys_and_their_weights_make_them():
    shown = LiveAverage(window=9, probe=30, outlier=(20, 4.0))
    x = shown.disturbed
    np.testing.assert_array_equal(shown.curves["exponential"], exponential_average(x, 0.8))
    np.testing.assert_array_equal(shown.curves["sliding"], sliding_mean(x, 9))
    for name, weights in shown.weights.items():
        np.testing.assert_allclose(weights @ x[30 - len(weights) : 30], shown.curves[name][29], err_msg=name)


def test_lag_and_pull_of_a_clean_jump_are_closed_forms():
    """With beta = 0.8 half of a jump is tracked once 0.8**n <= 1/2, that is n = 4; a sliding mean of 9 needs 5."""
    mean = np.repeat([1.0, 3.0], 50)
    text = LiveAverage(mean, mean, window=9, outlier=(30, 4.5)).alt
    assert "jumps from 1 to 3 after value 50" in text
    assert "bias-corrected, first value 1, half of the jump after 4 values, pulled by the outlier by 0.901," in text
    assert "sliding mean, first value 1, half of the jump after 5 values, pulled by the outlier by 0.5," in text
    assert "exponential average, first value 0.2, half of the jump after 4 values" in text
    assert "cumulative mean, first value 1, half of the jump after 46 values" in text, (
        "(50 + 4.5 + 3 n) / (50 + n) >= 2"
    )


def test_an_average_that_never_gets_there_says_so():
    mean = np.repeat([0.0, 1.0], (80, 20))
    assert "cumulative mean, first value 0, never half of the jump" in LiveAverage(mean, mean, outlier=(90, 0.0)).alt


def test_the_signal_comes_from_its_seed():
    assert (drifting_signal(1)[0] == drifting_signal(1)[0]).all()
    assert (drifting_signal(1)[0] != drifting_signal(2)[0]).any()


@pytest.mark.parametrize("step", [1, 2, 9])
def test_the_two_halves_make_the_step_of_each_rule(step):
    shown = LiveLookAhead("ravine", learning_rate=0.02, momentum=0.8, step=step)
    path = descend("momentum", ravine, shown.start, step, learning_rate=0.02, momentum=0.8)
    velocity = path[-2] - (path[-3] if step > 1 else path[-2])
    classical, ahead = shown.halves["classical"], shown.halves["Nesterov"]
    np.testing.assert_allclose(classical.start, path[-2])
    np.testing.assert_allclose(classical.end, path[-1])
    np.testing.assert_allclose(classical.turn, path[-2] - 0.02 * ravine.grad(path[-2]))
    np.testing.assert_allclose(ahead.turn, path[-2] + 0.8 * velocity)
    np.testing.assert_allclose(ahead.end, ahead.turn - 0.02 * ravine.grad(ahead.turn))
    assert (shown.alt.count("end 0 apart") == 1) == (step == 1), "from rest there is nothing to look ahead to"


def test_a_step_after_divergence_is_not_shown():
    shown = LiveLookAhead("ravine", learning_rate=0.5, step=50)
    assert shown.halves == {}
    assert "no step to show" in shown.alt and "diverged at step" in shown.alt
    assert len(shown.png) > 1000


def test_a_map_keeps_what_was_measured():
    shown = made_map()
    lost = MEASURED >= 1
    assert lost.any()
    np.testing.assert_array_equal(np.isnan(shown.factors), lost)
    np.testing.assert_allclose(shown.factors[~lost], MEASURED[~lost].clip(1e-15), rtol=5e-4, atol=1e-12)
    assert f"{number(100 * lost.mean())} % diverge" in shown.alt


def test_a_map_of_any_quantity_over_any_hyperparameter():
    values = np.where(MEASURED < 1, MEASURED, np.inf)
    shown = LiveMap(
        "rmsprop", quadratic, RATES, MOMENTA, values, vertical="rho", quantity="loss at the end", probe=(0.1, 0.3)
    )
    np.testing.assert_allclose(shown.factors, np.where(MEASURED < 1, MEASURED, np.nan).clip(1e-300), rtol=0.02)
    assert shown.hyper["rho"] == pytest.approx(0.3)
    assert "learning rate 0.01 to 0.21 and rho 0 to 0.9" in shown.alt
    assert f"At learning rate 0.1, rho 0.3: loss at the end {number(np.sqrt(0.3))}; the run shown," in shown.alt


def test_a_maps_axis_is_drawn_out_near_one_where_the_values_are():
    decays = 1 - np.geomspace(0.5, 1e-3, 10)
    losses = np.outer(1 - decays, RATES)
    shown = LiveMap("rmsprop", quadratic, RATES, decays, losses, vertical="rho", quantity="loss", contours=False)
    vertical, axis = shown.spec["vertical"], shown.axes[1]
    assert (vertical["scale"], vertical["symbol"], vertical["label"]) == ("near one", "ρ", "rho")
    np.testing.assert_allclose(1 - axis.values(), 1 - decays)
    assert axis.index(0.9) == np.argmin(np.abs(np.log(1 - decays) - np.log(0.1)))
    half = (0.5 / 1e-3) ** (0.5 / 9)
    np.testing.assert_allclose(1 - np.array(axis.ends()), [0.5 * half, 1e-3 / half])
    assert "210 runs" in shown.alt and "rho 0.5 to 0.999: none diverges" in shown.alt
    assert not shown.spec["contours"] and shown.png[:4] == b"\x89PNG"


def test_what_rules_make_of_gradients_are_closed_forms():
    """Uncorrected Adam is sqrt(10) rates long at first, 6.57 at step 12; AdaGrad falls as 1 / sqrt(t)."""
    shown = made_gradients(steps=64)
    assert "adagrad, first step 1, longest 1 (step 1), last 0.125, effective rate 0.01, at last 0.00125" in shown.alt
    assert "rmsprop, first step 3.16" in shown.alt
    assert "adam_uncorrected, first step 3.16, longest 6.57 (step 12)" in shown.alt
    small = made_gradients(scale=1e-6)
    inside = 1e-6 / np.sqrt(1e-12 * 0.1 + 1e-7)
    assert f"rmsprop, first step {number(inside)}" in small.alt


def test_a_table_keeps_what_was_run():
    shown = made_table(start={"kind": "fast", "rate": 1})
    np.testing.assert_allclose(shown.values["two"], 4 * RUN, rtol=1e-3)
    assert shown.alt == (
        "At kind fast, rate 1: one, loss 1.5e−5 at step 4, error 1.5e−5; two, loss 6.1e−5 at step 4, error 0.0625."
    )
    straight = made_table({"one": RUN - 1, "two": RUN}, log=False)
    np.testing.assert_allclose(straight.values["one"], RUN - 1, atol=2e-5)
    assert len(json.dumps(shown.spec)) < 2_500


def test_values_near_one_stand_by_what_they_lack_to_it():
    grid = {"kind": ["slow", "fast"], "momentum": [0.5, 0.9, 0.999]}
    shown = LiveTable({"one": RUN}, grid, range(5), {"one": ENDS["one"]}, ("step", "loss", "error"), along="momentum")
    side = shown.spec["grid"][1]
    np.testing.assert_allclose(side["places"], [0.5, 0.1, 0.001])
    assert (side["name"], side["values"], side["log"]) == ("1 − momentum", [0.5, 0.9, 0.999], True)
    assert shown.alt.startswith("At kind slow, momentum 0.5:")
    assert "places" not in made_table().spec["grid"][1]


def test_a_lost_run_is_lost_from_there_on_and_says_so():
    early = np.where(np.arange(5) == 2, np.inf, RUN)
    shown = made_table({"one": early, "two": RUN}, {"one": np.full((2, 3), np.nan), "two": ENDS["two"]})
    assert shown.alt.startswith("At kind slow, rate 0.1: one, diverged at step 2, error none; two, loss 0.0625")
    assert np.isnan(shown.values["one"][..., 2:]).all()


def test_a_batch_is_normalized_and_its_slopes_are_the_gradient_of_the_library():
    shown = LiveBatch(example=3, shift=1.0, scale=0.5, epsilon=1e-2)
    m, (ones, zeros) = len(shown.batch), (np.ones(1), np.zeros(1))
    y, cache = batch_norm_forward(shown.inputs[:, None], ones, zeros, epsilon=1e-2)
    np.testing.assert_allclose(shown.outputs, y[:, 0])
    dx, _, _ = batch_norm_backward(np.eye(m)[:, 2:3], cache)
    np.testing.assert_allclose(shown.slopes, dx[:, 0])
    left = shown.slopes @ shown.outputs / (shown.outputs[2] / np.sqrt(shown.variance + 1e-2))
    assert f"a share of {number(left)} is left if all scale" in shown.alt
    assert "by 0 if all shift" in shown.alt


def test_a_map_of_ten_thousand_runs_travels_light():
    rates, momenta = np.geomspace(1e-3, 0.3, 100), np.linspace(0, 0.99, 100)
    measured = np.maximum(np.sqrt(momenta)[:, None], np.abs(1 - 10 * rates))
    spec = LiveMap(momentum, quadratic, rates, momenta, measured).spec
    assert (spec["rate"]["scale"], spec["vertical"]["scale"]) == ("log", "linear")
    assert len(json.dumps(spec)) < 30_000


def test_a_maps_probe_starts_without_momentum_or_where_it_is_told():
    assert made_map().probe == (0, 9)
    assert "At learning rate 0.1, momentum 0: converges" in made_map().alt
    told = made_map(probe=(0.21, 0.5))
    assert (told.probe, told.hyper) == ((5, 20), {"learning_rate": pytest.approx(0.21), "momentum": 0.5})
    assert "At learning rate 0.21, momentum 0.5: diverges; the run shown" in told.alt


OTHERS_REFUSED = {
    "two shapes": (lambda: LiveAverage([1, 2, 3], [1, 2]), ValueError, "rows of equal length"),
    "signal of nan": (lambda: LiveAverage([1, math.nan], [1, 2]), ValueError, "must be finite"),
    "no jump": (lambda: LiveAverage([1, 2, 3], [1, 1, 1]), ValueError, "must jump somewhere"),
    "window 0": (lambda: LiveAverage(window=0), ValueError, "window must be a whole number from 1 to 120, got 0"),
    "probe outside": (lambda: LiveAverage(probe=181), ValueError, "from 1 to 180, got 181"),
    "outlier outside": (lambda: LiveAverage(outlier=(0, 1.0)), ValueError, "the outlier's place must be"),
    "step outside": (lambda: LiveLookAhead("ravine", step=61), ValueError, "step must be a whole number from 1 to 60"),
    "rate by schedule": (lambda: LiveLookAhead("ravine", learning_rate=lambda k: 0.1), TypeError, "no schedules"),
    "rate of nan": (lambda: LiveLookAhead("ravine", learning_rate=math.nan), ValueError, "must be finite"),
    "uneven rates": (lambda: LiveMap(momentum, quadratic, [1, 2, 4, 9], [0, 1], np.ones((2, 4))), ValueError, "evenly"),
    "falling rates": (lambda: LiveMap(momentum, quadratic, [2, 1], [0, 1], np.ones((2, 2))), ValueError, "rising"),
    "table turned": (lambda: LiveMap(momentum, quadratic, RATES, MOMENTA, MEASURED.T), ValueError, "(10, 21)"),
    "none converges": (lambda: LiveMap(momentum, quadratic, [1, 2], [0, 1], np.ones((2, 2))), ValueError, "converges"),
    "mark outside": (
        lambda: LiveMap(momentum, quadratic, RATES, MOMENTA, MEASURED, marks={"far": (0.5, 0.5)}),
        ValueError,
        "far: learning_rate must lie on the map, from 0.005 to 0.215",
    ),
    "unknown sequence": (lambda: made_gradients(sequence="sparce"), LookupError, "did you mean 'sparse'"),
    "scale 0": (lambda: made_gradients(scale=0.0), ValueError, "scale must be positive and finite, got 0.0"),
    "rate 0": (lambda: LiveGradients({"still": ("adam", {"learning_rate": 0.0})}), TypeError, "a number above 0"),
    "matrix method": (lambda: LiveGradients({"Muon": "muon"}), TypeError, "does not act on each coordinate alone"),
    "quantity below 0": (
        lambda: LiveMap(momentum, quadratic, RATES, MOMENTA, -MEASURED, quantity="loss"),
        ValueError,
        "must not be negative",
    ),
    "unknown vertical": (
        lambda: LiveMap(momentum, quadratic, RATES, MOMENTA, MEASURED, vertical="rho"),
        TypeError,
        "no hyperparameter 'rho'",
    ),
    "batch of one": (lambda: LiveBatch([1.0]), ValueError, "a row of 2 to 20 finite numbers, got [1.0]"),
    "example 9": (lambda: LiveBatch(example=9), ValueError, "example must be a whole number from 1 to 8, got 9"),
    "scale 7": (lambda: LiveBatch(scale=7), ValueError, "scale must be one of"),
    "table of another shape": (
        lambda: made_table({"one": RUN[0], "two": RUN}),
        ValueError,
        "curves of 'one' must have shape (2, 3, 5), got (3, 5)",
    ),
    "table of nothing": (lambda: made_table({}), ValueError, "curves: there is nothing to show"),
    "logarithm of 0": (lambda: made_table({"one": 0 * RUN, "two": RUN}), ValueError, "needs positive values"),
    "x falls": (lambda: made_table(x=[0, 2, 1, 3, 4]), ValueError, "x must be rising positions"),
    "no such axis": (lambda: made_table(along="rat"), LookupError, "no axis 'rat'; did you mean 'rate'"),
    "off the grid": (lambda: made_table(start={"rate": 5}), LookupError, "rate 5 is not on the grid"),
    "rule without momentum": (
        lambda: LiveMap(gradient_descent, quadratic, RATES, MOMENTA, MEASURED),
        TypeError,
        "no hyperparameter 'momentum'",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), OTHERS_REFUSED.values(), ids=OTHERS_REFUSED)
def test_bad_input_of_the_other_kinds_is_refused_by_name(call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call()
