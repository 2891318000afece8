"""Computes signals as of a moment: the one entry that notebooks, scoring and the CLI use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine, Engine
from tenure.analytics.errors import SpecError
from tenure.analytics.moments import ceil_day, day_of, last_day, micros
from tenure.analytics.signals.build import Collector
from tenure.analytics.signals.query import Days, Plan, plan, query_sql
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.roles import catalogue
from tenure.analytics.tables import TABLES

if TYPE_CHECKING:
    from tenure.analytics.rollup import Rollup


def compute_signals(
    dataset: Dataset,
    registry: Registry,
    as_of: datetime,
    *,
    engine: Engine | None = None,
    rollup: Rollup | None = None,
    names: Iterable[str] | None = None,
    accounts: Iterable[str] | None = None,
) -> pa.Table:
    """A row per account known at ``as_of``: ``account_id``, ``active``, a column per signal.

    Numbers are float64, texts string, missing data NULL. ``names`` limits the signals, ``accounts``
    the rows. With a ``rollup`` days are read from it as far as it holds them, the rest from the
    raw facts; the result is the same. ``active``: a subscription is in force; where the workspace
    has no subscriptions at all, something was done lately. SpecError for an unknown signal.
    """
    chosen = list(names) if names is not None else registry.of_accounts()
    _refuse_other(registry, chosen, "account")
    return _filtered(_run(dataset, registry, as_of, chosen, "account", engine, rollup), accounts)


def compute_person_signals(
    dataset: Dataset,
    registry: Registry,
    as_of: datetime,
    *,
    engine: Engine | None = None,
    rollup: Rollup | None = None,
    names: Iterable[str] | None = None,
    accounts: Iterable[str] | None = None,
) -> pa.Table:
    """A row per account and person lately active: ``account_id``, ``person_id``, the signals."""
    chosen = list(names) if names is not None else registry.of_people()
    _refuse_other(registry, chosen, "person")
    return _filtered(_run(dataset, registry, as_of, chosen, "person", engine, rollup), accounts)


def make_plan(
    dataset: Dataset,
    registry: Registry,
    as_of: datetime,
    names: Iterable[str],
    per: str,
    engine: Engine,
) -> Plan:
    """What the named signals need as of a moment."""
    known = catalogue(dataset, as_of, engine)
    tables = frozenset(n for n in TABLES if dataset.has(n))
    collector = Collector(micros(as_of), ceil_day(as_of), registry, known, tables)
    return plan(names, registry, collector, per)


def signals_sql(
    dataset: Dataset, registry: Registry, as_of: datetime, names: Iterable[str] | None = None
) -> str:
    """The one query, in DuckDB's dialect, over ``raw_<table>``."""
    chosen = list(names) if names is not None else registry.of_accounts()
    p = make_plan(dataset, registry, as_of, chosen, "account", DuckDBEngine())
    return query_sql(p, Days(raw_bounds(p)))


def raw_bounds(p: Plan) -> str:
    """Events that had happened and were known."""
    return f"timestamp < {p.collector.t} AND received_at < {p.collector.t}"


def _run(
    dataset: Dataset,
    registry: Registry,
    as_of: datetime,
    names: list[str],
    per: str,
    engine: Engine | None,
    rollup: Rollup | None,
) -> pa.Table:
    engine = engine or DuckDBEngine()
    p = make_plan(dataset, registry, as_of, names, per, engine)
    first, last = day_of(p.first_day), last_day(as_of)
    if rollup is not None:
        piece = rollup.piece(dataset, p, as_of)
        if piece is not None:
            return engine.query(query_sql(p, piece.days), piece.dataset, piece.extra)
    pruned = Dataset(dict(dataset.tables) | {"events": dataset.pruned("events", first, last)})
    return engine.query(query_sql(p, Days(raw_bounds(p))), pruned)


def _refuse_other(registry: Registry, names: list[str], per: str) -> None:
    for name in names:
        if registry.signal(name).per != per:
            raise SpecError(
                "signals",
                name,
                f"is not a signal per {per}",
                "use compute_person_signals for people, compute_signals for accounts",
            )


def _filtered(rows: pa.Table, accounts: Iterable[str] | None) -> pa.Table:
    if accounts is None:
        return rows
    return rows.filter(pc.is_in(rows["account_id"], pa.array(list(accounts), pa.string())))
