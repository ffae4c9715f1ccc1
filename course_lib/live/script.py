"""The script of the live figures; rules and surfaces come with each figure, in JavaScript that Python writes.

``python -m course_lib.live.script PATH`` writes it.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from pathlib import Path

from course_lib import averages
from course_lib.live import outcome
from course_lib.translator import to_javascript

PARTS = ("engine.js", "plot.js", "live-fig.js", "runs.js", "descent.js", "average.js", "look_ahead.js", "map.js")
CONSTANTS = ("FAR", "CLOSE", "STAY", "MEANING")
AVERAGES = (averages.cumulative_step, averages.exponential_step, averages.corrected, averages.window_beta)


@functools.cache
def site_script() -> str:
    """Return the script that brings every ``<live-fig>`` on a page to life.

    Returns
    -------
    str
        JavaScript without dependencies; running it a second time does nothing.
    """
    steps = {function.__name__: to_javascript(function) for function in AVERAGES}
    here = Path(__file__).parent
    whole = "\n".join(
        [
            '(() => {\n"use strict";\nif (customElements.get("live-fig")) return;',
            f"const averages = {{ {', '.join(f'{name}: {code}' for name, code in steps.items())} }};",
            *(f"const {name} = {json.dumps(getattr(outcome, name))};" for name in CONSTANTS),
            "const kinds = {};",
            *((here / part).read_text(encoding="utf-8") for part in PARTS),
            'LiveFig.machine = { compile, ruleOf, averages, descend, judge };\ncustomElements.define("live-fig", LiveFig);\n})();',
        ]
    )
    return _bare(whole) + "\n"


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
    return "\n".join(filter(None, lines))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(site_script(), encoding="utf-8")
