"""What earlier retries teach about hours and days, from the ledger's own payments.

A retry is every attempt on an invoice after its first; its moment counts where the account is.
Worked out once a day: a lesson does not change by the minute, and every fact about a payment asks
for it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from tenure.accounts.models import Membership
from tenure.analytics.moments import micros
from tenure.facts import lake
from tenure.facts.reading import as_known, dated
from tenure.programs.dunning import schedule
from tenure.programs.dunning.schedule import NOTHING, Learned
from tenure.programs.dunning.settings import Settings

_kept: dict[tuple[str, date, int], Learned] = {}


def learned(numbers: Settings, now: datetime) -> Learned:
    """Success by local hour and day of the month, of the retries before today (UTC); nothing while
    there are fewer than ``learning.least``."""
    here = lake.current()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    key = (here.root, today.date(), hash(numbers.learning))
    if key not in _kept:
        _kept.clear()
        _kept[key] = _look(numbers, today)
    return _kept[key]


def _look(numbers: Settings, until: datetime) -> Learned:
    tried = retries(until - timedelta(days=numbers.learning.days), until)
    if len(tried) < numbers.learning.least:
        return NOTHING
    return schedule.learn(tried, numbers.learning)


def retries(since: datetime, until: datetime) -> list[tuple[datetime, bool]]:
    """Local moment of each retry in a time, and whether it went through, as known at its end."""
    ranked = """
        SELECT account_id, attempted_at, status = 'succeeded' AS good,
            row_number() OVER (PARTITION BY invoice_id ORDER BY attempted_at, payment_id) AS n
        FROM payments WHERE invoice_id IS NOT NULL"""
    query = (
        "SELECT account_id, attempted_at, good FROM ranked WHERE n > 1"
        f" AND attempted_at >= {micros(since)} AND attempted_at < {micros(until)}"
    )
    rows = dated(as_known(query, until, "payments", parts={"ranked": ranked}))
    zones = _zones({row["account_id"] for row in rows})
    return [
        (row["attempted_at"].astimezone(ZoneInfo(zones.get(row["account_id"], "UTC"))), row["good"])
        for row in rows
    ]


def _zones(accounts: set[str]) -> dict[str, str]:
    """The zone of each account: that of its people, the same rule as for its mails at heart."""
    known = available_timezones()
    people = Membership.objects.filter(left_at=None).exclude(person__timezone="")
    rows = people.order_by("-pk").values_list("account_id", "person__timezone")
    listed = rows.iterator(5000)
    return {account: zone for account, zone in listed if account in accounts and zone in known}
