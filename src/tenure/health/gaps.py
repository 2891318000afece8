"""What a scoring could not see because nobody told it: what is missing is no zero, and is said.

Looked for at every live scoring and kept in its summary (``gaps``), for the Health page, ``tenure
score``, the API and the doctor: events that name nobody, roles of events that no event plays, and
subscriptions that pay and have no amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenure.accounts import recurring
from tenure.analytics.dataset import Dataset
from tenure.analytics.moments import micros
from tenure.analytics.signals.inputs import PRODUCT
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.roles import ANY, catalogue, resolve
from tenure.analytics.signals.spec import EventSignal
from tenure.analytics.signals.sql import names
from tenure.facts import reading
from tenure.facts.reading import engine

EXAMPLES = 5
"""So many names are given, of events and of subscriptions."""


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: ``text`` says what and what it does, ``remedy`` what to do;
    ``kind`` is people, roles or amounts."""

    kind: str
    text: str
    remedy: str


def look(dataset: Dataset, registry: Registry, scored: Iterable[str], now: datetime) -> list[Gap]:
    """What is missing as of ``now`` for the signals ``scored``, the worst first."""
    seen = _seen(dataset, registry, now)
    return [
        *_people(seen, registry),
        *_amounts(now),
        *(_roles(seen, dataset, registry, scored, now) if seen else ()),
    ]


def of_summary(summary: Mapping[str, Any]) -> list[Gap]:
    """The gaps a run's summary tells of."""
    return [Gap(**found) for found in summary.get("gaps", ())]


def _seen(dataset: Dataset, registry: Registry, now: datetime) -> dict[str, tuple[int, int]]:
    """Product events of the days in which an event counts as tracked: how many, naming somebody."""
    if not dataset.has("events"):
        return {}
    since = now - timedelta(days=registry.settings.presence_days)
    sql = (
        "SELECT event, COUNT(*) AS n, COUNT(person_id) AS named FROM events"
        f" WHERE timestamp >= {micros(since)} AND {PRODUCT} GROUP BY event ORDER BY n DESC, event"
    )
    rows = reading.as_known(sql, now, "events", since=since.date())
    return {r["event"]: (r["n"], r["named"]) for r in rows}


def _people(seen: Mapping[str, tuple[int, int]], registry: Registry) -> Iterable[Gap]:
    if not seen or any(named for _, named in seen.values()):
        return
    days, total = registry.settings.presence_days, sum(n for n, _ in seen.values())
    yield Gap(
        "people",
        f"None of the {total:,} events of the last {days} days names a person. Signals about people"
        " (active people, who the champion is and whether they come) are missing, not zero.",
        "Map the column of the user: person_id=COLUMN, or have your SDK send userId.",
    )


def _amounts(now: datetime) -> Iterable[Gap]:
    found = recurring.by_currency(now, EXAMPLES)
    missing = sum(r.missing for r in found)
    if not missing:
        return
    ids = [i for r in found for i in r.without][:EXAMPLES]
    listed = ", ".join(ids) + (" …" if missing > len(ids) else "")
    are = "subscription pays and has" if missing == 1 else "subscriptions pay and have"
    yield Gap(
        "amounts",
        f"{missing:,} {are} no amount ({listed}). MRR figures leave them out; the revenue and tier"
        " of their accounts are missing, not zero.",
        "Map the amount (mrr=COLUMN), or import plans with a price.",
    )


def _roles(
    seen: Mapping[str, tuple[int, int]],
    dataset: Dataset,
    registry: Registry,
    scored: Iterable[str],
    now: datetime,
) -> Iterable[Gap]:
    """Roles that signals of the score look at, and that no event plays."""
    known = catalogue(dataset, now, engine())
    events = {name: resolve([f"@{name}"], registry.roles, known) for name in registry.roles}
    silent = {n for n, e in events.items() if e and not any(one in seen for one in e)}
    lost: dict[str, list[str]] = {}
    for signal in registry.closure(scored).values():
        if isinstance(signal, EventSignal):
            for name in _named(signal.events) & silent:
                lost.setdefault(name, []).append(signal.title)
    if not lost:
        return
    played = {one for e in events.values() for one in e or ()}
    others = [event for event in seen if event not in played][:EXAMPLES]
    told = "; ".join(_of_role(registry, name, lost[name]) for name in lost)
    more = f" Your most frequent events without a role: {', '.join(others)}." if others else ""
    yield Gap(
        "roles",
        f"No event of the last {registry.settings.presence_days} days plays: {told}. What looks at"
        f" them is missing from the score.{more}",
        "Name your own events in the policy document signals/roles; a role you have no use for gets"
        " events = [].",
    )


def _named(events: str | list[str]) -> set[str]:
    """Names of the roles among ``events``."""
    return {e.removeprefix("@") for e in names(events) if e.startswith("@") and e != ANY}


def _of_role(registry: Registry, name: str, signals: list[str]) -> str:
    title = registry.roles[name].title or name
    first = signals[0] + (f" and {len(signals) - 1} more" if len(signals) > 1 else "")
    return f"@{name} ({title}: {first})"
