"""Sources gone stale, suddenly quiet or loud, and events that were promised and do not come.

A health score on missing data lies, so each of these opens an alert, which closes by itself once
things are usual again. *Usual* is the median of the same weekday over the weeks before; how far off
a day may be is told by the median absolute deviation (times 1.4826, which makes it comparable to a
standard deviation: Rousseeuw & Croux 1993), so that one odd week does not shift it. Files and other
one-off sources are watched only where a contract says how often they come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from statistics import median

from django.db import transaction

from tenure.core import jobs
from tenure.facts import contracts
from tenure.facts.contracts import Contract, Contracts, Watch
from tenure.facts.inbox import OwnFact, record_own
from tenure.facts.models import Source, SourceAlert, SourceDay

KIND = "facts.watch"
ONE_OFF = frozenset({"file", "frame", "tenure", "demo"})
MAD_TO_SIGMA = 1.4826
Days = Mapping[date, int]


@dataclass(frozen=True)
class Finding:
    """What is unusual about a source, or about one event (``subject``) of it."""

    source: str
    subject: str
    kind: str
    text: str


def judge_volume(days: Days, day: date, watch: Watch) -> tuple[str, float] | None:
    """``quiet`` or ``loud`` with the usual number, if ``day`` is unlike its weekday's past.

    >>> from tenure.facts.contracts import Watch
    >>> rules = Watch(weeks=8, least_weeks=3, least_rows=20, quiet_below=0.5, loud_above=3,
    ...     deviations=4, stale_gaps=3, stale_least_h=36)
    >>> mondays = {date(2024, 1, 1) + timedelta(weeks=w): 100 + w for w in range(8)}
    >>> judge_volume({**mondays, date(2024, 2, 26): 10}, date(2024, 2, 26), rules)
    ('quiet', 103.5)
    """
    past = _same_weekday(days, day, watch.weeks)
    if len(past) < watch.least_weeks:
        return None
    usual = median(past)
    if usual < watch.least_rows:
        return None
    spread = MAD_TO_SIGMA * median(abs(v - usual) for v in past)
    now = days.get(day, 0)
    far = abs(now - usual) > watch.deviations * spread
    if far and now < usual * watch.quiet_below:
        return "quiet", usual
    if far and now > usual * watch.loud_above:
        return "loud", usual
    return None


def _same_weekday(days: Days, day: date, weeks: int) -> list[int]:
    first = min(days, default=day)
    before = [day - timedelta(weeks=w) for w in range(1, weeks + 1)]
    return [days.get(d, 0) for d in before if d >= first]


def silence_allowed(days: Iterable[date], watch: Watch) -> timedelta | None:
    """How long a source may be silent, from the gaps between its days; None while too few."""
    known = sorted(days)
    gaps = [(b - a).days for a, b in pairwise(known)]
    if len(gaps) < watch.least_weeks:
        return None
    return max(
        timedelta(days=watch.stale_gaps * median(gaps)), timedelta(hours=watch.stale_least_h)
    )


def findings(now: datetime, rules: Contracts | None = None) -> list[Finding]:
    """All that is unusual at ``now``; the last whole UTC day is the one that is judged."""
    rules = rules or contracts.current()
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    by_source, by_event = _counts(yesterday, rules.watch.weeks)
    found: list[Finding] = []
    for source in Source.objects.exclude(kind="tenure"):
        own = rules.sources.get(source.name)
        found += _of_source(
            source, by_source.get(source.name, {}), own, yesterday, now, rules.watch
        )
    for name, contract in rules.events.items():
        found += _of_event(name, by_event.get(name, {}), contract, yesterday, now)
    return found


def _counts(
    last: date, weeks: int
) -> tuple[dict[str, dict[date, int]], dict[str, dict[date, int]]]:
    """Facts per day: by source, and by event over all sources."""
    by_source: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    by_event: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    rows = SourceDay.objects.filter(day__gte=last - timedelta(weeks=weeks))
    for source, name, day, number in rows.values_list("source", "name", "day", "rows").iterator():
        by_source[source][day] += number
        if name:
            by_event[name][day] += number
    return by_source, by_event


def _of_source(
    source: Source, days: Days, contract: Contract | None, day: date, now: datetime, watch: Watch
) -> list[Finding]:
    every = contract.every() if contract else None
    one_off = source.kind in ONE_OFF and contract is None
    allowed = every or (None if one_off else silence_allowed(days, watch))
    last = source.last_fact_at or source.first_seen_at
    if allowed and now - last > allowed:
        text = f"{source.name} has sent nothing for {_span(now - last)}; usual is {_span(allowed)}."
        return [Finding(source.name, source.name, "stale", text + _check(source.name))]
    if one_off:
        return []
    return _volume(source.name, source.name, days, day, contract, watch)


def _volume(
    source: str, subject: str, days: Days, day: date, contract: Contract | None, watch: Watch
) -> list[Finding]:
    promised = _promised(source, subject, days, day, contract)
    if promised:
        return promised
    judged = judge_volume(days, day, watch)
    if judged is None:
        return []
    kind, usual = judged
    text = (
        f"{subject} brought {days.get(day, 0):,} facts on {day:%A, %d %B}; "
        f"usual for that weekday are {usual:,.0f}."
    )
    return [Finding(source, subject, kind, text + _check(source))]


def _promised(
    source: str, subject: str, days: Days, day: date, contract: Contract | None
) -> list[Finding]:
    if contract is None:
        return []
    least, most = contract.volume.min_per_day, contract.volume.max_per_day
    number = days.get(day, 0)
    if least is not None and number < least:
        text = (
            f"{subject} brought {number:,} facts on {day:%d %B}; its contract promises {least:,}."
        )
        return [Finding(source, subject, "quiet", text + _check(source))]
    if most is not None and number > most:
        text = f"{subject} brought {number:,} facts on {day:%d %B}; allowed are {most:,}."
        return [Finding(source, subject, "loud", text + _check(source))]
    return []


def _of_event(name: str, days: Days, contract: Contract, day: date, now: datetime) -> list[Finding]:
    every = contract.every()
    if every:
        last = max(days, default=None)
        seen = datetime.combine(last, time.max, UTC) if last else None
        if seen is None:
            text = f"{name} is promised every {_span(every)} and has not come at all."
            return [Finding("", name, "missing", text + _check("its sender"))]
        if now - seen > every:
            text = (
                f"{name} last came on {last:%d %B}; its contract promises it every {_span(every)}."
            )
            return [Finding("", name, "stale", text + _check("its sender"))]
    return _promised("", name, days, day, contract)


def _check(source: str) -> str:
    return f" Check the sender ({source}); until then, read scores with care."


def _span(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


@transaction.atomic
def keep(found: Sequence[Finding], now: datetime) -> tuple[int, int]:
    """Opens an alert for each new finding, closes those that are over; gives both numbers."""
    wanted = {(f.source, f.subject, f.kind): f for f in found}
    opened = closed = 0
    for alert in SourceAlert.objects.select_for_update().filter(closed_at=None):
        still = wanted.pop((alert.source, alert.subject, alert.kind), None)
        if still is None:
            alert.closed_at, closed = now, closed + 1
        else:
            alert.text = still.text
        alert.save(update_fields=["closed_at", "text"])
    record_own((_fact(f, now) for f in wanted.values()), now=now)
    for f in wanted.values():
        SourceAlert.objects.create(
            source=f.source[:80], subject=f.subject[:240], kind=f.kind, text=f.text, opened_at=now
        )
        opened += 1
    return opened, closed


def _fact(found: Finding, now: datetime) -> OwnFact:
    said = {"source": found.source, "subject": found.subject, "kind": found.kind}
    return OwnFact("source alert opened", None, now, properties=said)


def run(now: datetime) -> tuple[int, int]:
    """Looks at all sources and keeps the alerts up to date."""
    return keep(findings(now), now)


def look(_job: jobs.Running, now: datetime) -> None:
    """Look at every source, once an hour."""
    run(now)
