"""A steered experiment: sliders where there is a kernel, the picture where there is none."""

import matplotlib
import pytest
from matplotlib.figure import Figure

from course_lib.steer import Control, steer

matplotlib.use("agg")


def experiment(learning_rate, momentum):
    if learning_rate > 1:
        raise ValueError("too large a rate")
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, learning_rate], [0, momentum])
    return figure, f"rate {learning_rate:.2g}, momentum {momentum:.2g}"


@pytest.fixture
def steered():
    return steer(experiment, learning_rate=Control(1e-3, 10.0, 0.1, log=True), momentum=(0.0, 0.99, 0.9))


def test_sliders_change_picture_and_words(steered):
    *sliders, reset, image, says = steered.widget().children
    first = bytes(image.value)
    assert [s.description for s in sliders] == ["learning rate", "momentum"]
    assert first.startswith(b"\x89PNG") and says.value == "rate 0.1, momentum 0.9"
    sliders[1].value = 0.5
    assert bytes(image.value) != first and says.value == "rate 0.1, momentum 0.5"
    reset.click()
    assert bytes(image.value) == first and says.value == "rate 0.1, momentum 0.9"


def test_an_error_is_shown_and_the_picture_stays(steered):
    *sliders, _, image, says = steered.widget().children
    first = bytes(image.value)
    sliders[0].value = 9.0
    assert "ValueError: too large a rate" in says.value
    assert bytes(image.value) == first


def test_on_the_site_stands_the_picture_and_where_it_comes_alive(steered, monkeypatch):
    monkeypatch.setenv("COURSE_SITE", "1")
    bundle = steered._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" not in bundle
    assert 'alt="rate 0.1, momentum 0.9"' in bundle["text/html"]
    assert "come alive in Jupyter and in Colab" in bundle["text/html"]
    monkeypatch.delenv("COURSE_SITE")
    assert steered._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]["model_id"]


def test_refused_by_name():
    with pytest.raises(ValueError, match="at least one control"):
        steer(experiment)
    with pytest.raises(ValueError, match=r"momentum: expected low <= value <= high .* got \(0.0, 0.5, 0.9, False\)"):
        steer(experiment, learning_rate=(0, 1, 0.5), momentum=(0.0, 0.5, 0.9))
    with pytest.raises(ValueError, match="learning_rate: expected"):
        steer(experiment, learning_rate=Control(0.0, 1.0, 0.5, log=True))
