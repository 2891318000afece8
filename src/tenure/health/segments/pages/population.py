"""Who a rule takes now: its signals from the facts, score and stage from the latest scoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from tenure.accounts.models import Account
from tenure.analytics.segments import CHANCE, CONTRACT, Rule, evaluate
from tenure.analytics.signals.compute import compute_signals
from tenure.analytics.tables import TABLES
from tenure.facts import lake
from tenure.facts.reading import engine
from tenure.health import policy
from tenure.health.learned import predicting
from tenure.health.models import AccountHealth
from tenure.health.pages import models_shown

PARTS = {"yearly_value": (CONTRACT, "currency")}
SCORES = ("health", "band", "risk", "risk_level", "coverage")


@dataclass(frozen=True)
class Taken:
    """Ids of the accounts a rule takes, of how many known."""

    accounts: Sequence[str]
    known: int


def taken(rule: Rule, now: datetime) -> Taken:
    """Try ``rule`` on every account known now."""
    table = _table(set(rule.fields()), now)
    inside = evaluate(rule, table)
    ids = table["account_id"].to_pylist()
    return Taken([a for a, yes in zip(ids, inside, strict=True) if yes], len(ids))


def _table(fields: set[str], now: datetime) -> pa.Table:
    if fields <= {*SCORES, CHANCE, "stage"}:  # all of it is state: no need to look at facts
        known = Account.objects.order_by("pk").values_list("pk", flat=True)
        table = pa.table({"account_id": pa.array(known, pa.string())})
    else:
        table = _signals(fields, now)
    ids = table["account_id"].to_pylist()
    table = _with_scores(table, ids, fields)
    if CHANCE in fields:
        told = predicting.believed()
        table = table.append_column(CHANCE, pa.array([told.get(a) for a in ids], pa.float64()))
    if "stage" in fields:
        stages = dict(Account.objects.values_list("pk", "stage"))
        found = [stages.get(a) or None for a in ids]
        table = table.append_column("stage", pa.array(found, pa.string()))
    return table


def _signals(fields: set[str], now: datetime) -> pa.Table:
    registry = policy.registry()
    asked = {part for name in fields for part in PARTS.get(name, (name,))}
    names = sorted(asked & set(registry.of_accounts()))
    dataset = lake.current().dataset(list(TABLES))
    return compute_signals(dataset, registry, now, names=names, engine=engine())


def _with_scores(table: pa.Table, ids: list[str], fields: set[str]) -> pa.Table:
    wanted = [name for name in SCORES if name in fields]
    if not wanted:
        return table
    rows = AccountHealth.objects.filter(model=models_shown.default())
    columns = {"health": "shown_health", "band": "shown_band"}
    known = {
        r[0]: r[1:] for r in rows.values_list("account_id", *(columns.get(n, n) for n in wanted))
    }
    empty = (None,) * len(wanted)
    for index, name in enumerate(wanted):
        values = [known.get(a, empty)[index] for a in ids]
        text = name in ("band", "risk_level")
        cells = [v or None for v in values] if text else values
        table = table.append_column(name, pa.array(cells, pa.string() if text else pa.float64()))
    return table
