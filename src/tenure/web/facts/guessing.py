"""Which table a file is, and which column is which field. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from tenure.analytics.tables import TABLES, Table
from tenure.connectors.files.mapping import normal

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "account_id": ("company_id", "customer_id", "organization_id", "org_id", "group_id", "account",
                   "tenant_id", "workspace_id", "company", "customer"),
    "person_id": ("user_id", "contact_id", "userid", "user", "member_id", "distinct_id"),
    "event": ("event_name", "action", "name", "activity", "event_type"),
    "timestamp": ("time", "date", "occurred_at", "event_time", "created_at", "ts", "datetime"),
    "name": ("company_name", "account_name", "full_name", "title"),
    "created_at": ("created", "signup_date", "signed_up_at", "create_date"),
    "started_at": ("start_date", "start", "began_at", "subscription_start", "created_at"),
    "ended_at": ("end_date", "end", "cancelled_at", "canceled_at", "churned_at", "churn_date"),
    "mrr_minor": ("mrr",),
    "amount_minor": ("amount", "total"),
    "price_minor": ("price",),
    "quantity": ("seats", "licences", "licenses"),
    "opened_at": ("created_at", "created", "submitted_at"),
    "resolved_at": ("closed_at", "solved_at", "closed"),
    "responded_at": ("created_at", "submitted_at", "date", "answered_at"),
    "issued_at": ("date", "created_at", "invoice_date"),
    "attempted_at": ("created_at", "date", "charged_at"),
    "happened_at": ("date", "created_at", "time"),
    "updated_at": ("modified_at", "last_modified", "changed_at"),
    "owner": ("csm", "account_manager", "owner_email"),
    "country": ("country_code",),
    "employees": ("company_size", "headcount", "number_of_employees"),
    "plan_id": ("plan", "plan_name", "product"),
    "email": ("mail", "email_address"),
    "status": ("state", "subscription_status"),
    "survey": ("survey_type", "type"),
    "score": ("rating", "nps", "value"),
}  # fmt: skip


def columns(table: Table, names: Sequence[str]) -> dict[str, str]:
    """A column for each field that one fits: the same name, else a known other name.

    >>> columns(TABLES["events"], ["User ID", "event_name", "colour"])
    {'person_id': 'User ID', 'event': 'event_name'}
    """
    free = {normal(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    fields = [c.name for c in table.columns if c.name != table.extra]
    for field in fields:
        if field in free:
            found[field] = free.pop(field)
    for field in fields:
        other = next(
            (s for s in (*_ids(table, field), *SYNONYMS.get(field, ())) if s in free), None
        )
        if field not in found and other is not None:
            found[field] = free.pop(other)
    return {field: found[field] for field in fields if field in found}


def _ids(table: Table, field: str) -> tuple[str, ...]:
    return ("id", "uuid") if table.key[:1] == (field,) else ()


def table_of(file: str, known: Iterable[str] = TABLES) -> str:
    """The table a file's name speaks of, empty when it speaks of none.

    >>> table_of("2024-export_Subscriptions.csv"), table_of("data.csv")
    ('subscriptions', '')
    """
    words = normal(file).split("_")
    for name in known:
        if name in words or name.removesuffix("s") in words:
            return name
    near = [m for w in words for m in difflib.get_close_matches(w, list(known), 1, 0.85)]
    return near[0] if near else ""
