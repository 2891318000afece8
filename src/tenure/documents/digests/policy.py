"""The document ``digests``, and when a digest is due. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.indicators.policy import Cadence

DEFAULT = Path(__file__).with_name("digests.toml")
Kind = Literal["daily", "weekly", "monthly"]
_LOOK_BACK = 64
"""Days in which a monthly digest has had two turns."""
KINDS: tuple[Kind, ...] = ("daily", "weekly", "monthly")


class KindRule(BaseModel):
    """One kind of digest."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1)
    indicators: tuple[Cadence, ...]
    tasks_days: int = Field(ge=0)


class DigestPolicy(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zone: str = ""
    hour: int = Field(ge=0, le=23)
    weekday: int = Field(ge=0, le=6)
    late_hours: int = Field(ge=1, le=24)
    purpose: str
    most_listed: int = Field(ge=1)
    keep_days: int = Field(ge=62)
    kinds: Mapping[Kind, KindRule]


@dataclass(frozen=True)
class Due:
    """A digest's turn: its local day, when it goes out, and since when it tells."""

    kind: Kind
    day: date
    at: datetime
    since: datetime


def parse_digests(source: str, text: str) -> DigestPolicy:
    """The document in ``text``; SpecError names the key at fault."""
    found = toml.parse(DigestPolicy, source, toml.read(source, text))
    if found.zone and found.zone not in available_timezones():
        raise SpecError(source, "zone", f"is {found.zone!r}", "use an IANA zone: Europe/Berlin")
    for kind in KINDS:
        if kind not in found.kinds:
            raise SpecError(source, f"kinds.{kind}", "is missing", "say what stands in it")
    return found


def due(kind: Kind, now: datetime, zone: ZoneInfo, rule: DigestPolicy) -> Due | None:
    """The digest whose turn it is at ``now``; None where the last one is too long ago.

    >>> monday = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    >>> found = due("weekly", monday, ZoneInfo("Europe/Berlin"), packaged())
    >>> str(found.day), found.at.hour, (found.at - found.since).days
    ('2026-03-02', 6, 7)
    >>> due("weekly", monday, ZoneInfo("UTC"), packaged()) is None
    True
    """
    day = now.astimezone(zone).date()
    turns = [day - timedelta(days=n) for n in range(_LOOK_BACK)]
    began = [d for d in turns if _is_turn(kind, d, rule) and _moment(d, zone, rule) <= now]
    at = _moment(began[0], zone, rule)
    if now >= at + timedelta(hours=rule.late_hours):
        return None
    return Due(kind, began[0], at, _moment(began[1], zone, rule))


def _is_turn(kind: Kind, day: date, rule: DigestPolicy) -> bool:
    if kind == "daily":
        return True
    return day.weekday() == rule.weekday if kind == "weekly" else day.day == 1


def _moment(day: date, zone: ZoneInfo, rule: DigestPolicy) -> datetime:
    return datetime.combine(day, time(rule.hour), zone).astimezone(UTC)


@lru_cache
def packaged() -> DigestPolicy:
    """The packaged document."""
    return parse_digests(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
