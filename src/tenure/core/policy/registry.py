"""The documents and families of documents that rooms have made known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tenure.analytics.errors import SpecError
from tenure.core.models import PolicyVersion

Parse = Callable[[str, str], Any]


class Loader(Protocol):
    """Documents by name, parsed: those in force, or as they would be after a change."""

    def __call__(self, name: str) -> Any: ...

    def names(self, prefix: str = "") -> list[str]: ...


Check = Callable[[str, Any, Loader], None]
Guard = Callable[[object, Any, Any], None]
EDIT = "policy.edit"
"""The permission of documents that say how customers are worked with."""
GOVERN = "policy.govern"
"""The permission of documents that hold power: who may do what, whom Tenure may call and write to,
what it reads from the machine."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*")


@dataclass(frozen=True)
class PolicyDocument:
    """One document. ``parse(source, text)`` gives the typed object or raises SpecError.

    ``permission`` is what an author needs to change it, besides nothing: whoever declares a
    document says who may. ``guard(author, before, after)``, if given, refuses (PermissionDenied)
    a change that would give the author more than they have.

    ``check(source, parsed, load)``, if given, looks at other documents through ``load`` and is run
    whenever *any* document changes, so that no change breaks what refers to it.
    """

    name: str
    title: str
    path: Path | None
    parse: Parse
    description: str = ""
    check: Check | None = None
    guard: Guard | None = None
    permission: str = field(kw_only=True)


@dataclass(frozen=True)
class PolicyFamily:
    """A folder of packaged documents of one kind; a workspace may add its own under ``prefix``."""

    prefix: str
    title: str
    folder: Path
    parse: Parse
    description: str = ""
    check: Check | None = None
    permission: str = field(kw_only=True)

    def member(self, name: str) -> PolicyDocument:
        """The document ``name`` of this family, packaged or own."""
        path = self.folder / f"{name.removeprefix(self.prefix)}.toml"
        title = f"{self.title}: {name.removeprefix(self.prefix)}"
        packaged = path if path.is_file() else None
        return PolicyDocument(
            name,
            title,
            packaged,
            self.parse,
            self.description,
            self.check,
            permission=self.permission,
        )


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
        if not (family.prefix.startswith(prefix) or prefix.startswith(family.prefix)):
            continue
        found |= {f"{family.prefix}{path.stem}" for path in family.folder.glob("*.toml")}
    own = PolicyVersion.objects.filter(active=True, name__startswith=prefix).exclude(body="")
    found |= {name for name in own.values_list("name", flat=True) if _is_known(name)}
    return sorted(name for name in found if name.startswith(prefix))


def _is_known(name: str) -> bool:
    return name in _documents or any(name.startswith(prefix) for prefix in _families)
