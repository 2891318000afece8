"""Every packaged signal equals a naive re-implementation, as of any moment."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from analytics.signals.company import NOW, make
from analytics.signals.naive import Naive

from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.signals.compute import compute_person_signals, compute_signals
from tenure.analytics.signals.fired import fired_opportunities, fired_risk_signals
from tenure.analytics.signals.registry import default_registry, load_registry

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


OWN = (Path(__file__).parent / "forms.toml").read_text("utf-8")


@pytest.mark.parametrize("seed", range(100, 110))
def test_every_form_of_signal_equals_the_naive_one(seed: int) -> None:
    company, registry = make(seed, events=300), load_registry(("forms.toml", OWN))
    t = NOW - timedelta(days=random.Random(seed).choice([0, 2.7, 40]))
    table = compute_signals(company.dataset(), registry, t, engine=ENGINE)
    naive = Naive(company.rows, registry, t)
    for row in table.to_pylist():
        account = row["account_id"]
        wrong = {
            name: (row[name], naive.value(name, account))
            for name in registry.signals
            if not same(row[name], naive.value(name, account))
        }
        assert wrong == {}


@pytest.mark.parametrize("seed", range(4))
def test_signals_of_people_equal_those_of_an_account_with_one_person(seed: int) -> None:
    """A person's signal is the account's signal over that person's events alone."""
    company, registry = make(seed), default_registry()
    found = compute_person_signals(company.dataset(), registry, NOW, engine=ENGINE).to_pylist()
    assert len(found) > 20
    twins = {"person_active_days_28d": "active_days_28d", "person_events_28d": "events_28d",
             "person_days_since_active": "days_since_active",
             "person_key_actions_28d": "key_actions_28d"}  # fmt: skip
    for row in found[::7]:
        naive = Naive(company.rows, registry, NOW)
        theirs = [e for e in naive.events if e["person_id"] == row["person_id"]]
        everything = naive.events
        naive.events = [e for e in theirs if e["account_id"] == row["account_id"]]
        others = [e for e in everything if e["account_id"] != row["account_id"]]
        naive.events += others  # whether a thing is tracked at all is told by the workspace
        for name, twin in twins.items():
            assert row[name] == naive.value(twin, row["account_id"])
