"""The first pass over a file: what is wrong goes to quarantine, what is good to the spool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.connectors.files.mapping import LINE
from tenure.connectors.files.readers import Chunk
from tenure.connectors.files.settings import settings
from tenure.connectors.files.spool import Spool
from tenure.facts import contracts, payloads, quarantine, validate
from tenure.facts.refusal import Refusal, explain

if TYPE_CHECKING:
    from tenure.connectors.files.runs import Job


class FirstPass:
    """Reads the whole file once; counts go to the run when all of it was read."""

    def __init__(self, job: Job, spool: Spool) -> None:
        self.job, self.spool, self.run = job, spool, job.run
        self.contracts = contracts.current()
        self.rows = self.refused = self.left_out = 0

    def read(self) -> None:
        """Spools every good row; SpecError when so much is refused that the mapping is wrong."""
        self.spool.reset()
        self.run.rows_quarantined = self.run.rows_read = 0
        for chunk in self.job.opened.chunks(int(settings()["chunk_rows"])):
            self._take(chunk)
            self.job.progress("reading", chunk.bytes_done, self.job.opened.size)
        self.run.rows_read = self.run.rows_total = self.rows
        self.run.rows_quarantined = self.refused
        self.run.save(update_fields=["rows_read", "rows_total", "rows_quarantined"])
        self.spool.finish({"rows": self.rows, "refused": self.refused})

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
            reading=self.job.options.reading(self.job.opened.untyped),
            contracts=self.contracts,
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
                i, "unreadable", "", explain("unreadable", value=u.problem),
                payloads.plain({"line": u.text}),
            )
            for i, u in enumerate(chunk.unreadable)
        ]  # fmt: skip
        if found:
            self._keep(found, [u.line for u in chunk.unreadable])

    def _keep(self, refusals: list[Refusal], lines: list[int]) -> None:
        self.refused += sum(not r.warn for r in refusals)
        quarantine.keep(
            refusals, table=self.run.table, source=self.run.source, file=self.run.file,
            lines=lines, now=self.job.now,
        )  # fmt: skip
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
    import pyarrow.compute as pc

    return facts.set_column(place, "_row", pc.add(facts["_row"], offset))
