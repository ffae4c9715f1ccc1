"""Put what every page needs, and what is not written by hand, into _generated/.

MathJax is copied from its Python package, so that no page asks another site for it; the scripts of
the live figures are written by the library that also translates the rules, and made small here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import minify

MATHJAX = Path(sysconfig.get_path("purelib")) / "sphinx-mathjax-offline" / "static" / "mathjax"
NEEDED = (
    "tex-chtml.js",
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",
    "a11y",  # asked for by the menu of an equation, like the two that follow
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)


def write(target: Path) -> None:
    """Write the folder anew; its contents are laid over the built site."""
    if not MATHJAX.is_dir():
        sys.exit(f"MathJax is not at {MATHJAX}: is sphinx-mathjax-offline installed?")
    shutil.rmtree(target, ignore_errors=True)
    static = target / "_static"
    for name in NEEDED:
        source, copy = MATHJAX / name, static / "mathjax" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy)
    script = [sys.executable, "-m", "course_lib.live.script", str(static / "live-fig.js")]
    if subprocess.run(script).returncode:
        sys.exit("the script of the live figures could not be written")
    for path in static.glob("live-fig*.js"):
        path.write_text(minify.string("application/javascript", path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else Path("_generated"))
