"""Normalize notebooks, so that only what people wrote is stored.

Outputs go, except on cells tagged ``keep_output``: their text is what nbval compares a run with.
Execution counts, kernel names and the traces of Colab and of widgets go too; cells keep their ids.

    python tools/notebooks.py            normalize every notebook of the course
    python tools/notebooks.py --check    change nothing; fail where something would change
    python tools/notebooks.py --update   execute, too, and store what the kept cells print

Names of notebooks may follow; without any, all under chapters/ are meant.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import count
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
KEEP = "keep_output"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def is_kept(cell: nbformat.NotebookNode) -> bool:
    """Say whether a cell's printed text is stored and compared."""
    return cell.cell_type == "code" and KEEP in cell.metadata.get("tags", ())


def give_ids(cells: list[dict]) -> None:
    """Give an id to every cell that has none of its own; never by chance."""
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        if cell.get("id", "") in taken | {""}:
            cell["id"] = next(i for n in count(number) if (i := f"cell-{n}") not in taken)
        taken.add(cell["id"])


def normalize(text: str) -> str:
    """Return a notebook's text as it is to be stored; doing it twice changes nothing more."""
    raw = json.loads(text)
    give_ids(raw["cells"])
    raw["nbformat"], raw["nbformat_minor"] = 4, 5
    raw["metadata"] = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    book = nbformat.reads(json.dumps(raw), as_version=4)
    for cell in book.cells:
        for trace in (
            "colab",
            "colab_type",
            "outputId",
            "id",
            "execution",
            "collapsed",
            "scrolled",
        ):
            cell.metadata.pop(trace, None)
        if cell.cell_type != "code":
            continue
        kept = is_kept(cell) and [o for o in cell.outputs if o.get("name") != "stderr"]
        cell.outputs = kept or []
        cell.execution_count = 1 if kept else None
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = 1
            if "metadata" in output:
                output.metadata = {}
    return nbformat.writes(book, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def execute(text: str, folder: Path) -> str:
    """Return the notebook's text after a run from top to bottom."""
    from nbclient import NotebookClient

    book = nbformat.reads(text, as_version=4)
    NotebookClient(book, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return nbformat.writes(book)


def main(arguments: list[str] | None = None) -> int:
    """Normalize, check or update; return 1 where a check found something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="fail where something would change")
    mode.add_argument("--update", action="store_true", help="execute and store kept outputs")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    changed = []
    for path in options.notebooks or sorted((ROOT / "chapters").glob("*.ipynb")):
        before = path.read_text(encoding="utf8")
        after = normalize(execute(before, path.parent) if options.update else before)
        if after != before:
            changed.append(path)
            if not options.check:
                path.write_text(after, encoding="utf8")
    for path in changed:
        print(f"{path}: {'not normalized; type `make notebooks`' if options.check else 'written'}")
    return int(options.check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
