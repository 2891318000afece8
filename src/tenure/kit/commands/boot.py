"""Starting Tenure inside a command: quietly, with the state database up to date."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from tenure.kit.commands.output import CommandError

DEFAULT = Path("tenure-data")
"""In the current folder: the workspace where TENURE_HOME names none."""


def setup(*, migrate: bool = True, makes: bool = False) -> None:
    """Make the workspace's models and policy usable; apply pending migrations under a lock.

    CommandError if the workspace cannot be written, its database not reached or too new, or if
    there is none in the current folder and this command is not one that ``makes`` it.
    """
    if not makes:
        refuse_nowhere()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenure.web.settings")
    if not os.environ.get("TENURE_DEBUG"):
        warnings.simplefilter("ignore")
    try:
        import django

        django.setup()
    except OSError as error:
        raise CommandError(
            f"the workspace cannot be used: {error}",
            "set TENURE_HOME to a folder you may write to",
        ) from error
    if migrate:
        ensure_database()


def refuse_nowhere() -> None:
    """CommandError where nobody named a workspace and none lies here: a command in the wrong folder
    must not make an empty one and work on it."""
    if os.environ.get("TENURE_HOME") or DEFAULT.is_dir():
        return
    raise CommandError(
        f"there is no workspace in {Path.cwd()}",
        "set TENURE_HOME to the folder of yours, or make one here with 'tenure init'",
    )


def ensure_database() -> None:
    """Bring the state database up to date, or say why not and what to do."""
    from django.db import connection
    from django.db.utils import DatabaseError

    from tenure.core.migrate import ahead, ensure_current

    try:
        ensure_current()
        newer = ahead()
    except DatabaseError as error:
        raise CommandError(
            f"the state database ({connection.vendor}) cannot be used: {_first_line(error)}",
            "run 'tenure doctor'; with PostgreSQL check DATABASE_URL and that the server runs",
        ) from error
    if newer:
        raise CommandError(
            f"this workspace was used by a newer Tenure (it has {newer[-1]})",
            "install that version or a later one",
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
