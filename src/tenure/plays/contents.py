"""What a step says to one person, as its channel takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.channels.mail.letter import unmarked
from tenure.core import policy as policies
from tenure.plays import words
from tenure.plays.step_specs import InAppStep, MailStep, PushStep

Values = Mapping[str, Any]
Writing = MailStep | InAppStep | PushStep


def content(step: Writing, values: Values, locale: str = "") -> dict[str, Any]:
    """The words of ``step``, filled with ``values``, for somebody with ``locale``."""
    if isinstance(step, MailStep):
        return _mail(step, values, locale)
    return _in_app(step, values) if isinstance(step, InAppStep) else _push(step, values)


def _mail(step: MailStep, values: Values, locale: str) -> dict[str, Any]:
    said = step.letter(locale)
    # What customers are called must not become a link in their colleagues' mail.
    safe = {name: unmarked(v) if isinstance(v, str) else v for name, v in values.items()}
    return {
        "subject": words.fill(said.subject, values),
        "text": words.fill(said.text, safe),
        "marked": True,
        "language": step.language(locale),
    }


def _in_app(step: InAppStep, values: Values) -> dict[str, Any]:
    limits = policies.load("channels").in_app
    return {
        "slot": step.slot,
        "title": _clipped(words.fill(step.title, values), limits.title_most),
        "text": _clipped(words.fill(step.text, values), limits.text_most),
        "link": step.link,
        "link_text": words.fill(step.link_text, values),
        "items": [
            {**item, "text": _clipped(words.fill(item["text"], values), limits.title_most)}
            for item in step.listed()
        ],
    }


def _push(step: PushStep, values: Values) -> dict[str, Any]:
    limits = policies.load("channels").push
    return {
        "title": _clipped(words.fill(step.title, values), limits.title_most),
        "text": _clipped(words.fill(step.text, values), limits.text_most),
        "link": step.link,
        "ttl_minutes": step.ttl_minutes,
    }


def _clipped(text: str, most: int) -> str:
    """``text``, cut where a long name has made it too long for its place.

    >>> _clipped("Three reports wait", 10)
    'Three rep…'
    """
    text = text.strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
