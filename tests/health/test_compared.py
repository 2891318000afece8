"""What changed, and who is newly at risk: against yesterday, a week and a month ago, however often
was scored since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from companies import accounts, add, subscription, use
from django.test import Client

from tenure.accounts.models import Account
from tenure.health import actions, queries
from tenure.health.explanations import of_row
from tenure.health.models import AccountHealth

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
T = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
START = T - timedelta(days=200)
DAY = timedelta(days=1)


@pytest.fixture
def company() -> None:
    """Busy uses the product daily; fading stopped on 20 February, and took its data out since."""
    accounts("busy", "fading")
    add(
        1,
        accounts=[{"account_id": a, "name": a} for a in ("busy", "fading")],
        subscriptions=[subscription(a, START, mrr_minor=500_000) for a in ("busy", "fading")],
        events=[*use("busy", START, 200), *use("fading", START, 191), *taken_out()],
    )


def taken_out() -> list[dict[str, Any]]:
    """Two and a half days ago: a critical warning, and a payment page looked at."""
    at = T - timedelta(days=2, hours=12)
    return [
        {"account_id": "fading", "person_id": "p", "event": name, "message_id": f"out-{n}",
         "timestamp": at + timedelta(minutes=n)}
        for n, name in enumerate(("Data Exported", "Billing Page Viewed", "Billing Page Viewed"))
    ]  # fmt: skip


def row(account: str = "fading") -> AccountHealth:
    return AccountHealth.objects.get(account_id=account)


def run(at: datetime) -> None:
    actions.run_scoring(at, now=at)


def test_a_second_scoring_of_the_day_does_not_hide_what_changed_since_yesterday(
    company: None,
) -> None:
    run(T - DAY)
    yesterday = row().health
    run(T)
    morning = of_row(row())["changes"]
    assert row().previous_health == yesterday
    assert "days_since_login" in {c["signal"] for c in morning}
    run(T + timedelta(hours=9))
    run(T + timedelta(hours=10))
    assert row().previous_health == yesterday
    assert of_row(row())["changes"][0]["signal"] == morning[0]["signal"]


def test_the_night_after_is_compared_with_that_day(company: None) -> None:
    for moment in (T - DAY, T, T + timedelta(hours=2)):
        run(moment)
    afternoon = row().health
    run(T + DAY)
    assert row().previous_health == afternoon


def test_without_a_score_of_yesterday_nothing_is_said_to_have_changed(company: None) -> None:
    run(T - timedelta(hours=3))
    run(T)
    assert (row().previous_health, row().previous_signals) == (None, None)
    assert queries.changed_since(row(), 1) == (None, None)


def test_what_changed_in_seven_and_thirty_days_is_against_the_scores_of_then(company: None) -> None:
    actions.backtest([T - 30 * DAY, T - 7 * DAY, T - DAY], now=T)
    run(T)
    for days in (7, 30):
        then, told = queries.changed_since(row(), days)
        assert then == T - days * DAY
        assert told is not None
        change = next(c for c in told["changes"] if c["signal"] == "days_since_login")
        # Last used on 20 February: 10 days before 2 March, 3 before 23 February. At half past
        # midnight of 31 January the last login was the day before.
        assert (change["previous"], change["value"]) == ({7: 3.0, 30: 1.0}[days], 10.0)


def test_newly_at_risk_is_against_then_and_not_against_the_last_run(
    company: None, alice: Any, client: Client
) -> None:
    actions.backtest([T - 30 * DAY, T - 7 * DAY, T - DAY], now=T)
    run(T)
    run(T + timedelta(hours=1))
    Account.objects.update(owner=alice)
    levels = {d: queries.explanation_at("fading", T - d * DAY)["risk_level"] for d in (30, 7, 1)}  # type: ignore[index]
    assert row().risk_level in ("high", "critical")
    assert levels[30] == levels[7] == "low"
    client.force_login(alice)
    with time_machine.travel(T + timedelta(hours=2), tick=False):
        pages = {n: client.get(f"/today/beside/?since={n}").content.decode() for n in (1, 7, 30)}
    for days, page in pages.items():
        part = page.split('id="fallen"')[1].split('id="renewals"')[0]
        new = levels[days] not in ("high", "critical")
        assert ("/accounts/a/fading" in part) == new, days
        assert "/accounts/a/busy" not in part


def test_the_account_page_says_against_which_score(
    company: None, alice: Any, client: Client
) -> None:
    actions.backtest([T - 7 * DAY, T - DAY], now=T)
    run(T)
    client.force_login(alice)
    with time_machine.travel(T + timedelta(hours=2), tick=False):
        weekly = client.get("/accounts/a/fading?since=7").content.decode()
        monthly = client.get("/accounts/a/fading?since=30").content.decode()
    assert "Against the score of" in weekly
    assert "No score is that old" in monthly
