"""Making files survive a power cut: delta-rs writes and renames, but never syncs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path


def sync(path: Path) -> None:
    """Force one file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(files: Iterable[Path], top: Path) -> None:
    """Force ``files`` and every folder between them and ``top`` (inclusive) to disk."""
    folders: set[Path] = {top}
    for file in files:
        sync(file)
        for folder in file.parents:
            if folder in folders:
                break
            folders.add(folder)
    for folder in folders:
        sync(folder)


def log_file(table: Path, version: int) -> Path:
    """The file of one commit of a Delta table."""
    return table / "_delta_log" / f"{version:020d}.json"


def added_files(table: Path, version: int) -> list[Path]:
    """The data files that one commit added and that are still there."""
    text = log_file(table, version).read_text()
    paths = [json.loads(line)["add"]["path"] for line in text.splitlines() if '"add"' in line[:8]]
    return [path for name in paths if (path := table / name).exists()]


def sync_commits(table: Path, first: int, last: int) -> None:
    """Force the commits ``first`` to ``last`` of a Delta table, and what they added, to disk."""
    for version in range(first, last + 1):
        if log_file(table, version).exists():
            sync_all([*added_files(table, version), log_file(table, version)], table.parent)
