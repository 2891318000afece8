"""CSV as it is found: any delimiter and encoding, BOM, all line ends, quoted newlines, rows that do
not fit. Rows are those of Python's ``csv``; lines are those of an editor."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.errors import SpecError
from tenure.connectors.files.chunks import Chunk, Opened, Unreadable
from tenure.connectors.files.csv_outline import Outline, outline
from tenure.connectors.files.settings import settings


def open_csv(path: Path, delimiter: str = "", encoding: str = "", header: int = 0) -> Opened:
    """A CSV file with a line that names its columns; what is not told is found out."""
    found = outline(path, delimiter, encoding, header)

    def chunks(size: int) -> Iterator[Chunk]:
        with path.open("rb") as raw:
            yield from _Reading(path, found, raw).chunks(size)

    return Opened(
        path, "csv", found.names, chunks, path.stat().st_size, untyped=True, notes=found.notes
    )


class _Lines:
    """The lines of a file, with those of the row that is being read kept aside."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self.held: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.number += 1
        self.held.append(line)
        return line


@dataclass
class _Reading:
    """One pass over the file."""

    path: Path
    how: Outline
    raw: IO[bytes]
    rows: list[list[str]] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    bad: list[Unreadable] = field(default_factory=list)
    begun: int = 0

    def chunks(self, size: int) -> Iterator[Chunk]:
        most = int(settings()["chunk_mb"]) << 20
        for line, cells, text in self._read():
            self._take(line, cells, text)
            if len(self.rows) + len(self.bad) >= size or self.raw.tell() - self.begun > most:
                yield self._chunk()
        if self.rows or self.bad:
            yield self._chunk()

    def _take(self, line: int, cells: list[str], text: list[str]) -> None:
        if len(cells) == len(self.how.names):
            if any(cells):
                self.rows.append(cells)
                self.at.append(line)
        elif cells and any(c.strip() for c in cells):
            if len(text) > 1:
                self._check_swallowed(line, text)
            problem = f"it has {len(cells)} fields where the header has {len(self.how.names)}"
            self.bad.append(Unreadable(line, "".join(text).rstrip("\r\n"), problem))

    def _chunk(self) -> Chunk:
        columns = [_column(list(values)) for values in zip(*self.rows, strict=True)]
        schema = pa.schema([(name, pa.string()) for name in self.how.names])
        table = pa.Table.from_arrays(columns, schema=schema) if columns else schema.empty_table()
        self.begun = self.raw.tell()
        chunk = Chunk(table, pa.array(self.at, pa.int64()), self.bad, self.begun)
        self.rows, self.at, self.bad = [], [], []
        return chunk

    def _read(self) -> Iterator[tuple[int, list[str], list[str]]]:
        """(line, cells, lines as they stand) of every row below the header."""
        text = io.TextIOWrapper(self.raw, encoding=self.how.encoding, newline="")
        lines = _Lines(text)
        try:
            for _ in range(self.how.skipped):
                next(lines)
            yield from self._parsed(lines)
        except UnicodeDecodeError as error:
            remedy = f"name its encoding (--encoding); it was read as {self.how.encoding}"
            where = f"after line {lines.number}"
            raise SpecError(str(self.path), where, "cannot be decoded", remedy) from error
        finally:
            text.detach()

    def _parsed(self, lines: _Lines) -> Iterator[tuple[int, list[str], list[str]]]:
        reader = csv.reader(lines, delimiter=self.how.delimiter, strict=True)
        header = True
        while True:
            lines.held, line = [], lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = self._leniently(line, lines.held, error)
            if not header:
                yield line, cells, lines.held
            elif any(c.strip() for c in cells):
                header = False

    def _leniently(self, line: int, text: list[str], error: csv.Error) -> list[str]:
        """A row whose quotes are not closed as they should be, if it stays within its line."""
        if len(text) == 1 and _closed(text[0], self.how.delimiter):
            return next(csv.reader(text, delimiter=self.how.delimiter))
        raise self._unclosed(line, text, str(error))

    def _unclosed(self, line: int, text: list[str], error: str) -> SpecError:
        if "field limit" in error:
            problem = f"has a field of more than {settings()['most_field_mb']} MB"
        elif "unexpected end" in error:
            problem = "opens a quote that is never closed"
        else:
            problem = f"opens a quote that is closed wrongly on line {line + len(text) - 1}"
        remedy = "close the quote, or write it twice where it belongs to the text; nothing landed"
        return SpecError(str(self.path), f"line {line}", problem, remedy)

    def _check_swallowed(self, line: int, text: list[str]) -> None:
        """A row over several lines that does not fit, while lines within it do, swallowed them."""
        width, delimiter = len(self.how.names), self.how.delimiter
        alone = csv.reader((t for t in text[1:] if _closed(t, delimiter)), delimiter=delimiter)
        if width > 1 and any(len(cells) == width for cells in alone):
            last = line + len(text) - 1
            remedy = "close the quote, or write it twice where it belongs to the text"
            raise SpecError(
                str(self.path),
                f"line {line}",
                f"opens a quote that is closed only on line {last}; the rows between would be lost",
                remedy,
            )


def _closed(line: str, delimiter: str) -> bool:
    """Whether a line is a row by itself: a quote that it opens, it closes."""
    several = csv.reader([line, "x\n"], delimiter=delimiter)
    return next(several) is not None and several.line_num == 1


def _column(values: list[str]) -> pa.Array:
    """The values of a column; what is empty is NULL. Takes off the apostrophes that ``tenure
    export`` puts in front of formulas."""
    column = pa.array(values, pa.string())
    column = pc.if_else(pc.equal(column, ""), None, column)
    if pc.any(pc.starts_with(column, "'")).as_py():
        return pc.replace_substring_regex(column, r"^'([=+\-@\t\r])", r"\1")
    return column
