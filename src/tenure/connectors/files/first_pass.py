"""The first pass over a file: what is wrong goes to quarantine, what is good to the spool."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.errors import SpecError
from tenure.connectors.files import decimals
from tenure.connectors.files.chunks import Chunk
from tenure.connectors.files.job import Job
from tenure.connectors.files.mapping import LINE, find_table
from tenure.connectors.files.settings import settings
from tenure.connectors.files.spool import Spool
from tenure.facts import contracts, ingest_policy, payloads, quarantine, validate
from tenure.facts.rejection import Refusal, explain


class FirstPass:
    """Reads the whole file once; counts go to the run when all of it was read."""

    def __init__(self, job: Job, spool: Spool) -> None:
        self.job, self.spool, self.run = job, spool, job.run
        self.contracts = contracts.current()
        self.placeholders = ingest_policy.load().ids.listed
        self.rows = self.refused = self.left_out = 0
        self.table = find_table(job.run.table)
        self.reading = job.options.reading(self.table, job.opened.untyped)

    def read(self) -> None:
        """Spools every good row; SpecError when so much is refused that the mapping is wrong."""
        self.spool.reset()
        self.run.rows_quarantined = self.run.rows_read = 0
        self._find_decimals()
        for chunk in self.job.opened.chunks(int(settings()["chunk_rows"])):
            done = chunk.bytes_done
            self._take(chunk)
            del chunk
            pa.default_memory_pool().release_unused()
            self.job.progress("reading", done, self.job.opened.size)
        self.run.rows_read = self.run.rows_total = self.rows
        self.run.rows_quarantined = self.refused
        self.run.save(update_fields=["rows_read", "rows_total", "rows_quarantined"])
        if self.left_out:
            self.job.notes.append(_left_out(self.left_out))
        self.run.notes = [*self.job.opened.notes, *self.job.notes]
        self.run.rows_left_out = self.left_out
        self.run.save(update_fields=["notes", "rows_left_out"])
        self.spool.finish({"rows": self.rows, "refused": self.refused})

    def _find_decimals(self) -> None:
        if self.job.options.decimal:
            return
        opened, rows = self.job.opened, int(settings()["chunk_rows"])
        found = decimals.find(opened, self.job.plan, self.table, rows)
        self.reading = self.job.options.reading(self.table, opened.untyped, found)
        self.job.notes.extend(decimals.notes(found))

    def _take(self, chunk: Chunk) -> None:
        self.rows += chunk.rows.num_rows + len(chunk.unreadable)
        self._unreadable(chunk)
        if not chunk.rows.num_rows:
            return
        mapped = self.job.plan.apply(chunk.rows.append_column(LINE, chunk.lines))
        lines = mapped[LINE]
        checked = validate.check(
            self.run.table,
            mapped.drop_columns([LINE]),
            now=self.job.now,
            source=self.run.source,
            backfill=True,
            reading=self.reading,
            contracts=self.contracts,
            placeholders=self.placeholders,
        )
        self.left_out += chunk.rows.num_rows - mapped.num_rows
        self._refuse(checked.refusals, lines)
        offset = self.rows - len(chunk.unreadable) - chunk.rows.num_rows
        self.spool.add(_renumbered(checked.facts, offset))

    def _refuse(self, refusals: list[Refusal], lines: pa.ChunkedArray) -> None:
        if not refusals:
            return
        where = lines.take(pa.array([r.row for r in refusals], pa.int64())).to_pylist()
        self._keep(refusals, where)

    def _unreadable(self, chunk: Chunk) -> None:
        found = [
            Refusal(
                i,
                "unreadable",
                "",
                explain("unreadable", value=u.problem),
                payloads.plain({"line": u.text}),
            )
            for i, u in enumerate(chunk.unreadable)
        ]
        if found:
            self._keep(found, [u.line for u in chunk.unreadable])

    def _keep(self, refusals: list[Refusal], lines: list[int]) -> None:
        self.refused += sum(not r.warn for r in refusals)
        quarantine.keep(
            refusals,
            table=self.run.table,
            source=self.run.source,
            file=self.run.file,
            lines=lines,
            now=self.job.now,
        )
        most = int(settings()["most_refused"])
        if self.refused > most:
            first = refusals[0]
            raise SpecError(
                self.run.file,
                f"line {lines[0]}",
                f"more than {most:,} rows were refused; this one because {first.reason}",
                "correct the mapping or the options of reading, dismiss these rows, import again",
            )


def _renumbered(facts: pa.Table, offset: int) -> pa.Table:
    """Rows numbered over the whole file, not the chunk."""
    place = facts.schema.get_field_index("_row")
    return facts.set_column(place, "_row", pc.add(facts["_row"], offset))


def _left_out(count: int) -> str:
    return f"{count:,} row{' was' if count == 1 else 's were'} left out by the conditions (--only)."
