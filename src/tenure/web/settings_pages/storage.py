"""How much the workspace holds, read from the lake's own log."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tenure.core import workspace
from tenure.facts import lake


@dataclass(frozen=True)
class TableSize:
    """One table of facts in the lake."""

    name: str
    rows: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Storage:
    """Everything kept, and where."""

    tables: list[TableSize]
    state_bytes: int
    where: str

    @property
    def rows(self) -> int:
        """Facts in all tables."""
        return sum(t.rows for t in self.tables)

    @property
    def bytes(self) -> int:
        """Bytes of all data files of the lake."""
        return sum(t.bytes for t in self.tables)


def measure() -> Storage:
    """Rows, files and bytes of every table; the state file too where there is one."""
    facts = lake.current()
    tables = [_table(facts, name) for name in facts.tables()]
    state = workspace.current().state_file
    size = state.stat().st_size if state.is_file() else 0
    return Storage(sorted(tables, key=lambda t: -t.bytes), size, facts.root)


def _table(facts: lake.Lake, name: str) -> TableSize:
    files = facts.files(name)
    column = "size_bytes" if "size_bytes" in files.column_names else ""
    if column:
        size = sum(files[column].to_pylist())
    else:
        size = sum(os.path.getsize(p) for p in files["path"].to_pylist() if Path(p).is_file())
    return TableSize(name, facts.rows(name), len(files), int(size))
