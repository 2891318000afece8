"""Every packaged signal equals a naive re-implementation, as of any moment."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from analytics.signals.company import NOW, make
from analytics.signals.naive import Naive
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.signals.compute import compute_signals
from tenure.analytics.signals.fired import fired_opportunities, fired_risk_signals
from tenure.analytics.signals.registry import default_registry

ENGINE = DuckDBEngine()


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return left == pytest.approx(right, abs=1e-9)
    return left == right


@pytest.mark.parametrize("seed", range(12))
def test_all_packaged_signals_equal_the_naive_ones(seed: int) -> None:
    company, registry = make(seed), default_registry()
    back = random.Random(seed).choice([0, 0.3, 7, 30.5, 91, 150])
    t = NOW - timedelta(days=back)
    table = compute_signals(company.dataset(), registry, t, engine=ENGINE)
    naive = Naive(company.rows, registry, t)
    assert table["account_id"].to_pylist() == naive.accounts()
    risks = fired_risk_signals(table, registry)
    chances = fired_opportunities(table, registry)
    for n, row in enumerate(table.to_pylist()):
        account = row["account_id"]
        assert row["active"] == naive.active(account)
        wrong = {
            name: (row[name], naive.value(name, account))
            for name in registry.of_accounts()
            if not same(row[name], naive.value(name, account))
        }
        assert wrong == {}
        assert risks[n] == [k for k, r in registry.risk_signals.items() if naive.fires(r, account)]
        assert chances[n] == [
            k for k, r in registry.opportunities.items() if naive.fires(r, account)
        ]
