"""JSON Lines: one object a line. A file with one JSON array is read as well, if it is small."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.connectors.files.chunks import Chunk, Opened, Unreadable
from tenure.connectors.files.csv_outline import FALLBACK, find_encoding
from tenure.facts.rows import to_arrow

ARRAY_MOST = 256 << 20
LINE_MOST = 16 << 20
_CHUNK = 20_000
_BYTES = 16 << 20
_decode = msgspec.json.Decoder().decode


def open_jsonl(path: Path, encoding: str = "") -> Opened:
    """A file of JSON objects; its columns are the keys of the first rows."""
    encoding = encoding or find_encoding(path)
    if encoding == FALLBACK:  # JSON is Unicode: what is none is refused line by line
        encoding = "utf-8"
    array = _is_array(path, encoding)
    if array and path.stat().st_size > ARRAY_MOST:
        raise SpecError(
            str(path), "file", "is one JSON array of more than 256 MB", "write one object a line"
        )

    def chunks(size: int) -> Iterator[Chunk]:
        items = _array(path, encoding) if array else _lines(path, encoding)
        return _chunks(items, min(size, _CHUNK))

    first = next(chunks(1000), None)
    columns = first.rows.column_names if first else []
    return Opened(path, "jsonl", columns, chunks, path.stat().st_size)


def _is_array(path: Path, encoding: str) -> bool:
    with path.open(encoding=encoding, errors="replace") as file:
        return file.read(1024).lstrip("\ufeff \t\r\n")[:1] == "["


Item = tuple[int, Any, str, int]


def _lines(path: Path, encoding: str) -> Iterator[Item]:
    """(line, object or raw text, problem, bytes done) of every line that is not blank."""
    with path.open("rb") as raw:
        file = io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline=None)
        number, long = 1, 0
        while line := file.readline(LINE_MOST):
            whole = line.endswith("\n") or len(line) < LINE_MOST
            if long or not whole:
                long += len(line)
                if whole:
                    yield number, "", _too_long(long), raw.tell()
                    long = 0
            elif text := line.lstrip("\ufeff").strip():
                yield (number, *_object(text), raw.tell())
            number += whole
        if long:
            yield number, "", _too_long(long), raw.tell()


def _too_long(characters: int) -> str:
    return f"it has {characters:,} characters, and {LINE_MOST:,} are read"


def _object(line: str) -> tuple[Any, str]:
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return line.encode("utf-8", "replace").decode(), f"no valid JSON ({error})"
    return (value, "") if isinstance(value, dict) else (line, "it is no JSON object")


def _array(path: Path, encoding: str) -> Iterator[Item]:
    try:
        values = _decode(path.read_text(encoding).lstrip("\ufeff"))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise SpecError(
            str(path),
            "file",
            f"is no valid JSON ({error})",
            "repair it, or write one object a line",
        ) from error
    size = path.stat().st_size
    for number, value in enumerate(values, 1):
        problem = "" if isinstance(value, dict) else "it is no JSON object"
        text = value if isinstance(value, dict) else msgspec.json.encode(value).decode()
        yield number, text, problem, size


def _chunks(items: Iterator[Item], size: int) -> Iterator[Chunk]:
    rows: list[Any] = []
    lines: list[int] = []
    bad: list[Unreadable] = []
    done = begun = 0
    for line, value, problem, done in items:
        if problem:
            bad.append(Unreadable(line, str(value), problem))
        else:
            rows.append(value)
            lines.append(line)
        if len(rows) + len(bad) >= size or (rows and done - begun > _BYTES):
            begun = done
            yield Chunk(to_arrow(rows), pa.array(lines, pa.int64()), bad, done)
            rows, lines, bad = [], [], []
    if rows or bad:
        yield Chunk(to_arrow(rows), pa.array(lines, pa.int64()), bad, done)
