"""Changing policy: save and roll back. Every change is a new version, and audited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from tenure.analytics.errors import SpecError
from tenure.core import audit
from tenure.core.models import PolicyVersion
from tenure.core.policy import reading
from tenure.core.policy.authority import is_operator, refuse
from tenure.core.policy.checking import validate
from tenure.core.policy.reading import PACKAGED, active, default_text, source_of, text, version
from tenure.core.policy.registry import document

MAX_BYTES = 1_000_000


def save(
    name: str,
    body: str,
    author: object,
    note: str,
    now: datetime,
    expected: int | None = None,
) -> int:
    """Put ``body`` in force and give its version number; the same text changes nothing.

    SpecError if it is invalid, breaks a document that refers to it, or if ``expected`` (the version
    the author started from) is no longer the one in force.
    """
    refuse(author, [name])
    _refuse_stale(name, expected)
    return save_all({name: body}, author, note, now).get(name, version(name))


def save_all(
    changes: Mapping[str, str], author: object, note: str, now: datetime
) -> dict[str, int]:
    """Put several texts in force, all or none; gives the new version of each that changed.

    An empty text returns to the packaged default (and removes an own document). PermissionDenied
    if ``author`` may not change one of them, or would gain by it; a plain name is the operator.
    """
    refuse(author, changes)
    changed = {name: body for name, body in changes.items() if _differs(name, body)}
    for name, body in changed.items():
        _refuse_oversized(name, body)
    errors = validate(changed)
    if errors:
        raise errors[0]
    _refuse_gain(changed, author)
    try:
        with transaction.atomic():
            return {n: _write(n, body, author, note, now) for n, body in changed.items()}
    except IntegrityError:
        name = next(iter(changed))
        raise _stale(name) from None


def rollback(name: str, version: int, author: object, note: str, now: datetime) -> int:
    """Put an earlier version in force again, as a new one; version 0 is the packaged default."""
    refuse(author, [name])
    body = "" if version == PACKAGED else text(name, version)
    note = note or f"back to {'the packaged default' if not body else f'version {version}'}"
    return save_all({name: body}, author, note, now).get(name, reading.version(name))


def _refuse_gain(changed: Mapping[str, str], author: object) -> None:
    for name, body in changed.items():
        guard = document(name).guard
        if guard and not is_operator(author):
            after = reading.parsed(name, body or default_text(name))
            guard(author, reading.load(name), after)


def _differs(name: str, body: str) -> bool:
    row = active(name)
    in_force = row.body if row else ""
    if body == in_force:
        return False
    return not (not in_force and body == default_text(name) and body)


def _refuse_oversized(name: str, body: str) -> None:
    if len(body.encode("utf-8", "surrogatepass")) > MAX_BYTES or "\x00" in body:
        raise SpecError(
            source_of(name),
            "text",
            "is over 1 MB or holds a NUL character",
            "save a plain TOML text under 1 MB",
        )


def _refuse_stale(name: str, expected: int | None) -> None:
    if expected is not None and version(name) != expected:
        raise _stale(name)


def _stale(name: str) -> SpecError:
    return SpecError(
        source_of(name),
        "version",
        "was changed by somebody else meanwhile",
        "look at the version in force, then save again",
    )


def _write(name: str, body: str, author: object, note: str, now: datetime) -> int:
    rows = PolicyVersion.objects.filter(name=name)
    before = version(name)
    number = (rows.aggregate(last=Max("version"))["last"] or 0) + 1
    rows.filter(active=True).update(active=False)
    rows.create(
        name=name,
        version=number,
        body=body,
        author=audit.actor_name(author)[:254],
        at=now,
        note=note,
        active=True,
    )
    audit.record(
        author,
        "policy.save",
        "policy",
        name,
        {"version": before},
        {"version": number},
        note,
        now=now,
    )
    return number
