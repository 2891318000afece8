"""Hand-offs and touches: work for others out, what came back in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.accounts.models import Account
from tenure.accounts.rest import existing
from tenure.kit.rest.auth import caller
from tenure.kit.rest.paging import BIGINT, Limit
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import Moment
from tenure.work.portfolio import actions, handoffs
from tenure.work.portfolio.actions import TouchDraft
from tenure.work.portfolio.handoffs import Answer, Request
from tenure.work.portfolio.models import HandOff

endpoints = Endpoints("portfolio")
Links = Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=20)]


class HandOffOut(Schema):
    """Work that was handed to others, and what came back."""

    id: int
    kind: str
    account_id: str
    title: str
    why: str
    links: list[str]
    receiver: str
    due_at: datetime
    state: str = Field(description="open, back or withdrawn")
    opened_by: str
    opened_at: datetime
    outcome: str
    note: str
    back_links: list[str]
    reference: str
    closed_by: str
    closed_at: datetime | None


class HandOffIn(Schema):
    """Work to hand over; ``receiver`` empty: as policy has it for the kind."""

    kind: str = Field(max_length=80)
    title: str = Field(min_length=1, max_length=200)
    why: str = Field(min_length=1, max_length=10_000)
    account_id: str = Field("", max_length=255)
    links: Links = []
    receiver: str = Field("", max_length=300, description="role:, person:, webhook: or chat:NAME")


class AnswerIn(Schema):
    """What came back; the outcomes are in policy ``portfolio``."""

    outcome: str = Field(max_length=40)
    note: str = Field("", max_length=10_000)
    links: Links = []
    reference: str = Field("", max_length=200)


class WithdrawIn(Schema):
    """Why it is withdrawn."""

    why: str = Field("", max_length=2000)


class TouchIn(Schema):
    """A touch to log."""

    account_id: str = Field(max_length=255)
    kind: str = Field(min_length=1, max_length=80)
    at: Moment
    outcome: str = Field("", max_length=80)
    minutes: int | None = Field(None, ge=1, le=actions.MINUTES_A_DAY)
    note: str = Field("", max_length=5000)


class TouchOut(Schema):
    """The id under which it is kept (table interactions)."""

    interaction_id: str


@endpoints.get("/hand-offs", "portfolio.view", list[HandOffOut])
def list_hand_offs(
    request: HttpRequest,
    state: Literal["open", "back", "withdrawn"] | None = None,
    account: Annotated[str, Query(max_length=255)] = "",
    limit: Limit = 100,
) -> list[HandOff]:
    """Hand-offs, the newest first."""
    rows = HandOff.objects.order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if account:
        rows = rows.filter(account_id=account)
    return list(rows[:limit])


@endpoints.post("/hand-offs", "portfolio.edit", HandOffOut)
def hand_over(request: HttpRequest, data: HandOffIn) -> HandOff:
    """Hand work over: a task for a person, or a message to a webhook or chat."""
    account: Account | None = existing(data.account_id) if data.account_id else None
    asked = Request(data.kind, data.title, data.why, account, data.links, data.receiver)
    return handoffs.open_hand_off(asked, caller(request), now=datetime.now(UTC))


@endpoints.post("/hand-offs/{int:hand_off_id}/back", "portfolio.edit", HandOffOut)
def came_back(request: HttpRequest, hand_off_id: int, data: AnswerIn) -> HandOff:
    """Record what came back; its task is done with."""
    answer = Answer(data.outcome, data.note, data.links, data.reference)
    return handoffs.came_back(_id(hand_off_id), answer, caller(request), now=datetime.now(UTC))


@endpoints.post("/hand-offs/{int:hand_off_id}/withdraw", "portfolio.edit", HandOffOut)
def withdraw(request: HttpRequest, hand_off_id: int, data: WithdrawIn) -> HandOff:
    """Take it back before it is done."""
    by, now = caller(request), datetime.now(UTC)
    return handoffs.withdraw(_id(hand_off_id), data.why, by, now=now)


@endpoints.post("/touches", "portfolio.edit", TouchOut)
def log_touch(request: HttpRequest, data: TouchIn) -> dict[str, Any]:
    """Log a touch by hand, as on the page of the account."""
    given = data.model_dump(exclude={"account_id"})
    touch = actions.log_touch(
        existing(data.account_id), TouchDraft(**given), caller(request), now=datetime.now(UTC)
    )
    return {"interaction_id": touch}


def _id(number: int) -> int:
    return min(number, BIGINT)
