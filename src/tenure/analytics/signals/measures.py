"""Measures: an input over a window of days, as an aggregate that can be merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tenure.analytics.signals.inputs import Input

WORD = 60
"""Days remembered in one integer, a bit for each."""


@dataclass(frozen=True)
class Measure:
    """``input`` over the days [end_day - start, end_day - end), where end_day closes all windows.

    ``how``: ``sum``; ``days`` with a value above 0; ``weeks`` of seven days with one; ``last`` such
    day; ``any`` of them (1 or NULL); ``bits`` OR-ed together.
    """

    input: Input
    how: Literal["sum", "days", "weeks", "last", "any", "bits"]
    start: int
    end: int = 0

    def sql(self, end_day: int) -> str:
        """The aggregate, over rows with ``day`` and the input's column."""
        low, high = end_day - self.start, end_day - self.end
        value = self.input.name
        if self.how == "sum":
            return f"SUM(CASE WHEN {_within(low, high)} THEN {value} END)"
        if self.how == "bits":
            return f"BIT_OR(CASE WHEN {_within(low, high)} THEN {value} END)"
        if self.how == "last":
            return f"MAX(CASE WHEN {value} > 0 AND {_within(low, high)} THEN day END)"
        if self.how == "any":
            return f"MAX(CASE WHEN {value} > 0 AND {_within(low, high)} THEN 1 END)"
        return _days(value, low, high) if self.how == "days" else _weeks(value, low, high)


def _within(low: int, high: int) -> str:
    return f"day >= {low} AND day < {high}"


def _days(value: str, low: int, high: int) -> str:
    words = [
        f"BIT_COUNT(COALESCE(BIT_OR(CASE WHEN {value} > 0 AND {_within(at, min(at + WORD, high))}"
        f" THEN CAST(1 AS BIGINT) << CAST(day - {at} AS INT) END), 0))"
        for at in range(low, high, WORD)
    ]
    return " + ".join(words) if len(words) == 1 else f"({' + '.join(words)})"


def _weeks(value: str, low: int, high: int) -> str:
    weeks = [
        f"COALESCE(MAX(CASE WHEN {value} > 0 AND {_within(at, at + 7)} THEN 1 END), 0)"
        for at in range(low, high, 7)
    ]
    return f"({' + '.join(weeks)})"
