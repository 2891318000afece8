"""Worlds that many tests begin with: built once a process by the product itself, then copied.

A world is what ``build`` changed in the state, and the files of the workspace. It is built in a
folder of its own and taken back, so that the first test finds what every later one finds: rows and
files, as a process that has just begun would. Worlds may stand on others.
"""

from __future__ import annotations

import functools
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, transaction

Rows = dict[str, list[tuple[Any, ...]]]
Builder = TypeVar("Builder", bound=Callable[..., Any])


@dataclass(frozen=True)
class World:
    """What building it changed: rows that came and keys of those that went, by table; the files of
    the workspace; and what the builder gave."""

    new: Rows
    gone: dict[str, tuple[str, list[Any]]]
    files: Path
    given: bytes


_built: dict[Hashable, World] = {}
_shelf = tempfile.TemporaryDirectory(prefix="tenure-worlds-")


def fill(name: Hashable, build: Callable[[], Any]) -> Any:
    """Put the world ``name`` into this test's database and workspace; gives what ``build`` gave.

    ``build`` must depend on nothing but ``name``, which stands for the worlds below it, too.
    """
    from tenure.core import workspace

    home = workspace.current().home
    assert not (home / "test.sqlite3").exists(), "a world goes into the fixture 'workspace'"
    if name not in _built:
        _built[name] = _build(home, build)
    world = _built[name]
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (key, values) in world.gone.items():
            where = f"{_quoted(key)} IN ({', '.join(['%s'] * len(values))})"
            cursor.execute(f"DELETE FROM {_quoted(table)} WHERE {where}", values)
        for table, rows in world.new.items():
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {_quoted(table)} VALUES ({places})", rows)
    shutil.copytree(world.files, home, dirs_exist_ok=True)
    _forget(home)
    return pickle.loads(world.given)


def once(build: Builder) -> Builder:
    """For fixtures that build a world: goes below ``pytest.fixture``."""

    @functools.wraps(build)
    def filled(*args: Any, **kwargs: Any) -> Any:
        return fill((build.__module__, build.__qualname__), lambda: build(*args, **kwargs))

    return filled  # type: ignore[return-value]


def _build(home: Path, build: Callable[[], Any]) -> World:
    folder = Path(tempfile.mkdtemp(dir=_shelf.name))
    shutil.copytree(home, folder, dirs_exist_ok=True)
    usual = os.environ.get("TENURE_HOME")
    os.environ["TENURE_HOME"] = str(folder)
    try:
        with transaction.atomic():
            before = _state()
            given = build()
            after = _state()
            keys = _keys(before)
            transaction.set_rollback(True)
    finally:
        if usual is None:
            os.environ.pop("TENURE_HOME")
        else:
            os.environ["TENURE_HOME"] = usual
        _forget(folder)
    new, gone = _beyond(after, before), _beyond(before, after)
    went = {table: (keys[table][0], [row[keys[table][1]] for row in gone[table]]) for table in gone}
    return World(new, went, folder, pickle.dumps(given))


def _forget(home: Path) -> None:
    """Who wrote to this workspace begins anew, as another process would."""
    from tenure.facts import lake, periodic_tasks

    for kept in (periodic_tasks._flushers, lake._current):
        kept.pop(str(home / "lake"), None)


def _state() -> Rows:
    with connection.cursor() as cursor:
        found: Rows = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {_quoted(name)}")
            found[name] = [tuple(row) for row in cursor.fetchall()]
    return found


def _keys(tables: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Name and place of each table's key."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            key = connection.introspection.get_primary_key_column(cursor, table)
            columns = connection.introspection.get_table_description(cursor, table)
            found[table] = (key, [column.name for column in columns].index(key))
    return found


def _beyond(rows: Rows, others: Rows) -> Rows:
    found = {t: [row for row in here if row not in others[t]] for t, here in rows.items()}
    return {table: here for table, here in found.items() if here}


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
