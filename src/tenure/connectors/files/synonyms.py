"""Other names under which people keep what we call a field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tenure.analytics.tables import TABLES
from tenure.connectors.files.fields import fields_of, normal

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "account_id": (
        "company_id",
        "customer_id",
        "organization_id",
        "org_id",
        "group_id",
        "account",
        "tenant_id",
        "workspace_id",
        "company",
        "customer",
    ),
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
}

WORDED: Mapping[str, str] = {
    "event": "Login",
    "survey": "nps",
    "kind": "call",
    "status": "active",
}
"""Required fields that may well be the same word in every row, and such a word."""


@cache
def _known() -> frozenset[str]:
    fields = {field for table in TABLES.values() for field in fields_of(table)}
    return frozenset(fields | {name for names in SYNONYMS.values() for name in names} | {"id"})


def is_known(column: str) -> bool:
    """Whether a column has a name that we know, in whatever spelling.

    >>> is_known("Account ID"), is_known("As of 2026-11-30")
    (True, False)
    """
    return normal(column) in _known()
