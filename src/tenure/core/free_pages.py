"""Space that SQLite no longer needs goes back to the disk, a little at a time.

Rows of the inbox come and go by the hundred thousand; the file keeps their pages for later. Pages
are given back in short transactions (``auto_vacuum=INCREMENTAL``). A database that was made before
that was set is rewritten once, when most of it is empty.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from tenure.core import operations

log = logging.getLogger("tenure.core")
INCREMENTAL = 2


def tick(now: datetime) -> None:  # noqa: ARG001
    """Give back what is free, if it is much."""
    if connection.vendor == "sqlite":
        try:
            give_back()
        except DatabaseError as error:
            log.info("free pages could not be given back now: %s", error)


def give_back() -> int:
    """Give free pages back; gives how many went. Nothing while they are few."""
    numbers = operations.current().free_pages
    before, size = _pragma("freelist_count"), _pragma("page_size")
    if before * size < numbers.least_mb * 1024 * 1024:
        return 0
    if _pragma("auto_vacuum") == INCREMENTAL:
        while _pragma("freelist_count"):
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute(f"PRAGMA incremental_vacuum({numbers.pages_per_step})")
                cursor.fetchall()
    elif before > numbers.rewrite_share * _pragma("page_count"):
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
    return before - _pragma("freelist_count")


def _pragma(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return int(cursor.fetchone()[0])
