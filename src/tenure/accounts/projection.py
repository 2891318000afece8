"""What the lake says about accounts and people: latest fact first, whatever the order in which
facts came.

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

from tenure.facts import reading

_ACCOUNT = (
    "name",
    "domain",
    "industry",
    "country",
    "channel",
    "employees",
    "owner",
    "created_at",
)
_PERSON = ("email", "name", "timezone", "created_at")


@cache
def settings() -> dict[str, Any]:
    """The numbers and lists of ``projection.toml``."""
    text = files("tenure.accounts").joinpath("projection.toml").read_text("utf-8")
    return tomllib.loads(text)


def accounts(ids: Sequence[str] | None, now: datetime) -> pa.Table:
    """One row an account (all, or those in ``ids``): attributes, and what it has at ``now``.

    MRR is the sum over subscriptions that pay; ``seats`` the quantities of those in force;
    ``plan_id`` that of the dearest one, or the last one once none is in force; ``renews_at`` the
    earliest end of a term; ``turns_at`` the next moment at which one begins or ends.
    """
    parts = {
        "a": _attributes(ids),
        "s": _HAS,
        "ids": "SELECT account_id FROM a UNION SELECT account_id FROM s",
    }
    query = f"""
        SELECT ids.account_id AS id, a.* EXCLUDE (account_id), s.* EXCLUDE (account_id)
        FROM ids LEFT JOIN a USING (account_id) LEFT JOIN s USING (account_id)
        WHERE ids.account_id IS NOT NULL{_among("ids.account_id", ids)}"""
    tables = ("accounts", "subscriptions")
    return _moments(reading.latest(query, now, *tables, about=ids, parts=parts))


def people(ids: Sequence[str] | None, now: datetime) -> pa.Table:
    """One row a person and account (``account_id`` may be empty) as the latest facts tell."""
    order = reading.holding("people")
    latest = ", ".join(f"arg_max({c}, {order}) AS {c}" for c in _PERSON)
    wanted = "" if ids is None else " WHERE person_id IN (SELECT id FROM wanted)"
    parts = {
        "f": f"SELECT * FROM raw_people{wanted}",
        "p": f"SELECT person_id, {latest}, arg_max(properties, {order}) AS traits"
        " FROM f GROUP BY person_id",
        "m": f"""
            SELECT person_id, account_id, arg_max(role, {order}) AS role,
                arg_max(title, {order}) AS title, min(coalesce(created_at, updated_at)) AS since,
                arg_max_null(left_at, {order}) AS left_at
            FROM f WHERE account_id IS NOT NULL GROUP BY ALL""",
    }
    query = """
        SELECT p.person_id AS id, p.* EXCLUDE (person_id), m.* EXCLUDE (person_id)
        FROM p LEFT JOIN m USING (person_id)"""
    extra = {} if ids is None else {"wanted": reading.ids(ids)}
    return _moments(reading.latest(query, now, "people", parts=parts, extra=extra))


def owners_of(subscriptions: Sequence[str], now: datetime) -> list[str]:
    """The accounts that ever had these subscriptions: whoever gave one away is to be looked at."""
    query = (
        "SELECT DISTINCT account_id FROM raw_subscriptions"
        " WHERE subscription_id IN (SELECT id FROM wanted) ORDER BY account_id"
    )
    wanted = {"wanted": reading.ids(subscriptions)}
    found = reading.latest(query, now, "subscriptions", extra=wanted)
    return list(found["account_id"].to_pylist())


def _attributes(ids: Sequence[str] | None) -> str:
    order = reading.holding("accounts")
    latest = ", ".join(f"arg_max({c}, {order}) AS {c}" for c in _ACCOUNT)
    return (
        f"SELECT account_id, {latest}, arg_max(properties, {order}) AS traits,"
        f" max(updated_at) AS updated_at, arg_max(received_at, {order}) FILTER (owner IS NOT NULL)"
        f" AS owner_told_at FROM raw_accounts WHERE TRUE{_among('account_id', ids)}"
        " GROUP BY account_id"
    )


_HAS = """
    SELECT account_id, count(*) AS subscriptions, count(*) FILTER (in_force) AS in_force,
        count(*) FILTER (state = 'ended') AS ended,
        coalesce(sum(mrr_minor) FILTER (pays), 0)::BIGINT AS mrr_minor,
        (sum(quantity) FILTER (in_force))::BIGINT AS seats,
        arg_max(plan_id, (in_force, CASE WHEN in_force THEN mrr_minor END, started_at)) AS plan_id,
        arg_max(currency, (in_force, started_at)) AS currency,
        min(started_at) AS first_paid_at,
        min(renews_at) FILTER (in_force) AS renews_at,
        max(finished_at) FILTER (state = 'ended') AS last_ended_at,
        min(CASE WHEN state = 'scheduled' THEN started_at
                 WHEN finished_at IS NULL THEN ends_at END) AS turns_at
    FROM subscriptions GROUP BY account_id"""


def _among(column: str, ids: Sequence[str] | None) -> str:
    return "" if ids is None else f" AND {column} IN (SELECT id FROM {reading.ABOUT})"


def _moments(found: pa.Table) -> pa.Table:
    for place, name in enumerate(found.column_names):
        if name in reading.MOMENTS or name in _OWN_MOMENTS:
            moments = found[name].cast(pa.int64()).cast(pa.timestamp("us", tz="UTC"))
            found = found.set_column(place, name, moments)
    return found


_OWN_MOMENTS = frozenset({"owner_told_at", "first_paid_at", "last_ended_at", "turns_at", "since"})
