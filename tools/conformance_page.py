"""The tables of the conformance page, in Markdown, from the stored traces and the rules' own source.

Where epsilon stands, what is corrected, where the rate acts and where the state begins is read off the source of the
rule that the tests have found to walk that path: nothing of it is typed here.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from course_lib import RULES
from course_lib.initialization import fans as count
from tests.conformance import forms, papers
from tests.conformance.forms import Form

SAME = 1e-4  # of the way: Keras rounds its constants to float32, which is a tenth of that
NOTHING = {"none", "nothing", "no state"}
RUNS = {
    ("constant", 1.0): "gradients near 1",
    ("constant", 1e-6): "gradients near $10^{-6}$",
    ("scheduled", 1.0): "near 1, the rate falls",
}


def statements(rule: str) -> list[ast.Assign]:
    """Return the assignments of a rule."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(RULES[rule].function)))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]


def where_epsilon_stands(form: Form) -> str:
    """Quote what epsilon is added to, with the root or the maximum around it."""
    if form.epsilon:
        return form.epsilon
    if form.hyper.get("epsilon") == 0:
        return "none"
    sums = []
    for line in statements(form.rule):
        around = {id(a): call for call in ast.walk(line) if isinstance(call, ast.Call) for a in call.args}
        for node in ast.walk(line):
            if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Name) and node.right.id == "epsilon":
                sums.append(f"`{ast.unparse(around.get(id(node), node)).replace('np.', '')}`")
    return ", ".join(sums) or "none"


def what_is_corrected(form: Form) -> str:
    """Name the averages whose start is corrected."""
    names = [line.targets[0].id for line in statements(form.rule) if isinstance(line.targets[0], ast.Name)]
    return ", ".join(f"`{name.removesuffix('_hat')}`" for name in names if name.endswith("_hat")) or "nothing"


def where_the_rate_acts(form: Form) -> str:
    """Say whether the rate multiplies the whole step or what enters the state."""
    lines = [ast.unparse(line) for line in statements(form.rule)]
    inside = any("learning_rate" in line for line in lines if not line.startswith("theta ="))
    return "on what enters the velocity" if inside else "on the whole step"


def where_the_state_begins(form: Form) -> str:
    """Give the first value of every state array."""
    return ", ".join(f"`{name}` = {value:g}" for name, value in RULES[form.rule].state.items()) or "no state"


def rule_here(form: Form) -> str:
    """Link the rule and say the translation."""
    return f"{{py:func}}`~{RULES[form.rule].function.__module__}.{form.rule}` {form.note}".strip()


def trace(peer: str, name: str, **wanted: Any) -> dict[str, Any]:
    """Return a stored trace."""
    return next(
        t for t in forms.stored(peer)["traces"] if t["name"] == name and all(t.get(k) == v for k, v in wanted.items())
    )


def distance(peer: str, name: str, rate: str, scale: float) -> float:
    """Return how far a peer comes from the paper."""
    theirs = np.array(trace(peer, name, rate=rate, scale=scale)["path"])
    return forms.apart(theirs, forms.on_paper(name, scale, rate)[forms.KEPT], forms.OPTIMIZERS[name].start)


def words(share: float) -> str:
    """Say a distance as a reader would."""
    if share < SAME:
        return "same path"
    if share > 10:
        return f"{share:.0f} times"
    return f"{100 * share:.0f} %" if share > 0.1 else f"{100 * share:.2g} %"


def defaults(peer: str, name: str) -> str:
    """List what the class takes where nothing is said."""
    given = trace(peer, name)["defaults"]
    return ", ".join(f"`{key}={value}`" for key, value in given.items())


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") or "–" for cell in line) + " |" for line in lines)


def columns(name: str) -> dict[str, Form]:
    """Return paper and peers of an optimizer."""
    entry = forms.OPTIMIZERS[name]
    return {
        key: form for key, form in (("Paper", entry.paper), ("Keras", entry.keras), ("PyTorch", entry.torch)) if form
    }


def optimizer(name: str) -> str:
    """Return the table of one optimizer."""
    sides = columns(name)
    peers = [side for side in sides if side != "Paper"]
    facts = {
        "the rule here": rule_here,
        "epsilon": where_epsilon_stands,
        "corrected": what_is_corrected,
        "the rate acts": where_the_rate_acts,
        "starts at": where_the_state_begins,
    }
    written = [f.text if side == "Paper" else f"`{forms.filled(f, 'rate', 'rate / 10')}`" for side, f in sides.items()]
    rows = [["written", *written], *([label, *map(fact, sides.values())] for label, fact in facts.items())]
    rows = [row for row in rows if not set(row[1:]) <= NOTHING]
    rows.append(["defaults", "", *(defaults(peer, name) for peer in peers)])
    for (rate, scale), label in RUNS.items():
        rows.append([label, "", *(words(distance(peer, name, rate, scale)) for peer in peers)])
    return "\n\n".join(filter(None, [forms.OPTIMIZERS[name].remark, table(["what", *sides], rows)]))


def optimizers() -> Iterator[tuple[str, str]]:
    """Yield a title and a text for every optimizer that a peer has, and one for the others."""
    alone = []
    for name in forms.OPTIMIZERS:
        if len(columns(name)) > 1:
            yield name, optimizer(name)
        else:
            paper = forms.OPTIMIZERS[name].paper
            alone.append(f"- {rule_here(paper)}: {paper.text}")
    yield (
        "Only on paper",
        "Neither framework has these; the rules are tested against the papers.\n\n" + "\n".join(alone),
    )


def overview() -> str:
    """Count who walks the paper's path, and name who strays farthest."""
    said = []
    for (rate, scale), label in RUNS.items():
        far = {
            (peer, name): distance(peer, name, rate, scale)
            for name in forms.OPTIMIZERS
            for peer in columns(name)
            if peer != "Paper"
        }
        peer, name = max(far, key=far.__getitem__)
        same = sum(share < SAME for share in far.values())
        said.append([label, f"{same} of {len(far)}", f"{name} in {peer}, {words(far[peer, name])}"])
    made = " and ".join(
        f"{peer} {forms.stored(peer)['version']} ({forms.stored(peer)['date']})" for peer in forms.PEERS
    )
    return f"Recorded from {made}.\n\n" + table(["run", "on the paper's path", "farthest from it"], said)


def schedules() -> str:
    """Return the table of schedules."""
    rows = []
    for name, entry in forms.RATES.items():
        mine = entry.ours(np.arange(forms.STEPS))
        cells = []
        for peer, call in (("Keras", entry.keras), ("PyTorch", entry.torch)):
            far = (
                np.abs(np.array(trace(peer, name, kind="schedule")["values"]) - mine).max() / mine.max()
                if call
                else 0.0
            )
            note = f" {words(far)} apart: {entry.note}" if far > SAME else ""
            cells.append(f"`{call}`{note}" if call else "")
        rows.append([f"{{py:func}}`~course_lib.learning_rate.{entry.ours.name}`", entry.paper, *cells])
    return table(["here", "paper", "Keras", "PyTorch"], rows)


def initializers() -> str:
    """Return the table of initializers: variances in units of one over the inputs, and the largest draw."""
    rows = []
    for name, entry in forms.DRAWS.items():
        if entry.formula:
            fans = [
                (np.prod(shape[:-1]), shape[-1]) if name == "Orthogonal" else count(shape) for shape in forms.SHAPES
            ]
            shares = [f"{getattr(papers, entry.formula)(*both) * both[0]:.2f}" for both in fans]
            rows.append([name, *shares, f"{3**0.5:.2f}" if "uniform" in name else "", entry.paper])
        for peer, call in (("Keras", entry.keras), ("PyTorch", entry.torch)):
            if call:
                drawn = [trace(peer, name, kind="initializer", shape=list(shape)) for shape in forms.SHAPES]
                shares = [f"{one['variance'] * one['fans'][0]:.2f}" for one in drawn]
                spread = drawn[0]["variance"] ** 0.5
                reach = f"{drawn[0]['largest'] / spread:.2f}" if spread > 1e-9 else ""
                rows.append([name, *shares, reach, f"{peer} `{call}`"])
    return table(["draws", "dense", "convolution", "largest", "from"], rows)


def normalization() -> str:
    """Return the table of batch norm and layer norm."""
    batches = forms.BATCHES.tolist()
    _, inference, _, variance = papers.batch_norm(batches, forms.GAMMA, forms.BETA)
    by_layer = papers.layer_norm(batches[0], forms.GAMMA, forms.BETA)
    on_paper = {
        "Batch norm": [f"{variance[0]:.4f}", f"{inference[0][0]:.4f}"],
        "Layer norm": ["", f"{by_layer[0][0]:.4f}"],
    }
    rows = []
    for name in forms.NORMS:
        rows.append([f"{name}, {forms.NORM_PAPERS[name]}", "", *on_paper[name]])
        for peer in forms.PEERS:
            one = trace(peer, name)
            usual = ", ".join(f"`{key}={value}`" for key, value in one["defaults"].items())
            kept = f"{one['variance'][0]:.4f}" if "variance" in one else ""
            rows.append([f"{name}, {peer}", usual, kept, f"{one['inference'][0][0]:.4f}"])
    return table(["layer", "defaults", "variance kept", "inference"], rows)


TABLES = {
    "overview": overview,
    "schedules": schedules,
    "initializers": initializers,
    "normalization": normalization,
}
