"""Give every chapter the button that opens it in Colab and the cell that installs the library there.

Both stand after the title and are removed from the pages. The repository's address and branch come from _config.yml,
the version from course_lib/__init__.py; a fork changes the address there and runs this. Links to graded sets follow.

    python tools/colab.py            write both cells into every chapter
    python tools/colab.py --check    change nothing; fail where something would change

Names of notebooks may follow; without any, all under chapters/ are meant.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.notebooks import normalize  # noqa: E402

COLAB = "https://colab.research.google.com"
BADGE, SETUP = "view-in-github", "course-setup"  # Colab's own name for the first
BUTTON = '<a href="{link}"><img src="{colab}/assets/colab-badge.svg" alt="Open in Colab"/></a>'
INSTALL = """\
# @title Set-up: run this cell first {{ display-mode: "form" }}
# Written by tools/colab.py. Where course_lib is installed, it does nothing.
import importlib.util
import os
import subprocess
import sys

_sources = os.environ.get("COURSE_LIB_SPEC", "").split() or [
    "{address}/releases/download/v{version}/{wheel}",
    "course-lib@git+{address}@{branch}",
]
_pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
_pip += ["--disable-pip-version-check", "--retries", "1", "--timeout", "15"]
_tried = []
while importlib.util.find_spec("course_lib") is None:
    if not _sources:
        raise RuntimeError(
            "The course's library, course_lib, could not be installed.\\n"
            "1. Check the internet connection and run this cell again.\\n"
            "2. In Colab: Runtime > Disconnect and delete runtime, then "
            "Runtime > Run all.\\n"
            "3. If it still fails, report what follows at {address}/issues\\n"
            + "\\n".join(_tried)
        )
    _run = subprocess.run(
        [*_pip, _sources[0]], stdin=subprocess.DEVNULL, capture_output=True
    )
    _said = _run.stderr.decode(errors="replace").strip()[-400:]
    _tried.append(f"{{_sources.pop(0)}}: {{_said or 'holds no course_lib'}}")
    importlib.invalidate_caches()

if _tried:
    import course_lib

    print(
        f"course_lib {{course_lib.__version__}} installed, "
        f"Python {{sys.version.split()[0]}}"
    )
"""


SET = re.compile(re.escape(COLAB) + r"/github/[\w.-]+/[\w.-]+/blob/[^/\s]+/exercises/")


class Repository(NamedTuple):
    """Where the course lives, and which version of its library this is."""

    address: str
    branch: str
    version: str

    @property
    def wheel(self) -> str:
        """Name of the file that a release holds."""
        return f"course_lib-{self.version}-py3-none-any.whl"

    @property
    def sets(self) -> str:
        """Where Colab finds the graded sets."""
        return f"{COLAB}/github/{self.address.removeprefix('https://github.com/')}/blob/{self.branch}/exercises/"

    def cells(self, page: str) -> list[dict]:
        """Make the two cells of the notebook at a path of the repository."""
        name = self.address.removeprefix("https://github.com/")
        button = BUTTON.format(colab=COLAB, link=f"{COLAB}/github/{name}/blob/{self.branch}/{page}")
        install = INSTALL.format(wheel=self.wheel, **self._asdict()).rstrip("\n")
        tags = {"tags": ["remove-cell"]}
        code = {"cell_type": "code", "execution_count": None, "outputs": []}
        return [
            {"cell_type": "markdown", "id": BADGE, "metadata": tags, "source": button},
            {**code, "id": SETUP, "metadata": tags, "source": install},
        ]


def read(root: Path) -> Repository:
    """Read address, branch and version from where each is written."""
    said = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))["repository"]
    address = said["url"].removesuffix("/").removesuffix(".git")
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        sys.exit(f"_config.yml: Colab opens https://github.com/OWNER/NAME only, got {said['url']}")
    version = re.search(r'^__version__ = "(.+)"', (root / "course_lib" / "__init__.py").read_text(), re.MULTILINE)
    if version is None:
        sys.exit("course_lib/__init__.py: no line `__version__ = ...`")
    return Repository(address, said["branch"], version[1])


def is_ours(cell: dict) -> bool:
    """Say whether a cell is one of the two; Colab keeps the name of its button among the metadata."""
    return bool({cell.get("id"), cell["metadata"].get("id")} & {BADGE, SETUP})


def has_title(cell: dict) -> bool:
    """Say whether a cell holds a title of the first rank."""
    return cell["cell_type"] == "markdown" and re.search(r"^# ", "".join(cell["source"]), re.MULTILINE) is not None


def insert(text: str, cells: list[dict]) -> str:
    """Return a notebook's text with the cells after its title, normalized; doing it twice changes nothing more."""
    raw = json.loads(text)
    others = [cell for cell in raw["cells"] if not is_ours(cell)]
    place = next((i for i, cell in enumerate(others, 1) if has_title(cell)), None)
    if place is None:
        raise LookupError("no cell holds a title (a line that begins with `# `)")
    raw["cells"] = [*others[:place], *cells, *others[place:]]
    return normalize(json.dumps(raw))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write or check; return 1 where a check found something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail where something would change")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    repository, changed = read(root), False
    for path in options.notebooks or sorted((root / "chapters").glob("*.ipynb")):
        page = path.resolve().relative_to(root.resolve()).as_posix()
        before = path.read_text(encoding="utf8")
        try:
            after = SET.sub(repository.sets, insert(before, repository.cells(page)))
        except LookupError as trouble:
            sys.exit(f"{page}: {trouble}")
        if after != before:
            changed = True
            print(f"{page}: {'not as `python tools/colab.py` writes it' if options.check else 'written'}")
            if not options.check:
                path.write_text(after, encoding="utf8")
    return int(options.check and changed)


if __name__ == "__main__":
    sys.exit(main())
