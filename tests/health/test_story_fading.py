"""A story over six weeks: an account fades, and the score tells of it week by week."""

from datetime import UTC, datetime, timedelta

import pytest
from companies import accounts, add, subscription, use

from tenure.accounts.models import Account
from tenure.health import actions, queries
from tenure.health.explanations import of_row
from tenure.health.models import AccountHealth

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
START = MONDAY - timedelta(days=120)


def at(weeks: int) -> datetime:
    return MONDAY + timedelta(weeks=weeks)


def test_an_account_fades_over_six_weeks() -> None:
    accounts("fading", "steady")
    add(
        1,
        accounts=[{"account_id": a, "name": a} for a in ("fading", "steady")],
        subscriptions=[subscription("fading", START), subscription("steady", START)],
        events=[
            *use("steady", START, 170),
            *use("fading", START, 120),
            # Two weeks of every third day, one person left; then one login; then silence.
            *use("fading", at(0), 14, every=3, people=1, actions=1),
            *use("fading", at(2), 1, people=1, actions=1),
        ],
    )
    told = []
    for week in range(7):
        now = at(week) + timedelta(hours=6)
        actions.run_scoring(now, now=now)
        row = AccountHealth.objects.get(account_id="fading")
        told.append((row.health, row.band, row.risk_level, set(row.risk_signals)))

    health = [t[0] for t in told]
    assert health == sorted(health, reverse=True)
    assert told[0][1:3] == ("stable", "low") or told[0][1] == "healthy"
    assert "login_frequency_down" in told[2][3]
    assert told[3][2] in ("high", "critical")
    assert {"no_login_7d", "usage_down"} <= told[5][3]
    assert told[6][1] == "critical"
    assert Account.objects.get(pk="fading").stage == "at_risk"

    steady = AccountHealth.objects.get(account_id="steady")
    assert (steady.risk_level, Account.objects.get(pk="steady").stage) == ("low", "retention")

    history = queries.account_history("fading")
    assert [h["health"] for h in history] == health
    moved = queries.movements(at(1), at(7))
    assert [(m["account_id"], m["to_band"]) for m in moved["moves"]] == [("fading", "critical")]
    row = AccountHealth.objects.get(account_id="fading")
    assert row.change_30d < -20
    assert len(row.trend) == 7

    # A customer again: one busy fortnight brings it back, and the row says why.
    add(2, events=use("fading", at(6), 28, people=3))
    actions.run_scoring(at(10), now=at(10))
    row = AccountHealth.objects.get(account_id="fading")
    assert row.health > 60
    assert of_row(row)["changes"][0]["delta_points"] > 0
    assert Account.objects.get(pk="fading").stage == "retention"
