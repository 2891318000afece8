"""Policy documents: read, save, compare, roll back."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.analytics.errors import SpecError
from tenure.core import policy
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.routing import Endpoints

endpoints = Endpoints("policy")
BIGGEST = 2**31 - 1


class DocumentRow(Schema):
    """One document in the list."""

    name: str
    title: str
    description: str
    version: int = Field(description="version in force; 0 is the packaged default")
    permission: str = Field(description="what a caller needs to change it, beside policy.edit")


class DocumentOut(DocumentRow):
    """One document with its text in force."""

    text: str
    default_text: str


class VersionOut(Schema):
    """One saved version."""

    version: int
    author: str
    at: datetime
    note: str
    active: bool
    packaged: bool = Field(description="follows the packaged default")


class SaveIn(Schema):
    """A new text; ``expected_version`` is the one you started from, if you want to be told."""

    text: str = Field(max_length=1_000_000)
    note: str = Field("", max_length=2000)
    expected_version: int | None = Field(None, ge=0, le=BIGGEST)


class RollbackIn(Schema):
    """The version to go back to; 0 is the packaged default."""

    version: int = Field(ge=0, le=BIGGEST)
    note: str = Field("", max_length=2000)


class CheckIn(Schema):
    """A text to check without saving it."""

    text: str = Field(max_length=1_000_000)


class CheckError(Schema):
    """One thing that is wrong."""

    source: str
    key: str
    problem: str
    remedy: str


class CheckOut(Schema):
    """What is wrong (nothing, if the list is empty), and what would change."""

    errors: list[CheckError]
    diff: str


class DiffOut(Schema):
    """A unified diff."""

    diff: str


class SavedOut(Schema):
    """The version now in force."""

    version: int


@endpoints.get("", "policy.view", list[DocumentRow])
def list_documents(request: HttpRequest, prefix: str = "") -> list[dict[str, object]]:
    """Every document and the version in force."""
    return [_row(d) for d in policy.documents() if d.name.startswith(prefix)]


@endpoints.get("/document", "policy.view", DocumentOut)
def get_document(request: HttpRequest, name: str, version: int | None = None) -> dict[str, object]:
    """One document; names hold slashes, so the name is a query parameter."""
    document = _existing(name)
    body = policy.text(name, version)
    return {**_row(document), "text": body, "default_text": policy.default_text(name)}


@endpoints.put("/document", "policy.edit", SavedOut)
def save_document(request: HttpRequest, name: str, data: SaveIn) -> dict[str, int]:
    """Put a text in force, if it is valid and breaks no other document."""
    number = policy.save(
        name, data.text, caller(request), data.note, datetime.now(UTC), data.expected_version
    )
    return {"version": number}


@endpoints.post("/check", "policy.edit", CheckOut)
def check_document(request: HttpRequest, name: str, data: CheckIn) -> dict[str, object]:
    """What saving this text would say, without saving. Who may save it may have it checked."""
    policy.refuse(caller(request), [name])
    errors = policy.validate({name: data.text})
    before = policy.text(name) if name in policy.list_names() else ""
    changed = policy.diff_texts(name, before, data.text, "in force", "yours")
    return {"errors": [vars(error) for error in errors], "diff": changed}


@endpoints.get("/versions", "policy.view", list[VersionOut])
def list_versions(request: HttpRequest, name: str) -> list[dict[str, object]]:
    """Saved versions of one document, newest first."""
    _existing(name)
    return [
        {
            **{k: getattr(v, k) for k in ("version", "author", "at", "note", "active")},
            "packaged": not v.body,
        }
        for v in policy.versions(name)
    ]


@endpoints.get("/diff", "policy.view", DiffOut)
def diff_document(
    request: HttpRequest, name: str, old: int | None = 0, new: int | None = None
) -> dict[str, str]:
    """Unified diff between two versions; default: from the packaged text to the one in force."""
    _existing(name)
    return {"diff": policy.diff(name, old, new)}


@endpoints.post("/rollback", "policy.edit", SavedOut)
def rollback_document(request: HttpRequest, name: str, data: RollbackIn) -> dict[str, int]:
    """Put an earlier version in force again."""
    policy.refuse(caller(request), [name])
    _existing(name)
    number = policy.rollback(name, data.version, caller(request), data.note, datetime.now(UTC))
    return {"version": number}


def _existing(name: str) -> policy.PolicyDocument:
    try:
        document = policy.document(name)
    except SpecError:
        raise not_found("policy document", name) from None
    if not document.path and not policy.versions(name):
        raise not_found("policy document", name)
    return document


def _row(document: policy.PolicyDocument) -> dict[str, object]:
    return {
        "name": document.name,
        "title": document.title,
        "description": document.description,
        "version": policy.version(document.name),
        "permission": document.permission,
    }
