"""CSV as it is found: any delimiter and encoding, BOM, quoted newlines, lines that do not fit."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from tenure.analytics.errors import SpecError
from tenure.connectors.files.readers import Chunk, Opened, Unreadable, empty_lines

_SAMPLE = 256 << 10
_BLOCK = 16 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_DELIMITERS = ",;\t|"
FALLBACK = "cp1252"


def open_csv(path: Path, delimiter: str = "", encoding: str = "") -> Opened:
    """A CSV file with a header line; what is not told is found out."""
    encoding = encoding or find_encoding(path)
    sample = _sample(path, encoding)
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter) or find_delimiter(sample)
    names, header_lines = _header(path, sample, delimiter)
    notes = (f"read as {encoding}",) if encoding == FALLBACK else ()

    def chunks(size: int) -> Iterator[Chunk]:
        return _Reading(path, encoding, delimiter, names, header_lines).chunks(size)

    return Opened(path, "csv", names, chunks, path.stat().st_size, untyped=True, notes=notes)


def find_encoding(path: Path) -> str:
    """The encoding: by its byte order mark, UTF-8 if all of it is, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        head = file.read(4)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        file.seek(0)
        try:
            while block := file.read(8 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return FALLBACK
    return "utf-8"


def _sample(path: Path, encoding: str) -> str:
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            return file.read(_SAMPLE)
    except LookupError as error:
        raise SpecError(
            "--encoding", encoding, "is no encoding", "write utf-8 or cp1252"
        ) from error


def find_delimiter(sample: str) -> str:
    """The delimiter under which most lines have as many fields as the header (more than one).

    >>> find_delimiter("a;b;c\\n1,5;2;3\\n4;5;6\\n")
    ';'
    """
    best, score = ",", 0.0
    for delimiter in _DELIMITERS:
        rows = list(csv.reader(io.StringIO(sample), delimiter=delimiter))[:50]
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        found = sum(len(row) == width for row in rows) / len(rows) * min(width, 5)
        if found > score:
            best, score = delimiter, found
    return best


def _header(path: Path, sample: str, delimiter: str) -> tuple[list[str], int]:
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    names = next((row for row in reader if any(cell.strip() for cell in row)), None)
    if names is None:
        raise SpecError(str(path), "line 1", "has no header", "name the columns in the first line")
    names = [n.strip() or f"column_{i}" for i, n in enumerate(names, 1)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        remedy = "give each column a name of its own"
        raise SpecError(str(path), "line 1", f"names {', '.join(twice)} twice", remedy)
    return names, reader.line_num


@dataclass
class _Reading:
    """One pass over the file; keeps count of lines, also where quoted fields hold newlines."""

    path: Path
    encoding: str
    delimiter: str
    names: list[str]
    header_lines: int
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    row: int = 0
    extra_lines: int = 0
    placed: list[Unreadable] = field(default_factory=list)

    def chunks(self, size: int) -> Iterator[Chunk]:
        held: list[tuple[pa.Table, pa.Array]] = []
        unreadable: list[Unreadable] = []
        done = 0
        for batch in self._batches():
            done += batch.nbytes
            table, lines = self._with_lines(pa.Table.from_batches([batch]))
            unreadable += self._take_bad()
            held.append((table, lines))
            if sum(t.num_rows for t, _ in held) >= size:
                yield self._joined(held, unreadable, done)
                held, unreadable = [], []
        unreadable += self._take_bad(rest=True)
        if held or unreadable:
            yield self._joined(held, unreadable, done)

    def _joined(
        self, held: list[tuple[pa.Table, pa.Array]], bad: list[Unreadable], done: int
    ) -> Chunk:
        if not held:
            return Chunk(self._schema().empty_table(), empty_lines(), bad, done)
        lines = pa.concat_arrays([lines for _, lines in held])
        return Chunk(pa.concat_tables([t for t, _ in held]), lines, bad, done)

    def _schema(self) -> pa.Schema:
        return pa.schema([(n, pa.string()) for n in self.names])

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            with self._open() as reader:
                yield from reader
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            remedy = "repair that place, or name --encoding and --delimiter"
            raise SpecError(
                str(self.path), f"after line {self.row + self.header_lines}", str(error), remedy
            ) from error

    def _open(self) -> pcsv.CSVStreamingReader:
        encoding = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        return pcsv.open_csv(
            self.path,
            read_options=pcsv.ReadOptions(
                use_threads=False, block_size=_BLOCK, column_names=self.names,
                skip_rows=self.header_lines, encoding=encoding,
            ),
            parse_options=pcsv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False,
                invalid_row_handler=self._invalid,
            ),
            convert_options=pcsv.ConvertOptions(
                column_types=self._schema(), null_values=[""], strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip

    def _invalid(self, row: pcsv.InvalidRow) -> str:
        problem = f"it has {row.actual_columns} fields where the header has {row.expected_columns}"
        self.bad.append((row.number or 0, row.text or "", problem))
        return "skip"

    def _with_lines(self, table: pa.Table) -> tuple[pa.Table, pa.Array]:
        """Numbers the rows of a batch: skipped rows and newlines inside fields count as lines."""
        numbers = self._numbers(table.num_rows)
        before = np.concatenate([[0], np.cumsum(self._newlines(table))]) + self.extra_lines
        self._place_bad(numbers, before)
        self.extra_lines = int(before[-1])
        lines = numbers + before[:-1]
        there = self._not_blank(table)
        return _unescaped(table.filter(pa.array(there))), pa.array(lines[there])

    def _numbers(self, count: int) -> np.ndarray:
        skipped = [n for n, _, _ in self.bad]
        numbers = np.arange(self.row + 1, self.row + 1 + count + len(skipped)) + self.header_lines
        numbers = numbers[~np.isin(numbers, skipped)][:count]
        self.row = int(numbers[-1]) - self.header_lines if count else self.row
        return numbers

    def _place_bad(self, numbers: np.ndarray, before: np.ndarray) -> None:
        """Moves the skipped rows of this batch to ``placed``; read-ahead may know later ones."""
        last = self.row + self.header_lines
        for number, text, problem in self.bad:
            if number <= last:
                line = number + int(before[np.searchsorted(numbers, number)])
                self.placed.append(Unreadable(line, text, problem))
        self.bad = [b for b in self.bad if b[0] > last]

    @staticmethod
    def _not_blank(table: pa.Table) -> np.ndarray:
        there = np.zeros(table.num_rows, dtype=bool)
        for column in table.columns:
            there |= pc.is_valid(column).to_numpy()
            if there.all():
                break
        return there

    def _newlines(self, table: pa.Table) -> np.ndarray:
        total = np.zeros(table.num_rows, dtype=np.int64)
        for column in table.columns:
            found = pc.count_substring(column, "\n")
            if pc.sum(found).as_py():
                total += pc.fill_null(found, 0).to_numpy()
        return total

    def _take_bad(self, rest: bool = False) -> list[Unreadable]:
        if rest:
            extra = self.extra_lines
            self.placed += [Unreadable(n + extra, text, why) for n, text, why in self.bad]
        taken, self.placed = [u for u in self.placed if u.text.strip()], []
        return taken


def _unescaped(table: pa.Table) -> pa.Table:
    """Takes off the apostrophes that ``tenure export`` puts in front of formulas."""
    for i, column in enumerate(table.columns):
        if pc.any(pc.starts_with(column, "'")).as_py():
            clean = pc.replace_substring_regex(column, r"^'([=+\-@\t\r])", r"\1")
            table = table.set_column(i, table.field(i), clean)
    return table
