"""Cohorts that begin with something that happened to a customer, from the facts that tell of it.

* ``offer``: a save offer was accepted in the cancel flow; the group is the kind of offer.
* ``reason``: a reason for cancelling was given there, whatever came of it; the group is the reason.
* ``tenure``: everybody who paid at the first moment looked at; the group is how long they had been
  customers by then.

Of several the first within the months shown counts, so that an account is in one cohort.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenure.analytics.dataset import Dataset
from tenure.analytics.moments import micros, moment
from tenure.analytics.signals.compute import compute_signals
from tenure.facts.reading import as_known
from tenure.health import policy as health
from tenure.metrics.revenue import policy

EVENTS = {
    "offer": ("tenure.cancel_offer_accepted", "kind"),
    "reason": ("tenure.cancel_reason_given", "reason"),
}
TENURE = "tenure"
HAPPENED = (*EVENTS, TENURE)
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Begun:
    """When it happened to each account, and the group that it makes."""

    since: dict[str, datetime]
    groups: dict[str, str]


def begun(by: str, dataset: Dataset, first: datetime, known_at: datetime) -> Begun:
    """What happened from ``first`` on, as known at ``known_at``."""
    if by == TENURE:
        return _by_tenure(dataset, first)
    event, told = EVENTS[by]
    rows = as_known(
        f"SELECT account_id, min(timestamp) AS at,"
        f" arg_min(json_extract_string(properties, '$.{told}'), (timestamp, message_id)) AS name"
        f" FROM events WHERE event = '{event}' AND timestamp >= {micros(first)}"
        " AND account_id IS NOT NULL GROUP BY account_id",
        known_at,
        "events",
        since=first.date(),
    )
    return Begun(
        {r["account_id"]: moment(r["at"]) for r in rows},
        {r["account_id"]: (r["name"] or UNKNOWN).replace("_", " ") for r in rows},
    )


def _by_tenure(dataset: Dataset, first: datetime) -> Begun:
    """Bands of policy ``revenue``, as of ``first``."""
    bands = policy.revenue_policy().tenures
    signal = "days_since_first_subscription"
    table = compute_signals(dataset, health.registry(), first, names=[signal])
    days = dict(zip(table["account_id"].to_pylist(), table[signal].to_pylist(), strict=True))
    known = {account: number for account, number in days.items() if number is not None}
    return Begun(
        dict.fromkeys(known, first),
        {
            account: next(b.name for b in bands if b.below is None or number < b.below)
            for account, number in known.items()
        },
    )
