"""Facts into state: accounts, people and their parts, as they are now.

Every handler may see the same rows again, and in any order: it takes from them only *whom* they are
about, and asks the lake what is true. All of it can be made anew (``rebuild_projection``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from tenure.accounts import projection, upserts
from tenure.facts import lake, sql

HANDLERS = {
    "accounts": ["tenure.accounts.handlers.accounts_told"],
    "subscriptions": ["tenure.accounts.handlers.accounts_told"],
    "people": ["tenure.accounts.handlers.people_told"],
    "events": ["tenure.accounts.handlers.events_told"],
}
"""Which handler wants to know of which table; put into ``facts.routing`` at start."""


def accounts_told(rows: pa.Table, now: datetime) -> None:
    """Facts about accounts or their subscriptions came."""
    _project_accounts(_distinct(rows, "account_id"), now)


def people_told(rows: pa.Table, now: datetime) -> None:
    """Facts about people came."""
    upserts.ensure_accounts(_distinct(rows, "account_id"), _status_of_others())
    _project_people(_distinct(rows, "person_id"), now)


def events_told(rows: pa.Table, now: datetime) -> None:  # noqa: ARG001 - a handler's signature
    """Events came: who did something for the first time, and who was seen last when."""
    own = pc.equal(pc.fill_null(rows["source"], ""), "tenure")
    _seen(rows.filter(pc.invert(own)))


def rebuild_projection(now: datetime) -> None:
    """Makes all state of accounts and people anew from the lake, as of ``now``."""
    here = lake.current()
    _project_accounts(None, now)
    upserts.ensure_accounts(_account_ids(here), _status_of_others())
    _project_people(None, now)
    paths = here.files("events")["path"].to_pylist()
    if paths:
        listed = ", ".join("'" + p.replace("'", "''") + "'" for p in paths)
        _write_seen(f"SELECT * FROM read_parquet([{listed}]) WHERE source <> 'tenure'")


def _account_ids(here: lake.Lake) -> list[str]:
    paths = here.files("people")["path"].to_pylist()
    if not paths:
        return []
    listed = ", ".join("'" + p.replace("'", "''") + "'" for p in paths)
    query = f"SELECT DISTINCT account_id FROM read_parquet([{listed}]) WHERE account_id IS NOT NULL"
    return [row[0] for row in sql.connection().sql(query).fetchall()]


def _distinct(rows: pa.Table, column: str) -> list[str]:
    values: list[str] = rows[column].drop_null().unique().to_pylist()
    return values


def _status_of_others() -> str:
    """The status of an account without a subscription: a prospect, unless nobody has any."""
    return "prospect" if lake.current().exists("subscriptions") else "active"


def _project_accounts(ids: Sequence[str] | None, now: datetime) -> None:
    if ids is not None and not ids:
        return
    if ids is not None:
        ids = [i for i in ids if i]
    table = projection.accounts(lake.current(), ids, now)
    upserts.write_accounts(table, _status_of_others())


def _project_people(ids: Sequence[str] | None, now: datetime) -> None:
    if ids is not None and not ids:
        return
    table = projection.people(lake.current(), ids, now)
    upserts.write_people(table)


def _seen(rows: pa.Table) -> None:
    if not rows.num_rows:
        return
    sql.connection().register("seen_rows", rows)
    _write_seen("SELECT * FROM seen_rows")


def _write_seen(source: str) -> None:
    query = f"""
        SELECT account_id, person_id, min(timestamp) AS first, max(timestamp) AS last
        FROM ({source}) WHERE account_id IS NOT NULL OR person_id IS NOT NULL GROUP BY ALL"""
    found = sql.connection().sql(query).to_arrow_table()
    upserts.ensure_accounts(_distinct(found, "account_id"), _status_of_others())
    upserts.write_seen(found)
