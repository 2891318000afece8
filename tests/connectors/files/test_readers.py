"""Files as they are found: encodings, delimiters, odd lines; and what is no file at all."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.connectors.files import jsonl_reader
from tenure.connectors.files.chunks import Dialect
from tenure.connectors.files.readers import open_file
from tenure.connectors.files.settings import settings

Write = Callable[[str, str | bytes], Path]


def read(path: Path, size: int = 1000, **dialect: str) -> tuple[list[Any], list[int], list[Any]]:
    """Rows, their lines, and the unreadable lines."""
    chunks = list(open_file(path, Dialect(**dialect)).chunks(size))
    rows = [row for c in chunks for row in c.rows.to_pylist()]
    lines = [line for c in chunks for line in c.lines.to_pylist()]
    bad = [(u.line, u.text) for c in chunks for u in c.unreadable]
    return rows, lines, bad


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found_out(write: Write, delimiter: str, encoding: str) -> None:
    text = "name,city\nZoë,Köln\nBo,Oslo\n".replace(",", delimiter)
    rows, lines, bad = read(write("a.csv", text.encode(encoding)))
    assert rows == [{"name": "Zoë", "city": "Köln"}, {"name": "Bo", "city": "Oslo"}]
    assert (lines, bad) == ([2, 3], [])


def test_lines_are_those_of_an_editor(write: Write) -> None:
    text = 'a,b,"c\nd"\n1,2,3\n\n4,5\n"x\ny",7,8\n9,10,11\n12,13,14,15\n16,17,18\n'
    rows, lines, bad = read(write("a.csv", text))
    assert [row["a"] for row in rows] == ["1", "x\ny", "9", "16"]
    assert lines == [3, 6, 8, 10]
    assert bad == [(5, "4,5"), (9, "12,13,14,15")]


def test_lines_of_large_files_with_many_chunks(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings(), "chunk_mb", 0)
    body = "".join(f"{i},x\n" if i % 7 else f"{i}\n" for i in range(1, 5001))
    rows, lines, bad = read(write("a.csv", "n,t\n" + body), size=100)
    assert [int(row["n"]) + 1 for row in rows] == lines
    assert [int(text) + 1 for _, text in bad] == [line for line, _ in bad]
    assert len(rows) + len(bad) == 5000


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20))
def test_what_csv_writes_is_read_back_with_its_line(tmp_path_factory: Any, cells: Any) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    wanted, line = [], 2
    for a, b in cells:
        writer.writerow([a, b])
        if a or b:
            wanted.append((a or None, b or None, line))
        line += 1 + a.count("\n") + b.count("\n")
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    rows, lines, _ = read(path, delimiter=",", encoding="utf-8")
    got = [(r["a"], r["b"], n) for r, n in zip(rows, lines, strict=True)]
    assert got == [(_plain(a), _plain(b), n) for a, b, n in wanted]


def _plain(text: str | None) -> str | None:
    """Our exports put an apostrophe before formulas; it is taken off."""
    return text[1:] if text and text[0] == "'" and text[1:2] in set("=+-@\t") else text


def test_json_lines_with_bad_ones_among_them(write: Write) -> None:
    text = '\ufeff{"a": 1}\n\n{"a": "x", "b": {"c": [1]}}\n[1]\n{oops\n{"a": null}\n'
    rows, lines, bad = read(write("a.jsonl", text))
    assert [row.get("a") for row in rows] == ["1", "x", None]
    assert rows[1]["b"] == '{"c": [1]}'.replace(" ", "")
    assert lines == [1, 3, 6]
    assert [line for line, _ in bad] == [4, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_json_lines_in_any_encoding_and_with_any_line_end(
    write: Write, encoding: str, end: str
) -> None:
    text = end.join(['{"name": "Zoë"}', "", '{"name": "漢"}', "{oops", '{"name": "x"}'])
    rows, lines, bad = read(write("a.jsonl", text.encode(encoding)))
    assert [row["name"] for row in rows] == ["Zoë", "漢", "x"]
    assert (lines, [line for line, _ in bad]) == ([1, 3, 5], [4])


def test_a_byte_that_is_no_unicode_refuses_its_line_of_json_only(write: Write) -> None:
    rows, lines, bad = read(write("a.jsonl", b'{"a": "\xe9"}\n{"a": "\xc3\xa9"}\n'))
    assert (rows, lines) == ([{"a": "é"}], [2])
    assert [line for line, _ in bad] == [1]


def test_a_json_line_that_is_too_long_is_one_refused_line(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl_reader, "LINE_MOST", 40)
    long = '{"a": "' + "x" * 150 + '"}'
    rows, lines, bad = read(write("a.jsonl", f'{{"a": "1"}}\n{long}\n{{"a": "2"}}\n{long}'))
    assert (len(rows), lines) == (2, [1, 3])
    assert [line for line, _ in bad] == [2, 4]


def test_what_is_no_table_says_what_it_is_and_what_to_do(tmp_path: Path) -> None:
    for name, inside, says in (
        ("a.xlsx", ["xl/workbook.xml"], "Excel workbook .*CSV UTF-8"),
        ("a.ods", ["mimetype", "content.xml"], "OpenDocument"),
        ("a.zip", ["a.csv"], "unzip"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as packed:
            for part in inside:
                packed.writestr(part, "x")
        with pytest.raises(SpecError, match=says):
            open_file(tmp_path / name)
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0 old workbook")
    with pytest.raises(SpecError, match="Excel workbook"):
        open_file(tmp_path / "a.xls")


def test_a_large_file_is_read_in_little_memory(write: Write) -> None:
    body = "".join(f"{i},{'x' * 1000}\n" for i in range(30_000))
    opened = open_file(write("a.csv", "n,text\n" + body))
    before, most, count = pa.total_allocated_bytes(), 0, 0
    for chunk in opened.chunks(1_000_000):
        most = max(most, pa.total_allocated_bytes() - before)
        count += chunk.rows.num_rows
    assert count == 30_000
    assert most < 4 * (int(settings()["chunk_mb"]) << 20) < 30_000_000


def test_deeply_nested_json_is_an_unreadable_line(write: Write) -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    rows, _, bad = read(write("a.jsonl", f'{{"a": 1}}\n{deep}\n'))
    assert (len(rows), [line for line, _ in bad]) == (1, [2])


def test_a_small_json_array_is_read_too(write: Write) -> None:
    rows, lines, _ = read(write("a.json", '[{"a": 1}, {"a": 2}]'))
    assert ([row["a"] for row in rows], lines) == ([1, 2], [1, 2])


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [1, 2], "t": ["x", None]}), path)
    assert read(path) == ([{"n": 1, "t": "x"}, {"n": 2, "t": None}], [1, 2], [])


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "", "is empty"),
        ("a.parquet", "PAR1 nonsense", "no sound Parquet"),
        ("a.csv", b"\x1f\x8b\x08\x00", "compressed"),
        ("a.json", "[{]", "no valid JSON"),
    ],
)
def test_what_cannot_be_read_says_why(write: Write, name: str, content: Any, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as refused:
        read(write(name, content))
    assert refused.value.remedy


def test_folders_devices_and_missing_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, problem in (
        (tmp_path, "folder"),
        (Path("/dev/zero"), "device"),
        (tmp_path / "pipe", "pipe"),
        (tmp_path / "none.csv", "No such file"),
    ):
        with pytest.raises(SpecError, match=problem):
            open_file(path)
