"""The cancel flow for the team: what was saved and lasted, visits, what waits, links."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.accounts.models import Account
from tenure.analytics.experiments.result import Result
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import ApiError, not_found
from tenure.kit.rest.paging import AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.programs.cancel import customers, documents, fulfilment, ledger, links, queries, trial
from tenure.programs.cancel.finding import VisitFilter, matching

endpoints = Endpoints("cancel")
Days = Annotated[int, Query(ge=1, le=36500, description="visits begun in the last so many days")]
Outcome = Literal["", "open", "saved", "kept", "abandoned", "cancelled"]


class EstimateOut(Schema):
    """A share with its 95 % interval; nothing where nothing can be said."""

    value: float | None
    low: float | None
    high: float | None


class GroupOut(Schema):
    """A part of the visits; ``gone_later``: of those who did not cancel, ended since."""

    key: str
    visits: int
    saved: int
    cancelled: int
    gone_later: int
    rate: EstimateOut


class LastedOut(Schema):
    """Of saves at least ``days`` old, those still there that many days after."""

    days: int
    saves: int
    there: int
    share: EstimateOut


class ArmOut(Schema):
    """An arm of the split test against the one in which nothing is offered."""

    arm: str
    verdict: str
    headline: str
    text: str
    accounts: int
    stayed: float
    control_accounts: int
    control_stayed: float
    split_as_planned: bool
    split_p: float


class SavesOut(Schema):
    """What the flow achieved. ``rate`` leaves the control arm out; ``mrr_kept`` is the monthly
    value of saves still there, in minor units by currency."""

    visits: int
    saved: int
    kept: int
    abandoned: int
    cancelled: int
    saved_gone: int
    undecided_gone: int
    rate: EstimateOut
    lasted: list[LastedOut]
    mrr_kept: dict[str, int]
    groups: dict[str, list[GroupOut]]
    pauses_over: int
    pauses_back: int
    returned: EstimateOut
    signal_days: float | None
    signalled: int
    unsignalled: int
    split: list[ArmOut]


class VisitOut(Schema):
    """A visit; ``outcome`` is empty while it is open."""

    id: int
    account_id: str
    person_id: str
    subscription_id: str
    plan_id: str
    mrr_minor: int
    currency: str
    segments: list[str]
    tenure_days: int | None
    arm: str
    split: str
    started_at: datetime
    screen: str
    reason: str
    accepted: str
    outcome: str
    ended_at: datetime | None
    last_day: datetime | None
    would_return: str


class VisitsOut(Schema):
    """A page of visits, latest first."""

    items: list[VisitOut]
    next_cursor: int | None


class OfferedOut(Schema):
    """An offer as it was shown."""

    name: str
    kind: str
    percent: int
    months: int
    plan_id: str
    shown_at: datetime
    answer: str
    until: datetime | None


class ActOut(Schema):
    """Something to do in billing."""

    id: int
    key: str
    what: str
    terms: dict[str, Any]
    state: str
    asked_at: datetime
    due_at: datetime
    tries: int
    done_at: datetime | None
    detail: str


class OneOut(VisitOut):
    """A visit with what was said, offered and done."""

    more: str
    improve: str
    offers: list[OfferedOut]
    acts: list[ActOut]


class WaitingOut(ActOut):
    """An act that billing has not done, or will not do."""

    visit_id: int
    account_id: str
    subscription_id: str


class WhyIn(Schema):
    """A reason."""

    reason: str = Field(min_length=1, max_length=1000)


class LinkIn(Schema):
    """Whom a link is for; an empty subscription is whichever the account has."""

    account: str = Field(min_length=1, max_length=255)
    person: str = Field("", max_length=255)
    subscription: str = Field("", max_length=255)


class LinkOut(Schema):
    """The address of the hosted page."""

    url: str


class OfferOut(Schema):
    """An offer as the customer would read it."""

    name: str
    title: str
    text: str
    yes: str
    kept: list[str]
    lost: list[str]


class PlayedOut(Schema):
    """A reason played through; ``left_out`` are names of offers, each with why."""

    reason: str
    title: str
    path: int
    first: OfferOut | None
    then: OfferOut | None
    left_out: list[list[str]]


@endpoints.get("/saves", "cancel.view", SavesOut)
def get_saves(request: HttpRequest, days: Days = 365) -> dict[str, Any]:
    """What was saved, whether it lasted, and whether offers keep anybody."""
    now = datetime.now(UTC)
    found = queries.figures(VisitFilter(since=now - timedelta(days=days)), now)
    return {**asdict(found), "split": [_arm(r) for r in queries.split_test(now)]}


def _arm(found: Result) -> dict[str, Any]:
    return {
        "arm": found.treated,
        "verdict": found.verdict,
        "headline": found.headline,
        "text": found.text,
        "accounts": found.n_treated,
        "stayed": found.treated_mean,
        "control_accounts": found.n_control,
        "control_stayed": found.control_mean,
        "split_as_planned": not found.sample_ratio.broken,
        "split_p": found.sample_ratio.p,
    }


@endpoints.get("/visits", "cancel.view", VisitsOut)
def list_visits(
    request: HttpRequest,
    outcome: Outcome = "",
    reason: str = "",
    offer: str = "",
    account: str = "",
    limit: Limit = 50,
    cursor: AfterId = None,
) -> dict[str, Any]:
    """Visits, latest first."""
    rows = matching(VisitFilter(outcome=outcome, reason=reason, offer=offer)).order_by("-pk")
    if account:
        rows = rows.filter(account_id=account)
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda row: row.pk)


@endpoints.get("/visits/{int:pk}", "cancel.view", OneOut)
def get_visit(request: HttpRequest, pk: int) -> dict[str, Any]:
    """One visit with what was said, offered and done."""
    found = queries.detail(pk)
    if found is None:
        raise not_found("visit", pk)
    return found


@endpoints.get("/waiting", "cancel.view", list[WaitingOut])
def list_waiting(request: HttpRequest) -> list[dict[str, Any]]:
    """What billing has not done yet, or will not do, oldest first."""
    return queries.waiting()


@endpoints.post("/acts/{int:pk}/again", "cancel.handle", WaitingOut)
def try_again(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Have an act that billing refused tried again, now."""
    if fulfilment.mine(pk) is None:
        raise not_found("act", pk)
    return queries.act_row(fulfilment.try_again(pk, caller(request), now=datetime.now(UTC)))


@endpoints.post("/acts/{int:pk}/take-back", "cancel.handle", WaitingOut)
def take_back(request: HttpRequest, pk: int, data: WhyIn) -> dict[str, Any]:
    """Undo in billing what was done, for a reason; what waits is not done. Gives the act that
    undoes it, or the one that was dropped."""
    if fulfilment.mine(pk) is None:
        raise not_found("act", pk)
    act = fulfilment.take_back(pk, data.reason, caller(request), now=datetime.now(UTC))
    return queries.act_row(act)


@endpoints.post("/links", "cancel.handle", LinkOut)
def make_link(request: HttpRequest, data: LinkIn) -> dict[str, str]:
    """A signed link to the hosted page, for somebody who asks to cancel by mail or phone."""
    if not Account.objects.filter(pk=data.account).exists():
        raise not_found("account", data.account)
    return {"url": links.url(links.Who(data.account, data.person, data.subscription))}


@endpoints.get("/preview", "cancel.view", list[PlayedOut])
def preview(
    request: HttpRequest, account: str, language: str = "", arm: str = ""
) -> list[trial.Played]:
    """What an account would be offered for each reason now. Nothing is carried out."""
    now, numbers = datetime.now(UTC), documents.current()
    running = ledger.dearest(account, now)
    if running is None:
        raise ApiError(
            404,
            "none",
            f"{account[:120]} has no running subscription",
            field="account",
            remedy="name an account that pays",
        )
    who = customers.of(account, running, numbers, now)
    if arm:
        who = replace(who, arm=arm)
    return trial.play(who, numbers, numbers.language(language), now)
