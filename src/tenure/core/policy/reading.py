"""Reading policy: the text and the parsed object in force, and earlier versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.core.models import PolicyVersion
from tenure.core.policy.registry import Parse, document

PACKAGED = 0
"""The version number of the packaged default."""


@dataclass(frozen=True)
class Version:
    """One saved version; an empty ``body`` says: follow the packaged default from here on."""

    name: str
    version: int
    body: str
    author: str
    at: datetime
    note: str
    active: bool


def default_text(name: str) -> str:
    """The packaged text, empty for an own document that has none."""
    path = document(name).path
    return path.read_text(encoding="utf-8") if path else ""


def active(name: str) -> PolicyVersion | None:
    """The saved version in force, or None while the packaged default is."""
    return PolicyVersion.objects.filter(name=name, active=True).first()


def version(name: str) -> int:
    """Number of the version in force; 0 is the packaged default."""
    row = active(name)
    return row.version if row else PACKAGED


def text(name: str, version: int | None = None) -> str:
    """The TOML text in force, or of ``version``. SpecError if there is no such document/version."""
    if version == PACKAGED:
        return default_text(name)
    rows = PolicyVersion.objects.filter(name=name)
    row = (
        rows.filter(active=True).first()
        if version is None
        else rows.filter(version=version).first()
    )
    if row is None and version is not None:
        raise SpecError(name, "version", f"{version} does not exist", "see tenure policy history")
    found = (row.body if row else "") or default_text(name)
    if not found:
        raise SpecError(name, "name", "does not exist", "see the names with: tenure policy list")
    return found


def load(name: str) -> Any:
    """The parsed object in force. The text is read each time (one indexed row), so that another
    process's change counts at once; parsing is done once per text."""
    return parsed(name, text(name))


def parsed(name: str, body: str) -> Any:
    """``body`` parsed as document ``name``, or the same SpecError as on saving."""
    return _parsed(document(name).parse, source_of(name), body)


@lru_cache(maxsize=512)
def _parsed(parse: Parse, source: str, body: str) -> Any:
    return parse(source, body)


def source_of(name: str) -> str:
    """How errors name the document: as the file it is exported to."""
    return f"{name}.toml"


def label(name: str) -> str:
    """Names the text in force, kept beside results: ``v3-1a2b3c4d``; ``v0`` is packaged."""
    row = active(name)
    body = (row.body if row else "") or default_text(name)
    number = row.version if row and row.body else PACKAGED
    return f"v{number}-{sha256(body.encode()).hexdigest()[:8]}"


def versions(name: str) -> list[Version]:
    """Every saved version, newest first."""
    rows = PolicyVersion.objects.filter(name=document(name).name).order_by("-version")
    return [Version(r.name, r.version, r.body, r.author, r.at, r.note, r.active) for r in rows]
