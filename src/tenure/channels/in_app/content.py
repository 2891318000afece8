"""What a message in the product may say: words and one link, never markup. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tenure.analytics.errors import SpecError
from tenure.channels.in_app.settings import SLOTS, InApp


def is_link(url: str) -> bool:
    """Whether ``url`` leads to a page: http(s), or a path of the customer's own product.

    >>> is_link("https://example.com/x"), is_link("/billing"), is_link("javascript:alert(1)")
    (True, True, False)
    >>> is_link("//evil.example"), is_link("https:///x"), is_link("/\\\\evil.example")
    (False, False, False)
    """
    if any(c <= " " or c == "\\" for c in url):
        return False
    if url.startswith("/"):
        return not url.startswith("//")
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def check(source: str, content: Mapping[str, Any], numbers: InApp) -> None:
    """SpecError if ``content`` could not be shown: ``slot``, ``title``, ``text``; ``link`` with
    ``link_text``, and ``items`` of a checklist, if there are any."""
    if content.get("slot") not in SLOTS:
        said = f"is {content.get('slot')!r}"
        raise SpecError(source, "slot", said, f"use one of: {', '.join(SLOTS)}")
    for key, most in (("title", numbers.title_most), ("text", numbers.text_most)):
        check_words(source, key, content.get(key), most)
    check_link(source, content)
    _check_items(source, content, numbers)


def check_words(source: str, key: str, value: object, most: int) -> None:
    """SpecError if a text is empty or too long to be read where it stands."""
    if not str(value or "").strip():
        raise SpecError(source, key, "is empty", f"give the message a {key}")
    if len(str(value)) > most:
        raise SpecError(source, key, f"is longer than {most} characters", "say it shorter")


def check_link(source: str, content: Mapping[str, Any]) -> None:
    """SpecError for a link that leads elsewhere than to a page."""
    link = content.get("link")
    if link and not is_link(str(link)):
        raise SpecError(source, "link", f"{link!r} is no link", "begin with https:// or with /")


def _check_items(source: str, content: Mapping[str, Any], numbers: InApp) -> None:
    items = content.get("items") or ()
    if content["slot"] != "checklist":
        if items:
            raise SpecError(source, "items", "are for checklists", "use the slot checklist")
        return
    if not items or len(items) > numbers.items_most:
        said = f"are {len(items)}"
        raise SpecError(source, "items", said, f"give between 1 and {numbers.items_most}")
    for item in items:
        check_words(source, "items.text", item.get("text"), numbers.title_most)
        check_link(source, item)
