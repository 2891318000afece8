"""Mentions of a person in state: every text of every table, unless it is declared never personal.

Rooms say in their part of an erasure what becomes of rows that *are* the person's. Whatever else
names them (a note, a reason, an entry of the audit trail) is found here, so that a new model cannot
be forgotten: its texts are swept from the first day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast

from tenure.facts.mentions import GONE
from tenure.facts.persons import Subject

_CODE = "a word or number of Tenure's own, or the name of something colleagues made"
_KEY = "made at random or by hashing"
NEVER_FIELDS: Mapping[str, str] = dict.fromkeys(
    (
        "accepted",
        "action",
        "answer",
        "arm",
        "band",
        "cause",
        "channel",
        "code",
        "control",
        "currency",
        "indicator",
        "kind",
        "language",
        "lease_owner",
        "mark",
        "metric",
        "model",
        "model_version",
        "next_what",
        "origin",
        "outcome",
        "play",
        "policy",
        "previous_band",
        "proposed_cause",
        "proposed_verdict",
        "purpose",
        "risk_level",
        "role",
        "scope",
        "screen",
        "segment",
        "severity",
        "shown_band",
        "signal",
        "slot",
        "split",
        "stage",
        "state",
        "stated_cause",
        "status",
        "step",
        "table",
        "target_kind",
        "timezone",
        "variant",
        "verdict",
        "version",
        "what",
        "would_return",
    ),
    _CODE,
) | dict.fromkeys(
    (
        "auth",
        "digest",
        "fingerprint",
        "p256dh",
        "person_digest",
        "prefix",
        "private",
        "public",
        "public_id",
        "secrets",
    ),
    _KEY,
)
"""Fields that hold no words of or about people in any table, with the reason."""
NEVER_TABLES: Mapping[str, str] = {
    "account": "addresses of colleagues: they leave under Settings, Team",
    "auth": "Django's own names",
    "contenttypes": "Django's own names",
    "core.User": "colleagues: they leave under Settings, Team",
    "facts.InboxRow": "emptied into the lake before an erasure begins",
    "facts.Erasure": "the record itself, which names nobody once it is done",
    "mfa": "secrets of colleagues",
    "sessions": "signed notes about browsers of colleagues, gone after two weeks",
}
"""Tables, or all tables of an app, that hold nothing of customers' people, with the reason."""
COLLEAGUES = frozenset(
    {
        "actor",
        "author",
        "by",
        "changed_by",
        "closed_by",
        "created_by",
        "decided_by",
        "ended_by",
        "made_by",
        "marked_by",
        "opened_by",
        "owner_email",
        "requested_by",
        "resolved_by",
        "seen_by",
        "started_by",
        "taken_by",
        "trained_by",
        "adopted_by",
        "asked_by",
    }
)
"""Fields that name colleagues. The address of one who works here stays there."""
PERSON_FIELDS = frozenset({"alias", "person_id", "recipient", "subject"})
"""Fields that hold the id of a person, in which a short id is theirs, too."""
CHUNK = 500


@dataclass(frozen=True)
class Found:
    """Rows of one table that name a person."""

    model: type[models.Model]
    keys: list[Any] = field(default_factory=list)


def swept_fields(model: type[models.Model]) -> list[Any]:
    """The text, JSON, binary and text-key fields of a model that are swept."""
    label = model._meta.label
    if label in NEVER_TABLES or model._meta.app_label in NEVER_TABLES or not model._meta.managed:
        return []
    return [f for f in text_fields(model) if not never_personal(model, f)]


def never_personal(model: type[models.Model], column: Any) -> str:
    """Why a field holds no words of or about people; empty if it may.

    A key goes with what it names."""
    if column.is_relation:
        return ""
    own = getattr(model, "NEVER_PERSONAL", {})
    return str(own.get(column.name, "") or NEVER_FIELDS.get(column.name, ""))


def text_fields(model: type[models.Model]) -> list[Any]:
    """All fields of a model that can hold words, references to such keys included."""
    return [f for f in model._meta.concrete_fields if isinstance(_target(f), _WORDS)]


_WORDS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)


def _target(column: Any) -> Any:
    while isinstance(column, models.ForeignKey):
        column = column.target_field
    return column


def find(subject: Subject) -> list[Found]:
    """Where the person is named; reads every table once and changes nothing."""
    found = []
    for model in apps.get_models():
        columns = swept_fields(model)
        keys = [key for key, texts in _rows(model, columns) if _named(subject, texts)]
        if keys:
            found.append(Found(model, keys))
    return found


def _rows(model: type[models.Model], columns: list[Any]) -> Iterator[tuple[Any, list[str]]]:
    if not columns:
        return
    raw = {
        f"_{f.name}": Cast(f.attname, models.TextField())
        for f in columns
        if isinstance(_target(f), models.JSONField)
    }
    names = [f"_{f.name}" if f"_{f.name}" in raw else f.attname for f in columns]
    rows = model._base_manager.annotate(**raw).values_list("pk", *names)
    for key, *values in rows.iterator(chunk_size=2000):
        yield key, [_text(value) for value in values]


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode(errors="replace")
    return "" if value is None else str(value)


def _named(subject: Subject, texts: list[str]) -> bool:
    """A coarse look: whether the texts may name the person."""
    if any(text in subject.ids for text in texts):
        return True
    together = "\n".join(texts).lower()
    return subject.mentions.may_be_in(together)


def mentions(subject: Subject) -> list[dict[str, Any]]:
    """Texts that name the person, with the table and field they stand in."""
    told = []
    for one in find(subject):
        for row in one.model._base_manager.filter(pk__in=one.keys):
            changes = _changes(row, swept_fields(one.model), subject, GONE)
            table = one.model._meta.label
            told += [{"table": table, "field": n, "says": _said(getattr(row, n))} for n in changes]
    return told


def _said(value: Any) -> Any:
    return _text(value) if isinstance(value, bytes | memoryview) else value


def sweep(subject: Subject, pseudonym: str) -> int:
    """Takes the person out of all texts of state; gives how many rows changed."""
    return clean(find(subject), subject, pseudonym)


def clean(found: list[Found], subject: Subject, pseudonym: str) -> int:
    """Takes the person out of the rows found; gives how many changed."""
    changed = 0
    for one in found:
        columns = swept_fields(one.model)
        for start in range(0, len(one.keys), CHUNK):
            keys = one.keys[start : start + CHUNK]
            for row in one.model._base_manager.filter(pk__in=keys):
                values = _changes(row, columns, subject, pseudonym)
                if values:
                    one.model._base_manager.filter(pk=row.pk).update(**values)
                    changed += 1
    return changed


def _changes(
    row: models.Model, columns: list[Any], subject: Subject, pseudonym: str
) -> dict[str, Any]:
    account = getattr(row, "account_id", "")
    values = {}
    for column in columns:
        before = getattr(row, column.attname)
        if before in (None, "", [], {}) or _is_colleague(column.name, before, subject):
            continue
        after = _cleaned(column, before, subject, pseudonym, subject.at_home(account))
        if after != before:
            values[column.attname] = after
    return values


def _is_colleague(name: str, value: Any, subject: Subject) -> bool:
    return name in COLLEAGUES and str(value).lower() in subject.colleagues


def _cleaned(column: Any, value: Any, subject: Subject, pseudonym: str, at_home: bool) -> Any:
    target = _target(column)
    if isinstance(target, models.BinaryField):
        text = bytes(value).decode(errors="replace")
        clean = subject.mentions.without(text, at_home=at_home)
        return value if clean == text else clean.encode()
    if isinstance(target, models.JSONField):
        return subject.mentions.clean(value, at_home=at_home)
    if subject.is_called(value) or (value in subject.ids and column.name in PERSON_FIELDS):
        return pseudonym
    instead = _distinct(value, pseudonym) if _is_key(column) else GONE
    clean = subject.mentions.without(value, at_home=at_home, instead=instead)
    return clean[: target.max_length] if target.max_length else clean


def _is_key(column: Any) -> bool:
    """Whether rows are told apart, or found from elsewhere, by this field."""
    together = {
        name
        for constraint in column.model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        for name in constraint.fields
    }
    return bool(column.unique or column.is_relation or column.name in together)


def _distinct(text: str, pseudonym: str) -> str:
    """A replacement of its own for each text, the same wherever the text stands."""
    return "erased-" + sha256(f"{pseudonym}\0{text}".encode()).hexdigest()[:16]
