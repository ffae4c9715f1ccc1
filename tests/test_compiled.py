"""The compiled engine: the same numbers as NumPy from the same source, only where it pays, and nothing without numba."""

import copy
import subprocess
import sys
import threading

import numpy as np
import pytest

import course_lib.compiled as fused
from course_lib import RULES, SURFACES, Stepper, descend
from course_lib.hyperparameters import RANGES, Range
from course_lib.kernel_text import run_kernel, step_kernel
from course_lib.landscapes import extended_rosenbrock, spectral_quadratic
from course_lib.rule import update_rule
from course_lib.surfaces import ackley, quadratic, ravine, rosenbrock
from tests.conftest import ROOT

ELEMENTWISE = sorted(name for name, rule in RULES.items() if rule.elementwise)
PLANE = sorted(SURFACES)
ULPS = 4  # a power, an exponential, a cosine or a tangent of two libraries
AMPLIFIED = (
    64  # what three steps make of them where a gradient is the small difference of large numbers, as on the cliff
)


@pytest.fixture(autouse=True)
def _cache(monkeypatch):
    """Keep the kernels of the tests from one session to the next."""
    monkeypatch.setenv("COURSE_CACHE", str(ROOT / ".pytest_cache" / "kernels"))
    monkeypatch.delenv("COURSE_COMPILED", raising=False)


@pytest.fixture
def interpreted(monkeypatch):
    """Run the printed loops as the plain Python that they are."""

    def run_as_it_is(name, text):
        names = {"np": np}
        exec(text, names)
        return names["kernel"]

    monkeypatch.setattr(fused, "compile_kernel", run_as_it_is)
    for cache in (fused.step_kernel, fused._run_kernel, fused.path_loop):
        cache.cache_clear()
    yield
    for cache in (fused.step_kernel, fused._run_kernel, fused.path_loop):
        cache.cache_clear()


def draw(rng, rule, shape=()):
    """Random hyperparameters, from far too small rates to some that diverge."""

    def one(name, default):
        if name == "learning_rate":
            return 10 ** rng.uniform(-4, -1, shape)
        if RANGES.get(name, Range(0)).high == 1:
            return rng.uniform(0, 0.99, shape)
        return default * 2 ** rng.uniform(-3, 3, shape)

    return {name: one(name, default) for name, default in rule.hyperparameters.items()}


def starts(rng, surface, runs):
    return np.stack([rng.uniform(*side, size=runs) for side in surface.box], axis=1)


def ulps(ours, plain, axis=None):
    """How far two arrays are apart, in units in the last place of the largest number so far on each path."""
    scale = np.abs(plain) if axis is None else np.maximum.accumulate(np.abs(plain), axis)
    with np.errstate(all="ignore"):
        apart = np.abs(ours - plain) / np.spacing(scale)
    assert np.array_equal(np.isfinite(ours), np.isfinite(plain))
    return np.max(apart, initial=0, where=np.isfinite(plain))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_compiled_step_is_numpys_bit_for_bit(name, dtype):
    rng = np.random.default_rng(0)
    rule = RULES[name]
    for n in (1, 1003):
        hyper = {key: float(value) for key, value in draw(rng, rule).items()}
        theta = rng.normal(size=n).astype(dtype)
        plain = Stepper(rule, theta.copy(), compiled=False, **hyper)
        ours = Stepper(rule, theta.copy(), compiled=True, **hyper)
        for _ in range(5):
            g = rng.normal(size=n).astype(dtype)
            plain.step(g)
            ours.step(g)
            assert ours.theta.dtype == dtype
            assert np.array_equal(ours.theta, plain.theta)
            assert all(np.array_equal(a, b) for a, b in zip(ours.state, plain.state, strict=True))


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_loop_of_every_rule_on_every_surface_is_the_batch_engine(name):
    rng = np.random.default_rng(1)
    rule = RULES[name]
    for place in PLANE:
        surface, hyper = SURFACES[place], draw(rng, rule, (7, 1))
        points = starts(rng, surface, 7)
        with np.errstate(all="ignore"):
            plain, ours = (descend(rule, surface, points, 5, compiled=c, **hyper) for c in (False, True))
        assert ulps(ours, plain, axis=0) <= ULPS


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "place"), [(n, PLANE[k % len(PLANE)]) for k, n in enumerate(ELEMENTWISE)])
def test_compiled_runs_are_the_batch_engines_to_a_few_ulps(name, place, dtype):
    rng = np.random.default_rng(2)
    rule, surface = RULES[name], SURFACES[place]
    points, hyper = starts(rng, surface, 150).astype(dtype), draw(rng, rule, (150, 1))
    plain, ours = (descend(rule, surface, points, 3, compiled=c, **hyper) for c in (False, True))
    assert ours.dtype == plain.dtype == dtype and ours.shape == plain.shape
    assert ulps(ours, plain, axis=0) <= AMPLIFIED


@pytest.mark.parametrize("place", ["quadratic", "rosenbrock", "himmelblau"])
def test_runs_without_powers_are_the_batch_engines_bit_for_bit(place):
    rng = np.random.default_rng(3)
    surface = SURFACES[place]
    points, hyper = starts(rng, surface, 200), draw(rng, RULES["momentum"], (200, 1))
    for keep in ("path", "last"):
        plain, ours = (descend("momentum", surface, points, 200, keep=keep, compiled=c, **hyper) for c in (False, True))
        assert np.array_equal(ours, plain, equal_nan=True)


@pytest.mark.parametrize("keep", ["path", "last"])
@pytest.mark.parametrize("start", [(), (3,), (2, 3)], ids=str)
def test_shapes_are_those_of_the_batch_engine(start, keep):
    points = np.broadcast_to(ravine.start, (*start, 2)).copy()
    for steps in (0, 7):
        plain, ours = (
            descend("adam", ravine, points, steps, keep=keep, compiled=c, learning_rate=0.01) for c in (False, True)
        )
        assert ours.shape == plain.shape
        np.testing.assert_allclose(ours, plain, rtol=1e-13)


def test_schedules_by_step_and_by_run():
    points = np.tile(ravine.start, (3, 1))
    rates = np.array([[0.001], [0.002], [0.003]])
    hyper = {"learning_rate": lambda k: rates / (1 + k), "beta_1": lambda k: 0.9 - 0.1 / (1 + k)}
    plain, ours = (descend("adam", ravine, points, 50, compiled=c, **hyper) for c in (False, True))
    np.testing.assert_allclose(ours, plain, rtol=1e-12)


def test_long_runs_go_in_pieces(monkeypatch):
    whole = descend("adam", rosenbrock, rosenbrock.start, 100, compiled=True)
    monkeypatch.setattr(fused, "CONSTANTS", 7)
    np.testing.assert_allclose(descend("adam", rosenbrock, rosenbrock.start, 100, compiled=True), whole, rtol=1e-12)


def test_threads_share_the_runs_and_the_elements(monkeypatch):
    points, rates = np.tile(ravine.start, (1001, 1)), np.linspace(0.001, 0.01, 1001)[:, None]
    theta = np.random.default_rng(0).normal(size=10_001)

    def run():
        path = descend("momentum", ravine, points, 20, compiled=True, learning_rate=rates)
        stepper = Stepper("momentum", theta.copy(), compiled=True)
        stepper.step(theta)
        return path, stepper.theta

    alone = run()
    seen = set()
    monkeypatch.setattr(fused, "THREADED", 1)
    monkeypatch.setattr(fused, "_threads", lambda: seen.add(threading.current_thread()) or 3)
    together = run()
    assert seen and all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_a_readers_gradient_gets_compiled_steps_and_points_that_stay():
    seen = []

    def grad(theta):
        seen.append(theta)
        return theta * [1.0, 10.0, 100.0]

    points, rates = np.ones((4, 3)), np.array([[0.001], [0.002], [0.003], [0.004]])
    for rule in ("nesterov", "adam"):
        seen.clear()
        ours = descend(rule, grad, points, 30, compiled=True, learning_rate=rates)
        if rule == "adam":
            assert all(np.array_equal(a, b) for a, b in zip(seen, ours, strict=False))
        plain = descend(rule, grad, points, 30, compiled=False, learning_rate=rates)
        np.testing.assert_allclose(ours, plain, rtol=1e-12)


def test_a_landscape_and_a_changed_gradient_run_with_compiled_steps():
    hyper = {"learning_rate": np.array([[0.0001], [0.0002]]), "momentum": np.array([[0.5], [0.9]])}
    for surface in (extended_rosenbrock(5), spectral_quadratic([1.0, 3.0, 10.0]), ravine):
        points = np.tile(surface.start, (2, 1))
        plain, ours = (
            descend("momentum", surface, points, 40, compiled=c, before=lambda g: g / 2, **hyper) for c in (False, True)
        )
        assert np.array_equal(ours, plain)


def test_a_gradient_of_each_coordinate_alone_runs_whole():
    rng = np.random.default_rng(4)
    valley = spectral_quadratic(np.logspace(0, 2, 7))
    for name in ("gradient_descent", "nesterov"):
        points, hyper = rng.normal(size=(2, 30, 7)), draw(rng, RULES[name], (30, 1))
        for keep in ("path", "last"):
            plain, ours = (descend(name, valley, points, 50, keep=keep, compiled=c, **hyper) for c in (False, True))
            assert np.array_equal(ours, plain, equal_nan=True)
    hyper = {"learning_rate": lambda k: np.full((30, 1), 0.01 / (1 + k))}
    plain, ours = (descend("adam", valley, points, 20, compiled=c, **hyper) for c in (False, True))
    np.testing.assert_allclose(ours, plain, rtol=1e-12)


@pytest.mark.parametrize("said", ["0", "1", "auto", None])
def test_who_decides(monkeypatch, said):
    if said is not None:
        monkeypatch.setenv("COURSE_COMPILED", said)
    assert fused.wanted(True, 0) and not fused.wanted(False, np.inf)
    assert fused.wanted(None, 10) == (said == "1")
    assert fused.wanted(None, fused.PAYS) == (said != "0")


def test_a_switch_that_means_nothing_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_COMPILED", "yes")
    with pytest.raises(ValueError, match="COURSE_COMPILED must be 0, 1 or auto, got 'yes'"):
        descend("adam", ravine, ravine.start, 3)


def test_a_stepper_turns_to_its_kernel_once_that_pays(monkeypatch):
    monkeypatch.setattr(fused, "PAYS", 3 * (10 + fused.SMALL_STEP))
    stepper = Stepper("momentum", np.ones(10))
    seen = []
    for _ in range(4):
        stepper.step(np.ones(10))
        seen.append(stepper._kernel is not None)
    assert seen == [False, False, True, True]


@update_rule("v")
def awkward(theta, g, v, t, *, learning_rate=0.1, c__0=0.5, steps=2.0):
    """Names that the printed loop uses too, a constant assigned twice, and a choice."""
    i = c__0 * steps
    w = i * g
    i = i + 1 / 2
    v = np.where(g > 0, i * w, np.where(t > 1, 1, -steps)) + np.where(v < 0, 0, 2 * np.pi) + (1 + v**2) ** 3
    theta = theta - learning_rate * v / (1 + np.abs(v)) ** c__0
    return theta, v


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_readers_rule_with_names_of_the_loop(dtype):
    rng = np.random.default_rng(5)
    theta = rng.normal(size=50).astype(dtype)
    plain, ours = (Stepper(awkward, theta.copy(), compiled=c) for c in (False, True))
    for _ in range(3):
        g = rng.normal(size=50).astype(dtype)
        plain.step(g)
        ours.step(g)
        np.testing.assert_allclose(ours.theta, plain.theta, rtol=50 * np.finfo(dtype).eps)
    plain, ours = (descend(awkward, ackley, [[1.0, 2.0]], 3, compiled=c) for c in (False, True))
    np.testing.assert_allclose(ours, plain, rtol=1e-12)


def test_what_is_no_element_is_computed_before_the_loop():
    text = step_kernel(RULES["adam"], "float32").text
    assert "**t" not in text and "beta" not in text and "1 -" not in text
    kernel, ahead, slope = run_kernel(RULES["nesterov"], quadratic.gradient_function, {"momentum": {"run"}})
    assert kernel.kinds == ({"run"}, frozenset()) and ahead.kinds == ({"run"},) and slope.kinds == (frozenset(),)


@update_rule()
def branching(theta, g, t, *, learning_rate=0.1):
    """Not in the grammar."""
    if t > 1:
        theta = theta - learning_rate * g
    return (theta,)


def test_what_cannot_be_compiled_says_why_when_asked_and_runs_plain_when_not(monkeypatch):
    for rule, words in ((branching, "cannot translate 'if t > 1:'"), (RULES["muon"], "works on whole matrices")):
        with pytest.raises(fused.CompileError, match=words):
            Stepper(rule, np.ones((2, 2)) if rule.name == "muon" else np.ones(2), compiled=True)
    with pytest.raises(fused.CompileError, match="learning_rate differs from coordinate to coordinate"):
        descend("momentum", ravine, [[1.0, 2.0]], 3, compiled=True, learning_rate=[0.1, 0.2])
    with pytest.raises(fused.CompileError, match="only float32 and float64 are compiled, not float16"):
        Stepper("momentum", np.ones(2, np.float16), compiled=True)
    monkeypatch.setenv("COURSE_COMPILED", "1")
    assert np.isfinite(descend("momentum", ravine, [[1.0, 2.0]], 3, learning_rate=[0.01, 0.02])).all()
    stepper = Stepper(branching, np.ones(2))
    stepper.step(np.ones(2))
    stepper.step(np.ones(2))
    np.testing.assert_array_equal(stepper.theta, [0.9, 0.9])


def test_without_numba_all_runs_plain(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    fused.step_kernel.cache_clear()
    fused._run_kernel.cache_clear()
    fused.path_loop.cache_clear()
    monkeypatch.setenv("COURSE_COMPILED", "1")
    assert descend("adam", ravine, ravine.start, 3).shape == (4, 2)
    Stepper("adam", np.ones(3)).step(np.ones(3))
    for call in (
        lambda: descend("adam", ravine, ravine.start, 3, compiled=True),
        lambda: Stepper("adam", np.ones(3), compiled=True),
    ):
        with pytest.raises(fused.CompileError, match=r"numba is missing.*pip install 'course-lib\[compiled\]'"):
            call()


def test_where_nothing_can_be_kept_it_compiles_afresh(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "folder"))
    fused.step_kernel.cache_clear()
    stepper = Stepper("gradient_descent", np.ones(3), compiled=True, learning_rate=0.5)
    stepper.step(np.ones(3))
    np.testing.assert_array_equal(stepper.theta, [0.5, 0.5, 0.5])


def test_a_second_process_loads_what_the_first_compiled(tmp_path):
    program = (
        "import numpy as np, course_lib, time; s = course_lib.Stepper('momentum', np.ones(3), compiled=True);"
        "s.step(np.ones(3)); (d,) = s._kernel.call.stats.cache_hits.values() or (0,); print(d, s.theta[0])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"COURSE_CACHE": str(tmp_path)},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        for _ in "ab"
    ]
    assert [done.stdout.split() for done in said] == [["0", "0.99"], ["1", "0.99"]], said[1].stderr


@pytest.mark.parametrize("compiled", [False, True])
def test_a_copy_of_a_stepper_steps_alone(compiled):
    stepper = Stepper("momentum", np.ones(3), compiled=compiled)
    stepper.step(np.ones(3))
    twin = copy.deepcopy(stepper)
    kept = stepper.theta.copy()
    twin.step(np.ones(3))
    assert np.array_equal(stepper.theta, kept)
    stepper.step(np.ones(3))
    assert np.array_equal(stepper.theta, twin.theta)
    assert np.array_equal(stepper.state, twin.state)
