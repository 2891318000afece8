"""Where a person's clock stands: whatever a system calls a time zone, in the names of IANA. Pure.

What cannot be understood is refused at intake: whoever lives in a zone we do not know would be
written to at night.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import available_timezones

_OFFSET = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?([0-5]\d))?")
_BESIDE = re.compile(r"^\((?:utc|gmt)?([+-]\d{1,2}:?\d{0,2})?\)(.+)$")
_LEAST, _MOST = -12 * 60, 14 * 60


@cache
def _known() -> dict[str, str]:
    """Every name, in its plain form, and the zone it means."""
    told = tomllib.loads(files("tenure.facts").joinpath("home_zones.toml").read_text("utf-8"))
    found = {_plain(name): name for name in available_timezones()}
    for kind in ("rails", "windows", "abbreviations"):
        found |= {_plain(name): zone for name, zone in told[kind].items()}
    return found


@cache
def _odd_offsets() -> dict[int, str]:
    told = tomllib.loads(files("tenure.facts").joinpath("home_zones.toml").read_text("utf-8"))
    return {int(minutes): zone for minutes, zone in told["offsets"].items()}


def _plain(name: str) -> str:
    """Small letters; spaces, underscores and dots left out."""
    return re.sub(r"[\s_.]", "", name.lower().replace("−", "-"))


@lru_cache(maxsize=8192)
def named(text: str) -> str | None:
    """The IANA name of the zone that ``text`` means; None if it is not clear.

    >>> named("Eastern Time (US & Canada)"), named("america/new_york"), named("PST")
    ('America/New_York', 'America/New_York', 'America/Los_Angeles')
    >>> named("UTC-05:00"), named("GMT-5"), named("+0530"), named("W. Europe Standard Time")
    ('Etc/GMT+5', 'Etc/GMT+5', 'Asia/Kolkata', 'Europe/Berlin')
    >>> named("(GMT+01:00) Amsterdam, Berlin, Bern"), named("CST"), named("Mars")
    ('Europe/Amsterdam', None, None)
    """
    plain = _plain(text)
    return _known().get(plain) or _of_offset(plain) or _beside(plain)


def _of_offset(plain: str) -> str | None:
    """A zone that stands at an offset all year."""
    match = _OFFSET.fullmatch(plain)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    minutes = -minutes if match[1] == "-" else minutes
    if minutes in _odd_offsets():
        return _odd_offsets()[minutes]
    if minutes % 60 or not _LEAST <= minutes <= _MOST:
        return None
    hours = -minutes // 60  # the signs of Etc zones are those of POSIX
    return f"Etc/GMT{hours:+d}" if hours else "UTC"


def _beside(plain: str) -> str | None:
    """``(GMT-05:00) Eastern Time (US & Canada)``: the name, else a city, else the offset."""
    match = _BESIDE.match(plain)
    if match is None:
        return None
    for name in (match[2], *match[2].split(",")):
        if found := _known().get(name):
            return found
    return _of_offset(match[1] or "+0")
