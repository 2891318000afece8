"""Onboarding in real Chromium, on facts: light and wide, dark and narrow; empty, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from health.companies import accounts, add
from metrics.test_onboarding_told import CATALOGUE, NOW, facts

extremes = pytest.mark.parametrize(
    ("theme", "phone"), [("light", False), ("dark", True)], ids=["light", "phone-dark"]
)


@extremes
def test_the_page_with_a_flow_and_late_ones(browse, workspace, alice, theme, phone):
    born, done = facts(7)
    shift = datetime.now(UTC) - NOW
    for row in (*born, *done):
        for key in ("created_at", "updated_at", "timestamp", "received_at"):
            if key in row:
                row[key] += shift
    accounts(*(r["account_id"] for r in born))
    long_ago = datetime.now(UTC) - timedelta(days=500)
    add(1, accounts=born, events=done, features=[f | {"updated_at": long_ago} for f in CATALOGUE])
    window = browse(alice, theme, phone)
    page = window.open("/onboarding/")
    window.check()
    page.get_by_role("link", name="plan").click()
    page.wait_for_url("**by=plan*")
    window.check()
    window.open("/policy/read/onboarding/")
    window.check()


@extremes
def test_the_page_before_there_are_facts(browse, workspace, alice, theme, phone):
    window = browse(alice, theme, phone)
    window.open("/onboarding/")
    window.check()
