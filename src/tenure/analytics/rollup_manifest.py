"""The rollup's memory of itself: which columns exist, and from which files each day was built.

One JSON file, replaced as a whole; whatever it does not name does not exist. So an update that is
killed at any moment leaves the rollup as it was, plus files nobody reads.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

VERSION = 1
NAME = "manifest.json"


@dataclass(frozen=True)
class Part:
    """One day of arrival of one group: its two files, and what they were made from."""

    fingerprint: str
    newest: int
    ad: str
    apd: str

    def files(self) -> list[str]:
        """Both files, relative to the rollup."""
        return [self.ad, self.apd]


@dataclass
class Group:
    """Columns that were built together."""

    name: str
    account_inputs: list[str]
    person_inputs: list[str]
    days: dict[str, Part] = field(default_factory=dict)


@dataclass
class Manifest:
    """All groups of a rollup."""

    groups: list[Group] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> Manifest:
        """The manifest in ``root``; an empty one if there is none, or one of another version."""
        try:
            body = json.loads((root / NAME).read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return cls()
        if body.get("version") != VERSION:
            return cls()
        return cls([_group(g) for g in body["groups"]])

    def write(self, root: Path) -> None:
        """Replace the manifest, durably."""
        body = json.dumps({"version": VERSION, "groups": [asdict(g) for g in self.groups]})
        draft = root / f"{NAME}.new"
        draft.write_text(body, "utf-8")
        sync(draft)
        draft.replace(root / NAME)
        sync(root)

    def account_columns(self) -> set[str]:
        """Columns of the rows by account and day."""
        return {i for g in self.groups for i in g.account_inputs}

    def person_columns(self) -> set[str]:
        """Columns of the rows by account, person and day."""
        return {i for g in self.groups for i in g.person_inputs}

    def new_name(self) -> str:
        """A name no group has."""
        return f"g{max((int(g.name[1:]) for g in self.groups), default=0) + 1}"

    def files(self) -> Iterator[str]:
        """All files named, relative to the rollup."""
        for group in self.groups:
            for part in group.days.values():
                yield from part.files()


def _group(body: dict[str, Any]) -> Group:
    days = {day: Part(**part) for day, part in body["days"].items()}
    return Group(body["name"], body["account_inputs"], body["person_inputs"], days)


def fingerprint(files: Sequence[str]) -> str:
    """Names and sizes of the files a day was built from, as a short text."""
    described = sorted(f"{Path(f).name}:{file_size(f)}" for f in files)
    return hashlib.blake2b("|".join(described).encode(), digest_size=8).hexdigest()


def file_size(file: str) -> int:
    """Bytes of a file; -1 where the file system cannot tell."""
    try:
        return Path(file).stat().st_size
    except OSError:
        return -1


def sync(path: Path) -> None:
    """Make a file or folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def by_day(files: Sequence[str], day_of: Any) -> dict[date, list[str]] | None:
    """Files by day of arrival; None when one has no day in its path."""
    found: dict[date, list[str]] = {}
    for file in files:
        day = day_of(file)
        if day is None:
            return None
        found.setdefault(day, []).append(file)
    return found
