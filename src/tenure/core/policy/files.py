"""Policy as a folder of files: check, compare, apply, export."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from tenure.analytics.errors import SpecError
from tenure.core.policy.changing import save_all
from tenure.core.policy.checking import validate
from tenure.core.policy.difference import diff_texts
from tenure.core.policy.reading import source_of, text
from tenure.core.policy.registry import document, list_names


def read_directory(folder: Path) -> dict[str, str]:
    """Name and text of each ``*.toml`` below ``folder``; SpecError for one that is no document."""
    if not folder.is_dir():
        raise SpecError(str(folder), "folder", "does not exist", "name a folder of policy files")
    texts: dict[str, str] = {}
    for path in sorted(folder.rglob("*.toml")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        document(name)
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise SpecError(str(path), "text", "is not UTF-8", "save the file as UTF-8") from None
    if not texts:
        raise SpecError(str(folder), "folder", "holds no .toml file", "see tenure policy export")
    return texts


def check(folder: Path) -> list[SpecError]:
    """What is wrong with the files of ``folder``, taken together."""
    try:
        return validate(read_directory(folder))
    except SpecError as error:
        return [error]


def apply(folder: Path, author: object, note: str, now: datetime) -> dict[str, int]:
    """Put every file of ``folder`` in force, all or none; gives the versions of what changed."""
    return save_all(read_directory(folder), author, note, now)


def compare(folder: Path) -> dict[str, str]:
    """Unified diff from what is in force to each file of ``folder`` that differs."""
    found = {}
    for name, body in read_directory(folder).items():
        try:
            before = text(name)
        except SpecError:
            before = ""
        if delta := diff_texts(name, before, body, "in force", "file"):
            found[name] = delta
    return found


def export(folder: Path) -> list[Path]:
    """Write every document in force below ``folder``, as ``<name>.toml``; gives the paths."""
    written = []
    for name in list_names():
        path = folder / source_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        temporary.write_text(text(name), encoding="utf-8")
        os.replace(temporary, path)
        written.append(path)
    return written
