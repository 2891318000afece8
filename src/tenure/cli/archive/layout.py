"""What is in an archive, and what in a workspace is not worth keeping."""

from __future__ import annotations

FORMAT = 1
MANIFEST = "manifest.json"
STATE_SQLITE = "state.sqlite3"
STATE_POSTGRES = "state.dump"
LAKE = "lake"
LEFT_OUT = ("rollups", "tmp", "restored-over-", ".backup-", ".restore-", "state.sqlite3")
"""Beginnings of names in the workspace folder that can be rebuilt or are handled apart."""


def is_left_out(name: str) -> bool:
    """Whether the entry ``name`` of the workspace folder is not copied as it is."""
    return name == LAKE or name.startswith(LEFT_OUT) or name.endswith((".lock", ".part", ".sock"))
