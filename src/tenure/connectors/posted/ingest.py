"""Bringing posted rows from the inbox into the lake, exactly once, whatever dies on the way.

The same steps as the flush of SDK calls (``facts.flush``): what is in hand is written down,
counted, appended under its number, told to the handlers, and only then leaves the inbox.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from django.db import transaction

from tenure.analytics.tables import TABLES
from tenure.connectors.posted.accepting import PREFIX, Posted
from tenure.core import worker
from tenure.facts import (
    batches,
    contracts,
    identity,
    ingest_policy,
    lake,
    loading,
    quarantine,
    sources,
    validate,
)
from tenure.facts.models import Batch, InboxRow
from tenure.facts.rejection import Refusal
from tenure.facts.routing import ROUTING

NAME = "posted"
NOTES = "posted:counts"
_ME = worker.own_name()
_posted = msgspec.json.Decoder(Posted)
log = logging.getLogger("tenure.flush")


@dataclass
class Read:
    """Posted rows after validation: good ones by table, refused ones by (source, table)."""

    facts: dict[str, list[pa.Table]] = field(default_factory=dict)
    refusals: dict[tuple[str, str], list[Refusal]] = field(default_factory=dict)


def land(now: datetime) -> int:
    """Land everything that waits (unless another worker is at it); gives how many requests."""
    done = 0
    while (number := _land_batch(now)) is not None:
        done += number
    return done


def land_now(now: datetime) -> int:
    """For one-shot commands: the same, and leave the work to others afterwards."""
    try:
        return land(now)
    finally:
        release()


def release() -> None:
    """Let another worker land at once."""
    batches.release(NAME, _ME)


def _land_batch(now: datetime) -> int | None:
    policy = ingest_policy.load().flush
    batch = batches.begin(NAME, _ME, lambda: _pick(policy.batch_rows), now, policy.lease_seconds)
    if batch is None:
        return None
    rows = list(InboxRow.objects.filter(pk__in=batch.rows).order_by("pk"))
    read = _read(rows)
    facts = {table: _numbered(parts) for table, parts in read.facts.items()}
    here = lake.current()
    fresh = {t: loading.fresh(here, t, f, now=now).facts for t, f in facts.items()}
    counts = _noted(batch) or _note(batch, _counts(fresh))
    for table, new in fresh.items():
        if len(new) and here.transaction(table, NAME) < batch.number:
            here.append(table, new, (NAME, batch.number))
    for table, told in facts.items():
        known = told.select(TABLES[table].arrow_schema().names)
        _remember_members(table, known)
        ROUTING.tell(table, known, now)
    _finish(batch, read, counts, now)
    return len(rows)


def _noted(batch: batches.InHand) -> list[list[Any]] | None:
    """The counts a dead worker wrote down for this batch before it appended anything."""
    kept = Batch.objects.filter(name=NOTES, number=batch.number).first() if batch.resumed else None
    return kept.in_hand if kept else None


def _note(batch: batches.InHand, counts: list[list[Any]]) -> list[list[Any]]:
    noted = {"number": batch.number, "in_hand": counts}
    Batch.objects.update_or_create(name=NOTES, defaults=noted)
    return counts


def _pick(most: int) -> list[Any]:
    waiting = InboxRow.objects.filter(endpoint__startswith=PREFIX).order_by("pk")
    return list(waiting.values_list("pk", flat=True)[:most])


def _read(rows: list[InboxRow]) -> Read:
    read = Read()
    for row in rows:
        table = row.endpoint.removeprefix(PREFIX)
        try:
            facts, refusals = _check(table, row)
        except Exception as error:  # one request must not hold up the others
            log.exception("inbox row %s cannot be read", row.pk)
            facts, refusals = None, [_unreadable(row, error)]
        if facts is not None and len(facts):
            read.facts.setdefault(table, []).append(facts)
        if refusals:
            read.refusals.setdefault((row.source, table), []).extend(refusals)
    return read


def _check(table: str, row: InboxRow) -> tuple[pa.Table, list[Refusal]]:
    posted = _posted.decode(bytes(row.body))
    checked = validate.check(
        table,
        posted.rows,
        now=row.received_at,
        source=row.source,
        backfill=posted.backfill,
        contracts=contracts.current(),
        placeholders=ingest_policy.load().ids.listed,
    )
    return checked.facts, checked.refusals


def _unreadable(row: InboxRow, error: Exception) -> Refusal:
    text = bytes(row.body).decode("utf-8", "replace")
    return Refusal(0, "unreadable", "", f"{type(error).__name__}: {error}", text)


def _numbered(parts: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(parts)
    numbers = pa.array(np.arange(len(whole), dtype=np.int64))
    return whole.set_column(whole.schema.get_field_index("_row"), "_row", numbers)


def _remember_members(table: str, facts: pa.Table) -> None:
    """Who belongs where, so that what an SDK sends without an account finds its own."""
    if not {"person_id", "account_id"} <= set(facts.column_names):
        return
    latest: dict[tuple[str, str], datetime] = {}
    columns = (facts[name].to_pylist() for name in ("person_id", "account_id", TABLES[table].time))
    for person, account, at in zip(*columns, strict=True):
        if person and account:
            latest[person, account] = max(at, latest.get((person, account), at))
    if latest:
        identity.remember([(*pair, at) for pair, at in latest.items()])


def _counts(fresh: dict[str, pa.Table]) -> list[list[Any]]:
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for table, new in fresh.items():
        names = new["event"].to_pylist() if table == "events" else [""] * len(new)
        of, days = new["source"].to_pylist(), new["received_day"].to_pylist()
        counted.update(
            (s, table, n, d.isoformat()) for s, n, d in zip(of, names, days, strict=True)
        )
    return [[*key, number] for key, number in counted.items()]


def _finish(batch: batches.InHand, read: Read, counts: list[list[Any]], now: datetime) -> None:
    rows = {(s, t, n, date.fromisoformat(d)): c for s, t, n, d, c in counts}
    refused: Counter[str] = Counter()
    with transaction.atomic():
        batch.finish()
        for (source, table), refusals in read.refusals.items():
            quarantine.keep(refusals, table=table, source=source, now=now)
            refused[source] += sum(not refusal.warn for refusal in refusals)
        sources.count(rows, now=now, refused=refused)
        InboxRow.objects.filter(pk__in=batch.rows).delete()


def every_seconds() -> float:
    """How often a worker looks for more: as often as into the inbox of SDKs."""
    return ingest_policy.every_seconds()
