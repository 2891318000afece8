"""What all subscriptions in force come to a month, and which of them have no amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenure.facts import reading


@dataclass(frozen=True)
class Recurring:
    """MRR of one currency (empty: none is named) from so many paying subscriptions;
    ``without`` are ids of some that have no amount, ``missing`` is how many there are."""

    currency: str
    mrr_minor: int
    subscriptions: int
    missing: int
    without: tuple[str, ...] = ()


def by_currency(now: datetime, examples: int = 3) -> list[Recurring]:
    """Of all subscriptions that pay at ``now``, as the latest facts tell them."""
    query = f"""
        SELECT coalesce(currency, '') AS currency,
            coalesce(sum(mrr_minor), 0)::BIGINT AS mrr_minor, count(*) AS subscriptions,
            count(*) FILTER (mrr_minor IS NULL) AS missing,
            (list(subscription_id ORDER BY subscription_id)
                FILTER (mrr_minor IS NULL))[:{examples}] AS without
        FROM subscriptions WHERE pays GROUP BY 1 ORDER BY 2 DESC, 1"""
    rows = reading.latest(query, now, "subscriptions").to_pylist()
    return [Recurring(**{**row, "without": tuple(row["without"] or ())}) for row in rows]
