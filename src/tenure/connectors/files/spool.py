"""A file's good rows, sorted by day on disk, so that they land in whole days and bounded memory."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenure.analytics.tables import TABLES
from tenure.connectors.files.settings import settings
from tenure.core import workspace
from tenure.facts import sql
from tenure.facts.casts import quote
from tenure.facts.lake import WHOLE

_GROUP = 20_000
_DONE = "complete.json"


@dataclass(frozen=True)
class Bucket:
    """Some whole days, or (``parts`` > 1) one share of the facts of a single day."""

    first: date
    last: date
    part: int = 0
    parts: int = 1


class Spool:
    """The folder of one import run; ``complete`` once all rows of the file are in it."""

    def __init__(self, run_id: int, table: str) -> None:
        self.folder = workspace.current().home / "spool" / f"import-{run_id}"
        self.table = TABLES[table]
        self.days: Counter[date] = Counter()
        self.files = 0
        self._held: list[pa.Table] = []

    def reset(self) -> None:
        """Begin anew."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        self.days.clear()
        self.files, self._held = 0, []

    def add(self, facts: pa.Table) -> None:
        """Keep the facts of one chunk."""
        if facts.num_rows:
            self._held.append(facts)
        if sum(held.num_rows for held in self._held) >= settings()["spool_rows"]:
            self._write()

    def _write(self) -> None:
        if not self._held:
            return
        facts, self._held = pa.concat_tables(self._held), []
        facts = facts.sort_by([("received_day", "ascending"), ("_row", "ascending")])
        path = self.folder / f"{self.files:06d}.parquet"
        pq.write_table(
            facts,
            path,
            compression="lz4",
            row_group_size=_GROUP,
            use_dictionary=["event", "source"],
            write_page_checksum=False,
        )
        self.files += 1
        for found in pc.value_counts(facts["received_day"]).to_pylist():
            self.days[found["values"]] += found["counts"]

    def finish(self, notes: dict[str, int]) -> None:
        """All rows are in; ``notes`` are counts to be remembered with them."""
        self._write()
        days = {day.isoformat(): rows for day, rows in self.days.items()}
        temporary = self.folder / "half.json"
        temporary.write_text(json.dumps({"days": days, "files": self.files, "notes": notes}))
        temporary.rename(self.folder / _DONE)

    def complete(self) -> dict[str, int] | None:
        """The notes of a finished spool (of a run that was cut off later), else None."""
        try:
            kept = json.loads((self.folder / _DONE).read_text())
        except (OSError, ValueError):
            return None
        self.days = Counter({date.fromisoformat(d): n for d, n in kept["days"].items()})
        self.files = kept["files"]
        notes: dict[str, int] = kept["notes"]
        return notes

    def buckets(self, size: int) -> list[Bucket]:
        """Whole days of about ``size`` facts together, in order of time; of tables that are kept
        by day only so many days that their files are written within the memory."""
        most = int(settings()["bucket_days"]) if self.table.name not in WHOLE else len(self.days)
        out: list[Bucket] = []
        held: list[date] = []
        rows = 0
        for day in sorted(self.days):
            if held and (rows + self.days[day] > size or len(held) >= most):
                out.append(Bucket(held[0], held[-1]))
                held, rows = [], 0
            if self.days[day] > 2 * size:
                parts = -(-self.days[day] // size)
                out += [Bucket(day, day, part, parts) for part in range(parts)]
                continue
            held.append(day)
            rows += self.days[day]
        return out + ([Bucket(held[0], held[-1])] if held else [])

    def read(self, bucket: Bucket) -> pa.Table:
        """The facts of one bucket, in the order of the file within a moment."""
        files = ", ".join(f"'{self.folder}/{i:06d}.parquet'" for i in range(self.files))
        share = ""
        if bucket.parts > 1:
            by = ", ".join(quote(k) for k in self.table.key or ("message_id",))
            share = f" AND hash(concat_ws(chr(31), {by})) % {bucket.parts} = {bucket.part}"
        query = (
            f"SELECT * FROM read_parquet([{files}]) WHERE received_day BETWEEN"
            f" DATE '{bucket.first}' AND DATE '{bucket.last}'{share} ORDER BY received_at, _row"
        )
        return sql.connection().sql(query).to_arrow_table()

    def repeats_ids(self) -> bool:
        """Whether an id that the file itself gives stands in it twice."""
        files = ", ".join(f"'{self.folder}/{i:06d}.parquet'" for i in range(self.files))
        if not files:
            return False
        query = (
            f"SELECT message_id FROM read_parquet([{files}]) WHERE NOT _derived"
            " GROUP BY 1 HAVING count(*) > 1 LIMIT 1"
        )
        return bool(sql.connection().sql(query).fetchall())

    def first_day(self) -> date | None:
        """The earliest day there is."""
        return min(self.days, default=None)

    def remove(self) -> None:
        """Delete the folder; the lake has it all."""
        shutil.rmtree(self.folder, ignore_errors=True)


def folders() -> Iterator[Path]:
    """What runs left behind."""
    yield from (workspace.current().home / "spool").glob("import-*")
