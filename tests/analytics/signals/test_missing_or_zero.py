"""Missing is not zero: what was never tracked must not count against anyone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

import tenure.analytics as ta

T = datetime(2024, 4, 1, tzinfo=UTC)
REGISTRY = ta.default_registry()


def event(account: str, name: str, at: str, person: str = "p1") -> dict[str, Any]:
    return {"account_id": account, "person_id": person, "event": name, "timestamp": at}


def of(name: str, account: str = "quiet", **tables: list[dict[str, Any]]) -> Any:
    facts = ta.Dataset.from_frames(**{n: pd.DataFrame(rows) for n, rows in tables.items()})
    found = ta.compute_signals(facts, REGISTRY, T, names=[name], accounts=[account])
    return found[name].to_pylist()[0]


KNOWN = {"accounts": [{"account_id": "quiet"}, {"account_id": "busy"}]}
BUSY = [event("busy", "Signed In", "2024-03-20"), event("busy", "Task Completed", "2024-03-20")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("logins_28d", 0),
        ("login_days_28d", 0),
        ("active_people_28d", 0),
        ("days_since_login", 90),
        ("dau_mau", 0),
        ("actions_per_session_28d", 0),
        ("login_rhythm", "none"),
        ("usage_change_28d", None),
        ("data_exports_7d", None),
        ("feature_adoption_90d", None),
    ],
)
def test_an_account_without_events_where_others_have_some(name: str, value: Any) -> None:
    assert of(name, events=BUSY, **KNOWN) == value


@pytest.mark.parametrize("name", ["logins_28d", "days_since_login", "dau_mau", "login_rhythm"])
def test_a_workspace_that_does_not_track_logins(name: str) -> None:
    other = [event("busy", "Task Completed", "2023-11-01")]
    assert of(name, events=other, **KNOWN) is None


def test_a_source_gone_quiet_for_longer_than_presence_days_is_missing() -> None:
    assert of("logins_7d", events=[event("busy", "Signed In", "2024-01-03")], **KNOWN) == 0
    assert of("logins_7d", events=[event("busy", "Signed In", "2024-01-01")], **KNOWN) is None


TICKET = {"ticket_id": "t", "account_id": "busy", "opened_at": "2024-03-20"}
CALL = {"interaction_id": "i", "account_id": "busy", "happened_at": "2024-03-20", "kind": "call"}


@pytest.mark.parametrize(
    ("name", "tables", "value"),
    [
        ("tickets_90d", {}, None),
        ("tickets_90d", {"tickets": [TICKET]}, 0),
        # never escalated anywhere: that is good, not missing
        ("tickets_escalated_30d", {"tickets": [TICKET]}, 0),
        ("support_sentiment_90d", {"tickets": [TICKET]}, None),
        ("nps_last", {}, None),
        # calls are recorded, trainings are not
        ("interactions_90d", {"interactions": [CALL]}, 0),
        ("trainings_180d", {"interactions": [CALL]}, None),
        ("days_since_contact", {"interactions": [CALL]}, 180),
        ("champion_days_since_contact", {"interactions": [CALL]}, None),
        ("mrr_minor", {}, None),
        ("stakeholder_coverage", {}, None),
    ],
)
def test_an_account_without_rows(name: str, tables: dict[str, Any], value: Any) -> None:
    assert of(name, **tables, **KNOWN) == value


def test_a_new_customer_has_not_grown() -> None:
    began = {"subscription_id": "s", "account_id": "quiet", "started_at": "2024-03-01"}
    rows = [began | {"quantity": 9, "mrr_minor": 900, "status": "active"}]
    assert of("seats", subscriptions=rows) == 9
    assert of("seats_added_90d", subscriptions=rows) is None
    assert of("mrr_change_90d", subscriptions=rows) is None


def test_an_account_that_left_pays_nothing() -> None:
    rows = [{"subscription_id": "s", "account_id": "quiet", "started_at": "2023-03-01",
             "ended_at": "2024-02-01", "mrr_minor": 900, "quantity": 3}]  # fmt: skip
    assert of("mrr_minor", subscriptions=rows) == 0
    assert of("seats_change_90d", subscriptions=rows) == -1
    assert of("ended", subscriptions=rows) == 1
    assert of("days_since_ended", subscriptions=rows) == 60
    assert of("status", subscriptions=rows) == "ended"


def test_events_that_name_nobody_say_nothing_about_people() -> None:
    """A server that sends no user: the account is used, by whom is not known."""
    bare = [event("quiet", "Signed In", f"2024-03-{d:02}", None) for d in range(1, 31)]  # type: ignore[arg-type]
    assert of("login_days_28d", events=bare, **KNOWN) == 27
    for name in ("active_people_28d", "dau_mau"):
        assert of(name, events=bare, **KNOWN) is None


def test_an_account_whose_events_name_nobody_is_not_one_without_people() -> None:
    bare = [event("quiet", "Signed In", "2024-03-20", None)]  # type: ignore[arg-type]
    assert of("active_people_28d", events=[*BUSY, *bare], **KNOWN) is None
    assert of("active_people_28d", "busy", events=[*BUSY, *bare], **KNOWN) == 1


def test_people_that_were_named_before_and_are_gone_are_zero() -> None:
    mixed = [
        event("quiet", "Signed In", "2024-02-01"),
        event("quiet", "Signed In", "2024-03-20", None),  # type: ignore[arg-type]
    ]
    assert of("active_people_28d", events=[*BUSY, *mixed], **KNOWN) == 0


@pytest.mark.parametrize(
    ("amounts", "mrr"), [([600, 400], 1000), ([600, None], None), ([None, None], None)]
)
def test_revenue_of_subscriptions_without_an_amount_is_not_known(amounts: Any, mrr: Any) -> None:
    """Two active subscriptions, of which one has no amount: 600 would be a lie."""
    rows = [
        {"subscription_id": f"s{n}", "account_id": "quiet", "started_at": "2024-01-01",
         "status": "active", "mrr_minor": amount, "currency": "EUR"}
        for n, amount in enumerate(amounts)
    ]  # fmt: skip
    for name, times in (("mrr_minor", 1), ("arr_minor", 12), ("contract_arr_minor", 12)):
        expected = None if mrr is None else mrr * times
        assert of(name, subscriptions=rows, **KNOWN) == expected


def test_an_amount_that_is_missing_on_a_subscription_that_ended_does_not_matter() -> None:
    rows = [
        {"subscription_id": "s1", "account_id": "quiet", "started_at": "2023-01-01",
         "ended_at": "2023-06-01", "status": "cancelled", "mrr_minor": None},
        {"subscription_id": "s2", "account_id": "quiet", "started_at": "2024-01-01",
         "status": "active", "mrr_minor": 500},
    ]  # fmt: skip
    assert of("mrr_minor", subscriptions=rows, **KNOWN) == 500
