"""Exporting and erasing all that is known of a person (GDPR articles 15 and 17), on the record.

Rooms above this one put their part into ``PARTS``: what becomes of rows that are the person's own.
Whatever else names them is swept (see ``sweeping``). The record of an erasure names nobody: it
holds a keyed digest of what was asked.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q

from tenure.analytics.errors import SpecError
from tenure.analytics.rollup import Rollup
from tenure.core import audit, policy, workspace
from tenure.core.models import PolicyVersion
from tenure.facts import batches, erasing, lake, payloads, persons, sweeping
from tenure.facts.identity import FLUSH
from tenure.facts.models import (
    Erasure,
    IdentityLink,
    IdentitySplit,
    InboxRow,
    PersonAccount,
    Quarantined,
)
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.persons import Subject

DRAIN_TRIES, DRAIN_PAUSE = 40, 0.5
"""How often, and with how many seconds between, an erasure waits for a worker's flush."""


@dataclass(frozen=True)
class Part:
    """A room's share: what it knows of a person, and what becomes of rows that are theirs (giving
    counts), where it is more than losing the mention."""

    name: str
    export: Callable[[Subject], Any]
    erase: Callable[[Subject, str, datetime], dict[str, int]] | None = None


PARTS: dict[str, Part] = {}


def register(part: Part) -> None:
    """Have a room's share exported and erased with the rest; twice is once."""
    PARTS[part.name] = part


def export_person(person: str, actor: object, now: datetime) -> dict[str, Any]:
    """All that is known of a person, as JSON values, and a record that it was handed out."""
    here = lake.current()
    flush_now(now)
    subject = persons.find(here, person)
    found = {
        "asked_for": person,
        "exported_at": now.isoformat(),
        "ids": list(subject.ids),
        "mail_addresses": list(subject.mails),
        "accounts": persons.accounts_of(subject),
        "facts": {t: rows for t in here.tables() if (rows := _rows(here, t, subject))},
        "quarantine": [_quarantined(row) for row in _in_quarantine(subject)],
        "mentions": sweeping.mentions(subject),
        **{part.name: part.export(subject) for part in PARTS.values()},
    }
    counts = {t: len(rows) for t, rows in found["facts"].items()}
    _record("export", person, actor, now, counts)
    result: dict[str, Any] = json.loads(payloads.plain(found))
    return result


def _rows(here: lake.Lake, table: str, subject: Subject) -> list[dict[str, Any]]:
    rows = erasing.matching(here, table, subject)
    if rows is None:
        return []
    own = [row for row in rows.to_pylist() if erasing.is_of(row, subject)]
    return [json.loads(payloads.plain(_opened(row))) for row in own]


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    try:
        return {**row, "properties": json.loads(row.get("properties") or "{}")}
    except ValueError:
        return row


def _quarantined(row: Quarantined) -> dict[str, Any]:
    return {"at": row.at, "table": row.table, "reason": row.reason, "payload": row.payload}


def _in_quarantine(subject: Subject) -> list[Quarantined]:
    """Refused facts that are of the person or mention them."""
    found = []
    for row in Quarantined.objects.iterator(chunk_size=2000):
        text = f"{row.payload}\n{row.reason}\n{row.message_id}"
        if subject.within(text) or _names(row.payload, subject):
            found.append(row)
    return found


def _names(payload: str, subject: Subject) -> bool:
    try:
        values = json.loads(payload)
    except ValueError:
        return False
    keys = ("person_id", "anonymous_id", "userId", "anonymousId", "previousId")
    return isinstance(values, dict) and any(str(values.get(k)) in subject.ids for k in keys)


def erase_person(person: str, actor: object, now: datetime) -> Erasure:
    """Erases a person from the lake, the state, the quarantine, the inbox and the rollups.

    Accounts keep their counts: a random pseudonym stands where the person stood. An erasure that
    was cut off is finished by asking again. Erasing nobody is recorded all the same.
    """
    here = lake.current()
    _drain(person, now)
    record, subject = _open_record(here, person, actor, now)
    pseudonym = record.counts["pseudonym"]
    counts: dict[str, int] = {}
    days: set[date] = set()
    found = sweeping.find(subject)
    _refuse_broken_policy(found, subject)
    for table in here.tables():
        touched = erasing.erase_from(here, table, subject, pseudonym)
        if touched:
            counts[table] = touched.rows
            days |= set(touched.days) if table == "events" else set()
        here.purge(table)
    if days:
        Rollup(workspace.current().rollups).drop(days)
    with transaction.atomic():
        _secure_delete()
        counts |= _erase_state(subject)
        for part in PARTS.values():
            counts |= part.erase(subject, pseudonym, now) if part.erase else {}
        counts["mentions"] = sweeping.clean(found, subject, pseudonym)
        record.counts, record.completed_at = counts, now
        record.save(update_fields=["counts", "completed_at"])
        audit.record(actor, "person.erase", "person", record.person_digest, None, counts, now=now)
    _shrink()
    return record


def _open_record(
    here: lake.Lake, person: str, actor: object, now: datetime
) -> tuple[Erasure, Subject]:
    """The unfinished erasure of this person, or a new one. Until it is done it remembers who is
    meant and the pseudonym: half-way through, nothing else in the workspace knows any more."""
    digest = persons.digest(person)
    record = Erasure.objects.filter(kind="erase", person_digest=digest, completed_at=None).first()
    if record is not None:
        return record, persons.remembered(record.counts)
    subject = persons.find(here, person)
    pseudonym = f"erased-{secrets.token_hex(8)}"
    record = Erasure.objects.create(
        kind="erase",
        person_digest=digest,
        requested_by=audit.actor_name(actor)[:254],
        requested_at=now,
        counts={"pseudonym": pseudonym, **subject.memory()},
    )
    return record, subject


def _record(kind: str, person: str, actor: object, now: datetime, counts: dict[str, int]) -> None:
    digest = persons.digest(person)
    with transaction.atomic():
        Erasure.objects.create(
            kind=kind,
            person_digest=digest,
            requested_by=audit.actor_name(actor)[:254],
            requested_at=now,
            completed_at=now,
            counts=counts,
        )
        audit.record(actor, f"person.{kind}", "person", digest, None, counts, now=now)


def _erase_state(subject: Subject) -> dict[str, int]:
    links = IdentityLink.objects.filter(alias__in=subject.ids).delete()[0]
    links += IdentityLink.objects.filter(person_id__in=subject.ids).delete()[0]
    apart = Q(alias__in=subject.ids) | Q(person_id__in=subject.ids)
    links += IdentitySplit.objects.filter(apart).delete()[0]
    places = PersonAccount.objects.filter(person_id__in=subject.ids).delete()[0]
    refused = _in_quarantine(subject)
    for row in refused:
        row.payload, row.message_id, row.name = "{}", "", ""
        row.reason, row.state = (
            f"{erasing.GONE}: a person's data was erased on request.",
            "dismissed",
        )
        row.save()
    batches.changed_elsewhere(FLUSH)  # flushes forget whom they remember
    return {"identity_links": links, "places": places, "quarantine": len(refused)}


def _refuse_broken_policy(found: list[sweeping.Found], subject: Subject) -> None:
    """SpecError if a policy in force could not be read any more without the person."""
    keys = [key for one in found if one.model is PolicyVersion for key in one.keys]
    for row in PolicyVersion.objects.filter(pk__in=keys, active=True):
        body = subject.without(row.body)
        if body != row.body and _is_sound(row.name, row.body) and not _is_sound(row.name, body):
            raise SpecError(
                "policy",
                row.name,
                "names the person where something else has to stand",
                "take the name out of the document, then erase again",
            )


def _is_sound(name: str, body: str) -> bool:
    try:
        policy.parsed(name, body)
    except SpecError:
        return False
    return True


def _drain(person: str, now: datetime) -> None:
    """Nothing about the person waits in the inbox: it lands first, so that it is found and erased.

    SpecError if a worker that has it in hand does not get done with it.
    """
    mark = person.strip().lower().encode()
    for _ in range(DRAIN_TRIES):
        flush_now(now)
        bodies = InboxRow.objects.values_list("body", flat=True)
        if not any(mark in bytes(body).lower() for body in bodies.iterator(chunk_size=200)):
            return
        time.sleep(DRAIN_PAUSE)
    raise SpecError(
        "inbox", "person", "has facts in the hands of a worker", "erase again in a minute"
    )


def _secure_delete() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _shrink() -> None:
    """Makes the database give up the bytes of what was deleted, now and earlier."""
    if connection.in_atomic_block:
        return  # a caller's transaction (a test); it has to do so itself
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # takes the write lock
        else:
            tables = sorted(m._meta.db_table for m in apps.get_models() if sweeping.swept_fields(m))
            cursor.execute(f"VACUUM FULL {', '.join(map(connection.ops.quote_name, tables))}")
