"""Writing state in bulk: the same rows again change nothing, and no write undoes a later one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

from tenure.accounts.models import Account, Membership, Person
from tenure.accounts.projection import settings
from tenure.core.models import AuditEntry, User

_ACCOUNT = [
    "name", "domain", "industry", "country", "channel", "employees", "owner_email", "plan_id",
    "status", "seats", "mrr_minor", "currency", "created_at", "renews_at", "churned_at", "traits",
    "updated_at",
]  # fmt: skip


def ensure_accounts(ids: Sequence[str], status: str) -> None:
    """Makes accounts that are not there yet, known by their id only."""
    for some in _chunks(ids):
        there = set(Account.objects.filter(pk__in=some).values_list("pk", flat=True))
        new = [Account(id=i, name=i, status=status) for i in some if i not in there]
        Account.objects.bulk_create(new, ignore_conflicts=True)


def write_accounts(table: pa.Table, status_of_others: str) -> None:
    """Writes what ``projection.accounts`` found. Owners set by colleagues since stay."""
    users = {u.email.lower(): u for u in User.objects.all()}
    for batch in table.to_batches(max_chunksize=int(settings()["chunk"])):
        rows = batch.to_pylist()
        kept = _owned_by_hand(rows)
        told = [_account(row, users, status_of_others) for row in rows]
        mine = [a for a in told if a.pk not in kept and a.owner_email]
        rest = [a for a in told if a.pk in kept or not a.owner_email]
        with transaction.atomic():
            _upsert(Account, mine, [*_ACCOUNT, "owner"])
            _upsert(Account, rest, [f for f in _ACCOUNT if f != "owner_email"])


def _upsert(model: Any, rows: list[Any], fields: list[str]) -> None:
    model.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, update_fields=fields, unique_fields=["id"]
    )


def _owned_by_hand(rows: list[dict[str, Any]]) -> set[str]:
    """Accounts whose owner a colleague set after the last fact that named one."""
    told = {row["id"]: row["owner_told_at"] for row in rows}
    entries = AuditEntry.objects.filter(action="account.owner", target_id__in=list(told))
    return {
        target for target, at in entries.values_list("target_id", "at")
        if told.get(target) is None or at > told[target]
    }  # fmt: skip


def _account(row: dict[str, Any], users: dict[str, User], status_of_others: str) -> Account:
    cut = settings()["lengths"]
    owner = (row["owner"] or "")[: cut["owner"]]
    in_force, ever = row["in_force"] or 0, row["subscriptions"] or 0
    churned = bool(ever and not in_force and row["last_ended_at"])
    status = "active" if in_force else "churned" if churned else status_of_others
    account = Account(
        id=row["id"],
        name=(row["name"] or row["id"])[: cut["name"]],
        employees=row["employees"],
        owner=users.get(owner.lower()),
        owner_email=owner,
        status=status,
        seats=row["seats"],
        mrr_minor=row["mrr_minor"] or 0,
        created_at=row["created_at"] or row["first_paid_at"],
        renews_at=row["renews_at"],
        churned_at=row["last_ended_at"] if churned else None,
        traits=_traits(row["traits"]),
        updated_at=row["updated_at"],
    )
    for name in ("domain", "industry", "country", "channel", "plan_id", "currency"):
        setattr(account, name, (row[name] or "")[: cut[name]])
    return account


def _traits(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write_people(table: pa.Table) -> None:
    """Writes what ``projection.people`` found: each person once, and each of their parts."""
    for batch in table.to_batches(max_chunksize=int(settings()["chunk"])):
        rows = batch.to_pylist()
        people = {row["id"]: _person(row) for row in rows}
        parts = [_part(row) for row in rows if row["account_id"]]
        with transaction.atomic():
            _upsert(Person, list(people.values()), ["email", "name", "timezone", "traits"])
            Membership.objects.bulk_create(
                parts, batch_size=500, update_conflicts=True,
                update_fields=["role", "title", "since", "left_at"],
                unique_fields=["person", "account"],
            )  # fmt: skip


def _person(row: dict[str, Any]) -> Person:
    cut = settings()["lengths"]
    return Person(
        id=row["id"],
        email=(row["email"] or "")[: cut["email"]],
        name=(row["name"] or "")[: cut["name"]],
        timezone=(row["timezone"] or "")[: cut["timezone"]],
        traits=_traits(row["traits"]),
        first_seen_at=row["created_at"],
    )


def _part(row: dict[str, Any]) -> Membership:
    cut = settings()["lengths"]
    return Membership(
        person_id=row["id"],
        account_id=row["account_id"],
        role=(row["role"] or "end_user")[: cut["role"]],
        title=(row["title"] or "")[: cut["title"]],
        since=row["since"],
        left_at=row["left_at"],
    )


def write_seen(found: pa.Table) -> None:
    """Widens when each person was first and last seen, and gives each a part where it acted."""
    for batch in found.to_batches(max_chunksize=int(settings()["chunk"])):
        rows = [row for row in batch.to_pylist() if row["person_id"]]
        if not rows:
            continue
        parts = [
            Membership(person_id=r["person_id"], account_id=r["account_id"], since=r["first"])
            for r in rows
            if r["account_id"]
        ]
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.executemany(_seen_sql(), [_seen_row(row) for row in rows])
            Membership.objects.bulk_create(parts, batch_size=500, ignore_conflicts=True)


def _seen_row(row: dict[str, Any]) -> tuple[Any, ...]:
    adapt = connection.ops.adapt_datetimefield_value
    return (row["person_id"], adapt(row["first"]), adapt(row["last"]))


def _seen_sql() -> str:
    table = Person._meta.db_table
    least, most = ("min", "max") if connection.vendor == "sqlite" else ("least", "greatest")
    first, last = f"{table}.first_seen_at", f"{table}.last_seen_at"
    new_first, new_last = "excluded.first_seen_at", "excluded.last_seen_at"
    return (
        f"INSERT INTO {table}"
        " (id, email, name, timezone, traits, first_seen_at, last_seen_at, stage)"
        " VALUES (%s, '', '', '', '{}', %s, %s, '') ON CONFLICT (id) DO UPDATE SET"
        f" first_seen_at = {least}(coalesce({first}, {new_first}), {new_first}),"
        f" last_seen_at = {most}(coalesce({last}, {new_last}), {new_last})"
    )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    size = int(settings()["chunk"])
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
