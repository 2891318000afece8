"""Subscriptions that name a plan and no amount get the plan's list price, and say so.

MRR is the plan's price times the quantity (1 where none is told), by the months of its interval;
``properties.mrr_from`` is then ``list price``. Subscriptions of plans that come later get it when
the plans come: as something learned then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.tables import SUBSCRIPTIONS
from tenure.facts import lake, sql
from tenure.facts.casts import literal
from tenure.facts.healing import SweepScope
from tenure.facts.lake import Lake
from tenure.facts.routing import ROUTING

MONTHS = {"month": 1, "year": 12}
FROM = "mrr_from"
_MARK = literal(f'{{"{FROM}": "list price"}}')


def filled(here: Lake, table: str, facts: pa.Table) -> pa.Table:
    """The facts with list prices for amounts that are missing. A filled fact without an id of its
    sender's gets one that goes with the amount."""
    if table != SUBSCRIPTIONS.name or not facts.num_rows:
        return facts
    bare = pc.and_(pc.is_null(facts["mrr_minor"]), pc.is_valid(facts["plan_id"]))
    if not pc.any(bare).as_py() or not here.exists("plans"):
        return facts
    con = sql.connection()
    con.register("facts", facts)
    derived = "f._derived" if "_derived" in facts.column_names else "true"
    query = f"""
        SELECT f.* REPLACE (
            coalesce(f.mrr_minor, {_amount()}) AS mrr_minor,
            CASE WHEN {_fits()} THEN p.currency ELSE f.currency END AS currency,
            CASE WHEN {_fits()} THEN json_merge_patch(coalesce(f.properties, '{{}}'), {_MARK})
                 ELSE f.properties END AS properties,
            CASE WHEN {_fits()} AND {derived} THEN f.message_id || '-list-' || {_amount()}
                 ELSE f.message_id END AS message_id)
        FROM facts f LEFT JOIN ({_prices(here)}) p ON f.plan_id = p.plan_id"""
    done = con.sql(query).to_arrow_table()
    order = ["received_at", "_row"] if "_row" in facts.column_names else ["message_id"]
    return done.cast(facts.schema).sort_by([(name, "ascending") for name in order])


def _prices(here: Lake) -> str:
    paths = ", ".join(literal(p) for p in here.files("plans")["path"].to_pylist())
    months = " ".join(f"WHEN {literal(k)} THEN {n}" for k, n in MONTHS.items())
    return f"""
        SELECT plan_id, price_minor, currency, CASE "interval" {months} END AS months
        FROM read_parquet([{paths}])
        QUALIFY row_number() OVER (PARTITION BY plan_id
            ORDER BY updated_at DESC, received_at DESC, message_id DESC) = 1"""


def _fits() -> str:
    return (
        "(f.mrr_minor IS NULL AND p.price_minor IS NOT NULL AND p.months IS NOT NULL"
        " AND p.currency IS NOT NULL AND coalesce(f.currency, p.currency) = p.currency)"
    )


def _amount() -> str:
    each = "p.price_minor::HUGEINT * coalesce(f.quantity, 1) / p.months::DOUBLE"
    return f"CASE WHEN {_fits()} THEN CAST(round({each}, 0) AS BIGINT) END"


def plans_told(rows: pa.Table, now: datetime) -> None:
    """Plans came: subscriptions that waited for a price have one now."""
    _write(_waiting(rows), now)


def sweep(ask: SweepScope) -> int:
    """How many subscriptions wait for a price that is known."""
    found = _waiting(None)
    if ask.heal:
        _write(found, ask.now)
    return found.num_rows


def _waiting(plans: pa.Table | None) -> pa.Table:
    """Subscriptions (of these plans) without an amount, with the price there is for them."""
    here, none = lake.current(), SUBSCRIPTIONS.arrow_schema().empty_table()
    if not here.exists("subscriptions"):
        return none
    con = sql.connection()
    paths = ", ".join(literal(p) for p in here.files("subscriptions")["path"].to_pylist())
    some = "TRUE"
    if plans is not None:
        con.register("told", plans.select(["plan_id"]))
        some = f"""subscription_id IN (SELECT subscription_id FROM read_parquet([{paths}])
            WHERE plan_id IN (SELECT plan_id FROM told))"""
    waiting = con.sql(f"""
        SELECT * FROM read_parquet([{paths}]) WHERE {some}
        QUALIFY row_number() OVER (PARTITION BY subscription_id
            ORDER BY updated_at DESC, received_at DESC, message_id DESC) = 1
        AND mrr_minor IS NULL""").to_arrow_table()
    found = filled(here, SUBSCRIPTIONS.name, waiting.cast(SUBSCRIPTIONS.arrow_schema()))
    return found.filter(pc.is_valid(found["mrr_minor"]))


def _write(found: pa.Table, now: datetime) -> None:
    if not found.num_rows:
        return
    here, found = lake.current(), _learned(found, now)
    mark = sha256("".join(found["message_id"].to_pylist()).encode()).hexdigest()[:24]
    here.append(SUBSCRIPTIONS.name, found, (f"list-price:{mark}", 1))
    ROUTING.tell(SUBSCRIPTIONS.name, found, now)


def _learned(facts: pa.Table, now: datetime) -> pa.Table:
    """The same states, received now, and after what they add to whatever this clock says."""
    before = facts["received_at"].to_pylist()
    received = [max(now, at + timedelta(microseconds=1)) for at in before]
    said = {
        "received_at": received,
        "backfill": [False] * len(facts),
        "received_day": [lake.day_of(at) for at in received],
    }
    for name, values in said.items():
        place, field = facts.schema.get_field_index(name), facts.schema.field(name)
        facts = facts.set_column(place, field, pa.array(values, field.type))
    return facts
