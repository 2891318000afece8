"""Facts into state: accounts, people and their parts, as they are now.

Every handler may see the same rows again, and in any order: it takes from them only *whom* they are
about, and asks the lake what is true. All of it can be made anew (``rebuild_projection``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from tenure.accounts import bulk, projection, upserts
from tenure.accounts.models import Account
from tenure.facts import lake, reading, sql

STAMP = pa.timestamp("us", tz="UTC")
PROSPECT = "prospect"


def accounts_told(rows: pa.Table, now: datetime) -> None:
    """Facts about accounts came."""
    project_accounts(_distinct(rows, "account_id"), now)


def subscriptions_told(rows: pa.Table, now: datetime) -> None:
    """Facts about subscriptions came. The first ones ever tell customers from prospects, and who
    gave a subscription away has it no more."""
    if lake.current().rows("subscriptions") <= len(rows):
        prospects(_distinct(rows, "account_id"))
    moved = projection.owners_of(_distinct(rows, "subscription_id"), now)
    project_accounts(sorted({*_distinct(rows, "account_id"), *moved}), now)


def people_told(rows: pa.Table, now: datetime) -> None:
    """Facts about people came."""
    project_people(_distinct(rows, "person_id"), now)


def events_told(rows: pa.Table, now: datetime) -> None:  # noqa: ARG001 - a handler's signature
    """Events came: who did something for the first time, and who was seen last when."""
    own = pc.equal(pc.fill_null(rows["source"], ""), "tenure")
    theirs = rows.filter(pc.invert(own))
    if theirs.num_rows:
        sql.connection().register("seen_rows", theirs)
        found = sql.connection().sql(SEEN.format(source="SELECT * FROM seen_rows"))
        write_seen(stamped(found.to_arrow_table()))


def look_at_turns(now: datetime) -> int:
    """Bring accounts up to date of which a subscription has begun or ended since, as was told
    before; gives how many. No fact tells of the day itself."""
    due = Account.objects.filter(turns_at__lte=now).order_by("turns_at")
    ids = list(due.values_list("pk", flat=True)[: projection.settings()["chunk"]])
    project_accounts(ids, now)
    return len(ids)


def rebuild_projection(now: datetime) -> None:
    """Makes all state of accounts and people anew from the lake."""
    project_accounts(None, now)
    project_people(None, now)
    theirs = "SELECT * FROM raw_events WHERE source IS DISTINCT FROM 'tenure'"
    write_seen(stamped(reading.latest(SEEN.format(source=theirs), now, "events")))


def status_of_others() -> str:
    """The status of an account without a subscription: a prospect, unless nobody has any."""
    return PROSPECT if lake.current().rows("subscriptions") else "active"


def prospects(customers: Sequence[str], *, write: bool = True) -> int:
    """Call all others prospects who were called customers while nobody had subscribed; gives how
    many."""
    others = Account.objects.filter(status="active", mrr_minor=0, turns_at=None)
    known, changed = set(customers), 0
    ids = [pk for pk in others.values_list("pk", flat=True).iterator(2000) if pk not in known]
    for start in range(0, len(ids), bulk.ROWS):
        some = Account.objects.filter(pk__in=ids[start : start + bulk.ROWS])
        changed += some.update(status=PROSPECT) if write else some.count()
    return changed


def project_accounts(ids: Sequence[str] | None, now: datetime) -> None:
    """Write what the lake says of these accounts (all, if None)."""
    if ids is None or ids:
        reading.until_settled(
            lambda: upserts.write_accounts(projection.accounts(ids, now), status_of_others()),
            "accounts",
            "subscriptions",
        )


def project_people(ids: Sequence[str] | None, now: datetime) -> None:
    """Write what the lake says of these people (all, if None), and accounts they name."""

    def project() -> None:
        found = projection.people(ids, now)
        upserts.ensure_accounts(_distinct(found, "account_id"), status_of_others())
        upserts.write_people(found)

    if ids is None or ids:
        reading.until_settled(project, "people")


SEEN = """
    SELECT account_id, person_id, min(timestamp) AS first, max(timestamp) AS last
    FROM ({source}) WHERE account_id IS NOT NULL OR person_id IS NOT NULL GROUP BY ALL"""
"""Who acted, where, first and last."""


def stamped(found: pa.Table) -> pa.Table:
    """The answer to ``SEEN`` with moments."""
    for name in ("first", "last"):
        at = found.column_names.index(name)
        found = found.set_column(at, name, found[name].cast(STAMP))
    return found


def write_seen(found: pa.Table) -> None:
    """Write who was seen (``SEEN``): nothing known is undone."""
    upserts.ensure_accounts(_distinct(found, "account_id"), status_of_others())
    upserts.write_seen(found)


def _distinct(rows: pa.Table, column: str) -> list[str]:
    values: list[str] = rows[column].drop_null().unique().to_pylist()
    return values
