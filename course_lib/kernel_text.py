"""Write a rule, or a rule and a surface, as one loop over numbers that a compiler can fuse, or that plain Python runs fast."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from course_lib.loop_text import VARYING, Body, indent
from course_lib.rule import Rule, keyword_defaults, positional_names

STEP, RUN = "step", "run"
BLOCK = (
    64  # runs side by side in one piece of memory: enough to fill the vector units, little enough for the first cache
)


@dataclass(frozen=True)
class Kernel:
    """A loop as text, and where its constants come from.

    Parameters
    ----------
    text : str
        A function ``kernel`` in Python, for a compiler; its last arguments are the constants.
    constants : callable
        From the arguments of the rule or surface that are no elements to the constants, in order.
    kinds : tuple of frozenset
        What each constant depends on: of step, run and nothing.
    """

    text: str
    constants: Callable[..., tuple[Any, ...]]
    kinds: tuple[frozenset[str], ...]


def step_kernel(rule: Rule, dtype: str, per_run: Collection[str] = ()) -> Kernel:
    """Write one step of a rule as a loop over arrays of shape ``(n, runs)``, which it changes in place.

    Parameters
    ----------
    rule : Rule
        The rule.
    dtype : {"float32", "float64"}
        Number type of the arrays.
    per_run : collection of str
        The hyperparameters that differ from run to run.

    Returns
    -------
    Kernel
        ``kernel(first, last, theta, g, *state, *constants)`` for the runs from first to before last; its constants come
        from t and the hyperparameters.

    Raises
    ------
    TranslationError
        If the rule is not written in the grammar.
    """
    arrays = ("theta", "g", *rule.state)
    depends = {**dict.fromkeys(arrays, VARYING), "t": (), **_constants_of(rule, per_run)}
    loop = Body(rule.function, depends, "x", "c", dtype)
    by_run = [name for name, value in loop.constants.items() if value.depends]
    inner = [
        *(f"{name}_x = {name}_row[i]" for name in arrays),
        *(f"{name} = {name}_row[i]" for name in by_run),
        *loop.lines,
        *(f"{name}_row[i] = {value}" for name, value in zip(("theta", *rule.state), loop.results, strict=True)),
    ]
    names = [*(f"{name}_all" for name in arrays), *(f"{c}_all" if c in by_run else c for c in loop.constants)]
    text = "\n".join(
        [
            f"def kernel(first, last, {', '.join(names)}):",
            indent([f"{name}_row = {name}_all[first:last]" for name in by_run])
            + "    for j in range(theta_all.shape[0]):",
            indent([f"{name}_row = {name}_all[j, first:last]" for name in arrays], 2)
            + "        for i in range(last - first):",
            indent(inner, 3),
        ]
    )
    return Kernel(text, loop.prepare, tuple(value.depends for value in loop.constants.values()))


def run_kernel(
    rule: Rule,
    gradient: Callable[..., Any],
    varying: Mapping[str, Collection[str]],
    per_run: Collection[str] = (),
) -> tuple[Kernel, Kernel, Kernel]:
    """Write whole runs of a rule on a surface as one loop, float64.

    Parameters
    ----------
    rule : Rule
        The rule.
    gradient : callable
        The gradient of a surface, a function of its coordinates.
    varying : mapping of str to collection of str
        Hyperparameters that differ by step or run.
    per_run : collection of str
        Parameters of the surface that differ by run.

    Returns
    -------
    step, look_ahead, slope : Kernel
        All with the same text, ``kernel(first, last, steps, theta, *state, path, *constants)``, which goes some steps from
        theta and state of shape ``(n, runs)`` and changes them; path has the shape ``(steps, n, runs)``, or none of
        these steps. Its constants are those of the three in turn: the rule's come from t and the hyperparameters, the
        look-ahead's from the hyperparameters, the slope's from the surface's parameters.

    Raises
    ------
    TranslationError
        If one of them is not written in the grammar.
    """
    return _print_runs(_Parts(rule, gradient, varying, per_run))


def path_kernel(rule: Rule, gradient: Callable[..., Any], scheduled: Collection[str] = ()) -> str:
    """Write one run of a rule on a surface as a loop over numbers, float64: for a compiler, or for Python as it is.

    Parameters
    ----------
    rule : Rule
        The rule.
    gradient : callable
        The gradient of a surface, a function of its coordinates.
    scheduled : collection of str
        Hyperparameters that differ by step.

    Returns
    -------
    str
        A function ``kernel(path, steps, t, *theta, *states, *hyperparameters, *parameters)``, which goes some steps behind
        step t from theta and the states of its coordinates, one after the other, and returns both. It writes each new point into path, a
        list or an array of numbers. A scheduled hyperparameter is a list or an array, one number a step.

    Raises
    ------
    TranslationError
        If one of them is not written in the grammar.
    """
    parts = _Parts(rule, gradient, dict.fromkeys(scheduled, frozenset({STEP})), (), beside=True)
    cells = [f"theta_x{k}" for k in parts.size] + [f"{name}_x{k}" for k in parts.size for name in rule.state]
    arguments = [f"{name}_h_all" if name in scheduled else f"{name}_h" for name in rule.hyperparameters]
    arguments += [f"{name}_p" for name in keyword_defaults(gradient)]
    prepared = [line for part in parts.parts for line in part.preparation]
    inner = [line for depends, line in prepared if depends] + parts.gradient()
    for k, body in enumerate(parts.rules):
        moved = {f"{name}_x{k}": value for name, value in zip(parts.kept, body.results, strict=True)}
        new = {cell: value for cell, value in moved.items() if cell != value}
        inner += [f"g_x{k} = {parts.slope.results[k]}", *body.lines]
        inner += [f"{', '.join(new)} = {', '.join(new.values())}"] if new else []
    inner += [f"path[at + {k}] = theta_x{k}" for k in parts.size]
    columns = {f"{name}_h": f"{name}_h_all" for name in rule.hyperparameters if name in scheduled}
    steps = f"zip({', '.join(['range(steps)', *columns.values()])})" if columns else "range(steps)"
    return (
        f"def kernel({', '.join(('path', 'steps', 't_h', *cells, *arguments))}):\n"
        + indent([*(line for depends, line in prepared if not depends), f"at = -{len(parts.coordinates)}"])
        + f"    for {', '.join(('_', *columns))} in {steps}:\n"
        + indent(["t_h += 1.0", f"at += {len(parts.coordinates)}", *inner], 2)
        + f"    return ({', '.join(cells)},)\n"
    )


class _Parts:
    """The bodies of one step of a run: look-ahead and rule for each coordinate, and the gradient."""

    def __init__(
        self,
        rule: Rule,
        gradient: Callable[..., Any],
        varying: Mapping[str, Collection[str]],
        per_run: Collection[str],
        *,
        beside: bool = False,
    ):
        own, others = ("_h", "_p") if beside else ("", "")
        self.kept = ("theta", *rule.state)
        hyper = _constants_of(rule, ()) | {name: varying.get(name, ()) for name in rule.hyperparameters}
        elements = dict.fromkeys((*self.kept, "g"), VARYING)
        self.coordinates = positional_names(gradient)
        self.size = range(len(self.coordinates))
        arguments = {**elements, "t": {STEP}, **hyper}
        self.rules = [Body(rule.function, arguments, f"x{k}", "c", "float64", own) for k in self.size]
        where = rule.where_function
        self.aheads = [
            Body(where, {**elements, **hyper}, f"a{k}", "d", "float64", own) for k in self.size if where is not None
        ]
        parameters: dict[str, Collection[str]] = {
            name: {RUN} if name in per_run else () for name in keyword_defaults(gradient)
        }
        self.slope = Body(
            gradient, {**dict.fromkeys(self.coordinates, VARYING), **parameters}, "s", "e", "float64", others
        )
        self.parts = [self.rules[0], *self.aheads[:1], self.slope]
        self.constants = {name: value.depends for part in self.parts for name, value in part.constants.items()}

    def gradient(self) -> list[str]:
        """Print the lines from theta and the state to the results of the gradient."""
        points = [f"theta_x{k}" for k in self.size]
        lines = []
        for k, ahead in enumerate(self.aheads):
            lines += [f"{name}_a{k} = {name}_x{k}" for name in self.kept] + ahead.lines
            points[k] = ahead.results[0]
        return [
            *lines,
            *(f"{name}_s = {point}" for name, point in zip(self.coordinates, points, strict=True)),
            *self.slope.lines,
        ]

    def kernels(self, text: str) -> tuple[Kernel, Kernel, Kernel]:
        """Return what the three parts give to a text."""
        made = [Kernel(text, p.prepare, tuple(c.depends for c in p.constants.values())) for p in self.parts]
        return (made[0], made[1], made[2]) if self.aheads else (made[0], Kernel(text, _nothing, ()), made[1])


def _print_runs(parts: _Parts) -> tuple[Kernel, Kernel, Kernel]:
    """Put the bodies of one step into loops over the steps of many runs."""
    constants, kept, size = parts.constants, parts.kept, parts.size
    by_run = [name for name, depends in constants.items() if depends == {RUN}]
    by_step = [name for name, depends in constants.items() if depends == {STEP}]
    by_both = [name for name, depends in constants.items() if len(depends) == 2]
    cells = [(name, k) for name in kept for k in size]
    rows = {cell: row * BLOCK for row, cell in enumerate([*cells, *by_run])}
    inner = [f"{name}_x{k} = w[{rows[name, k]} + i]" for name, k in cells]
    inner += [f"{name} = w[{rows[name]} + i]" for name in by_run]
    inner += [f"{name} = {name}_row[i]" for name in by_both]
    inner += parts.gradient()
    for k, rule in enumerate(parts.rules):
        inner += [f"g_x{k} = {parts.slope.results[k]}", *rule.lines]
        inner += [f"w[{rows[name, k]} + i] = {value}" for name, value in zip(kept, rule.results, strict=True)]
    names = [f"{name}_all" if depends else name for name, depends in constants.items()]
    copies_in = [f"w[{rows[name, k]} + i] = {name}_all[{k}, begin + i]" for name, k in cells]
    copies_in += [f"w[{rows[name]} + i] = {name}_all[begin + i]" for name in by_run]
    copies_out = [f"{name}_all[{k}, begin + i] = w[{rows[name, k]} + i]" for name, k in cells]
    text = "\n".join(
        [
            f"def kernel({', '.join(('first', 'last', 'steps', *(f'{name}_all' for name in kept), 'path', *names))}):",
            f"    w = np.empty({BLOCK * len(rows)})",
            f"    for begin in range(first, last, {BLOCK}):",
            f"        width = min({BLOCK}, last - begin)",
            "        for i in range(width):",
            indent(copies_in, 3) + "        for t in range(steps):",
            indent([f"{name} = {name}_all[t]" for name in by_step], 3)
            + indent([f"{name}_row = {name}_all[t, begin : begin + width]" for name in by_both], 3)
            + "            for i in range(width):",
            indent(inner, 4) + "            if path.shape[0]:",
            indent([f"path_{k} = path[t, {k}, begin : begin + width]" for k in size], 4)
            + "                for i in range(width):",
            indent([f"path_{k}[i] = w[{rows['theta', k]} + i]" for k in size], 5) + "        for i in range(width):",
            indent(copies_out, 3),
        ]
    )
    return parts.kernels(text)


def _constants_of(rule: Rule, per_run: Collection[str]) -> dict[str, Collection[str]]:
    return {name: {RUN} if name in per_run else () for name in rule.hyperparameters}


def _nothing(**unused: Any) -> tuple[Any, ...]:
    return ()
