"""Alerts and indicators in real Chromium."""

from __future__ import annotations

from datetime import timedelta

import pytest
from browser.test_pages import extremes
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.metrics.alerts import actions
from tenure.metrics.alerts.actions import Condition
from tenure.metrics.indicators.models import IndicatorValue


@pytest.fixture
def told(customers):
    """Alerts of three accounts and of an indicator with its course."""
    now = timezone.now()
    ids = Account.objects.order_by("pk").values_list("pk", flat=True)[:3]
    actions.sync("risk", [
        Condition(f"risk:data_export:{i}", "data_export", "critical", "Data export started",
                  "Usual time to churn: days.", i) for i in ids
    ], now=now)  # fmt: skip
    sign = Condition(
        "indicator:active_people:", "active_people", "high", "Active people: lower", "20"
    )
    actions.sync("indicator", [sign], now=now)
    IndicatorValue.objects.bulk_create(
        IndicatorValue(
            indicator=name, segment=segment, start=(now - timedelta(days=60 - n)).date(),
            known_at=now, value=n + 100.0 if n < 59 else 20.0, base=100, expected=100.0 + n,
            low=80.0 + n, high=120.0 + n, status="fine" if n < 59 else "low", made_by="x",
            computed_at=now,
        )
        for n in range(60) for segment in ("", "enterprise")
        for name in ("active_people", "key_feature_use")
    )  # fmt: skip


@extremes
def test_pages_of_alerts_and_indicators(browse, told, bob, theme, phone):
    window = browse(bob, theme, phone)
    for path in ("/alerts/", "/alerts/precision/", "/indicators/", "/indicators/i/active_people/"):
        window.open(path)
        window.check()


def test_bob_marks_a_false_alarm_and_puts_another_away(browse, told, bob):
    window = browse(bob)
    page = window.open("/alerts/?severity=critical")
    page.click("button[aria-label^='False alarm'] >> nth=0")
    page.wait_for_selector(".toast-note")
    page.click("button[aria-label^='Put away'] >> nth=0")
    page.wait_for_selector(".toast-note")
    assert page.locator("tbody tr").count() == 1
    window.check()
