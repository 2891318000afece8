"""Events that began no play though they should have: found in the lake, and let in late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from tenure.analytics.moments import micros
from tenure.facts import reading
from tenure.facts.casts import literal
from tenure.facts.healing import SweepScope
from tenure.plays import entering, policy, triggers
from tenure.plays.entering import Candidate
from tenure.plays.models import Enrolment
from tenure.plays.spec import EventTrigger, Play


def sweep(ask: SweepScope) -> int:
    """How many a play waits for did what it waits for, lately, and are not in it. Nobody who has
    entered since the event is let in by it again."""
    names = sorted(
        {
            p.trigger.event
            for p in triggers.running().values()
            if isinstance(p.trigger, EventTrigger)
        }
    )
    if not names:
        return 0
    since = max(ask.recent(), ask.now - timedelta(days=policy.numbers().news_days))
    listed = ", ".join(literal(name) for name in names)
    query = (
        "SELECT account_id, person_id, event, make_timestamptz(timestamp) AS timestamp, properties,"
        f" backfill FROM raw_events WHERE event IN ({listed}) AND received_at >= {micros(since)}"
        " ORDER BY timestamp"
    )
    rows = reading.latest(query, ask.now, "events", since=since)
    missed = 0
    for name, play, candidates in triggers.waiting_for(rows, ask.now):
        late = _not_since(name, play, candidates)
        if ask.heal:
            missed += entering.enter(name, play, late, now=ask.now)
        else:
            missed += entering.would_enter(name, play, late, now=ask.now)
    return missed


def _not_since(name: str, play: Play, candidates: Sequence[Candidate]) -> list[Candidate]:
    subjects = sorted({c.subject(play) for c in candidates})
    last: dict[str, datetime] = {}
    for start in range(0, len(subjects), 500):
        rows = Enrolment.objects.filter(play=name, subject__in=subjects[start : start + 500])
        last |= dict(rows.values_list("subject").annotate(at=Max("entered_at")))
    return [c for c in candidates if _happened(c.why) > last.get(c.subject(play), _NEVER)]


def _happened(why: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(str(why["at"]))


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
