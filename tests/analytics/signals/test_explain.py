"""Every signal can be told in words, and shows the facts it was counted from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from analytics.signals.company import NOW, make

import tenure.analytics as ta
from tenure.analytics.signals.words import explain_risk

REGISTRY = ta.default_registry()


def test_every_signal_and_risk_signal_is_told_in_words() -> None:
    for name, signal in REGISTRY.signals.items():
        text = ta.explain_signal(REGISTRY, name)
        assert text.startswith(f"{name}: {signal.title}")
        assert "Declared in" in text
        assert "{" not in text
    for name in REGISTRY.risk_signals:
        assert "Fires when" in explain_risk(REGISTRY, name)


def test_the_words_say_what_is_counted_and_what_uses_it() -> None:
    text = ta.explain_signal(REGISTRY, "login_days_14d")
    assert "The number of days with @login (Signed In, " in text
    assert "in the last 14 days" in text
    assert "Part of: login_change_14d" in text


COUNTED = [
    n for n, s in REGISTRY.signals.items() if s.kind in ("count", "rows") and s.per == "account"
]


@pytest.mark.parametrize("seed", [1, 2])
def test_as_many_facts_as_were_counted(seed: int) -> None:
    company, engine, t = make(seed), ta.DuckDBEngine(), NOW - timedelta(hours=7)
    facts = company.dataset()
    found = ta.compute_signals(facts, REGISTRY, t, names=COUNTED, engine=engine)
    row = found.to_pylist()[0]
    for name in COUNTED:
        rows = ta.signal_facts(facts, REGISTRY, name, row["account_id"], t, 10_000, engine)
        assert rows.num_rows == (row[name] or 0), name


def test_facts_of_a_change_are_those_of_both_windows() -> None:
    t = datetime(2024, 3, 1, tzinfo=UTC)
    days = [t - timedelta(days=d) for d in (1, 30, 40, 99)]
    events = pd.DataFrame({"account_id": "a", "event": "Hello", "timestamp": days})
    facts = ta.Dataset.from_frames(events=events)
    rows = ta.signal_facts(facts, REGISTRY, "usage_change_28d", "a", t).to_pylist()
    assert [(r["signal"], r["time"]) for r in rows] == [
        ("events_28d", days[0]),
        ("events_28d__before", days[1]),
        ("events_28d__before", days[2]),
    ]


def test_facts_are_newest_first_and_limited() -> None:
    t = datetime(2024, 3, 1, tzinfo=UTC)
    days = [t - timedelta(days=d) for d in (3, 1, 2)]
    events = pd.DataFrame({"account_id": "a", "event": "Signed In", "timestamp": days})
    facts = ta.Dataset.from_frames(events=events)
    rows = ta.signal_facts(facts, REGISTRY, "logins_7d", "a", t, limit=2).to_pylist()
    assert [r["time"] for r in rows] == [days[1], days[2]]


def test_every_signal_shows_facts_without_error() -> None:
    facts, engine = make(4, events=50).dataset(), ta.DuckDBEngine()
    for name in REGISTRY.of_accounts():
        found = ta.signal_facts(facts, REGISTRY, name, "acme-0", NOW, 5, engine)
        assert found.schema.names[:3] == ["signal", "table", "time"]
