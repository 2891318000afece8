"""Opening a file and reading it in chunks, each row with the line it stands on."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from tenure.analytics.errors import SpecError

ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}  # fmt: skip


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
    """What a person says about the file; empty means: find out."""

    format: str = ""
    delimiter: str = ""
    encoding: str = ""


def open_file(path: Path, dialect: Dialect | None = None) -> Opened:
    """Opens ``path`` for reading; SpecError if it is no regular file or of no known kind."""
    from tenure.connectors.files import csv_reader, jsonl_reader, parquet_reader

    dialect = dialect or Dialect()
    check_regular(path)
    kind = dialect.format or _kind(path)
    if kind == "parquet":
        return parquet_reader.open_parquet(path)
    if kind == "jsonl":
        return jsonl_reader.open_jsonl(path)
    return csv_reader.open_csv(path, dialect.delimiter, dialect.encoding)


def check_regular(path: Path) -> None:
    """Refuses what is no file with bytes in it: folders, devices, pipes, missing or empty files."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise SpecError(
            str(path), "file", error.strerror or "cannot be read", "check the path"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a device or pipe"
        raise SpecError(str(path), "file", f"is {kind}", "name a CSV, JSON Lines or Parquet file")
    if found.st_size == 0:
        raise SpecError(str(path), "file", "is empty", "name a file with rows in it")
    if not os.access(path, os.R_OK):
        raise SpecError(str(path), "file", "may not be read", "give this user the right to read it")


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PAR1":
        return "parquet"
    if head[:2] in (b"\x1f\x8b", b"PK"):
        raise SpecError(str(path), "file", "is compressed", "unpack it first (gunzip, unzip)")
    if path.suffix.lower() in ENDINGS:
        return ENDINGS[path.suffix.lower()]
    return "jsonl" if head.lstrip()[:1] in (b"{", b"[") else "csv"


def empty_lines() -> pa.Array:
    """Lines of a chunk without rows."""
    return pa.array([], pa.int64())
