"""Contracts: what is promised, what breaks it, and how a wrong contract is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenure.analytics.errors import SpecError
from tenure.facts import contracts
from tenure.facts.contracts import Contracts
from tenure.facts.validate import accept

NOW = datetime(2024, 6, 1, tzinfo=UTC)
PACKAGED = Path(contracts.__file__).with_name("contracts.toml").read_text()


def rules(more: str = "", top: str = "") -> Contracts:
    return contracts.parse("mine.toml", top + PACKAGED + more)


def codes(rules: Contracts, **properties: Any) -> list[tuple[str, str, bool]]:
    row = {
        "account_id": "a",
        "event": "Shared",
        "timestamp": "2024-05-01",
        "properties": properties,
    }
    good, bad = accept("events", [row], now=NOW, source="s", contracts=rules)
    assert good.num_rows == (0 if any(not r.warn for r in bad) else 1)
    return [(r.code, r.field, r.warn) for r in bad]


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        ("required = true", None, "contract_missing"),
        ('type = "text"', 5, "contract_type"),
        ('type = "number"', "5", "contract_type"),
        ('type = "integer"', 5.5, "contract_type"),
        ('type = "bool"', 1, "contract_type"),
        ('type = "list"', {"a": 1}, "contract_type"),
        ('type = "timestamp"', "soon", "contract_type"),
        ('allowed = ["a", "b"]', "c", "contract_allowed"),
        ("min = 1", 0, "contract_min"),
        ("max = 1", 2, "contract_max"),
    ],
)
def test_a_breach_is_named(rule: str, value: Any, code: str) -> None:
    found = codes(rules(f'\n[events.Shared.fields."it\'s"]\n{rule}\n'), **{"it's": value})
    assert found == [(code, "it's", False)]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("required = true", "x"),
        ('type = "text"', "x"),
        ('type = "number"', 5.5),
        ('type = "integer"', -3),
        ('type = "object"', {"a": 1}),
        ('type = "timestamp"', "2024-05-01T00:00:00Z"),
        ('type = "text"', None),
        ("allowed = [1, 2]", 2),
        ("min = 1\nmax = 3", 2),
    ],
)
def test_what_keeps_the_contract_lands(rule: str, value: Any) -> None:
    assert codes(rules(f"\n[events.Shared.fields.p]\n{rule}\n"), p=value) == []


def test_a_warning_lets_the_fact_land() -> None:
    own = rules('\n[events.Shared]\nmode = "warn"\n[events.Shared.fields.p]\nrequired = true\n')
    assert codes(own) == [("contract_missing", "p", True)]


def test_other_events_are_not_bound() -> None:
    assert codes(rules("\n[events.Other.fields.p]\nrequired = true\n")) == []


@pytest.mark.parametrize(("mode", "warn"), [("warn", True), ("quarantine", False)])
def test_undeclared_events_can_be_held_back(mode: str, warn: bool) -> None:
    own = contracts.parse("m", PACKAGED.replace('= "accept"', f'= "{mode}"'))
    assert codes(own) == [("contract_unknown", "event", warn)]


def test_packaged_contracts_of_tables_are_checked() -> None:
    row = {"payment_id": 1, "account_id": 2, "attempted_at": "2024-05-01", "status": "maybe"}
    _, bad = accept("payments", [row], now=NOW, source="s", contracts=rules())
    assert (bad[0].code, bad[0].field) == ("contract_allowed", "status")
    assert "succeeded, failed" in bad[0].reason


def test_tenures_own_facts_are_bound_by_nobody() -> None:
    own = contracts.parse("m", PACKAGED.replace('= "accept"', '= "quarantine"'))
    row = {"event": "tenure.scored", "timestamp": "2024-05-01", "account_id": "a"}
    assert accept("events", [row], now=NOW, source="tenure", contracts=own)[1] == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[tables.visits]\nmode='warn'", "tables.visits"),
        ("[tables.payments.fields.colour]\nrequired=true", "tables.payments.fields.colour"),
        ("[events.E]\nmode='loud'", "events.E.mode"),
        ("[events.E]\nexpected_every='often'", "events.E.expected_every"),
        ("[events.E.fields.p]\nmin=2\nmax=1", "events.E.fields.p"),
        ("[events.E.fields.p]\nkind='text'", "events.E.fields.p.kind"),
        ("[sources.s.fields.p]\nrequired=true", "sources.s.fields"),
        ("[events.E", "syntax"),
    ],
)
def test_a_wrong_contract_is_refused_with_key_and_remedy(text: str, key: str) -> None:
    with pytest.raises(SpecError) as refused:
        contracts.parse("mine.toml", f"{PACKAGED}\n{text}\n")
    assert refused.value.source == "mine.toml"
    assert refused.value.key == key
    assert refused.value.remedy


def test_durations() -> None:
    own = rules('\n[events.E]\nexpected_every = "2d"\n')
    assert own.events["E"].every() == timedelta(days=2)
    assert own.tables["payments"].every() is None
