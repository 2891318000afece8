"""Mails out of a file, a folder or a pipe, one by one. Only reads: nothing is moved or marked."""

from __future__ import annotations

import mailbox
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tenure.analytics.errors import SpecError

_MBOX = b"From "


def from_path(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each mail in a Maildir, an mbox or a file with one mail; SpecError if it is
    none of these."""
    if path.is_dir():
        yield from _maildir(path)
        return
    with path.open("rb") as file:
        first = file.read(len(_MBOX))
    if first == _MBOX:
        yield from _mbox(path)
    else:
        yield path.name, path.read_bytes()


def from_pipe(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The same of what a mail server pipes in: one mail, or an mbox. A pipe of a mail server may
    put a ``From `` line before a single mail: that is an mbox of one."""
    raw = stream.read()
    if not raw.startswith(_MBOX):
        yield "standard input", raw
        return
    with tempfile.NamedTemporaryFile(suffix=".mbox") as file:
        file.write(raw)
        file.flush()
        yield from _mbox(Path(file.name), "standard input")


def _maildir(path: Path) -> Iterator[tuple[str, bytes]]:
    if not ((path / "new").is_dir() and (path / "cur").is_dir()):
        raise SpecError(
            str(path),
            "folder",
            "is no Maildir: it has no folders 'new' and 'cur'",
            "give a Maildir, an mbox file, or a file with one mail",
        )
    for sub in ("new", "cur"):
        for file in sorted((path / sub).iterdir()):
            if file.is_file():
                yield file.name, file.read_bytes()


def _mbox(path: Path, name: str = "") -> Iterator[tuple[str, bytes]]:
    box = mailbox.mbox(str(path), create=False)
    try:
        for number, key in enumerate(box.keys(), start=1):
            yield f"{name or path.name}, mail {number}", box.get_bytes(key)
    finally:
        box.close()
