"""One import into a table at a time, whichever process runs it; a killed one holds nothing."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tenure.analytics.errors import SpecError
from tenure.core import workspace


@contextmanager
def one_at_a_time(table: str) -> Iterator[None]:
    """Holds the table's lock; SpecError if another import into it is running."""
    folder = workspace.current().home / "spool"
    folder.mkdir(exist_ok=True, mode=0o700)
    with (folder / f"{table}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SpecError(
                "import",
                table,
                "is being imported by another process",
                "wait until that one is done",
            ) from error
        yield
