"""The CSV reader against Python's ``csv``: whatever the dialect, encoding, quoting and size, every
row is read as Python reads it, or refused with its line; none is lost."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.connectors.files.chunks import Dialect
from tenure.connectors.files.readers import open_file

# letters of all sorts, delimiters, quotes, and every kind of line end
LETTERS = st.sampled_from(list("ab1é€ß漢'-=.,;\t|\" ")) | st.sampled_from(["\n", "\r", "\r\n"])
CELL = st.lists(LETTERS, max_size=6).map("".join)
WIDE = st.integers(2, 4)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
Table = list[list[str]]


@st.composite
def tables(draw: Any, cell: Any = CELL) -> Table:
    width = draw(WIDE)
    row = st.lists(cell, min_size=width, max_size=width)
    header = [f"column {chr(97 + n)}" for n in range(width)]
    return [header, *draw(st.lists(row, min_size=1, max_size=12))]


def read(path: Path, size: int = 3, **dialect: Any) -> tuple[list[Any], list[int], list[Any]]:
    """Rows (as lists), their lines, and the refused lines."""
    opened = open_file(path, Dialect(format="csv", **dialect))
    chunks = list(opened.chunks(size))
    rows = [[r[c] for c in opened.columns] for chunk in chunks for r in chunk.rows.to_pylist()]
    lines = [line for chunk in chunks for line in chunk.lines.to_pylist()]
    return rows, lines, [u for chunk in chunks for u in chunk.unreadable]


def plain(cell: str) -> str | None:
    """A cell as we keep it: empty is nothing, and the apostrophe of our exports is taken off."""
    if cell[:1] == "'" and cell[1:2] in set("=+-@\t\r"):
        cell = cell[1:]
    return cell or None


def written(table: Table, end: str, delimiter: str, quoting: int) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end, delimiter=delimiter, quoting=quoting)
    writer.writerows(table)
    return out.getvalue()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "a.csv"


@given(
    table=tables(), end=ENDS, delimiter=st.sampled_from(list(",;\t|")), encoding=ENCODINGS,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)  # fmt: skip
def test_what_python_writes_is_read_back(
    path: Path, table: Table, end: str, delimiter: str, encoding: str, quoting: int
) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # Python leaves line ends of the other kinds without quotes
        assume(not any(c in cell for row in table for cell in row for c in "\r\n"))
    text = written(table, end, delimiter, quoting)
    path.write_bytes(text.encode(encoding))
    rows, _, refused = read(path, delimiter=delimiter, encoding=encoding)
    assert rows == [[plain(c) for c in row] for row in table[1:] if any(row)]
    assert not refused


@given(text=st.lists(LETTERS, min_size=1, max_size=80).map("".join), end=ENDS)
@settings(max_examples=400)
def test_any_text_is_read_as_python_reads_it_or_refused_by_line(
    path: Path, text: str, end: str
) -> None:
    whole = f"a,b{end}{text}"
    path.write_bytes(whole.encode())
    pythons = list(csv.reader(io.StringIO(whole, newline="")))[1:]
    try:
        rows, lines, refused = read(path, delimiter=",", encoding="utf-8", header=1)
    except SpecError as error:
        named = error.key
    else:
        named = ""
    if named:
        assert '"' in text
        assert named.startswith("line ")
        return
    fit = [[plain(c) for c in row] for row in pythons if len(row) == 2 and any(row)]
    assert rows == fit
    other = [r for r in pythons if len(r) not in (0, 2) and any(c.strip() for c in r)]
    assert len(refused) == len(other)
    assert sorted([*lines, *(u.line for u in refused)]) == sorted(
        {*lines, *(u.line for u in refused)}
    )


@given(table=tables(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=5)),
       ends=st.lists(ENDS, min_size=13, max_size=13))  # fmt: skip
def test_mixed_line_ends_are_all_line_ends(path: Path, table: Table, ends: list[str]) -> None:
    lines = [written([row], "", ",", csv.QUOTE_ALL) for row in table]
    text = "".join(line + end for line, end in zip(lines, ends, strict=False))
    path.write_bytes(text.encode())
    rows, at, refused = read(path, delimiter=",", encoding="utf-8")
    assert rows == [[plain(c) for c in row] for row in table[1:] if any(row)]
    assert at == [n for n, row in enumerate(table[1:], 2) if any(row)]
    assert not refused


@given(table=tables(), place=st.integers(0, 11))
def test_a_quote_that_never_closes_is_refused_with_its_line(
    path: Path, table: Table, place: int
) -> None:
    header, *rows = [[c.replace('"', "").replace("\n", " ").replace("\r", " ") for c in row]
                     for row in table]  # fmt: skip
    place %= len(rows)
    lines = [",".join(f'"{c}"' for c in row) for row in [header, *rows]]
    lines[place + 1] = lines[place + 1].rpartition('"')[0]
    path.write_text("\n".join(lines) + "\n", newline="")
    with pytest.raises(SpecError, match="quote") as refused:
        read(path, delimiter=",", encoding="utf-8")
    assert refused.value.key == f"line {place + 2}"


@pytest.mark.parametrize("size", [127, 128, 200, 5_000])
def test_long_fields_are_read(path: Path, size: int) -> None:
    long = "pasted log line; " * (size * 1024 // 17)
    table = [["id", "body"], ["1", long], ["2", "short"], ["3", f"{long}\n{long}"]]
    path.write_text(written(table, "\n", ",", csv.QUOTE_MINIMAL), newline="")
    rows, lines, refused = read(path)
    assert rows == table[1:]
    assert (lines, refused) == ([2, 3, 4], [])


@given(table=tables(st.text(st.characters(codec="latin-1", categories=["L", "N"]), min_size=1,
                            max_size=6)), encoding=ENCODINGS | st.just("cp1252"))  # fmt: skip
def test_encodings_are_found_out(path: Path, table: Table, encoding: str) -> None:
    table = [table[0], *[["Zoë Müller", *row[1:]] for row in table[1:]]]
    assume(all(ord(c) < 128 or ord(c) > 159 for row in table for cell in row for c in cell))
    path.write_bytes(written(table, "\n", ";", csv.QUOTE_MINIMAL).encode(encoding))
    assert read(path)[0] == table[1:]


def test_a_byte_that_is_no_letter_is_refused_with_its_line(path: Path) -> None:
    path.write_bytes(b"a,b\n1,x\n2,\x81\xff\n")
    with pytest.raises(SpecError, match="cannot be decoded") as refused:
        read(path)
    assert "--encoding" in refused.value.remedy
