"""How figures are counted, as one query a period; only facts received by the moment count.

Every query gives rows ``segment, value, base``: the whole workspace under the empty name, then each
segment in ``members`` (``account_id, segment``), as the accounts stood at the time. ``base`` is how
many things the value rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from tenure.analytics.asof import needed_views, view_name, view_sql
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import Engine
from tenure.analytics.indicators.expect import Figure
from tenure.analytics.indicators.policy import Indicator
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.signals.inputs import PRODUCT
from tenure.analytics.signals.sql import literals

MEMBERS = pa.schema([("account_id", pa.string()), ("segment", pa.string())])
_TABLES = {
    "tickets": "tickets",
    "reply_hours": "tickets",
    "ticket_sentiment": "tickets",
    "csat": "tickets",
    "nps": "responses",
}
GOOD_RATING = 4
PROMOTER, DETRACTOR = 9, 6


@dataclass(frozen=True)
class Span:
    """A period, and the moment up to which facts about it had to arrive to count."""

    start: datetime
    end: datetime
    known_at: datetime


def figures(
    of: Indicator,
    span: Span,
    data: Dataset,
    engine: Engine,
    members: pa.Table,
    events: Sequence[str] | None = None,
    activity_days: int = 30,
) -> dict[str, Figure]:
    """The figure of a period by segment, the workspace under ``""``; what has none is left out.

    ``events`` are the names behind the indicator's events; None is any product event.
    """
    query = _Query(of, span, events, data.has("subscriptions"), activity_days)
    by_activity = of.measure == "adoption" and not query.has_subscriptions
    pruned = _pruned(data, span, activity_days if by_activity else 0)
    rows = engine.query(query.sql(), pruned, {"members": members}).to_pylist()
    found = {}
    for row in rows:
        base = int(row["base"] or 0)
        enough = row["value"] is not None and (of.counts or base >= of.least)
        found[str(row["segment"])] = Figure(float(row["value"]) if enough else None, base)
    return found


def _pruned(data: Dataset, span: Span, earlier_days: int) -> Dataset:
    """Without the files that hold nothing of the period or arrived too late."""
    since = (span.start - timedelta(days=earlier_days)).date()
    until = span.known_at.date()
    return Dataset(
        {t: data.pruned(t, since if t == "events" else None, until) for t in data.tables}
    )


@dataclass(frozen=True)
class _Query:
    of: Indicator
    span: Span
    events: Sequence[str] | None
    has_subscriptions: bool
    activity_days: int

    def sql(self) -> str:
        """See the module."""
        parts = {}
        for name, shift in self._views():
            parts[view_name(name, shift)] = view_sql(name, micros(self.span.known_at), shift)
        parts["facts"] = self._facts()
        parts["grouped"] = (
            "SELECT '' AS segment, f.* FROM facts AS f UNION ALL"
            " SELECT m.segment, f.* FROM facts AS f JOIN members AS m USING (account_id)"
        )
        listed = ", ".join(f"{name} AS ({body})" for name, body in parts.items())
        value, base = self._aggregate()
        return (
            f"WITH {listed} SELECT segment, {value} AS value, {base} AS base"
            " FROM grouped GROUP BY segment"
        )

    def _views(self) -> list[tuple[str, int]]:
        if table := _TABLES.get(self.of.measure):
            return needed_views(table)
        if self.of.measure == "adoption" and self.has_subscriptions:
            return needed_views("subscriptions")
        return []

    def _facts(self) -> str:
        return {
            "people": lambda: self._used("account_id, person_id"),
            "adoption": self._adoption,
            "tickets": lambda: self._tickets("opened_at"),
            "reply_hours": lambda: self._tickets("first_reply_at"),
            "csat": lambda: self._tickets("resolved_at", "csat IS NOT NULL"),
            "ticket_sentiment": self._felt,
            "nps": self._nps,
        }[self.of.measure]()

    def _aggregate(self) -> tuple[str, str]:
        return {
            "people": ("COUNT(DISTINCT person_id)", "COUNT(DISTINCT person_id)"),
            "adoption": (f"AVG({_one_if(f'used_days >= {self.of.days}')})", "COUNT(*)"),
            "tickets": ("COUNT(*)", "COUNT(*)"),
            "reply_hours": ("MEDIAN(reply_hours)", "COUNT(*)"),
            "csat": (f"AVG({_one_if(f'csat >= {GOOD_RATING}')})", "COUNT(*)"),
            "ticket_sentiment": ("AVG(feeling)", "COUNT(*)"),
            "nps": (
                f"100 * AVG(CASE WHEN score >= {PROMOTER} THEN 1.0"
                f" WHEN score <= {DETRACTOR} THEN -1.0 ELSE 0.0 END)",
                "COUNT(*)",
            ),
        }[self.of.measure]

    def _within(self, column: str, earlier_days: int = 0) -> str:
        start = micros(self.span.start) - earlier_days * DAY_US
        return f"{column} >= {start} AND {column} < {micros(self.span.end)}"

    def _used(self, columns: str, earlier_days: int = 0, named: bool = True) -> str:
        """Product events of the period (or from some days before) that were known."""
        which = "" if self.events is None or not named else f" AND event IN {literals(self.events)}"
        if self.events is not None and named and not self.events:
            which = " AND FALSE"
        return (
            f"SELECT {columns} FROM raw_events WHERE account_id IS NOT NULL AND {PRODUCT}{which}"
            f" AND {self._within('timestamp', earlier_days)}"
            f" AND received_at < {micros(self.span.known_at)}"
        )

    def _adoption(self) -> str:
        """A row per customer: on how many days of the period it used what is asked for."""
        if self.has_subscriptions:
            view = view_name("subscriptions")
            customers = f"SELECT DISTINCT account_id FROM {view} WHERE in_force"
        else:
            customers = self._used("DISTINCT account_id", self.activity_days, named=False)
        days = self._used(f"account_id, timestamp // {DAY_US} AS day")
        return (
            "SELECT c.account_id, COUNT(DISTINCT u.day) AS used_days"
            f" FROM ({customers}) AS c LEFT JOIN ({days}) AS u ON u.account_id = c.account_id"
            " GROUP BY c.account_id"
        )

    def _tickets(self, moment: str, also: str = "TRUE") -> str:
        return (
            f"SELECT account_id, reply_hours, csat FROM {view_name('tickets')}"
            f" WHERE {self._within(moment)} AND {also}"
        )

    def _felt(self) -> str:
        """Feelings of tickets, dated when they became known."""
        inner = (
            "SELECT account_id, COALESCE(sentiment, (csat - 3) / 2.0) AS feeling,"
            " CASE WHEN sentiment IS NULL THEN resolved_at ELSE first_reply_at END AS told_at"
            f" FROM {view_name('tickets')}"
        )
        return (
            f"SELECT account_id, feeling FROM ({inner}) AS t"
            f" WHERE feeling IS NOT NULL AND {self._within('told_at')}"
        )

    def _nps(self) -> str:
        return (
            f"SELECT account_id, score FROM {view_name('responses')}"
            f" WHERE LOWER(survey) = 'nps' AND score IS NOT NULL AND {self._within('responded_at')}"
        )


def _one_if(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1.0 ELSE 0.0 END"
