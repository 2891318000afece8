"""The Tabler icons we ship, as inline SVG."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "vendor" / "tabler-icons"
BLANK = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')
OPENING = re.compile(r"<svg\b.*?>", re.DOTALL)
FRAME = (
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" '
    'stroke-linecap="round" stroke-linejoin="round"'
)


@cache
def drawing(name: str) -> str:
    """The strokes of an icon; FileNotFoundError names one that we do not ship."""
    text = BLANK.sub("", (FOLDER / f"{name}.svg").read_text())
    text = OPENING.sub("", text).replace("</svg>", "")
    return " ".join(text.split())
