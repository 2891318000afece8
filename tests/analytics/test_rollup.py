"""The rollup gives what the raw facts give, is kept up by day of arrival, and survives anything."""

from __future__ import annotations

import os
import signal as signals
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from analytics.lake_files import with_event_files, write_events
from analytics.signals.company import NOW, Company, make

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.rollup import Rollup
from tenure.analytics.rollup_manifest import Manifest
from tenure.analytics.signals.compute import compute_person_signals, compute_signals
from tenure.analytics.signals.registry import Registry, load_registry, packaged_texts

ENGINE = DuckDBEngine()
SMALL = """
[roles]
login = ["Signed In"]
[signals.logins]
kind = "count"
events = "@login"
window = "28d"
title = "Logins"
[signals.people]
kind = "people"
events = "@any"
window = "28d"
title = "People"
"""
MORE = """
[signals.visits]
kind = "sessions"
events = "@any"
window = "28d"
title = "Visits"
"""


@pytest.fixture
def small() -> Registry:
    return load_registry(("small.toml", SMALL))


@pytest.fixture
def company() -> Company:
    return make(3, events=600)


@pytest.fixture
def files(company: Company, tmp_path: Path) -> Dataset:
    write_events(company.rows["events"], tmp_path / "lake")
    return with_event_files(company.dataset(), tmp_path / "lake")


@pytest.fixture
def rollup(tmp_path: Path) -> Rollup:
    return Rollup(tmp_path / "rollup")


def assert_same(left: pa.Table, right: pa.Table) -> None:
    assert left.column_names == right.column_names
    for a, b in zip(left.to_pylist(), right.to_pylist(), strict=True):
        assert a == pytest.approx(b, nan_ok=True), a["account_id"]


def both(files: Dataset, registry: Registry, rollup: Rollup, back: float = 0.0) -> None:
    t = NOW - timedelta(days=back)
    raw = compute_signals(files, registry, t, engine=ENGINE)
    assert_same(compute_signals(files, registry, t, engine=ENGINE, rollup=rollup), raw)


def test_all_packaged_signals_are_the_same_from_the_rollup(files: Dataset, rollup: Rollup) -> None:
    """At midnight and within a day, and before features were added to the catalogue."""
    registry = load_registry(*packaged_texts())
    rollup.update(files, registry, engine=ENGINE)
    for back in (0, 0.4, 1, 20, 30, 61.7, 110):
        both(files, registry, rollup, back)


def test_signals_of_people_are_the_same_from_the_rollup(files: Dataset, rollup: Rollup) -> None:
    registry = load_registry(*packaged_texts())
    rollup.update(files, registry, engine=ENGINE)
    raw = compute_person_signals(files, registry, NOW, engine=ENGINE)
    assert raw.num_rows > 10
    assert_same(compute_person_signals(files, registry, NOW, engine=ENGINE, rollup=rollup), raw)


def test_the_stored_days_are_really_read(
    files: Dataset, rollup: Rollup, small: Registry, tmp_path: Path
) -> None:
    """With the raw files spoilt but named in the dataset, only the rollup can answer."""
    rollup.update(files, small, engine=ENGINE)
    raw = compute_signals(files, small, NOW, engine=ENGINE)
    for file in files.source("events"):
        Path(file).write_bytes(b"x" * Path(file).stat().st_size)
    assert_same(compute_signals(files, small, NOW, engine=ENGINE, rollup=rollup), raw)


def test_the_second_update_has_nothing_to_do(
    files: Dataset, rollup: Rollup, small: Registry
) -> None:
    first = rollup.update(files, small, engine=ENGINE)
    assert first.built == first.days > 50
    assert rollup.update(files, small, engine=ENGINE).built == 0


def test_only_the_new_day_is_built(
    company: Company, tmp_path: Path, rollup: Rollup, small: Registry
) -> None:
    """Late events included: they arrive in today's partition and count for their own day."""
    rows = sorted(company.rows["events"], key=lambda r: r["received_at"])
    last = rows[-1]["received_day"]
    late = dict(rows[5]) | {"received_at": rows[-1]["received_at"], "received_day": last}
    write_events([r for r in rows if r["received_day"] < last], tmp_path / "lake")
    files = with_event_files(company.dataset(), tmp_path / "lake")
    rollup.update(files, small, engine=ENGINE)
    write_events([*(r for r in rows if r["received_day"] == last), late], tmp_path / "lake")
    files = with_event_files(company.dataset(), tmp_path / "lake")
    both(files, small, rollup)
    assert rollup.update(files, small, engine=ENGINE).built == 1
    both(files, small, rollup)


def test_a_changed_partition_is_built_again(
    files: Dataset, company: Company, rollup: Rollup, small: Registry, tmp_path: Path
) -> None:
    rollup.update(files, small, engine=ENGINE)
    day = company.rows["events"][0]["received_day"]
    again = [r for r in company.rows["events"] if r["received_day"] == day]
    write_events(again, tmp_path / "lake", "part-1")
    files = with_event_files(company.dataset(), tmp_path / "lake")
    both(files, small, rollup)
    assert rollup.update(files, small, engine=ENGINE).built == 1
    both(files, small, rollup)


def test_a_new_signal_builds_only_its_columns(
    files: Dataset, rollup: Rollup, small: Registry
) -> None:
    rollup.update(files, small, engine=ENGINE)
    before = {f: (rollup.root / f).stat().st_mtime_ns for f in Manifest.read(rollup.root).files()}
    larger = load_registry(("small.toml", SMALL), ("more.toml", MORE))
    both(files, larger, rollup)
    rollup.update(files, larger, engine=ENGINE)
    after = {f: (rollup.root / f).stat().st_mtime_ns for f in Manifest.read(rollup.root).files()}
    assert before.items() <= after.items()
    groups = Manifest.read(rollup.root).groups
    assert [len(g.account_inputs) for g in groups] == [2, 1]
    both(files, larger, rollup)


def test_columns_no_signal_needs_go(files: Dataset, rollup: Rollup, small: Registry) -> None:
    larger = load_registry(("small.toml", SMALL), ("more.toml", MORE))
    rollup.update(files, small, engine=ENGINE)
    rollup.update(files, larger, engine=ENGINE)
    rollup.update(files, small, engine=ENGINE)
    assert len(Manifest.read(rollup.root).groups) == 1
    assert {p.parent.name for p in rollup.root.glob("g*/*")} == {"g1"}
    both(files, small, rollup)


def test_dropped_days_are_gone_at_once_and_rebuilt(
    files: Dataset, company: Company, rollup: Rollup, small: Registry
) -> None:
    """What erasure does with the partitions of a person."""
    rollup.update(files, small, engine=ENGINE)
    days = {r["received_day"] for r in company.rows["events"][:5]}
    assert rollup.drop(days) == 2 * len(days)
    left = {p.name[:10] for p in rollup.root.glob("g*/*")}
    assert not left & {d.isoformat() for d in days}
    both(files, small, rollup)
    assert rollup.rebuild(files, small, days, engine=ENGINE).built == len(days)
    both(files, small, rollup)


def test_rows_in_memory_are_refused_with_a_remedy(
    company: Company, rollup: Rollup, small: Registry
) -> None:
    with pytest.raises(ValueError, match="compute signals without a rollup"):
        rollup.update(company.dataset(), small, engine=ENGINE)


def test_without_any_events_there_is_nothing_to_build(rollup: Rollup, small: Registry) -> None:
    assert rollup.update(Dataset(), small, engine=ENGINE).built == 0
    assert compute_signals(Dataset(), small, NOW, rollup=rollup).num_rows == 0


def test_progress_is_told(files: Dataset, rollup: Rollup, small: Registry) -> None:
    seen: list[tuple[int, int]] = []
    day_by_day = Rollup(rollup.root, batch_bytes=1)
    update = day_by_day.update(files, small, engine=ENGINE, progress=lambda *s: seen.append(s))
    assert seen[0] == (1, update.built)
    assert seen[-1] == (update.built, update.built)


WORKER = """
import sys
from datetime import datetime
from pathlib import Path
from tenure.analytics.dataset import Dataset
from tenure.analytics.rollup import Rollup
from tenure.analytics.signals.registry import load_registry
files = sorted(str(f) for f in Path(sys.argv[1]).glob("events/*/*.parquet"))
registry = load_registry(("small.toml", sys.argv[3]))
Rollup(sys.argv[2], batch_bytes=1).update(Dataset({"events": files}), registry,
                           progress=lambda done, _: print(done, flush=True))
"""


@pytest.mark.faults
def test_killed_while_updating_it_goes_on_where_it_was(
    files: Dataset, rollup: Rollup, small: Registry, tmp_path: Path
) -> None:
    kills = 0
    for wait in (0, 1, 5, 9, 20):
        command = [sys.executable, "-c", WORKER, str(tmp_path / "lake"), str(rollup.root)]
        worker = subprocess.Popen([*command, SMALL], stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        for _ in range(wait):
            worker.stdout.readline()
        time.sleep(0.001 * wait)
        os.kill(worker.pid, signals.SIGKILL)
        kills += worker.wait() != 0
        both(files, small, rollup)
    assert kills
    last = rollup.update(files, small, engine=ENGINE)
    assert 0 < last.built <= last.days - 30
    named = set(Manifest.read(rollup.root).files())
    assert {str(p.relative_to(rollup.root)) for p in rollup.root.glob("g*/*")} == named
    both(files, small, rollup)
