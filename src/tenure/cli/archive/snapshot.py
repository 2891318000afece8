"""A snapshot of the lake in no time: hard links to the files of one version of each table.

Data files and commits never change once written, so a link holds them even if a compaction
removes them meanwhile.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from tenure.kit.commands.output import CommandError

TRIES = 5


def take(lake: Path, target: Path) -> dict[str, int]:
    """Link every table of ``lake`` below ``target``; gives the version of each."""
    tables = sorted(log.parent for log in lake.glob("*/_delta_log")) if lake.is_dir() else []
    return {table.name: _table(table, target / table.name) for table in tables}


def _table(table: Path, target: Path) -> int:
    for _ in range(TRIES):
        try:
            return _link_version(table, target)
        except FileNotFoundError:  # tidied away between listing and linking: look again
            shutil.rmtree(target, ignore_errors=True)
    raise CommandError(
        f"the files of table {table.name} keep changing or are missing",
        "run 'tenure doctor'; if the lake is well, try again later",
    )


def _link_version(table: Path, target: Path) -> int:
    handle = DeltaTable(str(table))
    version = handle.version()
    log = [path for path in (table / "_delta_log").iterdir() if _belongs(path.name, version)]
    data = [table / path for path in _data_paths(handle)]
    for path in (*log, *data):
        link(path, target / path.relative_to(table))
    DeltaTable(str(target), version=version)
    return version


def _data_paths(handle: DeltaTable) -> list[str]:
    return [
        str(path) for path in pa.table(handle.get_add_actions(flatten=True))["path"].to_pylist()
    ]


def _belongs(name: str, version: int) -> bool:
    # _last_checkpoint is only a hint, and might speak of a later version.
    return name[:20].isdigit() and int(name[:20]) <= version


def link(source: Path, target: Path) -> None:
    """A hard link, or a copy where the file system has none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)
