"""Trials, the learned model, what is said ahead and what customers write, in real Chromium."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from health.companies import add, subscription
from web.learned_models import learned_model

from tenure.health.models import AccountPrediction, Trial

extremes = pytest.mark.parametrize(
    ("theme", "phone"), [("light", False), ("dark", True)], ids=["light", "phone-dark"]
)
INTERVAL = {"value": 0.7, "low": 0.6, "high": 0.8}


def _trial(now: datetime) -> Trial:
    horizon = {
        "days": 30, "observations": 90, "churned_accounts": 9, "old": INTERVAL, "new": INTERVAL,
        "difference": INTERVAL, "scored_before": 9, "caught_by_both": 2, "caught_only_before": 1,
        "caught_only_after": 4, "missed_by_both": 2, "green_before": INTERVAL,
        "green_after": INTERVAL,
    }  # fmt: skip
    alarms = {"alarms": 9, "false": 3, "precision": INTERVAL, "weeks": 30.0,
              "false_per_week": 0.1, "false_per_week_and_person": 0.05, "people": 2}  # fmt: skip
    moved = {"account_id": "acc_000003", "name": "Acc", "churned_at": "2026-01-02",
             "band_before": "healthy", "band_after": "at_risk", "risk_before": 20.0,
             "risk_after": 70.0}  # fmt: skip
    from tenure.core import policy

    return Trial.objects.create(
        name="formula", kind="proposal", against="formula", state="done", verdict="better",
        body=policy.text("health/models/formula"), created_at=now, created_by="alice",
        result={
            "replay": {
                "period": {"start": "2025-06-01", "end": "2026-01-01"}, "dates": 7, "moved": 3,
                "verdict": {"code": "better", "headline": "Better", "text": "By much", "days": 30},
                "observations": 90, "accounts": 30, "churned": 9, "horizons": [horizon],
                "moves": [{"before": "healthy", "after": "at_risk", "accounts": 3}],
                "moved_share": 0.1, "alarms": {"old": alarms, "new": alarms},
                "gained": [moved], "lost": [],
            },
            "weights": [{"signal": "logins_7d", "title": "Logins", "weight": 100, "added": True,
                         "learned_curve": True, "effect": INTERVAL, "dimension": "x"}],
            "missed": [{"signal": "logins_7d", "title": "Logins", "group": "Product use",
                        "coverage": 0.9, "all": INTERVAL, "well": INTERVAL, "in_model": False}],
            "learned": {"dates": 9, "first": "2024-06-01", "last": "2025-03-01",
                        "churned_accounts": 20, "observations": 200, "days": 30,
                        "wanted_days": 60},
            "usage_alone": True, "usage_share": 0.9, "outcomes_known": False,
            "variants_left_out": 1,
        },
    )  # fmt: skip


@extremes
def test_pages_of_trials_and_of_the_learned_model(browse, customers, alice, theme, phone):
    pytest.importorskip("lightgbm")
    learned_model()
    trial = _trial(datetime(2026, 3, 2, tzinfo=UTC))
    account = AccountPrediction.objects.get().account_id
    window = browse(alice, theme, phone)
    for path in ("/validation/trials/", f"/validation/trials/{trial.pk}/", "/validation/learned/"):
        window.open(path)
        window.check()
    page = window.open(f"/validation/trials/{trial.pk}/")
    assert "too short to learn for churn within 60 days" in page.inner_text("main")
    page = window.open(f"/accounts/a/{account}")
    page.wait_for_selector("#panel-chance .lines")
    window.check()
    page = window.open(f"/validation/trials/{trial.pk}/")
    page.click("text=Adopt >> nth=0")
    page.wait_for_selector("#adopt[open]")
    window.check()


@extremes
def test_pages_of_what_is_said_ahead_and_of_what_customers_write(
    browse, customers, alice, theme, phone
):
    now = datetime.now(UTC)
    soon, start = now + timedelta(days=5), now - timedelta(days=400)
    add(
        1,
        subscriptions=[subscription("acc_000003", start)],
        cards=[{"card_id": "c1", "account_id": "acc_000003", "updated_at": start,
                "status": "active", "network": "visa", "last4": "4242",
                "exp_month": soon.month, "exp_year": soon.year}],
        tickets=[{"ticket_id": "t1", "account_id": "acc_000003", "subject": "Too expensive",
                  "opened_at": now - timedelta(days=9), "body": "And it crashes."}],
    )  # fmt: skip
    window = browse(alice, theme, phone)
    for path in ("/dunning/ahead/", "/churned/texts/"):
        page = window.open(path)
        window.check()
    page.click("details summary >> nth=-1")
    window.check()
