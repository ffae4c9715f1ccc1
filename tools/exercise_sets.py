"""Write the notebook that learners get from the one with solutions.

In exercises/<stem>/source.ipynb a solution stands between ``### BEGIN SOLUTION`` and ``### END SOLUTION``. In the
learner's notebook, <stem>.ipynb, an error that says "not written yet" stands there instead, or, where lines between
``### BEGIN GIVEN`` and ``### END GIVEN`` follow, those lines without their ``# `` in front: code with a bug to find.

    python tools/exercise_sets.py            write the learners' notebooks
    python tools/exercise_sets.py --check    change nothing; fail where something would change
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import colab  # noqa: E402
from tools.notebooks import normalize  # noqa: E402

BLOCK = r"^(?P<indent> *)### BEGIN {0}\n(?P<body>.*?)^ *### END {0}\n?"
SOLUTION, GIVEN = (re.compile(BLOCK.format(word), re.MULTILINE | re.DOTALL) for word in ("SOLUTION", "GIVEN"))
TODO = 'raise NotImplementedError("not written yet")\n'


def learners_code(source: str) -> str:
    """Return a cell's code without its solution."""
    given = GIVEN.search(source)
    if given:
        lines = (re.sub(r"^( *)# ?", r"\1", line) for line in given["body"].splitlines(keepends=True))
        instead = "".join(lines)
    else:
        solution = SOLUTION.search(source)
        instead = f"{solution['indent']}{TODO}" if solution else ""
    bare = SOLUTION.sub(lambda _: instead, GIVEN.sub("", source))
    if "### BEGIN" in bare or "### END" in bare:
        raise ValueError(f"a block without its other end, or two in one cell:\n{source}")
    return bare.rstrip("\n")


def learners_notebook(source: str, cells: list[dict]) -> str:
    """Return the text of the learner's notebook, with Colab's button and the set-up cell after its title."""
    raw = json.loads(source)
    for cell in raw["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"source": learners_code("".join(cell["source"])), "outputs": [], "execution_count": None}
    return colab.insert(normalize(json.dumps(raw)), cells)


def main(arguments: list[str] | None = None) -> int:
    """Write or check all sets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something would change")
    options = parser.parse_args(arguments)
    wrong = 0
    for path in sorted((ROOT / "exercises").glob("*/source.ipynb")):
        target = path.with_name(f"{path.parent.name}.ipynb")
        page = target.relative_to(ROOT).as_posix()
        raw = path.read_text(encoding="utf8")
        for one, text in (
            (path, normalize(raw)),
            (target, learners_notebook(raw, colab.read(ROOT).cells(page))),
        ):
            if not one.exists() or one.read_text(encoding="utf8") != text:
                wrong += 1
                if not options.check:
                    one.write_text(text, encoding="utf8")
                print(f"{one.relative_to(ROOT)}: {'stale; type `make fix`' if options.check else 'written'}")
    return int(options.check and wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
