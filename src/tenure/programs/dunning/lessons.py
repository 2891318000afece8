"""What earlier retries teach about hours and days, from the ledger's own payments.

A retry is every attempt on an invoice after its first; its moment counts where the account is.
Worked out once a day: a lesson does not change by the minute, and every fact about a payment asks
for it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from tenure.accounts.models import Membership
from tenure.analytics.moments import micros
from tenure.facts import lake, sql
from tenure.programs.dunning import schedule
from tenure.programs.dunning.numbers import Numbers
from tenure.programs.dunning.schedule import NOTHING, Learned

_kept: dict[tuple[str, date, int], Learned] = {}


def learned(numbers: Numbers, now: datetime) -> Learned:
    """Success by local hour and day of the month, of the retries before today (UTC); nothing while
    there are fewer than ``learning.least``."""
    here = lake.current()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    key = (here.root, today.date(), hash(numbers.learning))
    if key not in _kept:
        _kept.clear()
        _kept[key] = _look(numbers, today)
    return _kept[key]


def _look(numbers: Numbers, until: datetime) -> Learned:
    tried = retries(until - timedelta(days=numbers.learning.days), until)
    if len(tried) < numbers.learning.least:
        return NOTHING
    return schedule.learn(tried, numbers.learning)


def retries(since: datetime, until: datetime) -> list[tuple[datetime, bool]]:
    """Local moment of each retry in a time, and whether it went through, as known at its end."""
    here = lake.current()
    if not here.exists("payments"):
        return []
    files = here.files("payments")["path"].to_pylist()
    rows = (
        sql.connection()
        .sql(
            "WITH once AS (SELECT payment_id, arg_max(invoice_id, received_at) AS invoice_id,"
            " arg_max(account_id, received_at) AS account_id, min(attempted_at) AS tried,"
            " arg_max(status, received_at) = 'succeeded' AS good"
            " FROM read_parquet(?, hive_partitioning = true, union_by_name = true)"
            f" WHERE epoch_us(received_at) < {micros(until)} GROUP BY payment_id),"
            " ranked AS (SELECT *, row_number() OVER (PARTITION BY invoice_id ORDER BY tried) AS n"
            " FROM once WHERE invoice_id IS NOT NULL)"
            f" SELECT account_id, epoch_us(tried), good FROM ranked WHERE n > 1"
            f" AND epoch_us(tried) >= {micros(since)} AND epoch_us(tried) < {micros(until)}",
            params=[files],
        )
        .fetchall()
    )
    zones = _zones({account for account, _, _ in rows})
    return [(_local(at, zones.get(account, "UTC")), bool(good)) for account, at, good in rows]


def _zones(accounts: set[str]) -> dict[str, str]:
    """The zone of each account: that of its people, the same rule as for its mails at heart."""
    known = available_timezones()
    people = Membership.objects.filter(left_at=None).exclude(person__timezone="")
    rows = people.order_by("-pk").values_list("account_id", "person__timezone")
    listed = rows.iterator(5000)
    return {account: zone for account, zone in listed if account in accounts and zone in known}


def _local(at: Any, zone: str) -> datetime:
    epoch = datetime.fromtimestamp(0, ZoneInfo("UTC"))
    return (epoch + timedelta(microseconds=int(at))).astimezone(ZoneInfo(zone))
