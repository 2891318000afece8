"""The flush: from the inbox to the lake, exactly once, whatever dies on the way.

1. Rows and a number are written down as *in hand* (``batches``).
2. They are parsed, refused or kept, compared with what the lake has, and given their owners.
3. Facts are appended, ``events`` last, under the batch's number, and made durable.
4. Handlers are told. 5. One transaction keeps links, counts and refusals and deletes the rows.

Who dies before ``events`` are appended leaves the batch to be done again; the other tables refuse
what they have. Who dies after leaves only the last steps, which can be done again. The heir tells
and counts what it finds in the lake, whoever of the two put it there.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import transaction

from tenure.facts import (
    batches,
    bulk,
    contracts,
    identity,
    inbox,
    ingest_policy,
    landed,
    prepare,
    rejected,
    seen,
    sources,
)
from tenure.facts.batches import InHand
from tenure.facts.entities import Entities
from tenure.facts.identity import Changes, Directory
from tenure.facts.ingest_policy import IngestPolicy
from tenure.facts.lake import Lake
from tenure.facts.models import InboxRow
from tenure.facts.prepare import Owners, Prepared
from tenure.facts.rejected import Rejected
from tenure.facts.routing import Routing
from tenure.facts.seen import Seen

NAME = identity.FLUSH
log = logging.getLogger("tenure.flush")


@dataclass(frozen=True)
class Flushed:
    """What one batch brought."""

    requests: int
    facts: int
    known: int
    refused: int


class Flusher:
    """Flushes one workspace; keep it, it remembers what it has seen. One thread at a time."""

    def __init__(self, lake: Lake, routing: Routing, owner: str) -> None:
        self._lake, self._routing, self._owner = lake, routing, owner
        self._directory = Directory()
        self._entities = Entities(lake)
        self._seen: Seen | None = None

    def drain(self, now: datetime) -> list[Flushed]:
        """Flush until the inbox is empty (or another worker is at it)."""
        done = []
        while (one := self.flush(now)) is not None:
            done.append(one)
        return done

    def flush(self, now: datetime) -> Flushed | None:
        """Flush one batch. None if there is nothing to do, or somebody else is doing it."""
        policy = ingest_policy.load()
        batch = batches.begin(NAME, self._owner, _picker(policy), now, policy.flush.lease_seconds)
        if batch is None:
            return None
        if batch.epoch != self._directory.epoch:
            self._directory.forget(batch.epoch)
        gc.disable()  # a batch makes a million objects and no cycles: counting them costs a tenth
        try:
            return self._do(batch, policy, now)
        except BaseException:
            self._forget()
            raise
        finally:
            gc.enable()

    def release(self) -> None:
        """Let another worker flush at once."""
        batches.release(NAME, self._owner)

    def _forget(self) -> None:
        self._directory.forget()
        self._entities.forget()
        self._seen = None

    def _do(self, batch: InHand, policy: IngestPolicy, now: datetime) -> Flushed:
        rows = inbox.read(batch.rows)
        appended = batch.resumed and self._lake.transaction("events", NAME) >= batch.number
        prepared = prepare.prepare(rows, self._routing, policy)
        before, all_columns = len(prepared.draft), prepared.columns
        self._only_new(prepared, policy, now.astimezone(UTC).date(), ask_lake=not appended)
        changes = Changes()
        owners = prepare.own(prepared, self._directory, changes)
        facts = self._facts(prepared, owners, changes)
        if not appended:
            self._append(batch, facts)
        if batch.resumed:
            facts = landed.of(self._lake, all_columns.ids, all_columns.received)
        for table, new in facts.items():
            self._routing.tell(table, new, now)
        self._finish(batch, facts, changes, prepared.refused, policy, now)
        number = len(facts["events"]) if "events" in facts else 0
        return Flushed(len(rows), number, before - len(prepared.draft), len(prepared.refused))

    def _only_new(
        self, prepared: Prepared, policy: IngestPolicy, today: date, *, ask_lake: bool
    ) -> None:
        first = seen.first_of_each(prepared.columns.ids)
        if first is not None:
            prepared.only(first, policy)
        if not ask_lake or not prepared.draft:
            return
        if self._seen is None:
            self._seen = Seen(self._lake, "events", policy)
        c = prepared.columns
        known = self._seen.known(c.ids, (c.original, c.happened), today)
        if known.any():
            prepared.only(np.flatnonzero(~known).tolist(), policy)

    def _facts(self, prepared: Prepared, owners: Owners, changes: Changes) -> dict[str, pa.Table]:
        if not prepared.draft:
            return {}
        events = prepare.events(prepared, owners)
        bad, breaches = prepare.broken(events, contracts.current())
        prepared.refused += breaches
        facts = self._entities.of(prepared, owners, changes)
        if bad:
            events = events.filter(pa.array([i not in bad for i in range(len(events))]))
        if len(events):
            facts["events"] = events
        return facts

    def _append(self, batch: InHand, facts: Mapping[str, pa.Table]) -> None:
        for table, new in facts.items():
            self._lake.append(table, new, (NAME, batch.number))
        if "events" in facts and self._seen is not None:
            self._seen.learn()
        self._entities.people.wrote()
        self._entities.accounts.wrote()

    def _finish(
        self,
        batch: InHand,
        facts: Mapping[str, pa.Table],
        changes: Changes,
        refusals: list[Rejected],
        policy: IngestPolicy,
        now: datetime,
    ) -> None:
        with transaction.atomic():
            batch.finish()
            identity.save(changes, now)
            rejected.keep(refusals, limit=policy.limits.depth, now=now)
            by_source = Counter(item.source for item in refusals)
            sources.count(_counts(facts), now=now, refused=by_source)
            bulk.delete(InboxRow, batch.rows)


def _picker(policy: IngestPolicy) -> batches.Pick:
    def pick() -> list[Any]:
        from django.db.models.functions import Length

        # Rows and notices have a way of their own: see connectors.posted and connectors.stripe.
        calls = InboxRow.objects.exclude(endpoint__startswith="rows:")
        calls = calls.exclude(endpoint__startswith="held:")
        rows = calls.order_by("pk").values_list("pk", Length("body"))
        chosen: list[int] = []
        left = policy.flush.batch_bytes
        for pk, size in rows[: policy.flush.batch_rows]:
            left -= size
            if chosen and left < 0:
                break
            chosen.append(pk)
        return chosen

    return pick


def _counts(facts: Mapping[str, pa.Table]) -> Counter[sources.Key]:
    rows: Counter[sources.Key] = Counter()
    for table, new in facts.items():
        named = "event" if table == "events" else None
        keys = ["source", *([named] if named else []), "received_day"]
        for found in new.group_by(keys).aggregate([([], "count_all")]).to_pylist():
            name = found[named] if named else ""
            rows[found["source"], table, name, found["received_day"]] = found["count_all"]
    return rows
