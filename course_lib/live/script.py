"""The script of the live figures; rules and surfaces come with each figure, in JavaScript that Python writes.

It comes in parts, so that a page carries only what it uses: a core, and a part for each kind of figure beyond the first.
``python -m course_lib.live.script PATH`` writes them.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from pathlib import Path

from course_lib import averages
from course_lib.live import batch, outcome
from course_lib.translator import to_javascript

CORE = ("engine.js", "plot.js", "live-fig.js", "runs.js", "descent.js")
KINDS = ("average", "batch", "gradients", "look_ahead", "map", "table")
"""Kinds of figures that have a file of their own; the core draws the first kind, descent."""
CONSTANTS = ("FAR", "CLOSE", "STAY", "MEANING")
FUNCTIONS = {
    "average": (
        "averages",
        (averages.cumulative_step, averages.exponential_step, averages.corrected, averages.window_beta),
    ),
    "batch": ("batches", (batch.normalized, batch.slope)),
}
"""Python's functions that a kind computes with, and what the script calls them."""
HERE = Path(__file__).parent


@functools.cache
def core_script() -> str:
    """Return the script that brings every ``<live-fig>`` on a page to life, once the script of its kind is there too.

    Returns
    -------
    str
        JavaScript without dependencies; running it a second time does nothing.
    """
    shared = sorted(set().union(*map(_needs, KINDS)))
    return _bare(
        "\n".join(
            [
                '(() => {\n"use strict";\nif (customElements.get("live-fig")) return;',
                *(f"const {name} = {json.dumps(getattr(outcome, name))};" for name in CONSTANTS),
                "const kinds = {};",
                _core(),
                "LiveFig.machine = { compile, ruleOf, descend, judge };",
                f"LiveFig.shared = {{ {', '.join(shared)} }};",
                'customElements.define("live-fig", LiveFig);\n})();',
            ]
        )
    )


@functools.cache
def kind_script(kind: str) -> str:
    """Return the script that draws one more kind of figure; it comes after the core.

    Parameters
    ----------
    kind : str
        One of `KINDS`.

    Returns
    -------
    str
        JavaScript; running it a second time does nothing.

    Raises
    ------
    LookupError
        If there is no such kind.
    """
    if kind not in KINDS:
        raise LookupError(f"no kind of live figure is called {kind!r}; known: {', '.join(KINDS)}")
    return _bare(
        "\n".join(
            [
                f'((LiveFig) => {{\n"use strict";\nconst {{ kinds }} = LiveFig;\nif (kinds.{kind}) return;',
                f"const {{ {', '.join(sorted(_needs(kind)))} }} = LiveFig.shared;",
                _kind(kind),
                'LiveFig.arrived();\n})(customElements.get("live-fig"));',
            ]
        )
    )


def script_for(kind: str) -> str:
    """Return all that a figure of some kind needs: the core, and the script of the kind where it has one."""
    return core_script() + (kind_script(kind) if kind in KINDS else "")


def write(target: Path) -> None:
    """Write the core to a file and the kinds beside it, where the core looks for them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(core_script(), encoding="utf-8")
    for kind in KINDS:
        target.with_stem(f"{target.stem}-{kind}").write_text(kind_script(kind), encoding="utf-8")


def _core() -> str:
    return "\n".join((HERE / part).read_text(encoding="utf-8") for part in CORE)


def _kind(kind: str) -> str:
    code = (HERE / f"{kind}.js").read_text(encoding="utf-8")
    if kind not in FUNCTIONS:
        return code
    name, functions = FUNCTIONS[kind]
    written = ", ".join(f"{function.__name__}: {to_javascript(function)}" for function in functions)
    return f"const {name} = LiveFig.machine.{name} = {{ {written} }};\n{code}"


def _needs(kind: str) -> set[str]:
    """Names of the core that a kind uses."""
    known = {*CONSTANTS, *re.findall(r"^(?:const|class|function) (\w+)", _core(), re.MULTILINE)} - {"LiveFig"}
    return known & set(re.findall(r"\w+", _kind(kind)))


def _bare(code: str) -> str:
    """Leave out comments, indentation and, outside of texts, spaces beside punctuation."""
    lines, in_text = [], False
    for line in code.splitlines():
        line = line.split("// ")[0].strip()
        if "`" not in line and not in_text:
            parts = re.split(r'("[^"]*")', line)
            parts[::2] = [re.sub(r" ?([=(){};,<>?:*&|]+) ?", r"\1", part) for part in parts[::2]]
            line = "".join(parts)
        in_text ^= line.count("`") % 2 == 1
        lines.append(line)
    return "\n".join([*filter(None, lines), ""])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
