"""What every live figure is: an element for the browser that holds a picture, and words that stand for both."""

from __future__ import annotations

import base64
import html
import json
import os
from typing import Any


class LiveDisplay:
    """A figure that shows itself as ``<live-fig>``, as a picture and in words.

    Attributes
    ----------
    title : str
        Title of a page of its own.
    alt : str
        A sentence or two that say what is to be seen, with numbers computed from the data.
    spec : dict
        What the script is told; ``kind`` names the part of it that draws.
    png : bytes
        The picture of the first state.
    """

    title: str
    alt: str
    spec: dict[str, Any]
    png: Any  # bytes; a cached property in each figure

    def to_html(self, *, inline: bool | None = None) -> str:
        """Return the figure as HTML.

        Parameters
        ----------
        inline : bool, optional
            Whether the script comes along. By default it does, except while the book is built (environment variable
            ``COURSE_SITE``), whose pages share one.

        Returns
        -------
        str
            A ``<live-fig>`` element that holds the picture.
        """
        from course_lib.live import script

        if inline is None:
            inline = os.environ.get("COURSE_SITE") != "1"
        picture = f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{self._base64()}" style="max-width: 100%; background: #fff">'
        spec = {**self.spec, "alt": self.alt}
        attribute = html.escape(json.dumps(spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
        code = f"<script>{script.script_for(self.spec['kind'])}</script>" if inline else ""
        return f'<live-fig spec="{attribute}">{picture}</live-fig>{code}'

    def to_page(self) -> str:
        """Return a whole HTML page that holds the figure and needs nothing else.

        Returns
        -------
        str
            The page.
        """
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        title = f"<title>{html.escape(self.title)}</title>"
        return f'<!doctype html><html lang="en"><head>{head}{title}</head><body><main>{self.to_html(inline=True)}</main></body></html>'

    def _base64(self) -> str:
        return base64.b64encode(self.png).decode("ascii")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "image/png": self._base64(), "text/plain": self.alt}

    def __repr__(self) -> str:
        """Say what is to be seen."""
        return self.alt
