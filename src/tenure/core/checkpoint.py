"""SQLite's write-ahead log is moved into the database by one hand, while nobody can commit.

SQLite up to 3.51.2 has a race: a commit that begins the log anew while a checkpoint runs can make a
later one skip pages, and what was committed is lost without a word ("The WAL-Reset Bug",
sqlite.org/wal.html). Debian 12 ships 3.40. So connections never checkpoint by themselves
(``wal_autocheckpoint=0``, see ``core.database``); a duty does, holding the write lock meanwhile.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, connection, transaction

log = logging.getLogger("tenure.core")
LEAST_BYTES = 4 * 1024 * 1024
"""A log that is shorter costs nobody anything."""

_seen: tuple[int, int] | None = None


def tick(now: datetime) -> None:  # noqa: ARG001
    """Move the log into the database, if it is long and was written to since the last time."""
    global _seen
    if connection.vendor != "sqlite":
        return
    wal = Path(f"{connection.settings_dict['NAME']}-wal")
    try:
        about = wal.stat()
    except OSError:
        return
    written = (about.st_mtime_ns, about.st_size)
    if about.st_size >= LEAST_BYTES and written != _seen and checkpoint():
        _seen = written


def checkpoint() -> bool:
    """Move as much of the log as readers let go of; False if the database was too busy."""
    path = str(connection.settings_dict["NAME"])
    try:
        # IMMEDIATE: from here to the end of the block nobody else can commit.
        held = transaction.atomic(using=connection.alias)
        with held, closing(sqlite3.connect(path, isolation_level=None)) as mover:
            mover.execute("PRAGMA wal_autocheckpoint=0")
            busy, _, _ = mover.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return not busy
    except (DatabaseError, sqlite3.Error) as error:
        log.info("the log could not be moved into the database now: %s", error)
        return False
