"""The workspace: the one folder that holds everything, made on first use."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """Paths inside the workspace folder."""

    home: Path

    @property
    def lake(self) -> Path:
        """Delta tables: what happened."""
        return self.home / "lake"

    @property
    def rollups(self) -> Path:
        """Rebuildable daily rollups (Parquet)."""
        return self.home / "rollups"

    @property
    def state_file(self) -> Path:
        """The SQLite database of state, unless DATABASE_URL names another."""
        return self.home / "state.sqlite3"

    def secret_key(self) -> str:
        """The signing key of this workspace; made once, readable by its owner only."""
        path = self.home / "secret.key"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            key = secrets.token_urlsafe(48)
            # A name of its own for each thread: they share the process's number.
            temporary = path.with_suffix(f".{secrets.token_hex(8)}")
            temporary.touch(mode=0o600)
            temporary.write_text(key)
            try:
                os.link(temporary, path)  # atomic; whoever comes first wins
            except FileExistsError:
                key = path.read_text().strip()
            finally:
                temporary.unlink()
            return key


def current() -> Workspace:
    """The workspace named by TENURE_HOME (default ``./tenure-data``), made if it is not there."""
    home = Path(os.environ.get("TENURE_HOME") or "tenure-data").expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Workspace(home)
