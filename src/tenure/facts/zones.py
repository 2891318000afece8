"""Time zones as they stand in times: offsets, UTC, IANA names, well-known abbreviations. Pure."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tenure.facts.rejection import limits

WRITTEN = (
    r"(?:(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?(?::?\d{2})?(?:\s?\([^()]*\))?(?:\[[\w/+-]+\])?"
    r"|[A-Z]+(?:/[A-Za-z0-9_+-]+)+|\[[\w/+-]+\]|[A-Z]{1,5}(?:\[[\w/+-]+\])?)"
)
"""How a zone may be written after a time, as a regular expression without groups."""
_OFFSET = re.compile(
    r"(?:UTC|GMT)?\s?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?(?:\s?\([^()]*\))?", re.IGNORECASE
)
_MOST = timedelta(hours=14)


@cache
def _iana() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@lru_cache(maxsize=4096)
def named(text: str) -> tzinfo | None:
    """The zone a text names, None if it names none or one that is not clear (``CST``, ``IST``).

    >>> str(named("UTC+2")), str(named("europe/berlin")), str(named("PST")), named("IST")
    ('UTC+02:00', 'Europe/Berlin', 'UTC-08:00', None)
    """
    text, bracket, rest = text.strip().partition("[")
    if bracket and _known(rest.removesuffix("]")) is None:
        return None
    if not text:
        return _known(rest.removesuffix("]"))
    offset = _OFFSET.fullmatch(text)
    if offset:
        return _of_offset(*offset.groups())
    abbreviations: dict[str, int] = limits()["zones"]
    minutes = abbreviations.get(text.upper())
    if minutes is not None:
        return timezone(timedelta(minutes=minutes)) if minutes else UTC
    return _known(text) if "/" in text else None


def _known(name: str) -> tzinfo | None:
    found = _iana().get(name.lower())
    return ZoneInfo(found) if found else None


def _of_offset(sign: str, hours: str, minutes: str | None, seconds: str | None) -> tzinfo | None:
    parts = int(minutes or 0), int(seconds or 0)
    ahead = timedelta(hours=int(hours), minutes=parts[0], seconds=parts[1])
    if max(parts) > 59 or ahead > _MOST:
        return None
    return timezone(-ahead if sign == "-" else ahead)
