"""Files that are still in the workspace (uploads, half-done imports) when a person is erased."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import Any

from tenure.analytics.tables import TABLES
from tenure.connectors.files import locking
from tenure.core import workspace
from tenure.facts.erasure import Part
from tenure.facts.persons import Subject


def export(subject: Subject) -> list[Any]:  # noqa: ARG001 - files are read into facts, or deleted
    """Files are no record of their own: what they said of a person is among the facts."""
    return []


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """Deletes all uploads and spools; SpecError while an import is running."""
    home = workspace.current().home
    gone = 0
    for table in TABLES:
        with locking.one_at_a_time(table):
            pass
    for folder in (*(home / "uploads").glob("*"), *(home / "spool").glob("import-*")):
        shutil.rmtree(folder, ignore_errors=True)
        gone += 1
    for file in (home / "spool").glob("frame-*.parquet"):
        file.unlink(missing_ok=True)
    return {"files": gone}


PART = Part("files", export, erase)
