"""Who would have entered, and when, over the last months: a play tried on history before it runs.

Each week of the past is looked at as it was known then; nothing is sent and nobody is enrolled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta

from tenure.accounts.models import Account
from tenure.analytics.segments import CHANCE
from tenure.analytics.tables import TABLES
from tenure.facts import lake
from tenure.facts.reading import engine
from tenure.health.pipeline import Rules, compute, score_everyone
from tenure.plays import matching, policy, whom
from tenure.plays.entering import Earlier, may_enter
from tenure.plays.models import DryRunKept
from tenure.plays.spec import EVERYONE, FORMER, DateTrigger, Play, WhenTrigger

_STEP = timedelta(days=7)
_SHOWN = 200


@dataclass(frozen=True)
class Entry:
    """An account that would have come in at ``at``."""

    account_id: str
    at: str


@dataclass(frozen=True)
class DryRun:
    """``looked_at`` are the days looked at; ``entries`` the first of all ``count``."""

    looked_at: list[str]
    entries: list[Entry]
    count: int
    by_day: dict[str, int]

    def as_json(self) -> dict[str, object]:
        """For keeping."""
        return asdict(self)


def why_not(play: Play) -> str:
    """Why a play cannot be tried on history; empty if it can."""
    if not isinstance(play.trigger, WhenTrigger | DateTrigger):
        return "waits for single events or people; only rules and dates can be tried on history"
    if CHANCE in play.fields():
        return "asks for the chance of a learned model, which was not known on the days before"
    return ""


def run(play: Play, now: datetime, progress: Callable[[int, int], None] | None = None) -> DryRun:
    """Try ``play`` on the days of policy before ``now``; entry rules count, hold-out not."""
    days = _days(now)
    entered = _when(play, days, progress) if isinstance(play.trigger, WhenTrigger) else []
    if isinstance(play.trigger, DateTrigger):
        entered = _dates(play, play.trigger, days[0], now)
    by_day: dict[str, int] = {}
    for entry in entered:
        by_day[entry.at] = by_day.get(entry.at, 0) + 1
    return DryRun([d.date().isoformat() for d in days], entered[:_SHOWN], len(entered), by_day)


def keep(name: str, now: datetime, progress: Callable[[int, int], None] | None = None) -> None:
    """Try a play and keep what came out, for its page."""
    found, version = run(policy.play(name), now, progress), policy.version(name)
    told = {"version": version, "asked_at": now, "finished_at": now, "result": found.as_json()}
    DryRunKept.objects.update_or_create(play=name, defaults=told)


def _days(now: datetime) -> list[datetime]:
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    number = policy.numbers().dry_run_days // _STEP.days
    return [today - _STEP * n for n in range(number, -1, -1)]


def _when(
    play: Play, days: list[datetime], progress: Callable[[int, int], None] | None
) -> list[Entry]:
    assert isinstance(play.trigger, WhenTrigger)
    rules, data = Rules.in_force(), lake.current().dataset(list(TABLES))
    stages: dict[str, str] = {}
    since: dict[str, datetime] = {}
    fired: set[str] = set()
    rounds: dict[str, Earlier] = {}
    found: list[Entry] = []
    for number, day in enumerate(days):
        signals = compute(rules, day, data, also={*play.fields(), whom.STATUS}, engine=engine())
        everyone = score_everyone(signals, rules, day, stages).everyone
        stages = dict(zip(*(everyone[c].to_pylist() for c in ("account_id", "stage")), strict=True))
        matched = matching.both(whom.then(play, everyone), play.trigger.rule, play.audience)
        since = {a: since.get(a, day) for a in matched}
        fired &= matched
        ripe = day - timedelta(days=play.trigger.for_days)
        for account in sorted(a for a in matched - fired if since[a] <= ripe):
            fired.add(account)
            if may_enter(play.entry, rounds.get(account), day):
                rounds[account] = Earlier(1, day, False)
                found.append(Entry(account, day.date().isoformat()))
        if progress:
            progress(number + 1, len(days))
    return found


def _dates(play: Play, trigger: DateTrigger, first: datetime, now: datetime) -> list[Entry]:
    """Dates that came; whoever had left by then is in none for customers."""
    span = timedelta(days=trigger.days)
    between = {f"{trigger.field}__gt": first - span, f"{trigger.field}__lte": now - span}
    rows = Account.objects.filter(**between).order_by(trigger.field)
    return [
        Entry(pk, (at + span).date().isoformat())
        for pk, at, left in rows.values_list("pk", trigger.field, "churned_at")
        if play.meant_for == EVERYONE
        or (left is not None and left <= at + span) == (play.meant_for == FORMER)
    ]
