"""Patterns of times: ISO 8601 and its near relatives, or one that a person names. Pure.

A pattern is written with ``yyyy yy m mm mmm d dd ddd h hh mm ss AM z`` (``m/d/yyyy, h:mm AM``), or
with ``%Y %m %d %H %I %M %S %f %p %z`` and the other letters of strptime. A text is matched whole:
what a pattern does not name, such as an offset or a 12-hour mark, makes the text no match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from tenure.analytics.errors import SpecError
from tenure.facts import zones

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = {
    "Y": r"(?P<year>\d{4})",
    "y": r"(?P<short>\d{2})",
    "m": r"(?P<month>\d{1,2})",
    "b": r"(?P<name>[A-Za-z]{3,9})\.?",
    "d": r"(?P<day>\d{1,2})(?:st|nd|rd|th)?",
    "a": r"[^\W\d_]{2,10}\.?",
    "H": r"(?P<hour>\d{1,2})",
    "M": r"(?P<minute>\d{2})",
    "S": r"(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?",
    "p": r"(?P<half>[ap]\.?\s?m\b\.?)",
    "z": rf"(?P<zone>{zones.WRITTEN})",
}
_STRPTIME = {
    "Y": "Y",
    "y": "y",
    "m": "m",
    "b": "b",
    "B": "b",
    "h": "b",
    "d": "d",
    "e": "d",
    "a": "a",
    "A": "a",
    "H": "H",
    "I": "H",
    "k": "H",
    "l": "H",
    "M": "M",
    "S": "S",
    "p": "p",
    "P": "p",
    "z": "z",
    "Z": "z",
}
_SHORTHAND = {"%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%T": "%H:%M:%S", "%R": "%H:%M"}
_TOKEN = re.compile(
    r"'(?P<literal>[^']*)'|(?P<half>\b(?:am/pm|a\.m\.|p\.m\.|am|pm|tt|a)(?![a-z]))"
    r"|(?P<utc>\b(?:utc|gmt)\b)|(?P<fraction>[.,](?:s{3,9}|f{1,9}|0{3,9}))"
    r"|y{4}|yy|m{1,4}|d{1,4}|h{1,2}|s{1,2}|z{1,5}|x{1,3}|(?P<space>\s+)",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(r"%[-_^#0]?(?P<letter>[A-Za-z%])|(?P<space>\s+)")
_ISO = re.compile(
    r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})"
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})"
    rf"(?:[.,](?P<fraction>\d{{1,9}}))?)?(?:\s*(?P<half>[ap]\.?\s?m\b\.?))?"
    rf"(?:\s*(?P<zone>{zones.WRITTEN}))?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern; ``written`` is as the person wrote it, empty for ISO 8601."""

    written: str
    regex: re.Pattern[str]

    def read(self, text: str, zone: tzinfo) -> datetime | None:
        """The moment a text names, in UTC; None if the text is not wholly of this pattern.

        ``zone`` counts only where the text names none.
        """
        match = self.regex.fullmatch(text.strip())
        if match is None:
            return None
        try:
            return _moment(match.groupdict(), zone)
        except (ValueError, OverflowError):
            return None


ISO = Pattern("", _ISO)


@cache
def compiled(written: str) -> Pattern:
    """The pattern a person wrote; SpecError if it names no year, month or day."""
    parts = _of_strptime(written) if "%" in written else _of_tokens(written)
    for name, group in (("year", "year|short"), ("month", "month|name"), ("day", "day")):
        found = re.findall(rf"\(\?P<(?:{group})>", parts)
        if len(found) != 1:
            problem = f"names no {name}" if not found else f"names the {name} twice"
            raise _wrong(written, problem)
    try:
        return Pattern(written, re.compile(parts, re.IGNORECASE))
    except re.error as error:
        raise _wrong(written, "names a part of the time twice") from error


def _wrong(written: str, problem: str) -> SpecError:
    example = "m/d/yyyy, dd-mmm-yyyy hh:mm, m/d/yyyy h:mm AM or %d.%m.%Y %H:%M %z"
    return SpecError("--date-format", written, problem, f"write it such as {example}")


def _of_strptime(written: str) -> str:
    for short, long in _SHORTHAND.items():
        written = written.replace(short, long)
    out, end = "", 0
    for match in _DIRECTIVE.finditer(written):
        out += re.escape(written[end : match.start()])
        end = match.end()
        letter = match["letter"]
        if letter is None:
            out += r"\s+"
        elif letter == "%":
            out += "%"
        elif letter == "f":
            out = _without_own_fraction(out) + r"(?P<fraction>\d{1,9})"
        elif letter not in _STRPTIME:
            raise _wrong(written, f"has %{letter}, which is not read")
        else:
            out += _NAMES[_STRPTIME[letter]]
    return _loose(out + re.escape(written[end:]))


def _without_own_fraction(parts: str) -> str:
    return parts.replace(r"(?:[.,](?P<fraction>\d{1,9}))?", "")


def _of_tokens(written: str) -> str:
    out, end, before = "", 0, ""
    for match in _TOKEN.finditer(written):
        out += re.escape(written[end : match.start()])
        end = match.end()
        before = _letter(match, before)
        out += _part(match, before)
    return _loose(out + re.escape(written[end:]))


def _letter(match: re.Match[str], before: str) -> str:
    """The strptime letter of a token; ``m`` is minutes where it follows the hours."""
    token = match.group().lower()
    if match["half"]:
        return "p"
    if match["utc"] or token[0] in "zx":
        return "z"
    if match["literal"] is not None or match["space"] or match["fraction"]:
        return before
    if token[0] == "m":
        return "M" if before == "H" and len(token) < 3 else "b" if len(token) > 2 else "m"
    if token[0] == "d":
        return "a" if len(token) > 2 else "d"
    return {"yyyy": "Y", "yy": "y"}.get(token) or {"h": "H", "s": "S"}[token[0]]


def _part(match: re.Match[str], letter: str) -> str:
    if match["literal"] is not None:
        return re.escape(match["literal"])
    if match["space"]:
        return r"\s+"
    return "" if match["fraction"] else _NAMES[letter]  # seconds take their fraction anyway


def _loose(parts: str) -> str:
    """White space before a 12-hour mark or a zone may be there or not."""
    for name in ("half", "zone"):
        parts = re.sub(rf"(?:\\s\+)?\(\?P<{name}>", rf"\\s*(?P<{name}>", parts)
    return parts


def _moment(found: dict[str, str | None], default: tzinfo) -> datetime | None:
    year = int(found.get("year") or 0) or _century(int(found.get("short") or 0))
    name = (found.get("name") or "")[:3].lower()
    month = _MONTHS.index(name) + 1 if name else int(found["month"] or 0)
    hour = _hour(int(found.get("hour") or 0), found.get("half"))
    if hour is None:
        return None
    minute, second = int(found.get("minute") or 0), int(found.get("second") or 0)
    if (hour, minute, second) == (24, 0, 0):
        after, hour = timedelta(days=1), 0
    else:
        after = timedelta(0)
    fraction = found.get("fraction")
    micros = int(f"{fraction:0<6}"[:6]) if fraction else 0
    written = found.get("zone")
    zone = zones.named(written) if written else default
    if zone is None:
        return None
    there = datetime(year, month, int(found["day"] or 0), hour, minute, second, micros, zone)
    return (there + after if after else there).astimezone(UTC)


def _century(short: int) -> int:
    return 2000 + short if short < 69 else 1900 + short


def _hour(hour: int, half: str | None) -> int | None:
    """The hour of the day; None where a 12-hour mark stands beside no hour from 1 to 12."""
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half[0] in "pP" else 0)
