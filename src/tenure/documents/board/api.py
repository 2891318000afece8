"""Revenue over REST: months, cohorts, lifetime value, and the board; all as known at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.documents.board import figures
from tenure.kit.rest.routing import Endpoints
from tenure.metrics.revenue import queries

endpoints = Endpoints("metrics")
Months = Annotated[int, Query(ge=1, le=60, description="how many, up to the moment")]
KnownAt = Annotated[
    date | None, Query(description="as it was known when this day (UTC) began; default: now")
]
By = Annotated[
    Literal["plan", "channel", "industry", "country", "leaving"] | None,
    Query(description="a split; without one, everything together"),
]
CohortsBy = Annotated[
    Literal["plan", "channel", "industry", "country", "offer", "reason", "tenure", "leaving"]
    | None,
    Query(description="a split; by offer, reason or tenure cohorts begin with that"),
]


class FigureOut(Schema):
    """A value, how many things it rests on, and its 95 % interval where one can be told."""

    value: float | None
    n: int
    low: float | None
    high: float | None


class EntryOut(Schema):
    """A figure of the board; shares are parts of one."""

    name: str
    title: str
    group: str
    unit: str
    better: str
    target: float | None
    least: int
    says: str = Field(description="what it means")
    standing: str = Field(description="on, near, off, open (no target), few or nothing")
    now: FigureOut
    trend: list[FigureOut] = Field(description="the periods up to now, oldest first")


class MonthOut(Schema):
    """A month of one currency and group; amounts in minor units, movements as positive numbers."""

    month: date
    currency: str
    group: str
    start_minor: int
    new_minor: int
    expansion_minor: int
    reactivation_minor: int
    contraction_minor: int
    churn_minor: int
    end_minor: int
    voluntary_minor: int
    involuntary_minor: int
    accounts_start: int
    accounts_new: int
    accounts_reactivated: int
    accounts_churned: int
    accounts_end: int
    gross_churn: float | None
    net_churn: float | None
    grr: float | None
    nrr: float | None
    logo_churn: float | None
    arpa_minor: float | None
    quick_ratio: float | None


class CohortOut(Schema):
    """A cohort at an age in months; retention of logos with its 95 % interval, and of revenue."""

    month: date
    group: str
    currency: str
    age: int
    size: int
    alive: int
    start_minor: int
    mrr_minor: int
    logo_retention: float
    logo_interval: list[float]
    revenue_retention: float


class LtvOut(Schema):
    """Lifetime value of one currency and group, by the equation and as survival predicts it."""

    currency: str
    group: str
    accounts: int
    arpa_minor: float
    monthly_churn: float
    lifespan_months: float | None
    cac_minor: float | None
    ltv_minor: float | None
    ltv_to_cac: float | None
    payback_months: float | None
    predictive: dict[str, Any] | None
    projected: dict[str, Any] | None
    lost: int = Field(description="accounts that are gone; who came back is not among them")
    caution: str = Field(description="what has to be known to read the values; often empty")
    levers: dict[str, Any]
    lever_step: float


@endpoints.get("", "revenue.view", list[MonthOut])
def get_months(
    request: HttpRequest, months: Months = 12, known_at: KnownAt = None, by: By = None
) -> list[dict[str, Any]]:
    """MRR movements and rates, month by month; the current one so far."""
    at = _moment(known_at)
    told = queries.monthly(_first(at, months), at.date(), known_at=at, by=by)
    return [month.to_dict() for month in told]


@endpoints.get("/cohorts", "revenue.view", list[CohortOut])
def get_cohorts(
    request: HttpRequest, months: Months = 12, known_at: KnownAt = None, by: CohortsBy = None
) -> list[dict[str, Any]]:
    """Cohorts of the accounts won in each month (or to which something happened), at every age."""
    at = _moment(known_at)
    told = queries.cohorts(_first(at, months), at.date(), known_at=at, by=by)
    return [cohort.to_dict() for cohort in told]


@endpoints.get("/ltv", "revenue.view", list[LtvOut])
def get_ltv(request: HttpRequest, known_at: KnownAt = None, by: By = None) -> list[dict[str, Any]]:
    """Lifetime value, what it rests on, and what each lever would add."""
    return queries.lifetime_value(known_at=_moment(known_at), by=by)


@endpoints.get("/board", "revenue.view", list[EntryOut])
def get_board(request: HttpRequest) -> list[dict[str, Any]]:
    """Every figure of the board, as known now."""
    return [entry.told() for entry in figures.board(datetime.now(UTC))]


def _moment(day: date | None) -> datetime:
    return datetime.now(UTC) if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


def _first(at: datetime, months: int) -> date:
    number = max(at.year * 12 + at.month - months, 12)
    return date(number // 12, number % 12 + 1, 1)
