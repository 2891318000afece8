"""What a validation stands on: the churn in the facts, and how far the facts reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.asof import known_sql
from tenure.analytics.churn import ChurnPolicy, churn_dates
from tenure.analytics.dataset import Dataset
from tenure.analytics.moments import micros, moment
from tenure.facts import lake
from tenure.facts.inbox import OWN_SOURCE
from tenure.facts.reading import engine

STAMP = pa.timestamp("us", tz="UTC")
_SUBSCRIPTION = ("started_at", "ended_at", "updated_at", "received_at")


@dataclass(frozen=True)
class Reach:
    """First and last moment the facts tell of."""

    first: datetime
    last: datetime


def reach(now: datetime) -> Reach | None:
    """From the first event (or subscription, where there are no events) to the end of the day of
    the last fact, never past ``now``; what Tenure itself did does not count. None when there are
    no facts."""
    ends = [e for e in (_events(), _subscriptions()) if e is not None]
    if not ends:
        return None
    last = max(e[1] for e in ends)
    midnight = datetime.combine(last.date() + timedelta(days=1), time(), UTC)
    return Reach(ends[0][0], min(midnight, now))


def churn(known_at: datetime, policy: ChurnPolicy) -> pa.Table:
    """All churns known at ``known_at`` (see ``analytics.churn``)."""
    subscriptions = _rows(
        "subscriptions",
        ("subscription_id", "account_id", *_SUBSCRIPTION, "end_reason", "status"),
        _SUBSCRIPTION,
    )
    payments = _rows("payments", ("account_id", "attempted_at", "status"), ("attempted_at",))
    return churn_dates(subscriptions, known_at, payments=payments, policy=policy)


def has_subscriptions() -> bool:
    """Whether churn can be told at all."""
    return lake.current().exists("subscriptions") and lake.current().rows("subscriptions") > 0


def backfilled_share(until: datetime) -> float | None:
    """Share of the events and subscriptions before ``until`` that were loaded as history."""
    dataset = lake.current().dataset(["events", "subscriptions"])
    stop = micros(until)
    sql = " UNION ALL ".join(
        f"SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE backfill) AS b"
        f" FROM ({known_sql(t, stop)}) AS k WHERE source IS DISTINCT FROM '{OWN_SOURCE}'"
        for t in ("events", "subscriptions")
    )
    counts = engine().query(sql, dataset)
    total, back = pc.sum(counts["n"]).as_py() or 0, pc.sum(counts["b"]).as_py() or 0
    return round(back / total, 4) if total else None


def _rows(table: str, columns: Sequence[str], moments: Sequence[str]) -> pa.Table:
    dataset = lake.current().dataset([table])
    rows = engine().query(f"SELECT {', '.join(columns)} FROM raw_{table}", dataset)
    for name in moments:
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, name, rows[name].cast(pa.int64()).cast(STAMP))
    return rows


def _events() -> tuple[datetime, datetime] | None:
    """First and last event; the last is looked for from the newest day back."""
    here = lake.current()
    files = here.files("events")
    if not files.num_rows:
        return None
    by_day: dict[object, list[str]] = {}
    days = files["partition.received_day"].to_pylist()
    for day, path in zip(days, files["path"].to_pylist(), strict=True):
        by_day.setdefault(day, []).append(path)
    newest = (_span(by_day[day]) for day in sorted(by_day, reverse=True))  # type: ignore[type-var]
    oldest = (_span(by_day[day]) for day in sorted(by_day))  # type: ignore[type-var]
    last, first = next(filter(None, newest), None), next(filter(None, oldest), None)
    return (first[0], last[1]) if first and last else None


def _span(paths: list[str]) -> tuple[datetime, datetime] | None:
    sql = (
        "SELECT MIN(timestamp) AS a, MAX(timestamp) AS b FROM raw_events"
        f" WHERE source IS DISTINCT FROM '{OWN_SOURCE}'"
    )
    row = engine().query(sql, Dataset({"events": paths})).to_pylist()[0]
    return None if row["a"] is None else (moment(row["a"]), moment(row["b"]))


def _subscriptions() -> tuple[datetime, datetime] | None:
    """First start and last change; the end of a period that lies ahead tells of no change yet."""
    sql = (
        "SELECT MIN(started_at) AS a, MAX(GREATEST(COALESCE(updated_at, started_at), started_at))"
        " AS b FROM raw_subscriptions"
    )
    row = engine().query(sql, lake.current().dataset(["subscriptions"])).to_pylist()[0]
    return None if row["a"] is None else (moment(row["a"]), moment(row["b"]))
