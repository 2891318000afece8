"""Reading policy: the text and the parsed object in force, and earlier versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.db import connection

from tenure.analytics.errors import SpecError
from tenure.core.models import PolicyVersion
from tenure.core.policy.registry import Loader, Parse, document, list_names

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
    return (_body_in_force(name) if version is None else _body(name, version)) or _packaged(name)


def texts(names: Iterable[str]) -> list[tuple[str, str]]:
    """Each document's name and text in force, in the order asked for, by one query; SpecError as
    for ``text``."""
    wanted = list(names)
    rows = PolicyVersion.objects.filter(name__in=wanted, active=True)
    saved = dict(rows.values_list("name", "body"))
    return [(name, saved.get(name) or _packaged(name)) for name in wanted]


def _packaged(name: str) -> str:
    found = default_text(name)
    if not found:
        raise SpecError(name, "name", "does not exist", "see the names with: tenure policy list")
    return found


def _body_in_force(name: str) -> str:
    # The most frequent query there is: building it anew each time took ten times as long as asking.
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE_SQL, [name, True])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


_IN_FORCE_SQL = f"SELECT body FROM {PolicyVersion._meta.db_table} WHERE name = %s AND active = %s"


def _body(name: str, version: int) -> str:
    row = PolicyVersion.objects.filter(name=name, version=version).first()
    if row is None:
        raise SpecError(name, "version", f"{version} does not exist", "see tenure policy history")
    return row.body


def load(name: str) -> Any:
    """The parsed object in force. The text is read each time (one indexed row), so that another
    process's change counts at once; parsing is done once per text."""
    return parsed(name, text(name))


class _InForce:
    def __call__(self, name: str) -> Any:
        return load(name)

    def names(self, prefix: str = "") -> list[str]:
        return list_names(prefix)


IN_FORCE: Loader = _InForce()
"""The documents in force, as checks see them."""


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
