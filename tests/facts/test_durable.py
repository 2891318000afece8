"""What survives a power cut: whatever an append, a merge or an erasure wrote is forced to disk,
with every folder that names it, before it counts as done."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from sending import NOON

from tenure.analytics.dataset import conform
from tenure.facts.lake import Lake

pytestmark = pytest.mark.usefixtures("durably")


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Files and folders that the system was asked to force to disk."""
    found: set[Path] = set()
    really = os.fsync

    def fsync(handle: int) -> None:
        found.add(Path(os.readlink(f"/proc/self/fd/{handle}")))
        really(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return found


def event(number: int, days: int = 0) -> dict[str, object]:
    at = NOON - timedelta(days=days)
    return {"message_id": f"m{number}", "event": "Signed In", "account_id": "acme",
            "timestamp": at, "received_at": at}  # fmt: skip


def append(lake: Lake, number: int, *rows: dict[str, object]) -> None:
    assert lake.append("events", conform("events", pa.Table.from_pylist(list(rows))), ("t", number))


def everything(lake: Lake) -> set[Path]:
    """Every file of the lake, and every folder that holds one, up to the lake's own."""
    files = {path for path in Path(lake.root).rglob("*") if path.is_file()}
    top = Path(lake.root)
    return files | {folder for f in files for folder in f.parents if folder.is_relative_to(top)}


def test_an_append_is_forced_to_disk_with_all_its_folders(lake: Lake, forced: set[Path]) -> None:
    append(lake, 1, event(1), event(2, days=1))
    assert everything(lake) <= forced
    before, _ = everything(lake), forced.clear()
    append(lake, 2, event(3, days=2))
    new = everything(lake) - before
    assert len(new) == 3  # a file, its day, and a commit
    assert new | {p.parent for p in new} <= forced


def test_an_append_of_very_many_files_is_forced_to_disk(lake: Lake, forced: set[Path]) -> None:
    append(lake, 1, *(event(n, days=n) for n in range(40)))
    assert everything(lake) <= forced


def test_what_a_merge_writes_is_forced_to_disk(lake: Lake, forced: set[Path]) -> None:
    for number in range(3):
        append(lake, number + 1, event(number))
    before, _ = everything(lake), forced.clear()
    assert lake.compact("events", keep_hours=0)["merged"] == 3
    new = everything(lake) - before
    assert any(path.suffix == ".parquet" and "checkpoint" not in path.name for path in new)
    assert new | {path.parent for path in new} <= forced


def test_what_an_erasure_writes_is_forced_to_disk(lake: Lake, forced: set[Path]) -> None:
    append(lake, 1, event(1), event(2))
    before, _ = everything(lake), forced.clear()
    assert lake.rewrite("events", "message_id = 'm1'") == 1
    new = everything(lake) - before
    assert new
    assert new | {path.parent for path in new} <= forced
