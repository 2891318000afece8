"""What a revenue page is asked: month, currency, of whom, and as it was known when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from tenure.analytics.errors import SpecError
from tenure.metrics.revenue import scope
from tenure.metrics.revenue.queries import SPLITS
from tenure.metrics.revenue.scope import Scope

BYS = (*SPLITS, scope.SEGMENT)
LENGTHS = (12, 24, 36)
EVERYBODY = Scope()


@dataclass(frozen=True)
class RevenueQuery:
    """A question about revenue. ``known`` is the day given, None for now; ``faults`` what was not
    understood and therefore left out."""

    now: datetime
    month: date
    currency: str = ""
    of: Scope = EVERYBODY
    known: date | None = None
    by: str = "plan"
    months: int = 12
    faults: tuple[str, ...] = ()

    @property
    def known_at(self) -> datetime:
        """The moment before which facts are known: the first of the day ``known``, or now."""
        return datetime.combine(self.known, time(), UTC) if self.known else self.now

    @property
    def first(self) -> date:
        """First month to read: a year before the month asked for and before the first shown."""
        return min(back(self.known_at.date(), self.months + 11), back(self.month, 11))

    def query(self, **changes: object) -> str:
        """The question (with changes) as the query of an address."""
        asked = replace(self, **changes)  # type: ignore[arg-type]
        parts = {
            "currency": asked.currency,
            "of": asked.of.text,
            "by": asked.by,
            "known": asked.known.isoformat() if asked.known else "",
            "month": asked.month.isoformat()[:7],
            "months": asked.months,
        }
        return urlencode({name: value for name, value in parts.items() if value})


def back(day: date, months: int) -> date:
    """First day of the month ``months`` before that of ``day``.

    >>> back(date(2026, 2, 14), 3)
    datetime.date(2025, 11, 1)
    """
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def read(given: Mapping[str, str], now: datetime) -> RevenueQuery:
    """The question in an address. What cannot be understood is told in ``faults``."""
    faults: list[str] = []
    known = _day(given.get("known", ""), faults)
    if known and known > now.date():
        faults.append(f"{known} lies in the future: this is as known now.")
        known = None
    until = known or now.date()
    month = _day(_first(given.get("month", "")), faults) or back(until, 1)
    if month > until:
        faults.append(f"{month:%Y-%m} has not begun: this is the last full month.")
        month = back(until, 1)
    try:
        of = scope.parse(given.get("of", ""))
    except SpecError as error:
        faults.append(f"{error.key} {error.problem}: this is everybody.")
        of = EVERYBODY
    by, months = given.get("by", ""), given.get("months", "")
    return RevenueQuery(
        now,
        month.replace(day=1),
        given.get("currency", "").upper()[:3],
        of,
        known,
        by if by in BYS else "plan",
        int(months) if months in {str(n) for n in LENGTHS} else LENGTHS[0],
        tuple(faults),
    )


def _first(month: str) -> str:
    return f"{month}-01" if len(month) == len("2026-01") else month


def _day(text: str, faults: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(f"{text[:20]} is no day: write it as 2026-03-31.")
        return None
