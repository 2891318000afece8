"""The same 25 signals written by hand: as one SQL query over the raw files, and in pandas."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from company import FEATURES, Size, event_files

CORE = ("Task Completed", "Comment Added", "Project Created")
KEY = ("Task Completed", "Report Shared")


def sql(size: Size, root: Path) -> str:
    """What a good analyst would write: one pass, a filter for each figure."""
    since = size.as_of - timedelta(days=90)
    files = [f for f in event_files(root) if f.split("received_day=")[1][:10] >= str(since.date())]

    def last(days: int) -> str:
        return f"ts >= TIMESTAMP '{size.as_of - timedelta(days=days):%Y-%m-%d}'"

    def named(events: tuple[str, ...] | list[str]) -> str:
        return "event IN (" + ", ".join(f"'{e}'" for e in events) + ")"

    login = "event = 'Signed In'"
    return f"""
    WITH e AS (
      SELECT account_id, person_id, session_id, event,
             CAST(timestamp AS TIMESTAMP) AS ts, CAST(CAST(timestamp AS TIMESTAMP) AS DATE) AS day
      FROM read_parquet({files}, hive_partitioning = false)
      WHERE timestamp < TIMESTAMPTZ '{size.as_of:%Y-%m-%d} 00:00:00+00'
        AND received_at < TIMESTAMPTZ '{size.as_of:%Y-%m-%d} 00:00:00+00'
        AND timestamp >= TIMESTAMPTZ '{since:%Y-%m-%d} 00:00:00+00'
        AND coalesce(source, '') <> 'tenure'
        AND coalesce(kind, 'track') IN ('track', 'page', 'screen')
    ), s AS (
      SELECT account_id,
        count(*) FILTER ({login} AND {last(7)}) AS logins_7d,
        count(*) FILTER ({login} AND {last(28)}) AS logins_28d,
        count(DISTINCT day) FILTER ({login} AND {last(28)}) AS login_days_28d,
        count(DISTINCT day) FILTER ({login}) AS login_days_90d,
        max(day) FILTER ({login}) AS last_login,
        count(*) FILTER ({last(7)}) AS events_7d,
        count(*) FILTER ({last(28)}) AS events_28d,
        count(*) AS events_90d,
        count(DISTINCT day) FILTER ({last(7)}) AS active_days_7d,
        count(DISTINCT day) FILTER ({last(28)}) AS active_days_28d,
        count(DISTINCT day) AS active_days_90d,
        max(day) AS last_day,
        count(DISTINCT person_id) FILTER ({last(7)}) AS active_people_7d,
        count(DISTINCT person_id) FILTER ({last(28)}) AS active_people_28d,
        count(DISTINCT person_id) AS active_people_90d,
        count(DISTINCT (person_id, day)) FILTER ({last(28)}) AS person_days_28d,
        count(*) FILTER ({last(56)} AND NOT {last(28)}) AS events_before,
        count(DISTINCT session_id) FILTER ({last(28)}) AS sessions_28d,
        count(*) FILTER ({named(KEY)} AND {last(28)}) AS key_actions_28d,
        count(*) FILTER ({named(CORE)} AND {last(28)}) AS core_actions_28d,
        count(DISTINCT day) FILTER ({named(CORE)} AND {last(28)}) AS core_days_28d,
        count(DISTINCT event) FILTER ({named(FEATURES)}) / {len(FEATURES)} AS feature_adoption_90d,
        count(*) FILTER (event = 'Data Exported') AS data_exports_90d
      FROM e GROUP BY account_id
    )
    SELECT account_id, * EXCLUDE (account_id, last_login, last_day, events_before),
      coalesce(date_diff('day', last_login, DATE '{size.end}') - 1, 90) AS days_since_login,
      date_diff('day', last_day, DATE '{size.end}') - 1 AS days_since_active,
      coalesce(person_days_28d / nullif(active_people_28d, 0) / 28, 0) AS dau_mau,
      (events_28d - events_before) / nullif(events_before, 0) AS usage_change_28d,
      coalesce(events_28d / nullif(sessions_28d, 0), 0) AS actions_per_session_28d
    FROM s ORDER BY account_id"""


def with_pandas(size: Size, root: Path) -> Any:
    """The same in pandas, vectorised."""
    import pandas as pd
    import pyarrow.parquet as pq

    since = size.as_of - timedelta(days=90)
    files = [f for f in event_files(root) if f.split("received_day=")[1][:10] >= str(since.date())]
    columns = ["account_id", "person_id", "session_id", "event", "timestamp"]
    e = pd.concat([pq.ParquetFile(f).read(columns).to_pandas() for f in files], ignore_index=True)
    e = e[(e.timestamp >= since) & (e.timestamp < size.as_of)]
    e["day"] = e.timestamp.dt.floor("D")

    def last(days: int, frame: Any = e) -> Any:
        return frame[frame.timestamp >= size.as_of - timedelta(days=days)]

    by = "account_id"
    week, month, login = last(7), last(28), e[e.event == "Signed In"]
    before = last(56)
    before = before[before.timestamp < size.as_of - timedelta(days=28)]
    core, key = month[month.event.isin(CORE)], month[month.event.isin(KEY)]
    used = e[e.event.isin(FEATURES)].groupby(by).event.nunique()
    person_days = month[[by, "person_id", "day"]].drop_duplicates().groupby(by).size()
    out = pd.DataFrame({"events_90d": e.groupby(by).size()})
    found = {
        "logins_7d": last(7, login).groupby(by).size(),
        "logins_28d": last(28, login).groupby(by).size(),
        "login_days_28d": last(28, login).groupby(by).day.nunique(),
        "login_days_90d": login.groupby(by).day.nunique(),
        "events_7d": week.groupby(by).size(),
        "events_28d": month.groupby(by).size(),
        "active_days_7d": week.groupby(by).day.nunique(),
        "active_days_28d": month.groupby(by).day.nunique(),
        "active_days_90d": e.groupby(by).day.nunique(),
        "active_people_7d": week.groupby(by).person_id.nunique(),
        "active_people_28d": month.groupby(by).person_id.nunique(),
        "active_people_90d": e.groupby(by).person_id.nunique(),
        "person_days_28d": person_days,
        "sessions_28d": month.groupby(by).session_id.nunique(),
        "key_actions_28d": key.groupby(by).size(),
        "core_actions_28d": core.groupby(by).size(),
        "core_days_28d": core.groupby(by).day.nunique(),
        "data_exports_90d": e[e.event == "Data Exported"].groupby(by).size(),
        "feature_adoption_90d": used / len(FEATURES),
    }
    for name, series in found.items():
        out[name] = series.reindex(out.index).fillna(0)
    end = pd.Timestamp(size.as_of)
    out["days_since_login"] = (end - login.groupby(by).day.max()).dt.days - 1
    out["days_since_login"] = out.days_since_login.fillna(90)
    out["days_since_active"] = (end - e.groupby(by).day.max()).dt.days - 1
    earlier = before.groupby(by).size().reindex(out.index)
    out["usage_change_28d"] = (out.events_28d - earlier) / earlier
    people, visits = out.active_people_28d.replace(0, float("nan")), out.sessions_28d
    out["dau_mau"] = (out.person_days_28d / people / 28).fillna(0)
    visits = visits.replace(0, float("nan"))
    out["actions_per_session_28d"] = (out.events_28d / visits).fillna(0)
    return out.reset_index().sort_values(by)
