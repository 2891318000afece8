"""Days of use, summed up once: what makes scoring 100 million events a matter of seconds.

For every day of arrival (``received_day``) the rollup keeps two Parquet files: rows by account and
day, and by account, person and day, with a column for each input of a registered signal. A late
event arrives in a later partition and simply adds a row for its own earlier day; all columns merge
by adding or OR-ing, so nothing already written ever changes.

It can be thrown away at any time: everything in it comes from the facts.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from tenure.analytics.dataset import Dataset, received_day
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.moments import DAY_US, day_number, day_of, last_day, micros
from tenure.analytics.rollup_manifest import (
    Group,
    Manifest,
    Part,
    by_day,
    file_size,
    fingerprint,
)
from tenure.analytics.rollup_parts import NEWEST_SQL, ad_sql, apd_sql, needed_inputs, write_day
from tenure.analytics.signals.compute import raw_bounds
from tenure.analytics.signals.inputs import Input
from tenure.analytics.signals.query import Days, Plan
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.scan import scan_sql

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Piece:
    """What a query reads: stored days, and raw files for the days that are not stored."""

    days: Days
    dataset: Dataset
    extra: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Update:
    """What an update did: parts built (a part is one day of one group of columns), and removed."""

    built: int
    removed: int
    days: int


class Rollup:
    """The rollup in a folder. One update at a time; readers are never disturbed.

    ``batch_bytes`` of event files are summed up in one go; progress is kept after each.
    """

    def __init__(self, root: str | Path, batch_bytes: int = 16_000_000) -> None:
        self.root, self.batch_bytes = Path(root), batch_bytes

    def update(
        self,
        dataset: Dataset,
        registry: Registry,
        *,
        engine: DuckDBEngine | None = None,
        progress: Progress | None = None,
    ) -> Update:
        """Build what is missing or out of date: new days, changed days, columns of new signals.

        Columns no signal needs any more are dropped. ``progress`` is called with parts done and
        parts to do. Killed at any moment, the next call goes on where this one had come to.
        Raises ValueError when events are not files partitioned by ``received_day``.
        """
        engine = engine or DuckDBEngine()
        with self._alone():
            manifest = Manifest.read(self.root)
            days = _partitions(dataset)
            accounts, people = needed_inputs(dataset, registry, engine)
            removed = self._forget(manifest, accounts, people, days)
            _add_group(manifest, accounts, people)
            todo = {
                g.name: [d for d in sorted(days) if not _fresh(g, d, fingerprint(days[d]))]
                for g in manifest.groups
            }
            to_do = sum(map(len, todo.values()))
            inputs = {i.name: i for i in [*accounts, *people]}
            self._sweep(manifest)
            manifest.write(self.root)
            done = 0
            for group, batch in self._batches(manifest.groups, todo, days):
                self._build(engine, dataset, group, batch, inputs)
                manifest.write(self.root)
                done += len(batch)
                if progress is not None:
                    progress(done, to_do)
        return Update(to_do, removed, len(days))

    def drop(self, days: Iterable[date]) -> int:
        """Forget days of arrival and delete their files at once; the next update rebuilds them.

        For erasure: call it for every partition that held facts of the erased person.
        """
        with self._alone():
            manifest = Manifest.read(self.root)
            files = [
                f
                for day in days
                for g in manifest.groups
                if (part := g.days.pop(day.isoformat(), None))
                for f in part.files()
            ]
            manifest.write(self.root)
            for file in files:
                (self.root / file).unlink(missing_ok=True)
            self._sweep(manifest)
        return len(files)

    def rebuild(
        self,
        dataset: Dataset,
        registry: Registry,
        days: Iterable[date],
        *,
        engine: DuckDBEngine | None = None,
    ) -> Update:
        """Drop the days and build them again from the facts."""
        self.drop(days)
        return self.update(dataset, registry, engine=engine)

    def size(self) -> int:
        """Bytes of all files in use."""
        return sum((self.root / f).stat().st_size for f in Manifest.read(self.root).files())

    def piece(self, dataset: Dataset, plan: Plan, as_of: datetime) -> Piece | None:
        """What to read for ``plan``; None when the rollup cannot serve it (all from raw then).

        A stored day counts if it was built from today's files of that partition and all of it was
        received before ``as_of``; other days are read raw, so the result is always exact.
        """
        partitions = by_day(_files(dataset), received_day)
        manifest = Manifest.read(self.root)
        groups = _groups_for(manifest, plan)
        if partitions is None or groups is None:
            return None
        first, last = day_of(plan.first_day), last_day(as_of)
        stored: list[date] = []
        raw: list[str] = []
        for day, files in sorted(partitions.items()):
            if first <= day <= last:
                usable = _usable(groups, day, fingerprint(files), micros(as_of))
                stored.append(day) if usable else raw.extend(files)
        return self._piece(dataset, plan, groups, stored, raw)

    def _piece(
        self, dataset: Dataset, plan: Plan, groups: list[Group], days: list[date], raw: list[str]
    ) -> Piece:
        parts = [g.days[d.isoformat()] for g in groups for d in days]
        extra = {
            "stored_ad": [str(self.root / p.ad) for p in parts],
            "stored_apd": [str(self.root / p.apd) for p in parts],
        }
        pruned = Dataset(dict(dataset.tables) | {"events": raw})
        bounds = raw_bounds(plan) if raw or not parts else None
        return Piece(Days(bounds, stored=bool(parts)), pruned, extra if parts else {})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _forget(
        self,
        manifest: Manifest,
        accounts: list[Input],
        people: list[Input],
        days: Mapping[date, list[str]],
    ) -> int:
        """Drop groups nothing needs, and days whose facts are gone."""
        wanted = {i.name for i in accounts}, {i.name for i in people}
        before = len(list(manifest.files()))
        manifest.groups = [
            g
            for g in manifest.groups
            if wanted[0] & set(g.account_inputs) or wanted[1] & set(g.person_inputs)
        ]
        known = {d.isoformat() for d in days}
        for group in manifest.groups:
            group.account_inputs = [i for i in group.account_inputs if i in wanted[0]]
            group.person_inputs = [i for i in group.person_inputs if i in wanted[1]]
            group.days = {d: p for d, p in group.days.items() if d in known}
        return (before - len(list(manifest.files()))) // 2

    def _batches(
        self, groups: list[Group], todo: Mapping[str, list[date]], days: Mapping[date, list[str]]
    ) -> Iterator[tuple[Group, dict[date, list[str]]]]:
        """Days to build together: as many as fit the batch, for a scan has its fixed cost."""
        for group in groups:
            batch: dict[date, list[str]] = {}
            size = 0
            for day in todo[group.name]:
                batch[day] = days[day]
                size += sum(file_size(f) for f in days[day])
                if size >= self.batch_bytes:
                    yield group, batch
                    batch, size = {}, 0
            if batch:
                yield group, batch

    def _sweep(self, manifest: Manifest) -> None:
        """Delete files the manifest does not name: leavings of killed or earlier updates."""
        named = set(manifest.files())
        for path in self.root.glob("g*/*"):
            if str(path.relative_to(self.root)) not in named:
                path.unlink(missing_ok=True)

    def _build(
        self,
        engine: DuckDBEngine,
        dataset: Dataset,
        group: Group,
        days: Mapping[date, list[str]],
        inputs: Mapping[str, Input],
    ) -> None:
        """Build the days of a group in one scan."""
        both = list(dict.fromkeys([*group.account_inputs, *group.person_inputs]))
        sql = scan_sql([inputs[i] for i in both], "TRUE", arrival="always")
        files = [f for found in days.values() for f in found]
        queries = [ad_sql(group, inputs), apd_sql(group), NEWEST_SQL]
        facts = Dataset(dict(dataset.tables) | {"events": files})
        ad, apd, newest = engine.scan(sql, facts, queries)
        latest = dict(zip(newest["arrived"].to_pylist(), newest["newest"].to_pylist(), strict=True))
        (self.root / group.name).mkdir(exist_ok=True)
        for day, found in days.items():
            number, mark = day_number(day), fingerprint(found)
            stem = f"{group.name}/{day.isoformat()}-{mark}"
            part = Part(mark, latest.get(number, 0), f"{stem}.ad.parquet", f"{stem}.apd.parquet")
            for rows, file in ((ad, part.ad), (apd, part.apd)):
                write_day(rows, number, self.root / file)
            group.days[day.isoformat()] = part


def _partitions(dataset: Dataset) -> dict[date, list[str]]:
    files = by_day(_files(dataset), received_day)
    if files is None:
        raise ValueError(
            "a rollup needs event files with received_day=YYYY-MM-DD in their paths;"
            " for rows in memory compute signals without a rollup"
        )
    return files


def _files(dataset: Dataset) -> list[str]:
    source = dataset.source("events")
    return ["(rows in memory)"] if isinstance(source, pa.Table) else [str(f) for f in source]


def _add_group(manifest: Manifest, accounts: list[Input], people: list[Input]) -> None:
    have = manifest.account_columns(), manifest.person_columns()
    missing = (
        [i.name for i in accounts if i.name not in have[0]],
        [i.name for i in people if i.name not in have[1]],
    )
    if any(missing):
        manifest.groups.append(Group(manifest.new_name(), *missing))


def _fresh(group: Group, day: date, mark: str) -> bool:
    part = group.days.get(day.isoformat())
    return part is not None and part.fingerprint == mark


def _usable(groups: list[Group], day: date, mark: str, t: int) -> bool:
    whole_day = (day_number(day) + 1) * DAY_US <= t
    return all(
        _fresh(g, day, mark) and (whole_day or g.days[day.isoformat()].newest < t) for g in groups
    )


def _groups_for(manifest: Manifest, plan: Plan) -> list[Group] | None:
    accounts, people = {i.name for i in plan.inputs}, {i.name for i in plan.person_inputs}
    if accounts - manifest.account_columns() or people - manifest.person_columns():
        return None
    return [
        g
        for g in manifest.groups
        if accounts & set(g.account_inputs) or people & set(g.person_inputs)
    ]
