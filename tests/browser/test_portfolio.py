"""The portfolio in real Chromium."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from health.companies import add

looks = pytest.mark.parametrize(
    ("theme", "phone"), [("light", False), ("dark", True)], ids=["light", "phone-dark"]
)


@pytest.fixture
def touched(customers: Any, bob: Any) -> None:
    """Some accounts that were talked to lately."""
    now = timezone.now()
    rows = [
        {"interaction_id": f"i{n}", "account_id": f"acc_{n:06d}", "kind": kind, "by": bob.email,
         "happened_at": now - timedelta(days=n % 29 + 1)}
        for n in range(30) for kind in ("call", "qbr")
    ]  # fmt: skip
    for row in rows:
        row["interaction_id"] += row["kind"]
    add(1, interactions=rows)


@looks
def test_owed_touches_and_owners(browse, touched, alice, theme, phone):
    window = browse(alice, theme, phone)
    page = window.open("/portfolio/")
    window.check()
    page.locator("button[name=one]").first.click()
    page.wait_for_selector("text=1 task opened")
    page.click("button:has-text('Assign ')")
    page.locator("dialog[open] button.btn-primary, dialog[open] button.btn-danger").first.click()
    page.wait_for_selector("text=Everybody has somebody")
    window.check()
