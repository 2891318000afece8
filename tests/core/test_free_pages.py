"""Space that SQLite no longer needs goes back to the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from tenure.core import checkpoint, free_pages, operations
from tenure.core.database import database_settings

MB = 1024 * 1024


def made(path: Path, monkeypatch: pytest.MonkeyPatch, *, before: str = "") -> Any:
    settings = database_settings(None, path)
    if before:  # as databases were made before pages could be given back
        command = settings["OPTIONS"]["init_command"].replace(before, "")
        settings["OPTIONS"] = settings["OPTIONS"] | {"init_command": command}
    monkeypatch.setitem(connections.settings, "apart", connections.settings["default"] | settings)
    return connections.create_connection("apart")


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[Any]:
    """Makes a file database of one's own that was full once and is nearly empty now."""
    monkeypatch.setattr(operations, "current", operations.packaged)
    with django_db_blocker.unblock():

        def make(*, before: str = "") -> Any:
            one = connections["apart"] = made(tmp_path / "s.sqlite3", monkeypatch, before=before)
            monkeypatch.setattr(free_pages, "connection", one)
            monkeypatch.setattr(checkpoint, "connection", one)
            with one.cursor() as cursor:
                cursor.execute("CREATE TABLE t (n INTEGER, body TEXT)")
                rows = [(n, "x" * 3000) for n in range(12_000)]
                cursor.executemany("INSERT INTO t VALUES (%s, %s)", rows)
                cursor.execute("DELETE FROM t WHERE n % 100 <> 0")
            checkpoint.checkpoint()
            return one

        yield make
        connections["apart"].close()
        del connections["apart"]


def size(one: Any) -> int:
    checkpoint.checkpoint()
    return Path(one.settings_dict["NAME"]).stat().st_size


def rows(one: Any) -> int:
    with one.cursor() as cursor:
        return int(cursor.execute("SELECT count(*) FROM t").fetchone()[0])


@pytest.mark.parametrize("before", ["", "PRAGMA auto_vacuum=INCREMENTAL; "])
def test_most_of_a_file_that_is_free_goes_back(apart: Any, before: str) -> None:
    one = apart(before=before)
    assert size(one) > 36 * MB
    assert free_pages.give_back() > 30 * MB // 4096 * 0.9
    assert size(one) < 6 * MB
    assert rows(one) == 120
    assert free_pages.give_back() == 0


def test_a_little_stays_for_what_comes_next(apart: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = apart()
    numbers = operations.packaged()
    more = numbers.free_pages.model_copy(update={"least_mb": 100})
    monkeypatch.setattr(
        operations, "current", lambda: numbers.model_copy(update={"free_pages": more})
    )
    assert free_pages.give_back() == 0
    assert size(one) > 36 * MB
