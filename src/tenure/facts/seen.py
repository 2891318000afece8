"""Which facts are already in the lake: exact, for all time, without reading all of it.

A message is compared with the facts of every file whose times can contain the message's own time
(a re-send keeps it, however late it comes), and with those of recent received days. Their ids are
kept as sorted 64-bit hashes in memory; a hash that is found is then confirmed in the files
themselves, so two ids that share a hash are never mistaken for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from tenure.analytics.tables import TABLES
from tenure.facts import times
from tenure.facts.ingest_policy import IngestPolicy, packaged
from tenure.facts.lake import Lake

DAY = 86_400_000_000
Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass
class Runs:
    """Sorted runs of hashes, merged as they grow, so that adding and asking both stay cheap."""

    runs: list[Hashes] = field(default_factory=list)

    def add(self, hashes: Hashes) -> None:
        """Take in more hashes."""
        run = np.sort(hashes)
        while self.runs and len(self.runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self.runs.pop(), run]), kind="stable")
        if len(run):
            self.runs.append(run)

    def contains(self, hashes: Hashes) -> Mask:
        """For each hash, whether it was added."""
        order = np.argsort(hashes)
        ordered = hashes[order]
        found = np.zeros(len(hashes), bool)
        for run in self.runs:
            at = np.searchsorted(run, ordered)
            at[at == len(run)] = 0
            found |= run[at] == ordered
        result = np.empty(len(hashes), bool)
        result[order] = found
        return result

    def __len__(self) -> int:
        return sum(map(len, self.runs))


class Seen:
    """Answers for one table of one lake; keep it, it learns. Not for several threads at once."""

    def __init__(self, lake: Lake, table: str, policy: IngestPolicy | None = None) -> None:
        self._lake, self._table = lake, table
        self._policy = (policy or packaged()).once
        clock = (policy or packaged()).clock
        self._slack = int((clock.most_seconds + clock.future_seconds) * 1e6)
        self._db = duckdb.connect(config={"threads": 2})
        self._hashes = Runs()
        self._covered: set[str] = set()
        self._version = -2
        self._files: _Files | None = None
        self._asked: Hashes = np.empty(0, np.uint64)

    def forget(self) -> None:
        """Start anew from the files."""
        self._hashes, self._covered, self._version = Runs(), set(), -2

    def known(self, ids: Sequence[str], own_times: Sequence[Iterable[int]], today: date) -> Mask:
        """For each message id, whether the table has it.

        ``own_times`` are arrays of times (microseconds; NEVER where unknown) that the fact may
        have been stored with.
        """
        files = self._current_files()
        if files is None:
            self._asked = self._hash(pa.table({"message_id": pa.array(ids, pa.string())}))
            return np.zeros(len(ids), bool)
        candidates = self._candidates(files, own_times, today)
        self._cover([files.paths[i] for i in np.flatnonzero(candidates)])
        table = pa.table({"message_id": pa.array(ids, pa.string())})
        self._asked = self._hash(table)
        hits = self._hashes.contains(self._asked)
        if hits.any():
            hits = self._confirmed(table, hits, files, candidates)
        return hits

    def _confirmed(self, ids: pa.Table, hits: Mask, files: _Files, candidates: Mask) -> Mask:
        likely = {files.paths[i] for i in np.flatnonzero(candidates)}
        found = self._confirm(ids, hits, sorted(likely))
        if (hits & ~found).any():
            others = [p for p in files.paths if p in self._covered and p not in likely]
            found |= self._confirm(ids, hits & ~found, others)
        return found

    def learn(self) -> None:
        """What was asked about last was just appended by the caller (as far as it was new): the
        file that holds it need not be read."""
        before = self._covered | set(self._files.paths if self._files else ())
        self._hashes.add(self._asked)
        files = self._current_files()
        added = [p for p in files.paths if p not in before] if files else []
        if len(added) == 1:
            self._covered.add(added[0])

    def _current_files(self) -> _Files | None:
        version = self._lake.version(self._table)
        if version != self._version:
            found = self._lake.files(self._table)
            self._files = _Files.of(found, self._time_column()) if len(found) else None
            self._version = version
        return self._files

    def _time_column(self) -> str:
        return TABLES[self._table].time

    def _candidates(self, files: _Files, own_times: Sequence[Iterable[int]], today: date) -> Mask:
        moments = np.concatenate([np.asarray(t, np.int64) for t in own_times])
        undated = bool((moments == times.NEVER).any())
        days = self._policy.undated_days if undated else self._policy.recent_days
        chosen = files.days >= np.datetime64(today - timedelta(days=days), "D")
        for day in np.unique(moments[moments != times.NEVER] // DAY):
            begin, end = day * DAY - self._slack, (day + 1) * DAY + self._slack
            chosen |= (files.latest >= begin) & (files.earliest < end)
        return chosen

    def _cover(self, paths: list[str]) -> None:
        missing = [path for path in paths if path not in self._covered]
        if not missing:
            return
        if len(self._hashes) > self._policy.memory_ids:
            self._hashes, self._covered, missing = Runs(), set(), paths
        self._hashes.add(self._hash_of("read_parquet(?)", [missing]))
        self._covered.update(missing)

    def _hash(self, ids: pa.Table) -> Hashes:
        return self._hash_of("ids", [], ids)

    def _hash_of(self, what: str, arguments: list[Any], ids: pa.Table | None = None) -> Hashes:
        if ids is not None:
            self._db.register("ids", ids)
        found = self._db.execute(f"SELECT hash(message_id) AS h FROM {what}", arguments)
        return np.asarray(found.fetchnumpy()["h"], np.uint64)

    def _confirm(self, ids: pa.Table, hits: Mask, paths: list[str]) -> Mask:
        if not paths:
            return np.zeros(len(ids), bool)
        self._db.register("suspects", ids.filter(pa.array(hits)))
        found = self._db.execute(
            "SELECT DISTINCT message_id FROM read_parquet(?) SEMI JOIN suspects USING (message_id)",
            [paths],
        )
        real = {row[0] for row in found.fetchall()}
        return np.fromiter((i in real for i in ids["message_id"].to_pylist()), bool, len(ids))


@dataclass(frozen=True)
class _Files:
    """What the log says of a table's files."""

    paths: list[str]
    days: np.ndarray[Any, Any]
    earliest: np.ndarray[Any, Any]
    latest: np.ndarray[Any, Any]

    @staticmethod
    def of(files: pa.Table, time: str) -> _Files:
        size = len(files)

        def bound(name: str, default: int) -> np.ndarray[Any, Any]:
            if name not in files.column_names:
                return np.full(size, default, np.int64)
            column = files[name].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
            return np.asarray(column.combine_chunks().fill_null(default))

        days = files["partition.received_day"].cast(pa.date32()).to_numpy()
        return _Files(
            files["path"].to_pylist(),
            days.astype("datetime64[D]"),
            bound(f"min.{time}", times.NEVER),
            bound(f"max.{time}", -times.NEVER - 1),
        )


def first_of_each(ids: Sequence[str]) -> list[int] | None:
    """Positions of the first of each id; None when all are different."""
    if len(set(ids)) == len(ids):
        return None
    seen: dict[str, int] = {}
    for position, message_id in enumerate(ids):
        seen.setdefault(message_id, position)
    return list(seen.values())
