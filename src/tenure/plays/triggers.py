"""When plays begin: after each scoring, as events arrive, on dates, on absence. All in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tenure.accounts.bulk import upsert
from tenure.accounts.models import Account, Membership
from tenure.plays import history, matching, people, policy, streaks, whom
from tenure.plays.entering import Candidate, enter
from tenure.plays.models import ON, PlaySwitch, Standing
from tenure.plays.spec import (
    AbsenceTrigger,
    DateTrigger,
    EventTrigger,
    InactiveTrigger,
    Play,
    ScheduleTrigger,
    StreakTrigger,
    WhenTrigger,
)

_PAGE = 2000


def running() -> dict[str, Play]:
    """The plays that are on, by name."""
    names = PlaySwitch.objects.filter(state=ON).order_by("play").values_list("play", flat=True)
    return {name: policy.play(name) for name in names}


def asked_fields() -> set[str]:
    """Fields that scoring must compute for the plays that are not off: their rules look at them, or
    their texts tell them."""
    names = PlaySwitch.objects.exclude(state="off").values_list("play", flat=True)
    plays = [policy.play(name) for name in names]
    return {field for play in plays for field in play.fields() | play.told_signals()}


def after_scoring(everyone: pa.Table, as_of: datetime, now: datetime) -> dict[str, int]:
    """Let in whom the scoring shows to meet a trigger; gives how many by play."""
    return {
        name: _stand(name, play, play.trigger, everyone, as_of, now)
        for name, play in running().items()
        if isinstance(play.trigger, WhenTrigger)
    }


def _stand(
    name: str, play: Play, trigger: WhenTrigger, everyone: pa.Table, as_of: datetime, now: datetime
) -> int:
    """Keep who matches since when; whoever has matched for long enough comes in, once a spell."""
    matched = whom.among(play, matching.both(everyone, trigger.rule, play.audience))
    with transaction.atomic():
        kept = Standing.objects.filter(play=name)
        known = set(kept.values_list("account_id", flat=True))
        _forget(name, known - matched)
        new = matched - known
        rows = [
            {"play": name, "account_id": a, "since": as_of, "fired": False} for a in sorted(new)
        ]
        upsert(Standing, rows, ["play", "account_id"], [])
    ripe = kept.filter(fired=False, since__lte=as_of - timedelta(days=trigger.for_days))
    due = set(ripe.values_list("account_id", flat=True))
    why = values(everyone, trigger.rule.fields(), due)
    entered = enter(name, play, (Candidate(a, why=why.get(a, {})) for a in due), now=now)
    for page in _pages(sorted(due)):
        Standing.objects.filter(play=name, account_id__in=page).update(fired=True)
    return entered


def _forget(name: str, accounts: Iterable[str]) -> None:
    for page in _pages(sorted(accounts)):
        Standing.objects.filter(play=name, account_id__in=page).delete()


def _pages(ids: list[str]) -> Iterable[list[str]]:
    return (ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE))


def values(
    table: pa.Table, fields: Iterable[str], accounts: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """What the fields of a rule were, by account: the evidence of an entry."""
    wanted = pa.array(sorted(accounts), pa.string())
    names = [f for f in dict.fromkeys(fields) if f in table.column_names]
    if not len(wanted) or not names:
        return {}
    some = table.select(["account_id", *(n for n in names if n != "account_id")]).filter(
        pc.is_in(table["account_id"], value_set=wanted)
    )
    rows = some.select(names).to_pylist()
    return {i: _plain(row) for i, row in zip(some["account_id"].to_pylist(), rows, strict=True)}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items() if v is not None}


def on_events(rows: pa.Table, now: datetime) -> None:
    """Let in whoever did what a play waits for. The same events again change nothing: an open
    round stands in the way, and a play that may be entered again asks how long ago it was. History
    is not news: what was loaded, or happened long ago, begins nothing."""
    for name, play, candidates in waiting_for(rows, now):
        enter(name, play, candidates, now=now)


def waiting_for(rows: pa.Table, now: datetime) -> Iterator[tuple[str, Play, list[Candidate]]]:
    """The plays that begin with these events, and whom each would let in."""
    plays = {n: p for n, p in running().items() if isinstance(p.trigger, EventTrigger)}
    if not plays or not rows.num_rows:
        return
    names = {p.trigger.event for p in plays.values() if isinstance(p.trigger, EventTrigger)}
    some = rows.filter(pc.is_in(rows["event"], value_set=pa.array(sorted(names), pa.string())))
    news = now - timedelta(days=policy.numbers().news_days)
    wanted = [
        r
        for r in some.to_pylist()
        if r.get("account_id") and not r.get("backfill") and r["timestamp"] >= news
    ]
    for name, play in plays.items():
        found = [r for r in wanted if _is_it(r, play.trigger)]  # type: ignore[arg-type]
        yield name, play, _within(play, (_candidate(r) for r in found))


def _is_it(row: Mapping[str, Any], trigger: EventTrigger) -> bool:
    if row["event"] != trigger.event:
        return False
    if not trigger.where:
        return True
    given = msgspec.json.decode(row.get("properties") or "{}")
    return all(given.get(key) == value for key, value in trigger.where.items())


def _candidate(row: Mapping[str, Any]) -> Candidate:
    why = {"event": row["event"], "at": str(row.get("timestamp") or "")}
    return Candidate(row["account_id"], row.get("person_id") or "", why)


def _within(play: Play, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those whose account belongs to the play's audience by the last scoring."""
    listed = list(candidates)
    if play.audience is None or not listed:
        return listed
    members = matching.now(play.audience, {c.account_id for c in listed})
    return [c for c in listed if c.account_id in members]


def by_the_clock(now: datetime) -> dict[str, int]:
    """Dates that came, people who went quiet, events that did not follow; how many by play."""
    entered = {}
    for name, play in running().items():
        since = PlaySwitch.objects.values_list("looked_at", flat=True).get(play=name)
        found = _timed(play, since, now)
        if found is None:
            continue
        entered[name] = enter(name, play, _within(play, found), now=now)
        PlaySwitch.objects.filter(play=name).update(looked_at=now)
    return entered


def _timed(play: Play, since: datetime, now: datetime) -> list[Candidate] | None:
    trigger = play.trigger
    if isinstance(trigger, DateTrigger):
        return _dates(trigger, since, now)
    if isinstance(trigger, ScheduleTrigger):
        return _scheduled(trigger, play, since, now)
    if isinstance(trigger, InactiveTrigger):
        return inactive(trigger, now, play.ways())
    if isinstance(trigger, StreakTrigger):
        return streaks.at_risk(trigger, now, play.ways())
    if isinstance(trigger, AbsenceTrigger):
        return _absent(trigger, play, since, now)
    return None


def _dates(trigger: DateTrigger, since: datetime, now: datetime) -> list[Candidate]:
    """Accounts whose date, moved by the trigger's days, came between ``since`` and ``now``."""
    span = timedelta(days=trigger.days)
    between = {f"{trigger.field}__gt": since - span, f"{trigger.field}__lte": now - span}
    rows = Account.objects.filter(**between).values_list("pk", trigger.field)
    return [Candidate(pk, why={trigger.field: at.isoformat()}) for pk, at in rows]


def _scheduled(
    trigger: ScheduleTrigger, play: Play, since: datetime, now: datetime
) -> list[Candidate]:
    """The whole audience, if its time came since ``since``; a time missed long ago counts once."""
    at = trigger.latest(now.astimezone(UTC))
    if at <= since:
        return []
    return [Candidate(a, why={"schedule": at.isoformat()}) for a in matching.now(play.audience)]


def inactive(
    trigger: InactiveTrigger, now: datetime, ways: Collection[str] = ("mail",)
) -> list[Candidate]:
    """People who have been away for as long as the trigger says, and can be reached on one of
    ``ways``."""
    rows = Membership.objects.filter(
        people.reachable(ways or ("mail",), "person__"),
        left_at=None,
        person__last_seen_at__lte=now - timedelta(days=trigger.days),
        person__last_seen_at__gt=now - timedelta(days=trigger.until_days),
    )
    listed = rows.values_list("account_id", "person_id", "person__last_seen_at")
    return [Candidate(a, p, {"last_seen": s.isoformat()}) for a, p, s in listed if s]


def _absent(trigger: AbsenceTrigger, play: Play, since: datetime, now: datetime) -> list[Candidate]:
    """Those who did the one thing, so many days ago, and not the other since."""
    span = timedelta(days=trigger.days)
    began = history.first(trigger.after, play.unit, since - span, now - span)
    did = history.did(trigger.without, play.unit, {s: at for s, (at, *_) in began.items()})
    return [
        Candidate(account, person, {trigger.after: at.astimezone(UTC).isoformat()})
        for subject, (at, account, person) in began.items()
        if subject not in did
    ]
