"""Dunning: unpaid invoices, what comes next in each, and how much was recovered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.analytics.validation.intervals import Estimate
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.paging import AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.programs.dunning import actions, documents, queries, reports
from tenure.programs.dunning.models import Case
from tenure.programs.dunning.reports import Part

endpoints = Endpoints("dunning")
State = Literal["alive", "open", "grace", "recovered", "cancelled", "void"]


class CaseOut(Schema):
    """An invoice that could not be collected."""

    id: int
    invoice_id: str
    account_id: str
    subscription_id: str
    amount_minor: int
    currency: str
    state: str = Field(description="open, grace, recovered, cancelled or void")
    kind: str = Field(description="of the first decline")
    code: str = Field(description="of the latest decline")
    tries: int
    opened_at: datetime
    closed_at: datetime | None
    next_what: str
    next_at: datetime | None
    next_why: str
    taken_by: str
    extended_days: int


class CasesOut(Schema):
    """A page of cases, newest first."""

    items: list[CaseOut]
    next_cursor: int | None


class NextOut(Schema):
    """A step to come; only the first is sure."""

    what: str
    why: str
    at: datetime | None


class StepOut(Schema):
    """A step that was done."""

    what: str
    at: datetime
    detail: str


class WholeOut(CaseOut):
    """A case with what comes and what was done, oldest first."""

    plan: list[NextOut]
    steps: list[StepOut]


class PartOut(Schema):
    """``hits`` of ``cases``, and their share with its 95 % interval."""

    name: str
    cases: int
    hits: int
    share: float | None
    low: float | None
    high: float | None


class MoneyOut(Schema):
    """Money in one currency."""

    currency: str
    cases: int
    amount_minor: int


class RecoveryOut(Schema):
    """Cases of the last year that are closed; there is no hold-out."""

    since: datetime
    recovered: PartOut
    by_kind: list[PartOut]
    by_try: list[PartOut]
    by_mail: list[PartOut]
    involuntary: PartOut | None = Field(description="share of churn that nobody wanted")
    money: list[MoneyOut]
    at_stake: list[MoneyOut]


class MoreIn(Schema):
    """More time, and why."""

    days: int = Field(ge=1, le=90)
    reason: str = Field(min_length=1, max_length=400)


@endpoints.get("", "dunning.view", CasesOut)
def list_cases(
    request: HttpRequest,
    state: State | None = None,
    account: Annotated[str, Query(max_length=255)] = "",
    cursor: AfterId = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Cases, newest first."""
    rows = queries.find(state=state or "").order_by("-pk")
    if account:
        rows = rows.filter(account_id=account)
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda row: row.pk)


@endpoints.get("/recovery", "dunning.view", RecoveryOut)
def recovery(request: HttpRequest) -> dict[str, Any]:
    """How well dunning works."""
    found = reports.report(datetime.now(UTC), documents.current().targets.report_days)
    lists = {name: [_part(p) for p in getattr(found, name)] for name in _LISTS}
    return {
        "since": found.since,
        "recovered": _part(found.recovered),
        "involuntary": _part(found.involuntary) if found.involuntary else None,
        "money": found.money,
        "at_stake": reports.at_stake(),
        **lists,
    }


_LISTS = ("by_kind", "by_try", "by_mail")


def _part(part: Part) -> dict[str, Any]:
    share: Estimate = part.share
    told = {"share": share.value, "low": share.low, "high": share.high}
    return {"name": part.name, "cases": part.cases, "hits": part.hits, **told}


@endpoints.get("/{int:case_id}", "dunning.view", WholeOut)
def get_case(request: HttpRequest, case_id: int) -> dict[str, Any]:
    """One case, what comes next in it, and what was done."""
    case = _case(case_id)
    told = CaseOut.from_orm(case).dict()
    steps = list(case.steps.order_by("at", "pk").values("what", "at", "detail"))
    return {**told, "plan": queries.plan(case, datetime.now(UTC)), "steps": steps}


@endpoints.post("/{int:case_id}/take-over", "dunning.act", CaseOut)
def take_over(request: HttpRequest, case_id: int) -> Case:
    """A person sees to it from here: nothing happens by itself."""
    return actions.take_over(_case(case_id).invoice_id, caller(request), now=datetime.now(UTC))


@endpoints.post("/{int:case_id}/hand-back", "dunning.act", CaseOut)
def hand_back(request: HttpRequest, case_id: int) -> Case:
    """The course goes on where it would be by now."""
    return actions.hand_back(_case(case_id).invoice_id, caller(request), now=datetime.now(UTC))


@endpoints.post("/{int:case_id}/extend", "dunning.act", CaseOut)
def extend(request: HttpRequest, case_id: int, body: MoreIn) -> Case:
    """Grace and end come so many days later, within policy."""
    invoice = _case(case_id).invoice_id
    return actions.extend(invoice, body.days, body.reason, caller(request), now=datetime.now(UTC))


def _case(case_id: int) -> Case:
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise not_found("case", str(case_id))
    return case
