"""Experiments that the learner steers with widgets, in Jupyter and in Colab; on a page that has no kernel, their picture."""

from __future__ import annotations

import base64
import html
import io
import math
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

Experiment = Callable[..., tuple[Any, str]]


class Control(NamedTuple):
    """A slider.

    Parameters
    ----------
    low, high : float
        Ends of the range.
    value : float
        Where it stands at first.
    log : bool
        Whether equal ways of the slider are equal factors.
    """

    low: float
    high: float
    value: float
    log: bool = False


class Steered:
    """An experiment with sliders, made by `steer`.

    Parameters
    ----------
    experiment : callable
        ``f(**values) -> (figure, words)``.
    controls : dict of str to Control
        One slider a hyperparameter.
    """

    def __init__(self, experiment: Experiment, controls: dict[str, Control]):
        self.experiment = experiment
        self.controls = controls
        self.png, self.words = self._run({name: control.value for name, control in controls.items()})

    def _run(self, values: dict[str, float]) -> tuple[bytes, str]:
        figure, words = self.experiment(**values)
        stream = io.BytesIO()
        figure.savefig(stream, format="png")
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close(figure)
        return stream.getvalue(), words

    def widget(self) -> Any:
        """Make the sliders, the picture and the words as one widget.

        The picture is one image whose bytes are replaced, so nothing flickers; only what ipywidgets 7.7 and 8 share
        is used.

        Returns
        -------
        ipywidgets.VBox
            The widget.
        """
        import ipywidgets

        style = {"description_width": "9em"}
        wide = ipywidgets.Layout(width="32em", max_width="100%")
        sliders = {name: _slider(ipywidgets, name, control, style, wide) for name, control in self.controls.items()}
        image = ipywidgets.Image(value=self.png, format="png", layout=ipywidgets.Layout(max_width="100%"))
        says = ipywidgets.HTML(html.escape(self.words))
        reset = ipywidgets.Button(description="Reset")

        def changed(_: Any = None) -> None:
            says.value = "<em>running …</em>"
            try:
                picture, words = self._run({name: slider.value for name, slider in sliders.items()})
            except Exception as error:
                says.value = f"<strong>{html.escape(f'{type(error).__name__}: {error}')}</strong>"
                return
            image.value = picture
            says.value = html.escape(words)

        def back(_: Any) -> None:
            for name, control in self.controls.items():
                sliders[name].value = control.value

        for slider in sliders.values():
            slider.observe(changed, names="value")
        reset.on_click(back)
        return ipywidgets.VBox([*sliders.values(), reset, image, says])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        source = base64.b64encode(self.png).decode("ascii")
        note = (
            "The sliders of this experiment come alive in Jupyter and in Colab, where a kernel can train the network."
        )
        page = (
            f'<figure class="course-steered"><img class="course-picture" alt="{html.escape(self.words)}" '
            f'src="data:image/png;base64,{source}" style="max-width: 100%">'
            f"<figcaption>{html.escape(self.words)} <em>{note}</em></figcaption></figure>"
        )
        bundle: dict[str, Any] = {"text/html": page, "text/plain": self.words}
        if os.environ.get("COURSE_SITE") != "1":
            view = {"version_major": 2, "version_minor": 0, "model_id": self.widget().model_id}
            bundle["application/vnd.jupyter.widget-view+json"] = view
        return bundle

    def __repr__(self) -> str:
        """Say what the first run gave."""
        return self.words


def steer(experiment: Experiment, **controls: tuple[float, ...] | Control) -> Steered:
    """Put sliders before an experiment.

    Parameters
    ----------
    experiment : callable
        ``f(**values) -> (figure, words)``: a matplotlib figure and a sentence that says what is to be seen. It is run
        once at the first values, then at each move of a slider.
    **controls : Control or (low, high, value)
        The range and first value of every argument.

    Returns
    -------
    Steered
        A widget in a live notebook, a picture elsewhere.

    Raises
    ------
    ValueError
        If there is no control, or the first value is outside its range.

    Examples
    --------
    >>> steer(train_it, learning_rate=Control(1e-3, 3.0, 0.05, log=True), momentum=(0.0, 0.99, 0.9))  # doctest: +SKIP
    """
    if not controls:
        raise ValueError("steer needs at least one control, such as momentum=(0.0, 0.99, 0.9)")
    checked = {name: Control(*control) for name, control in controls.items()}
    for name, control in checked.items():
        if not control.low <= control.value <= control.high or (control.log and control.low <= 0):
            raise ValueError(
                f"{name}: expected low <= value <= high (and low > 0 on a log scale), got {tuple(control)}"
            )
    return Steered(experiment, checked)


def _slider(ipywidgets: Any, name: str, control: Control, style: Any, layout: Any) -> Any:
    common = {"description": name.replace("_", " "), "continuous_update": False, "style": style, "layout": layout}
    if control.log:
        low, high = math.log10(control.low), math.log10(control.high)
        return ipywidgets.FloatLogSlider(
            value=control.value, min=low, max=high, step=(high - low) / 60, readout_format=".2g", **common
        )
    return ipywidgets.FloatSlider(
        value=control.value,
        min=control.low,
        max=control.high,
        step=(control.high - control.low) / 100,
        readout_format=".3g",
        **common,
    )
