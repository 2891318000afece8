"""The Tabler icons we ship, as inline SVG."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

FOLDER = Path(__file__).parents[1] / "static" / "vendor" / "tabler-icons"
BLANK = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')
OPENING = re.compile(r"<svg\b.*?>", re.DOTALL)
FRAME = (
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" '
    'stroke-linecap="round" stroke-linejoin="round"'
)


@cache
def svg(name: str, label: str = "") -> SafeString:
    """An icon as it stands in a page, decorative unless it has a ``label``."""
    about = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    text = f'<svg class="icon" {FRAME} {about}>{drawing(name)}</svg>'
    return mark_safe(text)  # noqa: S308 - our own files; the label is escaped


@cache
def drawing(name: str) -> str:
    """The strokes of an icon; FileNotFoundError names one that we do not ship."""
    text = BLANK.sub("", (FOLDER / f"{name}.svg").read_text())
    text = OPENING.sub("", text).replace("</svg>", "")
    return " ".join(text.split())
