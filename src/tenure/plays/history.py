"""Did they, since then? Questions about many accounts or people at once, answered by the lake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from tenure.facts import lake, sql

ANYTHING = "*"
"""Any event of the customer's own, none of Tenure's."""
_OWN = "tenure."


def did(event: str, unit: str, since: Mapping[str, datetime]) -> set[str]:
    """Those of ``since`` (subject to moment) who did ``event`` at or after their moment."""
    if not since:
        return set()
    files = _files(min(since.values()).date())
    if not files:
        return set()
    asked = pa.table(
        {
            "subject": pa.array(list(since), pa.string()),
            "since": pa.array(list(since.values()), pa.timestamp("us", "UTC")),
        }
    )
    column = "person_id" if unit == "person" else "account_id"
    con = sql.connection()
    con.register("asked", asked)
    try:
        rows = con.execute(
            f"SELECT DISTINCT asked.subject FROM asked JOIN read_parquet(?, union_by_name=true, "
            f'hive_partitioning=true) AS e ON e.{column} = asked.subject AND e."timestamp" >= '
            f"asked.since WHERE {_is(event)}",
            [files, *_given(event)],
        ).fetchall()
    finally:
        con.unregister("asked")
    return {row[0] for row in rows}


def first(
    event: str, unit: str, since: datetime, until: datetime
) -> dict[str, tuple[datetime, str, str]]:
    """Who did ``event`` after ``since`` and up to ``until``: the first time, account and person.
    Loaded history is no news."""
    files = _files(since.date())
    if not files:
        return {}
    column = "person_id" if unit == "person" else "account_id"
    rows = (
        sql.connection()
        .execute(
            f'SELECT {column}, min("timestamp"), arg_min(account_id, "timestamp"), '
            f"arg_min(coalesce(person_id, ''), \"timestamp\") "
            "FROM read_parquet(?, union_by_name=true, hive_partitioning=true) "
            f"WHERE {_is(event)} AND NOT coalesce(backfill, false) "
            'AND "timestamp" > ? AND "timestamp" <= ? '
            f"AND {column} IS NOT NULL AND account_id IS NOT NULL GROUP BY 1",
            [files, *_given(event), since, until],
        )
        .fetchall()
    )
    return {s: (at.astimezone(UTC), account, person or "") for s, at, account, person in rows}


def active_days(zones: Mapping[str, str], since: datetime) -> dict[str, set[date]]:
    """On which days of theirs (``zones``: person to time zone) people did anything of their own
    since then."""
    files = _files(since.date()) if zones else []
    if not files:
        return {}
    asked = pa.table({"person": list(zones), "zone": list(zones.values())})
    con = sql.connection()
    con.register("asked", asked)
    try:
        rows = con.execute(
            'SELECT DISTINCT asked.person, CAST(timezone(asked.zone, e."timestamp") AS DATE) '
            "FROM asked JOIN read_parquet(?, union_by_name=true, hive_partitioning=true) AS e "
            f'ON e.person_id = asked.person WHERE {_is(ANYTHING)} AND e."timestamp" >= ?',
            [files, *_given(ANYTHING), since],
        ).fetchall()
    finally:
        con.unregister("asked")
    found: dict[str, set[date]] = {}
    for person, day in rows:
        found.setdefault(person, set()).add(day)
    return found


def _is(event: str) -> str:
    return "NOT starts_with(event, ?)" if event == ANYTHING else "event = ?"


def _given(event: str) -> list[str]:
    return [_OWN] if event == ANYTHING else [event]


def _files(since: date) -> list[str]:
    """Files of events that can hold something of ``since`` or later (never received before)."""
    source = lake.current().dataset(["events"]).pruned("events", since=since - timedelta(days=1))
    assert not isinstance(source, pa.Table)
    return list(source)
