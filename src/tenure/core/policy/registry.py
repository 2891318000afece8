"""The documents and families of documents that rooms have made known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.core.models import PolicyVersion

Parse = Callable[[str, str], Any]
Loader = Callable[[str], Any]
Check = Callable[[str, Any, Loader], None]
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*")


@dataclass(frozen=True)
class PolicyDocument:
    """One document. ``parse(source, text)`` gives the typed object or raises SpecError.

    ``check(source, parsed, load)``, if given, looks at other documents through ``load`` and is run
    whenever *any* document changes, so that no change breaks what refers to it.
    """

    name: str
    title: str
    path: Path | None
    parse: Parse
    description: str = ""
    check: Check | None = None


@dataclass(frozen=True)
class PolicyFamily:
    """A folder of packaged documents of one kind; a workspace may add its own under ``prefix``."""

    prefix: str
    title: str
    folder: Path
    parse: Parse
    description: str = ""
    check: Check | None = None

    def member(self, name: str) -> PolicyDocument:
        """The document ``name`` of this family, packaged or own."""
        path = self.folder / f"{name.removeprefix(self.prefix)}.toml"
        title = f"{self.title}: {name.removeprefix(self.prefix)}"
        packaged = path if path.is_file() else None
        return PolicyDocument(name, title, packaged, self.parse, self.description, self.check)


_documents: dict[str, PolicyDocument] = {}
_families: dict[str, PolicyFamily] = {}


def register(document: PolicyDocument) -> None:
    """Make a document known; a room does so when it is loaded. Twice is once."""
    _documents[document.name] = document


def register_family(family: PolicyFamily) -> None:
    """Make a family known; its ``prefix`` ends with a slash."""
    _families[family.prefix] = family


def document(name: str) -> PolicyDocument:
    """The document called ``name``; SpecError if nobody registered it and no family takes it."""
    if name in _documents:
        return _documents[name]
    for prefix, family in _families.items():
        if name.startswith(prefix) and NAME.fullmatch(name):
            return family.member(name)
    raise SpecError(name, "name", "is no policy document", "see the names with: tenure policy list")


def documents() -> list[PolicyDocument]:
    """Every document there is: registered, packaged members of families, and own ones in force."""
    return [document(name) for name in list_names()]


def list_names(prefix: str = "") -> list[str]:
    """Names of all documents that start with ``prefix``, sorted."""
    found = {name for name in _documents if name.startswith(prefix)}
    for family in _families.values():
        found |= {f"{family.prefix}{path.stem}" for path in family.folder.glob("*.toml")}
    own = PolicyVersion.objects.filter(active=True, name__startswith=prefix).exclude(body="")
    found |= {name for name in own.values_list("name", flat=True) if _is_known(name)}
    return sorted(name for name in found if name.startswith(prefix))


def _is_known(name: str) -> bool:
    return name in _documents or any(name.startswith(prefix) for prefix in _families)
