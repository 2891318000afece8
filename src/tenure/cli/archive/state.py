"""Copying the state database while others use it, and putting a copy back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from tenure.kit.commands.output import CommandError, Report


def copy_sqlite(source: Path, target: Path, pages: int, progress: Report) -> None:
    """A consistent copy of a database in use, ``pages`` at a time."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reader,
        closing(sqlite3.connect(target)) as writer,
    ):
        reader.backup(
            writer, pages=pages, progress=lambda _, left, total: progress(total - left, total)
        )


def check_sqlite(path: Path) -> str:
    """What SQLite finds wrong with the file; empty if nothing."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = str(connection.execute("PRAGMA quick_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else found


def dump_postgres(url: str, target: Path) -> None:
    """A consistent dump through ``pg_dump``."""
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}", f"--dbname={url}")


def load_postgres(url: str, source: Path) -> None:
    """Put a dump back through ``pg_restore``, all or nothing, replacing what is there."""
    _run(
        "pg_restore",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--single-transaction",
        f"--dbname={url}",
        str(source),
    )


def postgres_in_use(url: str) -> bool:
    """Whether the database at ``url`` already holds a workspace."""
    import psycopg

    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT to_regclass('core_user')").fetchone()
    except psycopg.OperationalError as error:
        raise CommandError(
            f"PostgreSQL cannot be reached: {str(error).strip()}", "check DATABASE_URL"
        ) from error
    return bool(row and row[0])


def _run(tool: str, *arguments: str) -> None:
    if shutil.which(tool) is None:
        raise CommandError(
            f"{tool} is not installed, and the state is in PostgreSQL",
            "install the PostgreSQL client of the server's version (Debian: postgresql-client)",
        )
    done = subprocess.run(  # noqa: S603 - a fixed tool; the URL is the operator's own
        [tool, *arguments], capture_output=True, text=True, check=False, env={**os.environ}
    )
    if done.returncode:
        line = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CommandError(f"{tool} failed: {line}", "check DATABASE_URL and the tool's version")
