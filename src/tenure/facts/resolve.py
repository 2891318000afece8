"""Crediting earlier anonymous facts to the account, once it is known whose they were.

Facts are never changed. A fact that came while its account was unknown is appended again as a
*resolved copy*: same content, ``message_id`` + ``#resolved``, received at the moment of the link.
The original has no account and so counts for none; as of any moment before the link, nothing is
known that was not known then.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tenure.analytics.tables import EVENTS
from tenure.facts import batches, ingest_policy, sources
from tenure.facts.identity import Directory
from tenure.facts.lake import Lake, day_of
from tenure.facts.models import IdentityLink, PersonAccount
from tenure.facts.routing import Routing

NAME = "resolve"
MARK = "#resolved"
_MOST = 20_000  # links looked through at once


def resolve(lake: Lake, routing: Routing, owner: str, now: datetime) -> int | None:
    """Append resolved copies for links not looked through yet; gives how many.

    None when there is nothing to do, or another worker is doing it.
    """
    policy = ingest_policy.load().flush
    batch = batches.begin(NAME, owner, _unresolved, now, policy.lease_seconds)
    if batch is None:
        return None
    copies = _copies(lake, batch.rows, now, now - timedelta(days=policy.look_back_days))
    if len(copies):
        counts = sources.tally(
            copies["source"].to_pylist(),
            "events",
            copies["event"].to_pylist(),
            [day_of(now)] * len(copies),
        )
        lake.append("events", copies, (NAME, batch.number))
        routing.tell("events", copies, now)
    with transaction.atomic():
        batch.finish()
        if len(copies):
            sources.count(counts, now=now)
        IdentityLink.objects.filter(alias__in=batch.rows).update(resolved=True)
        PersonAccount.objects.filter(person_id__in=batch.rows).update(resolved=True)
    return len(copies)


def _unresolved() -> list[str]:
    links = IdentityLink.objects.filter(resolved=False).values_list("alias", flat=True)[:_MOST]
    people = PersonAccount.objects.filter(resolved=False).values_list("person_id", flat=True)
    return sorted({*links, *people[:_MOST]})


def _copies(lake: Lake, ids: list[str], now: datetime, since: datetime) -> pa.Table:
    """Facts of these people and devices that have no account and are not copied yet."""
    empty = EVENTS.arrow_schema().empty_table()
    directory = Directory()
    everyone = [*ids, *_aliases(ids)]
    directory.load(everyone)
    owners = [
        (i, directory.person(i, i), directory.account(directory.person(i, i), i)) for i in everyone
    ]
    known = [(i, person, account) for i, person, account in owners if account]
    files = lake.files("events", day_of(since))
    if not known or not len(files):
        return empty
    owned = pa.table(
        {
            "id": pa.array([k[0] for k in known], pa.string()),
            "person": pa.array([k[1] for k in known], pa.string()),
            "account": pa.array([k[2] for k in known], pa.string()),
        }
    )
    found = _query(_unowned(files), files["path"].to_pylist(), owned, since)
    return _as_copies(found, now) if len(found) else empty


def _aliases(ids: list[str]) -> list[str]:
    found = IdentityLink.objects.filter(person_id__in=ids).values_list("alias", flat=True)
    return sorted(set(found) - set(ids))


def _unowned(files: pa.Table) -> list[str]:
    """Files that hold facts without an account, as far as their statistics tell."""
    name = "null_count.account_id"
    if name in files.column_names:
        files = files.filter(pc.fill_null(pc.greater(files[name], 0), True))
    paths: list[str] = files["path"].to_pylist()
    return paths


def _query(paths: list[str], all_paths: list[str], owned: pa.Table, since: datetime) -> pa.Table:
    if not paths:
        return pa.table({})
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("owned", owned)
        return db.sql(
            """
            WITH mine AS (
                SELECT e.*, o.person AS _person, o.account AS _account
                FROM read_parquet(?, hive_partitioning = true) e
                JOIN owned o ON o.id = COALESCE(e.person_id, e.anonymous_id)
                WHERE e.account_id IS NULL AND e.received_at >= ?
                  AND e.kind IS DISTINCT FROM 'own')
            SELECT * FROM mine ANTI JOIN (
                SELECT message_id FROM read_parquet(?) WHERE ends_with(message_id, '#resolved')
            ) done ON done.message_id = mine.message_id || '#resolved'
            """,
            params=[paths, since, all_paths],
        ).to_arrow_table()


def _as_copies(found: pa.Table, now: datetime) -> pa.Table:
    moment = pa.scalar(now, pa.timestamp("us", tz="UTC"))
    received = pa.array([moment.as_py()] * len(found), moment.type)
    columns = {name: found[name] for name in EVENTS.arrow_schema().names if name != "received_day"}
    known = pc.coalesce(found["_person"], found["person_id"])
    columns.update(
        message_id=pc.binary_join_element_wise(found["message_id"], MARK, ""),
        account_id=found["_account"],
        person_id=known,
        received_at=received,
    )
    return pa.table(columns)
