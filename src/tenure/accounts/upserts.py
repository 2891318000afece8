"""Writing state in bulk: the same rows again change nothing, and no write undoes a later one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from django.db import transaction

from tenure.accounts import bulk
from tenure.accounts.models import Account, Membership, Person
from tenure.accounts.projection import settings
from tenure.core.models import AuditEntry, User

_TOLD = ("domain", "industry", "country", "channel", "plan_id", "currency")
_NEW_ACCOUNT = {"stage": "", "stage_since": None}
_NEW_PERSON = {"last_seen_at": None, "stage": "", "stage_since": None}
_NO_PART = {"role": "", "title": "", "left_at": None}
_OWNER = frozenset({"owner_id", "owner_email"})


def ensure_accounts(ids: Sequence[str], status: str) -> None:
    """Makes accounts that are not there yet, known by their id only."""
    for some in _chunks(ids):
        there = set(Account.objects.filter(pk__in=some).values_list("pk", flat=True))
        new = [Account(id=i, name=i, status=status) for i in some if i not in there]
        Account.objects.bulk_create(new, ignore_conflicts=True)


def write_accounts(table: pa.Table, status_of_others: str) -> None:
    """Writes what ``projection.accounts`` found. Owners set by colleagues since stay."""
    for batch in table.to_batches(max_chunksize=int(settings()["chunk"])):
        told = accounts_told(batch, status_of_others)
        owned = [a for a in told if "owner_email" in a]
        rest = [{**a, "owner_email": "", "owner_id": None} for a in told if "owner_email" not in a]
        with transaction.atomic():
            _write(owned, frozenset())
            _write(rest, _OWNER)


def accounts_told(batch: pa.RecordBatch, status_of_others: str) -> list[dict[str, Any]]:
    """What these rows of ``projection.accounts`` make of accounts: the columns that facts decide
    (the owner only where a fact named one last)."""
    users = {u.email.lower(): u.pk for u in User.objects.all()}
    rows = batch.to_pylist()
    by_hand = _owned_by_hand(rows)
    told = [_account(row, users, status_of_others) for row in rows]
    return [
        {k: v for k, v in a.items() if k not in _OWNER}
        if not a["owner_email"] or a["id"] in by_hand
        else a
        for a in told
    ]


def _write(rows: list[dict[str, Any]], but: frozenset[str]) -> None:
    update = [c for c in rows[0] if c != "id" and c not in but] if rows else []
    bulk.upsert(Account, [{**row, **_NEW_ACCOUNT} for row in rows], ["id"], update)


def _owned_by_hand(rows: list[dict[str, Any]]) -> set[str]:
    """Accounts whose owner a colleague set after the last fact that named one."""
    told = {row["id"]: row["owner_told_at"] for row in rows}
    entries = AuditEntry.objects.filter(action="account.owner", target_id__in=list(told))
    return {
        target
        for target, at in entries.values_list("target_id", "at")
        if told.get(target) is None or at > told[target]
    }


def _account(row: dict[str, Any], users: dict[str, int], status_of_others: str) -> dict[str, Any]:
    cut = settings()["lengths"]
    owner = (row["owner"] or "")[: cut["owner"]]
    in_force = row["in_force"] or 0
    churned = bool(row["ended"] and not in_force)
    return {
        "id": row["id"],
        "name": (row["name"] or row["id"])[: cut["name"]],
        **{name: (row[name] or "")[: cut[name]] for name in _TOLD},
        "employees": row["employees"],
        "owner_id": users.get(owner.lower()),
        "owner_email": owner,
        "status": "active" if in_force else "churned" if churned else status_of_others,
        "seats": row["seats"],
        "mrr_minor": row["mrr_minor"] or 0,
        "created_at": row["created_at"] or row["first_paid_at"],
        "renews_at": row["renews_at"],
        "churned_at": row["last_ended_at"] if churned else None,
        "turns_at": row["turns_at"],
        "traits": _traits(row["traits"]),
        "updated_at": row["updated_at"],
    }


def _traits(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write_people(table: pa.Table) -> None:
    """Writes what ``projection.people`` found: each person once, and each of their parts."""
    for batch in table.to_batches(max_chunksize=int(settings()["chunk"])):
        people, parts = people_told(batch)
        rows = [{**row, **_NEW_PERSON} for row in people.values()]
        with transaction.atomic():
            bulk.upsert(
                Person,
                rows,
                ["id"],
                ["email", "name", "timezone", "traits"],
                widen=[("first_seen_at", "least")],
            )
            told = ["role", "title", "since", "left_at"]
            bulk.upsert(Membership, parts, ["person_id", "account_id"], told)


def people_told(
    batch: pa.RecordBatch,
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """What these rows of ``projection.people`` make of people, by id, and of their parts."""
    rows = batch.to_pylist()
    return {r["id"]: _person(r) for r in rows}, [_part(r) for r in rows if r["account_id"]]


def _person(row: dict[str, Any]) -> dict[str, Any]:
    cut = settings()["lengths"]
    return {
        "id": row["id"],
        "email": (row["email"] or "")[: cut["email"]],
        "name": (row["name"] or "")[: cut["name"]],
        "timezone": (row["timezone"] or "")[: cut["timezone"]],
        "traits": _traits(row["traits"]),
        "first_seen_at": row["created_at"],
    }


def _part(row: dict[str, Any]) -> dict[str, Any]:
    cut = settings()["lengths"]
    return {
        "person_id": row["id"],
        "account_id": row["account_id"],
        "role": (row["role"] or "end_user")[: cut["role"]],
        "title": (row["title"] or "")[: cut["title"]],
        "since": row["since"],
        "left_at": row["left_at"],
    }


def write_seen(found: pa.Table) -> None:
    """Widens when each person was first and last seen, and gives each a part where it acted."""
    for batch in found.to_batches(max_chunksize=int(settings()["chunk"])):
        rows = [row for row in batch.to_pylist() if row["person_id"]]
        parts = [
            _part({**r, **_NO_PART, "id": r["person_id"], "since": r["first"]})
            for r in rows
            if r["account_id"]
        ]
        with transaction.atomic():
            _widen(rows)
            bulk.upsert(Membership, parts, ["person_id", "account_id"], [])


def _widen(rows: list[dict[str, Any]]) -> None:
    """One row a person: PostgreSQL takes no key twice in one statement."""
    seen: dict[str, dict[str, Any]] = {}
    nobody = {"email": "", "name": "", "timezone": "", "traits": {}, "stage": ""}
    for row in rows:
        known = seen.setdefault(
            row["person_id"],
            {"id": row["person_id"], "first_seen_at": row["first"], "last_seen_at": row["last"]},
        )
        known["first_seen_at"] = min(known["first_seen_at"], row["first"])
        known["last_seen_at"] = max(known["last_seen_at"], row["last"])
    widen = [("first_seen_at", "least"), ("last_seen_at", "most")]
    bulk.upsert(Person, [{**p, **nobody} for p in seen.values()], ["id"], [], widen=widen)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    size = int(settings()["chunk"])
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
