"""Files that come from a browser or the API: kept in the workspace under a name of our own.

A sender's file name is only ever shown; it never becomes part of a path.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tenure.analytics.errors import SpecError
from tenure.connectors.files.readers import check_regular
from tenure.connectors.files.settings import settings
from tenure.core import workspace

_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    """An uploaded file: its token, where it is, and what its sender called it."""

    token: str
    path: Path
    name: str


def _folder() -> Path:
    folder = workspace.current().home / "uploads"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def shown_name(name: str) -> str:
    """The last part of a sender's file name, without anything a terminal or path would obey.

    >>> shown_name("../../etc/passwd"), shown_name("C:\\\\temp\\\\a.csv")
    ('passwd', 'a.csv')
    """
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c for c in last if c.isprintable()).strip(" .")
    return clean[-200:] or "upload"


def save(chunks: Iterable[bytes], name: str) -> Upload:
    """Keeps an upload; SpecError (and nothing kept) if it is too large or empty."""
    token = secrets.token_hex(16)
    folder = _folder() / token
    folder.mkdir(mode=0o700)
    path = folder / "file"
    most = int(settings()["upload_mb"]) << 20
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            size = 0
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise SpecError(
                        shown_name(name),
                        "file",
                        f"is larger than {most >> 20} MB",
                        "import it on the server with tenure import",
                    )
                file.write(chunk)
        check_regular(path)
        (folder / "name.json").write_text(json.dumps(shown_name(name)))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Upload(token, path, shown_name(name))


def find(token: str) -> Upload:
    """The upload with this token; SpecError if there is none (any more)."""
    folder = _folder() / token if _TOKEN.fullmatch(token) else None
    if folder is None or not (folder / "file").is_file() or (folder / "file").is_symlink():
        raise SpecError("upload", "token", "is not there", "upload the file again")
    return Upload(token, folder / "file", json.loads((folder / "name.json").read_text()))


def remove(token: str) -> None:
    """Deletes an upload once it is imported, or given up."""
    if _TOKEN.fullmatch(token):
        shutil.rmtree(_folder() / token, ignore_errors=True)


def tidy(before: datetime) -> int:
    """Deletes uploads from before a moment; gives how many."""
    gone = [f for f in _folder().iterdir() if f.stat().st_mtime < before.timestamp()]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)
