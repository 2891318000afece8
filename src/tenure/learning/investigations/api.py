"""Accounts that left: why, whether it could have been prevented, and what a person made of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.paging import AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.learning.investigations import actions, interviews, months, queries, reviewing
from tenure.learning.investigations.models import Investigation

endpoints = Endpoints("churned")
State = Literal["open", "confirmed", "void"]
Verdict = Literal["preventable", "not_preventable", "unclear"]


class LossOut(Schema):
    """An account that left, and what is made of it."""

    id: int
    account_id: str
    churned_at: datetime
    reactivated_at: datetime | None
    kind: str = Field(description="voluntary, involuntary or unknown")
    state: str = Field(description="open, confirmed or void")
    mrr_minor: int = Field(description="a month, minor units")
    currency: str
    plan_id: str
    segments: list[str]
    stated_cause: str = Field(description="as the customer said; empty if nothing")
    proposed_cause: str = Field(description="as the facts show")
    proposed_verdict: str
    cause: str = Field(description="what holds: as proposed until a person decides")
    verdict: str
    how: str
    why: str
    decided_by: str
    decided_at: datetime | None


class LossesOut(Schema):
    """A page of losses, newest first."""

    items: list[LossOut]
    next_cursor: int | None


class EvidenceOut(Schema):
    """Something that points to a cause, with its weight."""

    cause: str
    title: str
    name: str
    text: str
    weight: float


class InterviewOut(Schema):
    """The exit interview."""

    asked_at: datetime
    answered_at: datetime | None
    reason: str
    words: str
    would_return: str


class WholeOut(LossOut):
    """A loss with its dossier: what was known when the account left."""

    dossier: dict[str, Any]
    evidence: list[EvidenceOut]
    interview: InterviewOut | None


class DecisionIn(Schema):
    """What it really was; what is left out stays as proposed."""

    verdict: Verdict | None = None
    cause: str = Field("", max_length=40)
    how: str = Field("", max_length=2000)
    why: str = Field("", max_length=2000, description="needed for anything but a confirmation")


@endpoints.get("", "churn.view", LossesOut)
def list_losses(
    request: HttpRequest,
    state: State | None = None,
    verdict: Verdict | None = None,
    cause: Annotated[str, Query(max_length=40)] = "",
    segment: Annotated[str, Query(max_length=80)] = "",
    account: Annotated[str, Query(max_length=255)] = "",
    cursor: AfterId = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Losses, newest first; void ones only where asked for."""
    asked = queries.InvestigationFilter(state or "", cause, verdict or "", segment, account)
    rows = queries.find(asked).order_by("-pk")
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda row: row.pk)


class ChangeOut(Schema):
    """A change that was decided against a cause."""

    id: int
    cause: str
    kind: str
    title: str
    owner: str
    due_on: date
    experiment: str
    state: str
    ended_on: date | None


class ReviewOut(Schema):
    """The pattern of a month: closed as it was decided, else as things stand."""

    month: str
    closed_at: datetime | None
    note: str
    report: dict[str, Any]
    changes: list[ChangeOut]


@endpoints.get("/reviews/{str:month}", "churn.view", ReviewOut)
def get_review(request: HttpRequest, month: str) -> dict[str, Any]:
    """The review of a month like ``2026-03``."""
    of = months.parse(month)
    if of is None:
        raise not_found("month", month)
    return reviewing.month_review(of)


@endpoints.get("/{int:loss_id}", "churn.view", WholeOut)
def get_loss(request: HttpRequest, loss_id: int) -> dict[str, Any]:
    """One loss, and everything that was known."""
    found = queries.detail(loss_id)
    if found is None:
        raise not_found("loss", str(loss_id))
    return found


@endpoints.post("/{int:loss_id}/decide", "churn.judge", LossOut)
def decide(request: HttpRequest, loss_id: int, body: DecisionIn) -> Investigation:
    """Confirm what is proposed, or say what it was and why."""
    _there(loss_id)
    return actions.decide(
        loss_id,
        caller(request),
        now=datetime.now(UTC),
        verdict=body.verdict or "",
        cause=body.cause,
        how=body.how,
        why=body.why,
    )


@endpoints.post("/{int:loss_id}/interview", "churn.judge", InterviewOut)
def ask(request: HttpRequest, loss_id: int) -> Any:
    """Ask somebody of the account why they left: once, by mail, through the send gate."""
    _there(loss_id)
    return interviews.ask(loss_id, caller(request), now=datetime.now(UTC))


def _there(loss_id: int) -> None:
    if not Investigation.objects.filter(pk=loss_id).exists():
        raise not_found("loss", str(loss_id))
