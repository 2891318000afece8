"""Where state lives: SQLite in the workspace by default, PostgreSQL by DATABASE_URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.db.utils import InterfaceError, OperationalError

from tenure.analytics.errors import SpecError

AWAY = (OperationalError, InterfaceError)
"""What is raised while the state database cannot be reached, or is too busy to write."""
UNAVAILABLE = "the state database cannot be used now: try again, or run 'tenure doctor'"
RETRY_AFTER = 5
"""Seconds after which whoever asked then may ask again; no policy can be read at that time."""


def database_settings(url: str | None, state_file: Path) -> dict[str, Any]:
    """Django's DATABASES entry for ``url`` (postgres://user:password@host:port/name), or SQLite."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(state_file),
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    # of a database yet to be made: pages that were freed can be given back
                    "PRAGMA auto_vacuum=INCREMENTAL; "
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                    # the log is moved by core.checkpoint alone: see there why
                    "PRAGMA wal_autocheckpoint=0; "
                    "PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; "
                    # Debian's SQLite overwrites what is deleted, three times the work of the
                    # flush; an erasure rewrites the whole file (facts.erasure)
                    "PRAGMA secure_delete=FAST;"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise SpecError(
            "environment",
            "DATABASE_URL",
            f"names no PostgreSQL database (scheme {parts.scheme or 'missing'})",
            "write postgres://user:password@host:5432/name, or unset it to use SQLite",
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "OPTIONS": query,
    }
