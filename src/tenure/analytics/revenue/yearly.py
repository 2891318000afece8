"""Net and gross revenue retention over a year: of the MRR of twelve months ago, what is left.

Only the accounts that paid twelve months ago are looked at. NRR is what they pay now over what they
paid then; GRR counts of each no more than it paid then, so growth of one does not hide the loss of
another. Both are the yearly figures that the usual targets (NRR above 100 %, GRR above 90 %) are
about; the product of twelve monthly rates is a different number, because its base moves.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from tenure.analytics.revenue.figures import chosen, connect, ratio

MONTHS = 12

_YEARLY = """
WITH then_paid AS (
  SELECT account_id, currency, start_minor AS before FROM moves
  WHERE month = $first AND start_minor > 0
),
now_paid AS (SELECT account_id, currency, end_minor AS after FROM moves WHERE month = $last)
SELECT currency, sum(before)::BIGINT, coalesce(sum(after), 0)::BIGINT,
       sum(least(before, coalesce(after, 0)))::BIGINT, count(*), count(*) FILTER (after > 0)
FROM then_paid LEFT JOIN now_paid USING (account_id, currency)
GROUP BY currency ORDER BY currency
"""


@dataclass(frozen=True)
class YearlyRetention:
    """The accounts that paid a year before the end of ``month``; amounts in minor units."""

    month: date
    currency: str
    before_minor: int
    after_minor: int
    kept_minor: int
    accounts_before: int
    accounts_after: int

    @property
    def nrr(self) -> float | None:
        """Net revenue retention of the year."""
        return ratio(self.after_minor, self.before_minor)

    @property
    def grr(self) -> float | None:
        """Gross revenue retention of the year.

        >>> year = YearlyRetention(date(2026, 1, 1), "USD", 1_000, 1_150, 920, 10, 9)
        >>> year.nrr, year.grr, year.logos
        (1.15, 0.92, 0.9)
        """
        return ratio(self.kept_minor, self.before_minor)

    @property
    def logos(self) -> float | None:
        """Share of the accounts that still pay."""
        return ratio(self.accounts_after, self.accounts_before)


def yearly(
    moves: pa.Table, month: date, only: Collection[str] | None = None
) -> list[YearlyRetention]:
    """Yearly retention at the end of ``month`` by currency; ``moves`` must cover the year before.

    Empty where nobody paid a year ago.
    """
    number = month.year * MONTHS + month.month - MONTHS
    first = date(number // MONTHS, number % MONTHS + 1, 1)
    con = connect(chosen(moves, only))
    rows = con.execute(_YEARLY, {"first": first, "last": month.replace(day=1)}).fetchall()
    return [YearlyRetention(month.replace(day=1), *row) for row in rows]
