"""Making files survive a power cut: delta-rs writes and renames, but never syncs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FEW, AT_ONCE = 16, 8
ON = True
"""Off only where tests of other matters write files that nobody keeps."""


def sync(path: Path) -> None:
    """Force one file or folder to disk."""
    if not ON:
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(files: Iterable[Path], top: Path) -> None:
    """Force ``files`` and every folder between them and ``top`` (inclusive) to disk."""
    files, folders = list(files), {top}
    for file in files:
        for folder in file.parents:
            if folder in folders:
                break
            folders.add(folder)
    _together(files)
    _together(list(folders))


def _together(paths: list[Path]) -> None:
    """Sync many at once: the file system then commits its journal once for several of them, which
    took a thirtieth of the time for 1400 files and folders."""
    if len(paths) < FEW:
        for path in paths:
            sync(path)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(sync, path) for path in paths]:
            done.result()


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
