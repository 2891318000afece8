"""The log of SQLite is moved by one hand, while nobody can commit, and by no connection itself."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from tenure.core import checkpoint, schedule
from tenure.core.database import database_settings
from tenure.core.slice import SLICE

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Iterator[Any]:
    """A file database of one's own, with the settings of a workspace."""
    path = tmp_path / "state.sqlite3"
    made = connections.settings["default"] | database_settings(None, path)
    monkeypatch.setitem(connections.settings, "apart", made)
    with django_db_blocker.unblock():
        one = connections["apart"] = connections.create_connection("apart")
        monkeypatch.setattr(checkpoint, "connection", one)
        monkeypatch.setattr(checkpoint, "_seen", None)
        with one.cursor() as cursor:
            cursor.execute("CREATE TABLE t (n INTEGER, body TEXT)")
        yield one
        one.close()
        del connections["apart"]


def write(one: Any, rows: int) -> None:
    with one.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(n, "x" * 3000) for n in range(rows)])


def sizes(one: Any) -> tuple[int, int]:
    path = Path(one.settings_dict["NAME"])
    return path.stat().st_size, Path(f"{path}-wal").stat().st_size


def test_no_connection_moves_the_log_by_itself(database: Any) -> None:
    with database.cursor() as cursor:
        assert cursor.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    write(database, 3000)  # 9 MB: by itself it would have moved after four
    file, log = sizes(database)
    assert log > 9_000_000
    assert file < 1_000_000


def test_the_duty_moves_it_and_the_log_is_used_from_its_beginning_again(database: Any) -> None:
    write(database, 3000)
    before = sizes(database)[1]
    checkpoint.tick(NOW)
    assert sizes(database)[0] > 9_000_000
    write(database, 500)
    assert sizes(database)[1] == before  # written over, not longer
    with database.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM t").fetchone() == (3500,)


def test_a_short_log_and_one_that_was_moved_are_left_alone(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[int] = []
    monkeypatch.setattr(checkpoint, "checkpoint", lambda: moved.append(1) or True)
    write(database, 10)
    checkpoint.tick(NOW)
    assert moved == []
    write(database, 3000)
    checkpoint.tick(NOW)
    checkpoint.tick(NOW)
    assert moved == [1]


def test_nobody_can_commit_while_it_is_moved(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database, 3000)
    path, told = database.settings_dict["NAME"], []
    real = sqlite3.connect

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        with closing(real(path, timeout=0.1)) as other:
            try:
                other.execute("INSERT INTO t VALUES (1, 'y')")
                told.append("wrote")
            except sqlite3.OperationalError as error:
                told.append(str(error))
        return real(*arguments, **options)

    monkeypatch.setattr(checkpoint.sqlite3, "connect", meanwhile)
    assert checkpoint.checkpoint()
    assert told == ["database is locked"]


def test_a_database_that_is_written_to_is_tried_again_later(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database, 3000)
    database.close()
    monkeypatch.setitem(database.settings_dict["OPTIONS"], "timeout", 0.1)
    with closing(sqlite3.connect(database.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not checkpoint.checkpoint()
        other.execute("ROLLBACK")
    assert checkpoint.checkpoint()


def test_nothing_is_lost_with_writers_and_the_duty_at_once(database: Any) -> None:
    path, rows = database.settings_dict["NAME"], 400

    def writer(name: int) -> None:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as other:
            other.execute("PRAGMA wal_autocheckpoint=0")
            for n in range(rows):
                other.execute("INSERT INTO t VALUES (?, ?)", (name * rows + n, "x" * 2000))

    threads = [threading.Thread(target=writer, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    while any(t.is_alive() for t in threads):
        checkpoint.checkpoint()
    with database.cursor() as cursor:
        assert cursor.execute("SELECT count(DISTINCT n) FROM t").fetchone() == (3 * rows,)
        assert cursor.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_every_worker_does_it() -> None:
    tick = next(one for one in SLICE.ticks if one.name == "checkpoint")
    assert SLICE.resolve(tick.act) is checkpoint.tick
    assert schedule.duties["checkpoint"].seconds == tick.seconds
