"""Bringing the state database up to date, once, however many processes start at the same moment."""

from __future__ import annotations

import fcntl
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from tenure.core import workspace

LOCK_NUMBER = 0x7E9C2E  # PostgreSQL advisory lock of Tenure's migrations


def pending() -> list[str]:
    """Migrations on disk that the database has not seen, as ``app.name``.

    Compares file names with one query, without importing any migration: it runs at every start.
    """
    applied = _applied()
    return sorted(f"{app}.{name}" for app, name in _on_disk() if (app, name) not in applied)


def ahead() -> list[str]:
    """Migrations the database has seen that this version of Tenure does not know."""
    known = _on_disk()
    labels = {config.label for config in apps.get_app_configs()}
    return sorted(f"{a}.{n}" for a, n in _applied() if a in labels and (a, n) not in known)


def ensure_current() -> list[str]:
    """Apply what is pending, under a lock; gives what was applied (by whichever process)."""
    missing = pending()
    if missing:
        with _lock():
            if pending():
                call_command("migrate", interactive=False, verbosity=0, stdout=io.StringIO())
    return missing


def _applied() -> set[tuple[str, str]]:
    if "django_migrations" not in connection.introspection.table_names():
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return {(app, name) for app, name in cursor.fetchall()}


def _on_disk() -> set[tuple[str, str]]:
    return {
        (config.label, path.stem)
        for config in apps.get_app_configs()
        for path in (Path(config.path) / "migrations").glob("[0-9]*.py")
    }


@contextmanager
def _lock() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])
        return
    with (workspace.current().home / "migrate.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # let go when the file closes, or the process dies
        yield
