"""Which model and period a page of scores is asked to show, read from its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.http import HttpRequest

from tenure.health.pages import models_shown

PERIODS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "6 months"), (365, "a year"))


def model(request: HttpRequest) -> str:
    """The model asked for if there is one of that name, else the default."""
    asked = request.GET.get("model") or request.POST.get("model") or ""
    return asked if asked in models_shown.titles() else models_shown.default()


@dataclass(frozen=True)
class Period:
    """From and to, with the number of days where one of ``PERIODS`` was asked for."""

    start: datetime
    end: datetime
    days: int | None


def period(request: HttpRequest, now: datetime) -> Period:
    """The last ``days`` (30 unless asked otherwise), or ``start`` to ``end``."""
    start, end = _day(request.GET.get("start")), _day(request.GET.get("end"))
    if start and end and start < end:
        return Period(start, end + timedelta(days=1), None)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(n) for n, _ in PERIODS} else 30
    return Period(now - timedelta(days=days), now, days)


def _day(text: str | None) -> datetime | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return datetime(found.year, found.month, found.day, tzinfo=UTC)
