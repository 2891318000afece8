"""The second pass: what is new lands in whole days; projections and programs are told of it.

Each bucket has its own transaction number in the lake. Several buckets are told at once; how far
that has gone is ``run.chunk``, and ``run.pending`` holds the counts of buckets that were appended
and not told yet, so that a run cut off in between counts and tells them when it goes on.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.db import transaction

from tenure.connectors.files.job import Job
from tenure.connectors.files.mapping import find_table
from tenure.connectors.files.settings import settings
from tenure.connectors.files.spool import Spool
from tenure.facts import identity, lake, loading, sources, sql


class SecondPass:
    """Lands the spooled facts of a run."""

    def __init__(self, job: Job, spool: Spool) -> None:
        self.job, self.spool, self.run = job, spool, job.run
        self.writer = f"import:{job.run.pk}"
        self.names: list[str] = find_table(job.run.table).arrow_schema().names
        self.held: list[pa.Table] = []
        self.done = 0

    def land(self) -> None:
        """Everything that has not landed yet."""
        buckets = self.spool.buckets(int(settings()["bucket_rows"]))
        since = self.spool.first_day() if self.spool.repeats_ids() else None
        total = sum(self.spool.days.values())
        for number, bucket in enumerate(buckets, 1):
            facts = self.spool.read(bucket)
            self.done += facts.num_rows
            if number > self.run.chunk:
                self._land(facts, number, since)
            if sum(map(len, self.held)) >= settings()["tell_rows"]:
                self._tell(number)
            pa.default_memory_pool().release_unused()
            self.job.progress("landing", self.done, total)
        self._tell(len(buckets))
        self.job.progress("landing", total, total)

    def _land(self, facts: pa.Table, number: int, since: date | None) -> None:
        run, here = self.run, lake.current()
        if here.transaction(run.table, self.writer) >= number:
            self.held.append(facts.select(self.names))
            return
        found = loading.fresh(here, run.table, facts, now=self.job.now, since=since)
        run.pending[str(number)] = [found.facts.num_rows, found.known]
        run.save(update_fields=["pending"])
        if found.facts.num_rows:
            here.append(run.table, found.facts, (self.writer, number))
            _count_sources(run.table, found.facts, self.job.now)
            self.held.append(found.facts)

    def _tell(self, number: int) -> None:
        """All up to bucket ``number`` is known to everybody."""
        run = self.run
        if self.held:
            facts, self.held = pa.concat_tables(self.held), []
            _remember_members(run.table, facts)
            self.job.handlers(run.table, facts, self.job.now)
        run.rows_new += sum(new for new, _ in run.pending.values())
        run.rows_known += sum(known for _, known in run.pending.values())
        run.chunk, run.pending = number, {}
        run.save(update_fields=["chunk", "pending", "rows_new", "rows_known"])


def _count_sources(table: str, facts: Any, now: datetime) -> None:
    con = sql.connection()
    con.register("facts", facts)
    name = "event" if table == "events" else "''"
    rows = con.sql(
        f"SELECT source, {name}, received_day, count(*) FROM facts GROUP BY ALL"
    ).fetchall()
    with transaction.atomic():
        sources.count({(s, table, n, d): c for s, n, d, c in rows}, now=now)


def _remember_members(table: str, facts: Any) -> None:
    """Who belongs where, so that what an SDK sends later without an account finds its own."""
    if not {"person_id", "account_id"} <= set(facts.column_names):
        return
    con = sql.connection()
    con.register("facts", facts)
    time = find_table(table).time
    found = con.sql(
        f"SELECT person_id, account_id, max({time}) AS at FROM facts"
        " WHERE person_id IS NOT NULL AND account_id IS NOT NULL GROUP BY ALL"
    ).to_arrow_table()  # fetchall() of times with a zone needs pytz
    if found.num_rows:
        columns = (found[name].to_pylist() for name in ("person_id", "account_id", "at"))
        identity.remember(list(zip(*columns, strict=True)))
