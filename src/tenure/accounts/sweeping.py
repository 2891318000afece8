"""Accounts and people compared with the lake: who was missed, and who is put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from tenure.accounts import handlers, projection, upserts
from tenure.accounts.models import Account, Membership, Person
from tenure.analytics.moments import micros
from tenure.facts import reading
from tenure.facts.healing import SweepScope

Row = Mapping[str, Any]


def sweep(ask: SweepScope) -> int:
    """How many accounts, people and memberships differ from what the lake says; they are healed."""
    return _accounts(ask) + _people(ask) + _seen(ask) + _others(ask)


def _accounts(ask: SweepScope) -> int:
    ids = _named(ask, "account_id", "accounts", "subscriptions")
    wrong = []
    for batch in _batches(projection.accounts(ids, ask.now)):
        told = upserts.accounts_told(batch, handlers.status_of_others())
        kept = _kept(Account, "id", [row["id"] for row in told])
        wrong += [row["id"] for row in told if not _same(row, kept.get(row["id"]))]
    if ask.heal and wrong:
        handlers.project_accounts(wrong, ask.now)
    return len(wrong)


def _people(ask: SweepScope) -> int:
    ids = _named(ask, "person_id", "people")
    wrong = set()
    for batch in _batches(projection.people(ids, ask.now)):
        people, parts = upserts.people_told(batch)
        kept = _kept(Person, "id", list(people))
        wrong |= {pk for pk, row in people.items() if not _is_person(row, kept.get(pk))}
        there = _kept(Membership, "person_id", list(people), "account_id")
        for part in parts:
            if not _same(part, there.get((part["person_id"], part["account_id"]))):
                wrong.add(part["person_id"])
    if ask.heal and wrong:
        handlers.project_people(sorted(wrong), ask.now)
    return len(wrong)


def _seen(ask: SweepScope) -> int:
    """Who acted lately is known, where they did, and not as seen earlier than that."""
    since = ask.recent()
    theirs = (
        f"SELECT * FROM raw_events WHERE received_at >= {micros(since)}"
        " AND source IS DISTINCT FROM 'tenure'"
    )
    found = reading.latest(handlers.SEEN.format(source=theirs), ask.now, "events", since=since)
    wrong = 0
    for batch in _batches(handlers.stamped(found)):
        rows = batch.to_pylist()
        people = _kept(Person, "id", [r["person_id"] for r in rows if r["person_id"]])
        parts = _kept(Membership, "person_id", list(people), "account_id")
        accounts = _kept(Account, "id", [r["account_id"] for r in rows if r["account_id"]])
        missed = [r for r in rows if not _is_seen(r, people, parts, accounts)]
        if ask.heal and missed:
            handlers.write_seen(pa.Table.from_pylist(missed, schema=batch.schema))
        wrong += len(missed)
    return wrong


def _others(ask: SweepScope) -> int:
    """Once anybody subscribes, whoever never did is a prospect."""
    if ask.since is not None or handlers.status_of_others() == "active":
        return 0
    found = projection.accounts(None, ask.now)
    subscribed = found.filter(pa.compute.greater(found["subscriptions"], 0))["id"].to_pylist()
    return handlers.prospects(subscribed, write=ask.heal)


def _named(ask: SweepScope, column: str, *tables: str) -> list[str] | None:
    """Whom facts received since then are about; None for everybody."""
    if ask.since is None:
        return None
    parts = [
        f"SELECT {column} FROM raw_{table} WHERE received_at >= {micros(ask.since)}"
        f" AND {column} IS NOT NULL"
        for table in tables
    ]
    query = f"SELECT DISTINCT {column} FROM ({' UNION ALL '.join(parts)}) ORDER BY 1"
    found = reading.latest(query, ask.now, *tables, since=ask.since)
    return list(found[column].to_pylist())


def _batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    yield from table.to_batches(max_chunksize=int(projection.settings()["chunk"]))


def _kept(model: Any, key: str, ids: Sequence[str], second: str = "") -> dict[Any, Row]:
    found: dict[Any, Row] = {}
    for start in range(0, len(ids), 500):
        for row in model.objects.filter(**{f"{key}__in": ids[start : start + 500]}).values():
            found[(row[key], row[second]) if second else row[key]] = row
    return found


def _same(told: Row, kept: Row | None) -> bool:
    return kept is not None and all(kept[name] == value for name, value in told.items())


def _is_person(told: Row, kept: Row | None) -> bool:
    if kept is None:
        return False
    first = told["first_seen_at"]
    early = first is None or (kept["first_seen_at"] is not None and kept["first_seen_at"] <= first)
    return early and _same({k: v for k, v in told.items() if k != "first_seen_at"}, kept)


def _is_seen(
    row: Row, people: Mapping[str, Row], parts: Iterable[Any], accounts: Iterable[str]
) -> bool:
    person, account = row["person_id"], row["account_id"]
    if account and account not in accounts:
        return False
    if not person:
        return True
    kept = people.get(person)
    if kept is None or kept["first_seen_at"] is None or kept["last_seen_at"] is None:
        return False
    wide = kept["first_seen_at"] <= row["first"] and kept["last_seen_at"] >= row["last"]
    return wide and (not account or (person, account) in parts)
