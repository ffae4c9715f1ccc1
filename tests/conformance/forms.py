"""Which rule of the library is which form: paper by paper, peer by peer, and what has to be said to make it so.

A peer's call is text. The recorder evaluates it, the page prints it: what is printed is what ran.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from course_lib import RULES, Stepper
from course_lib import initialization as init
from course_lib import learning_rate as rates
from course_lib.rule import FloatArray
from tests.conformance import papers

HERE = Path(__file__).parent
PEERS = {"Keras": HERE / "keras.json", "PyTorch": HERE / "pytorch.json"}

RATE, STEPS = 0.05, 20
KEPT = [0, 1, 2, 4, 9, 10, 11, 19]
"""The steps whose points are stored, from 0."""
SCALES = (1.0, 1e-6)
SCHEDULES = {
    "constant": rates.constant(learning_rate=RATE),
    "scheduled": rates.step_decay(initial_learning_rate=RATE, decay_steps=10, decay_rate=0.1),
}
"""The rate stays, or falls to a tenth half way."""


@dataclass(frozen=True)
class Form:
    """A way to write an optimizer, and the rule of the library that it is.

    Parameters
    ----------
    text : str
        A peer's call, ``{rate}`` where the rate stands or ``{a tenth}`` of it; or where the paper says it.
    rule : str
        The rule; empty where none is the same.
    hyper : mapping
        Hyperparameters and schedules of hyperparameters under which the rule is this form.
    note : str
        What hyper does, in words.
    formula : str
        Name of the function in ``papers.py``, for a paper.
    epsilon : str
        Where epsilon stands, if the rule's own text does not say.
    tolerance : float
        How far apart the two may come, in shares of the longest way.
    dtype : str
        Of the peer's parameters.
    """

    text: str
    rule: str
    hyper: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    formula: str = ""
    epsilon: str = ""
    tolerance: float = 1e-9
    dtype: str = "float64"


@dataclass(frozen=True)
class Optimizer:
    """One optimizer: its paper, Keras, PyTorch; None where there is none."""

    paper: Form
    keras: Form | None = None
    torch: Form | None = None
    start: tuple[float, ...] = (0.0, 0.0, 0.0)
    remark: str = ""


# In float64 too Keras rounds its constants to float32: 6e-8 of the rate, but 1e-5 of 1 - beta_2 = 0.001
KERAS, KERAS_MOMENTS = {"tolerance": 2e-7}, {"tolerance": 2e-5}
AWAY = (1.0, -2.0, 0.5)
"""A start at which weight decay has something to do."""


def epsilon_of_keras(step: int) -> float:
    """Epsilon beside the uncorrected root, as one beside the corrected root."""
    return 1e-7 / (1 - 0.999 ** (step + 1)) ** 0.5


BESIDE_RAW = {
    "note": "with $\\epsilon_t = \\epsilon / \\sqrt{1 - \\beta_2^t}$",
    "epsilon": "`sqrt(v) + epsilon`, before the correction",
}
NO_EPSILON = {"epsilon": 0.0}

OPTIMIZERS: dict[str, Optimizer] = {
    "Gradient descent": Optimizer(
        Form("Cauchy (1847)", "gradient_descent", formula="gradient_descent"),
        Form("SGD({rate})", "gradient_descent", **KERAS),
        Form("SGD([theta], {rate})", "gradient_descent"),
    ),
    "Momentum": Optimizer(
        Form("Polyak (1964), eq. (9)", "momentum", formula="heavy_ball"),
        Form("SGD({rate}, momentum=0.9)", "momentum", **KERAS),
        Form("SGD([theta], {rate}, momentum=0.9)", "momentum_pytorch"),
    ),
    "Momentum as an average": Optimizer(
        Form(
            "Kingma and Ba (2015), Algorithm 1, first moment",
            "momentum_averaged_gradient",
            formula="averaged_gradient",
        ),
        Form("SGD({a tenth}, momentum=0.9)", "momentum", {"learning_rate": 0.1}, "at a tenth of the rate", **KERAS),
        Form(
            "SGD([theta], {rate}, momentum=0.9, dampening=0.9)",
            "momentum_pytorch",
            {"dampening": lambda k: 0.9 if k else 0.0},
            "with the first gradient undamped",
        ),
        remark="What PyTorch calls dampening spares the first gradient, which then weighs ten times what it should and "
        "is long in fading.",
    ),
    "Momentum as an averaged step": Optimizer(
        Form("the same with the sign turned", "momentum_averaged_step", formula="averaged_gradient"),
        Form("SGD({a tenth}, momentum=0.9)", "momentum", {"learning_rate": 0.1}, "at a tenth of the rate", **KERAS),
        Form("SGD([theta], {a tenth}, momentum=0.9)", "momentum_averaged_step"),
        remark="A tenth of the rate makes a sum an average. Keras's rate is inside the velocity, so after a change of the "
        "rate the old steps go on as long as they were; outside, as in the paper and in PyTorch, they shrink with it.",
    ),
    "Nesterov's momentum": Optimizer(
        Form("Nesterov (1983)", "nesterov", formula="nesterov", note="seen at its look-ahead points"),
        Form("SGD({rate}, momentum=0.9, nesterov=True)", "nesterov_framework", **KERAS),
        Form("SGD([theta], {rate}, momentum=0.9, nesterov=True)", "nesterov_pytorch"),
        remark="The points compared are the look-ahead points: they are what both frameworks store as parameters.",
    ),
    "AdaGrad": Optimizer(
        Form("Duchi et al. (2011), Figure 1", "adagrad", formula="adagrad"),
        Form("Adagrad({rate}, initial_accumulator_value=0.1, epsilon=1e-7)", "adagrad_keras", **KERAS),
        Form("Adagrad([theta], {rate}, initial_accumulator_value=0, eps=1e-7)", "adagrad"),
        remark="Keras's sum begins at 0.1. Gradients near $10^{-6}$ would need a hundred thousand million steps to double "
        "it: the parameters stay where they are.",
    ),
    "RMSProp": Optimizer(
        Form("Goodfellow et al. (2016), Algorithm 8.5", "rmsprop", formula="rmsprop"),
        Form("RMSprop({rate}, rho=0.9, epsilon=1e-7)", "rmsprop", **KERAS),
        Form("RMSprop([theta], {rate}, alpha=0.9, eps=1e-7)", "rmsprop_pytorch"),
        remark="Inside the root an epsilon of $10^{-7}$ outweighs every gradient below $3 \\cdot 10^{-4}$, outside it only "
        "those below $10^{-7}$. Hinton's slide, where the method comes from, has no epsilon at all.",
    ),
    "RMSProp with Nesterov's momentum": Optimizer(
        Form(
            "Goodfellow et al. (2016), Algorithm 8.6",
            "rmsprop_nesterov",
            NO_EPSILON,
            "with $\\epsilon = 0$",
            formula="rmsprop_nesterov",
        ),
    ),
    "AdaDelta": Optimizer(
        Form("Zeiler (2012), Algorithm 1", "adadelta", {"epsilon": 1e-7}, formula="adadelta"),
        Form("Adadelta({rate}, rho=0.95, epsilon=1e-7)", "adadelta", {"epsilon": 1e-7}, **KERAS),
        Form("Adadelta([theta], {rate}, rho=0.95, eps=1e-7)", "adadelta", {"epsilon": 1e-7}),
    ),
    "Adam": Optimizer(
        Form("Kingma and Ba (2015), Algorithm 1", "adam", formula="adam"),
        Form(
            "Adam({rate}, beta_1=0.9, beta_2=0.999, epsilon=1e-7)",
            "adam",
            {"epsilon": epsilon_of_keras},
            **BESIDE_RAW,
            **KERAS_MOMENTS,
        ),
        Form("Adam([theta], {rate}, betas=(0.9, 0.999), eps=1e-7)", "adam"),
    ),
    "Adam without correction": Optimizer(
        Form("Kingma and Ba (2015), section 6.4", "adam_uncorrected", formula="adam_uncorrected"),
    ),
    "Adamax": Optimizer(
        Form("Kingma and Ba (2015), Algorithm 2", "adamax", NO_EPSILON, "with $\\epsilon = 0$", formula="adamax"),
        Form("Adamax({rate}, beta_1=0.9, beta_2=0.999, epsilon=1e-7)", "adamax", **KERAS_MOMENTS),
        Form("Adamax([theta], {rate}, betas=(0.9, 0.999), eps=1e-7)", "adamax_pytorch"),
    ),
    "Nadam": Optimizer(
        Form(
            "Dozat (2016), Algorithm 2",
            "nadam",
            {"learning_rate": 0.999**-0.5, "epsilon": 1e-7 * 0.999**-0.5},
            "with $\\eta$ and $\\epsilon$ over $\\sqrt{\\beta_2}$: the paper's second moment has one $\\beta_2$ too many",
            formula="nadam",
        ),
        Form("Nadam({rate}, beta_1=0.9, beta_2=0.999, epsilon=1e-7)", "nadam_framework", **KERAS_MOMENTS),
        Form(
            "NAdam([theta], {rate}, betas=(0.9, 0.999), eps=1e-7, momentum_decay=0.004)",
            "nadam_framework",
            {"momentum_decay": 0.004},
            "with $\\psi = 0.004$",
        ),
        remark="The momentum that looks ahead is constant in the paper's form here. In Keras it has grown to nearly "
        "$\\beta_1$ after a hundred steps ($\\psi = 1$), in PyTorch after twenty-five thousand.",
    ),
    "AMSGrad": Optimizer(
        Form("Reddi et al. (2018), Algorithm 2", "amsgrad", NO_EPSILON, "with $\\epsilon = 0$", formula="amsgrad"),
        Form(
            "Adam({rate}, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=True)",
            "amsgrad_framework",
            {"epsilon": epsilon_of_keras},
            note=BESIDE_RAW["note"],
            epsilon="`sqrt(v_max) + epsilon`, before the correction",
            **KERAS_MOMENTS,
        ),
        Form("Adam([theta], {rate}, betas=(0.9, 0.999), eps=1e-7, amsgrad=True)", "amsgrad_framework"),
    ),
    "AdamW": Optimizer(
        Form(
            "Loshchilov and Hutter (2019), Algorithm 2",
            "adamw",
            {"weight_decay": 0.1},
            "with $\\lambda$ over the first rate: the paper's decay is scaled by the schedule alone",
            formula="adamw",
        ),
        Form(
            "AdamW({rate}, beta_1=0.9, beta_2=0.999, epsilon=1e-7, weight_decay=0.1)",
            "adamw",
            {"weight_decay": 0.1, "epsilon": epsilon_of_keras},
            **BESIDE_RAW,
            **KERAS_MOMENTS,
        ),
        Form("AdamW([theta], {rate}, betas=(0.9, 0.999), eps=1e-7, weight_decay=0.1)", "adamw", {"weight_decay": 0.1}),
        start=AWAY,
    ),
    "Lion": Optimizer(
        Form("Chen et al. (2023), Algorithm 2", "lion", {"weight_decay": 0.1}, formula="lion"),
        Form("Lion({rate}, beta_1=0.9, beta_2=0.99, weight_decay=0.1)", "lion", {"weight_decay": 0.1}, **KERAS),
        None,
        start=AWAY,
    ),
    "Delta-bar-delta": Optimizer(
        Form(
            "Jacobs (1988)",
            "delta_bar_delta",
            note="with $\\kappa$ over the first rate",
            formula="delta_bar_delta",
        ),
    ),
    "Muon": Optimizer(
        Form(
            "Jordan et al. (2024), Liu et al. (2025)",
            "muon",
            {"weight_decay": 0.1},
            formula="muon",
            epsilon="norm + 1e-7",
        ),
        Form(
            "Muon({rate}, momentum=0.95, rms_rate=0.2, weight_decay=0.1)",
            "muon",
            {"weight_decay": 0.1},
            epsilon="norm + 1e-7",
            dtype="float32",  # on TensorFlow its Muon takes no schedule for float64 parameters
            **KERAS_MOMENTS,
        ),
        Form(
            "Muon([theta], {rate}, momentum=0.95, weight_decay=0.1, adjust_lr_fn='match_rms_adamw')",
            "muon",
            {"weight_decay": 0.1},
            "but for rounding: PyTorch orthogonalizes in bfloat16, eight bits, whatever the parameters are",
            epsilon="norm, at least 1e-7",
            tolerance=0.05,
        ),
        remark="Left to its own default, PyTorch sizes the step by $\\sqrt{\\max(1, n/k)}$, as the method first did.",
        start=(1.0, -2.0, 0.5, 0.3, -0.7, 0.2),
    ),
}
"""What is compared; a rule of the library that stands nowhere here is named on the page as not compared."""

NOT_SCHEDULED = {"Delta-bar-delta"}
"""Its paper's rates are its state: there is nothing to schedule."""

MATRIX = (3, 2)


def gradients(name: str, scale: float) -> FloatArray:
    """Return the gradients of one optimizer's run, of shape (steps, coordinates): fixed beforehand, the same for all."""
    size = len(OPTIMIZERS[name].start)
    return scale * np.random.default_rng(11).normal(size=(STEPS, size)).round(3)


def shaped(name: str, values: Any) -> FloatArray:
    """Give a matrix method its matrix; leave vectors alone."""
    return np.asarray(values, float).reshape(MATRIX if name == "Muon" else -1)


def ours(name: str, form: Form, scale: float, rate: str) -> FloatArray:
    """Return the path of the library's rule under the form's translation, of shape (steps, coordinates)."""
    factor = form.hyper.get("learning_rate", 1.0)
    hyper = {**form.hyper, "learning_rate": lambda k: factor * float(SCHEDULES[rate](k))}
    stepper = Stepper(form.rule, shaped(name, OPTIMIZERS[name].start).copy(), compiled=False, **hyper)
    path = []
    for g in gradients(name, scale):
        stepper.step(shaped(name, g))
        path.append(np.ravel(stepper.where()).copy())
    return np.array(path)


def on_paper(name: str, scale: float, rate: str) -> FloatArray:
    """Return the path of the paper's formula, of shape (steps, coordinates)."""
    entry, schedule = OPTIMIZERS[name], SCHEDULES[rate]
    formula: Callable[..., Any] = getattr(papers, entry.paper.formula)
    g = gradients(name, scale)
    if not RULES[entry.paper.rule].elementwise:
        matrices = [shaped(name, one).tolist() for one in g]
        return np.array(formula(matrices, shaped(name, entry.start).tolist(), schedule)).reshape(STEPS, -1)
    return np.transpose([formula(g[:, i].tolist(), x, schedule) for i, x in enumerate(entry.start)])


def apart(path: FloatArray, other: FloatArray, start: Any) -> float:
    """Return how far apart two paths come, in shares of the longest way that the second has gone."""
    return float(np.abs(path - other).max() / np.abs(other - np.asarray(start)).max())


@dataclass(frozen=True)
class Rates:
    """A schedule of the course, its paper and how the peers spell it; empty where they have none.

    ``formula`` names the function in ``papers.py``, ``holds`` is the number of steps for which PyTorch's is the same,
    ``note`` what happens later.
    """

    ours: rates.Schedule
    keras: str = ""
    torch: str = ""
    paper: str = ""
    formula: str = ""
    holds: int = STEPS
    note: str = ""


CYCLE = {"initial_learning_rate": 0.01, "maximal_learning_rate": 0.1, "step_size": 4}
SMITH = {"paper": "Smith (2017), section 3.1"}
TORCH_CYCLE = "CyclicLR(optimizer, 0.01, 0.1, 4, cycle_momentum=False, mode="

RATES: dict[str, Rates] = {
    "Constant": Rates(rates.constant(learning_rate=0.1), "", "ConstantLR(optimizer, 1.0)"),
    "Exponential": Rates(
        rates.exponential_decay(initial_learning_rate=0.1, decay_steps=1, decay_rate=0.8),
        "ExponentialDecay(0.1, 1, 0.8)",
        "ExponentialLR(optimizer, 0.8)",
        paper="Senior et al. (2013)",
        formula="exponential",
    ),
    "Steps": Rates(
        rates.step_decay(initial_learning_rate=0.1, decay_steps=6, decay_rate=0.5),
        "ExponentialDecay(0.1, 6, 0.5, staircase=True)",
        "StepLR(optimizer, 6, 0.5)",
        paper="He et al. (2016), section 3.4",
        formula="steps",
    ),
    "One over the step": Rates(
        rates.inverse_time_decay(initial_learning_rate=0.1, decay_steps=5, decay_rate=0.5),
        "InverseTimeDecay(0.1, 5, 0.5)",
        "LambdaLR(optimizer, lambda k: 1 / (1 + 0.5 * k / 5))",
        paper="Darken and Moody (1990)",
        formula="search_then_converge",
    ),
    "Linear": Rates(
        rates.linear_decay(initial_learning_rate=0.1, decay_steps=12, end_learning_rate=0.001),
        "PolynomialDecay(0.1, 12, 0.001)",
        "LinearLR(optimizer, 1.0, 0.01, 12)",
        paper="Goodfellow et al. (2016), eq. (8.14)",
        formula="linear_decay",
    ),
    "Cosine": Rates(
        rates.cosine_decay(initial_learning_rate=0.1, decay_steps=12, alpha=0.1),
        "CosineDecay(0.1, 12, alpha=0.1)",
        "CosineAnnealingLR(optimizer, 12, eta_min=0.01)",
        holds=13,
        note="it climbs again where Keras stays on the floor",
        paper="Loshchilov and Hutter (2017), eq. (5)",
        formula="cosine",
    ),
    "Cosine with warm-up": Rates(
        rates.warm_up(
            rates.cosine_decay(initial_learning_rate=0.1, decay_steps=14), warmup_steps=5, warmup_learning_rate=0.02
        ),
        "CosineDecay(0.02, 14, warmup_target=0.1, warmup_steps=5)",
        "SequentialLR(optimizer, [LinearLR(optimizer, 0.2, 1.0, 5), CosineAnnealingLR(optimizer, 14)], [5])",
        paper="Goyal et al. (2017), section 2.2",
        formula="warmed_up_cosine",
    ),
    "Cosine with restarts": Rates(
        rates.cosine_decay_restarts(initial_learning_rate=0.1, first_decay_steps=3, t_mul=2.0),
        "CosineDecayRestarts(0.1, 3, t_mul=2.0)",
        "CosineAnnealingWarmRestarts(optimizer, 3, T_mult=2)",
        paper="Loshchilov and Hutter (2017), eq. (5)",
        formula="warm_restarts",
    ),
    "Triangular": Rates(rates.triangular(**CYCLE), "", f"{TORCH_CYCLE}'triangular')", **SMITH, formula="cyclical"),
    "Triangular, halved": Rates(
        rates.triangular2(**CYCLE), "", f"{TORCH_CYCLE}'triangular2')", **SMITH, formula="halved_cycles"
    ),
    "Triangular, shrinking": Rates(
        rates.exp_range(**CYCLE, gamma=0.95),
        "",
        f"{TORCH_CYCLE}'exp_range', gamma=0.95)",
        **SMITH,
        formula="shrinking_cycles",
    ),
    "One cycle": Rates(
        rates.one_cycle(maximal_learning_rate=0.1, total_steps=STEPS), "", f"OneCycleLR(optimizer, 0.1, {STEPS})"
    ),
    "Warm-up, stable, decay": Rates(
        rates.warmup_stable_decay(maximal_learning_rate=0.1, warmup_steps=4, stable_steps=8, decay_steps=6),
        "",
        "LambdaLR(optimizer, lambda k: max(0, min(k / 4, 1, (18 - k) / 6)))",
        paper="Hu et al. (2024), section 4",
        formula="warmup_stable_decay",
    ),
}


@dataclass(frozen=True)
class Draw:
    """An initializer of the course, its paper and the peers' calls; w is PyTorch's tensor, shape is Keras's.

    ``formula`` names the function in ``papers.py`` that gives the variance, from the fans.
    """

    ours: Callable[..., FloatArray]
    keras: str = ""
    torch: str = ""
    paper: str = ""
    formula: str = ""


SHAPES = ((200, 300), (3, 3, 64, 100))

LECUN = {"paper": "LeCun et al. (1998), eq. (16)", "formula": "lecun"}
GLOROT = {"paper": "Glorot and Bengio (2010), eq. (12)", "formula": "glorot"}
HE = {"paper": "He et al. (2015), eq. (10)", "formula": "he"}

DRAWS: dict[str, Draw] = {
    "Zeros": Draw(init.zeros, "Zeros()(shape)", "zeros_(w)"),
    "Constant": Draw(functools.partial(init.constant, value=0.1), "Constant(0.1)(shape)", "constant_(w, 0.1)"),
    "Normal": Draw(
        functools.partial(init.normal, stddev=0.05), "RandomNormal(stddev=0.05)(shape)", "normal_(w, std=0.05)"
    ),
    "Normal, cut off": Draw(
        functools.partial(init.truncated_normal, stddev=0.05),
        "TruncatedNormal(stddev=0.05)(shape)",
        "trunc_normal_(w, std=0.05, a=-0.1, b=0.1)",
    ),
    "LeCun uniform": Draw(
        init.lecun_uniform, "LecunUniform()(shape)", "kaiming_uniform_(w, nonlinearity='linear')", **LECUN
    ),
    "LeCun normal, cut off": Draw(init.lecun_truncated, "LecunNormal()(shape)"),
    "LeCun normal": Draw(
        init.lecun_normal,
        "VarianceScaling(1.0, 'fan_in', 'untruncated_normal')(shape)",
        "kaiming_normal_(w, nonlinearity='linear')",
        **LECUN,
    ),
    "Glorot uniform": Draw(
        init.glorot_uniform,
        "GlorotUniform()(shape)",
        "xavier_uniform_(w)",
        paper="Glorot and Bengio (2010), eq. (16)",
        formula="glorot",
    ),
    "Glorot normal, cut off": Draw(init.glorot_truncated, "GlorotNormal()(shape)"),
    "Glorot normal": Draw(
        init.glorot_normal,
        "VarianceScaling(1.0, 'fan_avg', 'untruncated_normal')(shape)",
        "xavier_normal_(w)",
        **GLOROT,
    ),
    "He uniform": Draw(init.he_uniform, "HeUniform()(shape)", "kaiming_uniform_(w, nonlinearity='relu')", **HE),
    "He normal, cut off": Draw(init.he_truncated, "HeNormal()(shape)"),
    "He normal": Draw(
        init.he_normal,
        "VarianceScaling(2.0, 'fan_in', 'untruncated_normal')(shape)",
        "kaiming_normal_(w, nonlinearity='relu')",
        **HE,
    ),
    "Orthogonal": Draw(
        init.orthogonal,
        "Orthogonal()(shape)",
        "orthogonal_(w)",
        paper="Saxe et al. (2014)",
        formula="saxe",
    ),
    "Default of Dense": Draw(init.glorot_uniform, "layers.Dense(1).kernel_initializer(shape)"),
    "Default of Linear and Conv2d": Draw(
        functools.partial(init.variance_scaling, scale=1 / 3, distribution="uniform"), "", "layer(w).weight"
    ),
}

BATCHES = np.random.default_rng(5).normal((1.0, -2.0, 0.0), (2.0, 0.3, 1e-6), size=(3, 4, 3)).round(9)
"""Three batches of four examples; the third feature hardly varies, so epsilon is what it is divided by."""
GAMMA, BETA = (1.5, -0.5, 2.0), (0.1, 0.2, 0.3)
NORM_PAPERS = {
    "Batch norm": "Ioffe and Szegedy (2015), Algorithms 1 and 2",
    "Layer norm": "Ba et al. (2016), eq. (3) and (4)",
}
NORMS = {
    "Batch norm": ("BatchNormalization(momentum=0.9, epsilon=1e-3)", "BatchNorm1d(3, momentum=0.1, eps=1e-3)"),
    "Layer norm": ("LayerNormalization(epsilon=1e-3)", "LayerNorm(3, eps=1e-3)"),
}


def filled(form: Form, rate: str, tenth: str) -> str:
    """Write a rate, or a tenth of it, where a peer's call has it."""
    return form.text.replace("{rate}", rate).replace("{a tenth}", tenth)


def jobs(peer: str) -> list[dict[str, Any]]:
    """Return all that a peer shall do, as plain data."""
    keras = peer == "Keras"
    todo: list[dict[str, Any]] = []
    for name, entry in OPTIMIZERS.items():
        form = entry.keras if keras else entry.torch
        for scale, rate in [(s, r) for s in SCALES for r in SCHEDULES] if form else []:
            call, schedule = filled(form, str(RATE), str(RATE / 10)), ""
            if rate == "scheduled" and keras:
                falls = "schedules.ExponentialDecay({}, 10, 0.1, staircase=True)"
                call = filled(form, falls.format(RATE), falls.format(RATE / 10))
            elif rate == "scheduled":
                schedule = "StepLR(optimizer, 10, 0.1)"
            start = shaped(name, entry.start).tolist()
            given = [shaped(name, g).tolist() for g in gradients(name, scale)]
            todo.append({"kind": "optimizer", "name": name, "call": call, "schedule": schedule, "rate": rate})
            todo[-1] |= {"dtype": form.dtype, "scale": scale, "start": start, "gradients": given, "kept": KEPT}
    for name, entry in RATES.items():
        if call := entry.keras if keras else entry.torch:
            todo.append({"kind": "schedule", "name": name, "call": call, "steps": STEPS, "first": 0.1})
    for name, entry in DRAWS.items():
        if call := entry.keras if keras else entry.torch:
            todo += [{"kind": "initializer", "name": name, "call": call, "shape": shape} for shape in SHAPES]
    for name, calls in NORMS.items():
        todo.append({"kind": "norm", "name": name, "call": calls[0 if keras else 1]})
        todo[-1] |= {"batches": BATCHES.tolist(), "gamma": GAMMA, "beta": BETA}
    return todo


def stored(peer: str) -> dict[str, Any]:
    """Return the stored file of a peer."""
    return json.loads(PEERS[peer].read_text(encoding="utf-8"))
