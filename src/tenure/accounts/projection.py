"""What the lake says about accounts and people as of now: latest fact first, whatever the order in
which facts came.

Of an account's or a person's attributes each holds its latest known value (senders often send only
some); of a subscription the latest fact holds as a whole.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa

from tenure.facts import sql
from tenure.facts.casts import literal, quote
from tenure.facts.lake import Lake

_ACCOUNT = (
    "name", "domain", "industry", "country", "channel", "employees", "owner", "created_at",
)  # fmt: skip
_PERSON = ("email", "name", "timezone", "created_at")


@cache
def settings() -> dict[str, Any]:
    """The numbers and lists of ``projection.toml``."""
    text = files("tenure.accounts").joinpath("projection.toml").read_text("utf-8")
    return tomllib.loads(text)


def accounts(lake: Lake, ids: Sequence[str] | None, now: datetime) -> pa.Table:
    """One row an account (all, or those in ``ids``): attributes, and what it pays as of ``now``.

    MRR is the sum over subscriptions in force; ``seats`` their quantities; ``plan_id`` that of the
    dearest one, or the last one once none is in force; ``renews_at`` the earliest end of a term.
    """
    query = f"""
        WITH a AS ({_attributes(lake, ids, now)}), s AS ({_paid(lake, ids, now)}),
        ids AS (SELECT account_id FROM a UNION SELECT account_id FROM s)
        SELECT ids.account_id AS id, a.* EXCLUDE (account_id), s.* EXCLUDE (account_id)
        FROM ids LEFT JOIN a USING (account_id) LEFT JOIN s USING (account_id)
        WHERE ids.account_id IS NOT NULL"""
    return _query(query, ids)


def people(lake: Lake, ids: Sequence[str] | None, now: datetime) -> pa.Table:
    """One row a person and account (``account_id`` may be empty) as the latest facts tell."""
    rows = _facts(lake, "people", ids, "person_id", now)
    order = "(updated_at, received_at)"
    latest = ", ".join(f"arg_max({c}, {order}) AS {c}" for c in _PERSON)
    query = f"""
        WITH f AS ({rows}),
        p AS (SELECT person_id, {latest}, arg_max(properties, {order}) AS traits FROM f GROUP BY 1),
        m AS (SELECT person_id, account_id, arg_max(role, {order}) AS role,
                     arg_max(title, {order}) AS title,
                     min(coalesce(created_at, updated_at)) AS since,
                     arg_max_null(left_at, {order}) AS left_at
              FROM f WHERE account_id IS NOT NULL GROUP BY ALL)
        SELECT p.person_id AS id, p.* EXCLUDE (person_id), m.* EXCLUDE (person_id)
        FROM p LEFT JOIN m USING (person_id)"""
    return _query(query, ids)


def _attributes(lake: Lake, ids: Sequence[str] | None, now: datetime) -> str:
    order = "(updated_at, received_at)"
    latest = ", ".join(f"arg_max({c}, {order}) AS {c}" for c in _ACCOUNT)
    return (
        f"SELECT account_id, {latest}, arg_max(properties, {order}) AS traits,"
        f" max(updated_at) AS updated_at, arg_max(received_at, {order}) FILTER (owner IS NOT NULL)"
        f" AS owner_told_at FROM ({_facts(lake, 'accounts', ids, 'account_id', now)})"
        " GROUP BY account_id"
    )


def _paid(lake: Lake, ids: Sequence[str] | None, now: datetime) -> str:
    moment = _moment(now)
    known = settings()
    in_force = f"coalesce(status, 'active') IN ({_listed(known['in_force'])})"
    paying = f"coalesce(status, 'active') IN ({_listed(known['paying'])})"
    latest = (
        f"SELECT *, started_at <= {moment} AND CASE WHEN ended_at IS NULL THEN {in_force}"
        f" ELSE ended_at > {moment} END AS _now FROM"
        f" ({_facts(lake, 'subscriptions', ids, 'account_id', now)})"
        " QUALIFY row_number() OVER (PARTITION BY subscription_id"
        " ORDER BY updated_at DESC, received_at DESC, message_id DESC) = 1"
    )
    ended = f"coalesce(ended_at, CASE WHEN NOT ({in_force}) THEN updated_at END)"
    return f"""
        SELECT account_id, count(*) AS subscriptions, count(*) FILTER (_now) AS in_force,
            coalesce(sum(mrr_minor) FILTER (_now AND {paying}), 0)::BIGINT AS mrr_minor,
            (sum(quantity) FILTER (_now))::BIGINT AS seats,
            arg_max(plan_id, (_now, CASE WHEN _now THEN mrr_minor END, started_at)) AS plan_id,
            arg_max(currency, (_now, started_at)) AS currency,
            min(started_at) AS first_paid_at,
            min(renews_at) FILTER (_now) AS renews_at,
            max({ended}) FILTER ({ended} <= {moment}) AS last_ended_at
        FROM ({latest}) GROUP BY account_id"""


def _facts(lake: Lake, table: str, ids: Sequence[str] | None, column: str, now: datetime) -> str:
    """The facts of ``table`` known by ``now``, about ``ids`` only."""
    paths = lake.files(table)["path"].to_pylist()
    known = f"received_at <= {_moment(now)}"
    if ids is not None:
        known += f" AND {quote(column)} IN (SELECT id FROM wanted)"
    if not paths:
        return f"SELECT * FROM {_nothing(table)}"
    return f"SELECT * FROM read_parquet([{_listed(paths)}]) WHERE {known}"


def _nothing(table: str) -> str:
    from tenure.analytics.tables import TABLES

    name = f"no_{table}"
    sql.connection().register(name, TABLES[table].arrow_schema().empty_table())
    return name


def _moment(now: datetime) -> str:
    return f"TIMESTAMPTZ '{now.isoformat()}'"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(literal(t) for t in texts)


def _query(query: str, ids: Sequence[str] | None) -> pa.Table:
    con = sql.connection()
    if ids is not None:
        con.register("wanted", pa.table({"id": pa.array(list(ids), pa.string())}))
    return con.sql(query).to_arrow_table()
