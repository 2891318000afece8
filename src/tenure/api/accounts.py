"""Accounts: the list, one account, its people, timeline and owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.accounts import actions
from tenure.accounts.models import Account, Membership
from tenure.accounts.rest import existing
from tenure.analytics.tables import TABLES
from tenure.api.account_list import Wanted, find
from tenure.core.models import User
from tenure.facts import queries as facts
from tenure.health import explanations
from tenure.health import queries as health
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import ApiError
from tenure.kit.rest.paging import Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import ModelName, Moment, ScoreOut, score_of

endpoints = Endpoints("accounts")
Text = Annotated[str, Query(max_length=255)]


class AccountRow(Schema):
    """An account in the list."""

    id: str
    name: str
    domain: str
    industry: str
    country: str
    owner: str = Field(description="mail address of the CSM")
    plan_id: str
    status: str
    stage: str
    seats: int | None
    mrr_minor: int
    currency: str
    created_at: datetime | None
    renews_at: datetime | None
    churned_at: datetime | None
    score: ScoreOut | None


class AccountsOut(Schema):
    """A page of accounts, by id."""

    items: list[AccountRow]
    next_cursor: str | None


class PersonOut(Schema):
    """A person and their part in the account."""

    id: str
    name: str
    email: str
    role: str
    title: str
    left_at: datetime | None


class AccountOut(AccountRow):
    """One account with everything known of it now."""

    traits: dict[str, Any]
    people: list[PersonOut]
    segments: list[str]
    warnings: list[dict[str, Any]]
    explanation: dict[str, Any] | None = Field(description="points by dimension and signal")


class EntryOut(Schema):
    """One fact of the timeline."""

    at: datetime
    table: str
    row: dict[str, Any]


class OwnerIn(Schema):
    """The new owner's mail address; empty for nobody."""

    owner: str = Field(max_length=254)


@endpoints.get("", "accounts.view", AccountsOut)
def list_accounts(
    request: HttpRequest,
    q: Text = "",
    segment: Text = "",
    band: Text = "",
    risk_level: Text = "",
    owner: Text = "",
    stage: Text = "",
    status: Text = "",
    model: ModelName = None,
    limit: Limit = 50,
    cursor: Text = "",
) -> dict[str, Any]:
    """Accounts that match every filter, with their latest score; ``q`` is found in the name."""
    wanted = Wanted(
        model or health.default_model(), q, segment, band, risk_level, owner, stage, status
    )
    rows = [_row(**found) for found in find(wanted, cursor, limit + 1)]
    return page(rows, limit, lambda row: row["id"])


@endpoints.get("/{path:account_id}/timeline", "facts.view", list[EntryOut])
def timeline(
    request: HttpRequest,
    account_id: str,
    before: Moment | None = None,
    table: Text = "",
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """The latest facts of the account before a moment, newest first."""
    existing(account_id)
    if table and table not in TABLES:
        raise ApiError(422, "invalid", "no such table", field="table")
    entries = facts.timeline(account_id, before or datetime.now(UTC), [table] * bool(table), limit)
    return [{"at": e.at, "table": e.kind, "row": e.row} for e in entries]


@endpoints.patch("/{path:account_id}/owner", "accounts.edit", AccountRow)
def assign_owner(request: HttpRequest, account_id: str, data: OwnerIn) -> dict[str, Any]:
    """Make a colleague the owner of the account."""
    account = existing(account_id)
    actions.assign_owner(
        [account.pk], _colleague(data.owner), by=caller(request), now=datetime.now(UTC)
    )
    return _row(existing(account_id), health.account_health(account_id))


@endpoints.get("/{path:account_id}", "accounts.view", AccountOut)
def get_account(request: HttpRequest, account_id: str, model: ModelName = None) -> dict[str, Any]:
    """One account with its people, segments, score and the score's explanation."""
    account = existing(account_id)
    score = health.account_health(account_id, model)
    return {
        **_row(account, score),
        "traits": account.traits,
        "people": _people(account),
        "segments": list(account.segments.values_list("segment_id", flat=True)),
        "warnings": health.warnings(score) if score else [],
        "explanation": explanations.of_row(score) if score else None,
    }


def _row(account: Account, score: Any) -> dict[str, Any]:
    keys = (
        "id",
        "name",
        "domain",
        "industry",
        "country",
        "plan_id",
        "status",
        "stage",
        "seats",
        "mrr_minor",
        "currency",
        "created_at",
        "renews_at",
        "churned_at",
    )
    owner = account.owner.email if account.owner else account.owner_email
    return {
        **{key: getattr(account, key) for key in keys},
        "owner": owner,
        "score": score_of(score),
    }


def _people(account: Account) -> list[dict[str, Any]]:
    members = Membership.objects.filter(account=account).select_related("person")
    return [
        {
            "id": m.person.pk,
            "name": m.person.name,
            "email": m.person.email,
            "role": m.role,
            "title": m.title,
            "left_at": m.left_at,
        }
        for m in members.order_by("person_id")[:500]
    ]


def _colleague(email: str) -> User | None:
    if not email:
        return None
    found = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if found is None:
        raise ApiError(
            422,
            "invalid",
            f"{email[:80]} is no active colleague",
            field="owner",
            remedy="use a mail address from /api/v1/team, or an empty text for nobody",
        )
    return found
