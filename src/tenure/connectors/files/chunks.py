"""What the readers of files give: an opened file, and its rows in chunks with their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa


@dataclass(frozen=True)
class Unreadable:
    """A line that is no row: where, what it says, and what is wrong with it."""

    line: int
    text: str
    problem: str


@dataclass(frozen=True)
class Chunk:
    """Rows as they stand in the file, and the line of each; ``bytes_done`` for the progress bar."""

    rows: pa.Table
    lines: pa.Array
    unreadable: list[Unreadable] = field(default_factory=list)
    bytes_done: int = 0


@dataclass(frozen=True)
class Opened:
    """A file that can be read: its columns, and its chunks (may be read again)."""

    path: Path
    format: str
    columns: list[str]
    chunks: Callable[[int], Iterator[Chunk]]
    size: int
    untyped: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dialect:
    """What a person says about the file; empty means: find out. ``header`` is the number of the
    line that names the columns of a CSV file."""

    format: str = ""
    delimiter: str = ""
    encoding: str = ""
    header: int = 0
