"""Streaks about to end: people who used the product day after day, and not yet today."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tenure.accounts.models import Membership
from tenure.channels.settings import Numbers, zone_of
from tenure.core import policy as policies
from tenure.plays import history, people
from tenure.plays.entering import Candidate
from tenure.plays.spec import StreakTrigger

_WINDOW = timedelta(hours=60)  # yesterday everywhere on earth lies within


def yesterday_if_late(zone: ZoneInfo, last: datetime, hours: float, now: datetime) -> date | None:
    """The person's yesterday, if they were last seen on it and ``hours`` or less are left of their
    day; else None.

    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> at = lambda text: datetime.fromisoformat(text).astimezone(UTC)
    >>> seen = at("2026-03-10T09:00+01:00")
    >>> yesterday_if_late(berlin, seen, 6, at("2026-03-11T18:00+01:00"))
    datetime.date(2026, 3, 10)
    >>> yesterday_if_late(berlin, seen, 6, at("2026-03-11T17:59+01:00"))
    >>> yesterday_if_late(berlin, at("2026-03-11T00:10+01:00"), 6, at("2026-03-11T18:00+01:00"))
    """
    today = now.astimezone(zone).date()
    ends = datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
    if ends - now > timedelta(hours=hours):
        return None
    yesterday = today - timedelta(days=1)
    return yesterday if last.astimezone(zone).date() == yesterday else None


def at_risk(trigger: StreakTrigger, now: datetime, ways: Collection[str]) -> list[Candidate]:
    """Whose streak of ``days`` or more ends with their day, unless they come back."""
    numbers: Numbers = policies.load("channels")
    rows = Membership.objects.filter(
        people.reachable(ways or ("mail",), "person__"),
        left_at=None,
        person__last_seen_at__gt=now - _WINDOW,
    ).values_list("account_id", "person_id", "person__timezone", "person__last_seen_at")
    late: dict[str, tuple[str, str, date]] = {}
    for account, person, name, last in rows:
        zone = zone_of(name, numbers)
        if last and (day := yesterday_if_late(zone, last, trigger.hours, now)):
            late[person] = (account, zone.key, day)
    kept = _long_enough(late, trigger.days, now)
    return [Candidate(late[p][0], p, {"streak_days": trigger.days}) for p in sorted(kept)]


def _long_enough(late: Mapping[str, tuple[str, str, date]], days: int, now: datetime) -> set[str]:
    zones = {person: zone for person, (_, zone, _) in late.items()}
    active = history.active_days(zones, now - timedelta(days=days + 3))
    return {
        person
        for person, (_, _, last) in late.items()
        if {last - timedelta(days=n) for n in range(days)} <= active.get(person, set())
    }
