"""The JavaScript that Python writes computes what NumPy computes, in the browser that the page tests use.

Two machines may round a power or a cosine differently in the last bit. Where a path is chaotic such a bit grows, so each path is
compared up to the step at which its own twin, started one part in 1e14 away, has left it; a path that settles is compared to its end.
"""

import zlib

import numpy as np
import pytest

from course_lib import RULES, SURFACES, averages
from course_lib.engine import descend
from course_lib.hyperparameters import RANGES, Range
from course_lib.learning_rate import exponential_decay, inverse_time_decay
from course_lib.live.parts import rule_sources, surface_sources, translatable
from course_lib.live.script import script_for
from course_lib.translator import to_javascript

STEPS = 200
DRAWS = 4
RELATIVE = 1e-9
NAMES = [name for name, rule in RULES.items() if translatable(rule)]
PLANE = [name for name, surface in SURFACES.items() if len(surface.coordinates) == 2]

RUN = """([rule, slope, parameters, start, steps, hyper, schedules]) => {
  const { compile, ruleOf, descend } = customElements.get("live-fig").machine;
  for (const [key, [source, constants]] of Object.entries(schedules)) {
    const f = compile(source);
    hyper[key] = (step) => f(step, constants);
  }
  const gradient = compile(slope);
  return descend(ruleOf(rule), (p) => gradient(...p, parameters), start, steps, hyper);
}"""


def run(machine, rule, surface, start, hyper, schedules=None):
    """Take a rule's path in the browser, from the sources that a figure would carry."""
    sources = rule_sources(rule), surface_sources(surface)["gradient"]
    return machine.evaluate(RUN, [*sources, surface.parameters, start, STEPS, hyper, schedules or {}])


@pytest.fixture(scope="module")
def machine(browser):
    page = browser.new_page()
    page.set_content(f"<!doctype html><title>machine</title><script>{script_for('average')}</script>")
    yield page
    page.close()


def draw_hyper(rng, rule):
    """Random hyperparameters, from far too small rates to some that diverge."""

    def one(name, default):
        if name == "learning_rate":
            return 10 ** rng.uniform(-4, -0.5)
        if RANGES.get(name, Range(0)).high == 1:
            return rng.uniform(0, 0.99)
        return default * 2 ** rng.uniform(-3, 3)

    return {name: float(one(name, default)) for name, default in rule.hyperparameters.items()}


def cases(name):
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for place in PLANE:
        for _ in range(DRAWS):
            surface = SURFACES[place]
            parameters = {key: float(value * rng.uniform(0.5, 2)) for key, value in surface.parameters.items()}
            start = [float(rng.uniform(*side)) for side in surface.box]
            yield surface.with_parameters(**parameters), start, draw_hyper(rng, RULES[name])


def comparable(rule, surface, start, path, **hyper):
    """Number of steps over which the path is finite and its twin stays near."""
    start = np.array(start)
    twin = descend(rule, surface, start * (1 + 1e-14), STEPS, **hyper)
    with np.errstate(all="ignore"):
        scale = np.maximum.accumulate(np.abs(path).max(axis=1))
        near = np.abs(path - twin).max(axis=1) <= 0.01 * RELATIVE * scale
    alike = near & (scale < 1e6 * np.abs(np.array(surface.box)).max())
    return len(path) if alike.all() else int(np.argmin(alike))


def assert_same_path(theirs, path, length):
    assert len(theirs) >= length
    theirs, ours = np.array(theirs[:length]), path[:length]
    scale = np.maximum.accumulate(np.abs(ours).max(axis=1))[:, None]
    assert (np.abs(theirs - ours) <= RELATIVE * scale).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_takes_the_same_path_in_the_browser(machine, name):
    rule, whole, compared = RULES[name], 0, 0
    for surface, start, hyper in cases(name):
        path = descend(rule, surface, start, STEPS, **hyper)
        theirs = run(machine, rule, surface, start, hyper)
        length = comparable(rule, surface, start, path, **hyper)
        assert_same_path(theirs, path, length)
        if not np.isfinite(path).all():
            assert len(theirs) <= STEPS or not np.isfinite(theirs[-1]).all()
        whole += length == len(path)
        compared += length
    runs = len(PLANE) * DRAWS
    assert runs > 0
    assert whole >= runs // 4
    assert compared >= runs * STEPS // 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "rate",
    [
        exponential_decay(initial_learning_rate=0.01, decay_steps=30, decay_rate=0.5),
        inverse_time_decay(initial_learning_rate=0.01, decay_steps=30, decay_rate=0.5),
    ],
    ids=lambda rate: rate.name,
)
def test_a_scheduled_rate_is_the_same_in_the_browser(machine, name, rate):
    rule, surface = RULES[name], SURFACES["quadratic"]
    start = list(surface.start)
    path = descend(rule, surface, start, STEPS, learning_rate=rate)
    hyper = {key: value for key, value in rule.hyperparameters.items() if key != "learning_rate"}
    schedules = {"learning_rate": [to_javascript(rate.function), rate.constants]}
    theirs = run(machine, rule, surface, start, hyper, schedules)
    assert np.isfinite(path).all()
    assert_same_path(theirs, path, len(path))


@pytest.mark.parametrize("name", PLANE)
def test_a_surface_has_the_same_values_and_gradients_in_the_browser(machine, name):
    surface = SURFACES[name]
    rng = np.random.default_rng(3)
    points = rng.uniform(*np.array(surface.box).T, (200, 2))
    values, gradients = machine.evaluate(
        """([sources, points, parameters]) => {
          const [value, gradient] = [sources.value, sources.gradient].map(customElements.get("live-fig").machine.compile);
          return [points.map((p) => value(...p, parameters)), points.map((p) => gradient(...p, parameters))];
        }""",
        [surface_sources(surface), points.tolist(), surface.parameters],
    )
    np.testing.assert_allclose(values, surface(points), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradients, surface.grad(points), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99])
def test_averages_are_the_same_in_the_browser(machine, beta):
    x = np.random.default_rng(4).normal(3, 2, 150)
    mean, average, corrected, back = machine.evaluate(
        """([x, beta]) => {
          const { averages } = customElements.get("live-fig").machine;
          const scan = (step) => { let v = 0; return x.map((value, i) => (v = step(v, value, i + 1))); };
          const average = scan((v, value) => averages.exponential_step(v, value, { beta }));
          return [
            scan((v, value, n) => averages.cumulative_step(v, value, n, {})),
            average,
            average.map((v, i) => averages.corrected(v, i + 1, { beta })),
            averages.window_beta((1 + beta) / (1 - beta), {}),
          ];
        }""",
        [x.tolist(), beta],
    )
    np.testing.assert_allclose(mean, averages.cumulative_mean(x), rtol=1e-13)
    np.testing.assert_allclose(average, averages.exponential_average(x, beta), rtol=1e-13)
    np.testing.assert_allclose(corrected, averages.exponential_average(x, beta, bias_correction=True), rtol=1e-12)
    assert back == pytest.approx(beta, abs=1e-12)


def every_construct(x, y, *, new=2.0):
    let = np.sqrt(x) + np.exp(-y) * np.log(x) - np.cos(x) / np.sin(y)
    var = np.where(x >= y, np.tanh(x) ** 2, (x - y) ** 2 + np.pi) + new
    return let, var, np.maximum(x, y), np.minimum(x, y), np.sign(x), np.abs(y), (-x) ** 3, 2**-y, -x - -y, x - (y - x)


def test_every_construct_means_what_it_means_in_numpy(machine):
    odd = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 1e-300, 1e300]
    x, y = (side.ravel() for side in np.meshgrid(odd, odd))
    with np.errstate(all="ignore"):
        ours = np.array(np.broadcast_arrays(*every_construct(x, y))).T
    theirs = machine.evaluate(
        "([source, x, y]) => x.map((_, i) => eval(source)(x[i], y[i], { new: 2 }))",
        [to_javascript(every_construct), x.tolist(), y.tolist()],
    )
    np.testing.assert_allclose(np.array(theirs, float), ours, rtol=1e-14, atol=0)


def test_nothing_was_left_out():
    assert all(rule_sources(RULES[name])["step"] for name in NAMES)
    assert all(not RULES[name].elementwise for name in set(RULES) - set(NAMES))
    assert len(NAMES) >= 6
    assert len(PLANE) >= 4
