"""What a CSV file is like: its encoding, its delimiter, and the line that names the columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tenure.analytics.errors import SpecError
from tenure.connectors.files.settings import settings
from tenure.connectors.files.synonyms import is_known

_SAMPLE = 256 << 10
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_SEP = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
_VALUE = re.compile(r"[-+]?[\d.,:/\s-]*\d[\d.,:/\sTZ+-]*")
_ROWS = 50
FALLBACK = "cp1252"

csv.field_size_limit(int(settings()["most_field_mb"]) << 20)


@dataclass(frozen=True)
class Outline:
    """How to read the file: ``skipped`` lines stand above the one that names the columns."""

    encoding: str
    delimiter: str
    names: list[str]
    skipped: int
    notes: tuple[str, ...] = ()


def outline(path: Path, delimiter: str = "", encoding: str = "", header: int = 0) -> Outline:
    """The outline of a file; what is not named is found out. SpecError if it has none.

    ``header`` is the number of the line that names the columns.
    """
    encoding = encoding or find_encoding(path)
    sample, whole = _sample(path, encoding)
    notes = [f"It was read as {encoding}."] if encoding == FALLBACK else []
    lines = list(io.StringIO(sample, newline=""))
    declared = _SEP.match(lines[0]) if lines else None
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(delimiter) > 1 or (delimiter and delimiter in '\r\n"'):
        raise SpecError("--delimiter", delimiter, "is no delimiter", "write one character, or tab")
    delimiter = delimiter or (declared[1] if declared else "") or find_delimiter(sample, whole)
    first = max(header - 1, 1 if declared else 0)
    rows = _rows("".join(lines[first:]), delimiter, whole)
    if header:
        rows = [row for row in rows if row[0] == 1][:1]
    found = _header(path, rows, first, header)
    if found.titled:
        notes.append(f"Line {found.line} names the columns; what stands above it was left out.")
    return Outline(encoding, delimiter, found.names, found.line - 1, tuple(notes))


def find_encoding(path: Path) -> str:
    """The encoding: by its byte order mark, by its NUL bytes (UTF-16), UTF-8 if all of it is, else
    Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        head = file.read(4096)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        if wide := _utf_16(head):
            return wide
        file.seek(0)
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return FALLBACK
    return "utf-8"


def _utf_16(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of plain letters is NUL."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    enough = len(head) // 2 * 0.3
    if odd > enough and even < odd / 10:
        return "utf-16-le"
    return "utf-16-be" if even > enough and odd < even / 10 else ""


def _sample(path: Path, encoding: str) -> tuple[str, bool]:
    """The beginning of the file, and whether that is all of it."""
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            return file.read(_SAMPLE), not file.read(1)
    except (LookupError, ValueError) as error:
        raise SpecError(
            "--encoding", encoding, "is no encoding", "write utf-8, utf-16 or cp1252"
        ) from error


Row = tuple[int, list[str]]


def _rows(text: str, delimiter: str, whole: bool) -> list[Row]:
    """(line on which it begins, cells) of the first rows; the last may be cut off and is left
    out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = [], 1
    for cells in reader:
        rows.append((line, cells))
        line = reader.line_num + 1
        if len(rows) > _ROWS:
            break
    if not whole and len(rows) > 1 and len(rows) <= _ROWS:
        rows.pop()
    return rows


def find_delimiter(sample: str, whole: bool = True) -> str:
    """The delimiter under which most lines have as many fields as the widest usual one.

    >>> find_delimiter("a;b;c\\n1,5;2;3\\n4;5;6\\n")
    ';'
    """
    best, score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = [len(cells) for _, cells in _rows(sample, delimiter, whole) if cells]
        width, count = _usual(widths)
        if width < 2:
            continue
        found = count / len(widths) * min(width, 5)
        if found > score:
            best, score = delimiter, found
    return best


def _usual(widths: list[int]) -> tuple[int, int]:
    """The width most rows have (of equally frequent ones the first), and how many have it."""
    return max(Counter(widths).items(), key=lambda item: item[1], default=(0, 0))


@dataclass(frozen=True)
class _Header:
    line: int
    names: list[str]
    titled: bool = False


def _header(path: Path, rows: list[Row], offset: int, named: int) -> _Header:
    rows = [(line + offset, cells) for line, cells in rows if any(c.strip() for c in cells)]
    if not rows:
        where = f"line {named or 1}"
        raise SpecError(str(path), where, "has no header", "name the columns in the first line")
    line, cells = rows[0]
    usual, count = _usual([len(c) for _, c in rows if len(c) > 1])
    if named or len(cells) == usual or not usual:
        return _Header(line, _names(cells))
    place = next(n for n, row in enumerate(rows) if len(row[1]) == usual)
    candidate, below = rows[place]
    alone = all(len(c) == 1 for _, c in rows[:place])
    if alone and _names_columns(below) and all(len(c) == usual for _, c in rows[place:]):
        return _Header(candidate, _names(below), titled=True)
    if count < 2 or count < len(rows) / 2 or (len(cells) > 1 and _names_columns(cells)):
        return _Header(line, _names(cells))
    raise SpecError(
        str(path),
        f"line {line}",
        f"has {_fields(len(cells))}, and the rows below have {usual}:"
        f" line {candidate} ({', '.join(below)[:120]}) looks like the one that names the columns",
        f"delete the lines above it, or say --header {candidate}",
    )


def _fields(count: int) -> str:
    return f"{count} field{'' if count == 1 else 's'}"


def _names_columns(cells: list[str]) -> bool:
    """Whether these could be the names of columns: different texts, of which we know some."""
    texts = [c.strip() for c in cells]
    if len(set(texts)) < len(texts) or any(_VALUE.fullmatch(t) for t in texts):
        return False
    return any(is_known(text) for text in texts)


def _names(cells: list[str]) -> list[str]:
    """The columns' names; of one that stands twice each has its number, so that none is meant by
    the bare name.

    >>> _names(["id", "", "Name", "Name"])
    ['id', 'column_2', 'Name (1)', 'Name (2)']
    """
    texts = [cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1)]
    several = {text for text, count in Counter(texts).items() if count > 1}
    seen: Counter[str] = Counter()
    names: list[str] = []
    for text in texts:
        seen[text] += 1
        names.append(f"{text} ({seen[text]})" if text in several else text)
    return names
