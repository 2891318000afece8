"""JSON Lines: one object a line. A file with one JSON array is read as well, if it is small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.connectors.files.readers import Chunk, Opened, Unreadable
from tenure.facts.rows import to_arrow

ARRAY_MOST = 256 << 20
LINE_MOST = 16 << 20
_CHUNK = 100_000
_decode = msgspec.json.Decoder().decode


def open_jsonl(path: Path) -> Opened:
    """A file of JSON objects; its columns are the keys of the first rows."""
    array = _is_array(path)
    if array and path.stat().st_size > ARRAY_MOST:
        raise SpecError(
            str(path), "file", "is one JSON array of more than 256 MB", "write one object a line"
        )

    def chunks(size: int) -> Iterator[Chunk]:
        items = _array(path) if array else _lines(path)
        return _chunks(items, min(size, _CHUNK))

    first = next(chunks(1000), None)
    columns = first.rows.column_names if first else []
    return Opened(path, "jsonl", columns, chunks, path.stat().st_size)


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["


Item = tuple[int, Any, str, int]


def _lines(path: Path) -> Iterator[Item]:
    """(line, object or raw text, problem, bytes done) of every line that is not blank."""
    done = 0
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE_MOST), b""), 1):
            done += len(line)
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if text.strip():
                yield (number, *_object(text), done)


def _object(line: bytes) -> tuple[Any, str]:
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return line.decode("utf-8", "replace").strip(), f"no valid JSON ({error})"
    if not isinstance(value, dict):
        return line.decode("utf-8", "replace").strip(), "it is no JSON object"
    return value, ""


def _array(path: Path) -> Iterator[Item]:
    try:
        values = _decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
    done = 0
    for line, value, problem, done in items:
        if problem:
            bad.append(Unreadable(line, str(value), problem))
        else:
            rows.append(value)
            lines.append(line)
        if len(rows) + len(bad) >= size:
            yield Chunk(to_arrow(rows), pa.array(lines, pa.int64()), bad, done)
            rows, lines, bad = [], [], []
    if rows or bad:
        yield Chunk(to_arrow(rows), pa.array(lines, pa.int64()), bad, done)
