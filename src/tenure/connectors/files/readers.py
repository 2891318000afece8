"""Opening a file: what it is, and which reader reads it."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

from tenure.analytics.errors import SpecError
from tenure.connectors.files import csv_reader, jsonl_reader, parquet_reader
from tenure.connectors.files.chunks import Dialect, Opened

ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}


def open_file(path: Path, dialect: Dialect | None = None) -> Opened:
    """Opens ``path`` for reading; SpecError if it is no regular file or of no known kind."""
    dialect = dialect or Dialect()
    check_regular(path)
    kind = dialect.format or _kind(path)
    if kind == "parquet":
        return parquet_reader.open_parquet(path)
    if kind == "jsonl":
        return jsonl_reader.open_jsonl(path, dialect.encoding)
    return csv_reader.open_csv(path, dialect.delimiter, dialect.encoding, dialect.header)


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


_BINARY = (
    (b"\x1f\x8b", "is compressed", "unpack it first (gunzip)"),
    (b"\xd0\xcf\x11\xe0", "is an Excel workbook (.xls)", "save the sheet as CSV (UTF-8)"),
    (b"%PDF", "is a PDF", "export the table behind it as CSV"),
)
"""First bytes of files that are no tables as text, what they are, and what to do."""


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        raise SpecError(str(path), "file", *_of_zip(path))
    for mark, problem, remedy in _BINARY:
        if head.startswith(mark):
            raise SpecError(str(path), "file", problem, remedy)
    if path.suffix.lower() in ENDINGS:
        return ENDINGS[path.suffix.lower()]
    return "jsonl" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else "csv"


def _of_zip(path: Path) -> tuple[str, str]:
    """What a zip file is, and what to do about it."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, OSError):
        names = []
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        remedy = "open it, choose File, Save as, CSV UTF-8; each sheet is a file of its own"
        return "is an Excel workbook (.xlsx)", remedy
    if "mimetype" in names and "content.xml" in names:
        return "is an OpenDocument file (.ods)", "open it and save the sheet as CSV (UTF-8)"
    return "is compressed", "unpack it first (unzip)"
