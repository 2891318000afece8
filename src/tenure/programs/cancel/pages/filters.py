"""What a page about visits is asked: since when, which of them, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tenure.programs.cancel.finding import VisitFilter

SPANS = (("30", "Last 30 days"), ("90", "Last 90 days"), ("365", "Last year"), ("", "All time"))
USUAL = "365"
NAMES = tuple(f.name for f in fields(VisitFilter) if f.name not in ("since", "until"))


def read(given: Mapping[str, str], now: datetime) -> tuple[VisitFilter, str]:
    """The question, and the span chosen (days as text; empty is all time)."""
    span = given.get("span", USUAL)
    if span not in dict(SPANS):
        span = USUAL
    since = midnight(now) - timedelta(days=int(span)) if span else None
    told: dict[str, Any] = {
        name: str(given.get(name, "")).replace("\x00", "")[:200] for name in NAMES
    }
    return replace(VisitFilter(since=since), **told), span


def midnight(now: datetime) -> datetime:
    """The beginning of the UTC day."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def query(ask: VisitFilter, span: str, **more: str) -> str:
    """The question as the query of an address."""
    told = {name: getattr(ask, name) for name in NAMES} | more
    return urlencode({"span": span, **{k: v for k, v in told.items() if v}})
