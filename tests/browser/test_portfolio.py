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


@looks
def test_work_is_handed_off_from_the_account_and_comes_back(browse, touched, alice, theme, phone):
    window = browse(alice, theme, phone)
    page = window.open("/accounts/a/acc_000001")
    page.click("[data-dialog=touch]")
    window.check()
    page.click("#touch button[type=submit]")
    page.wait_for_selector("text=The touch is logged")
    page = window.open("/accounts/a/acc_000001")
    page.click("a:has-text('Hand off')")
    page.wait_for_selector("h2:has-text('Work for others')")
    window.check()
    page.check("input[value=copy]")
    page.fill("#id_title", "Renewal mail")
    page.fill("#id_why", "It is too long")
    page.select_option("#id_receiver", "person:alice@example.com")
    page.click("button:has-text('Hand it over')")
    page.wait_for_selector("h2:has-text('What was asked')")
    window.check()
    window.open("/portfolio/hand-offs/")
    window.check()
    page.click("a:has-text('Renewal mail')")
    page.fill("#id_note", "Shorter now")
    page.click("button:has-text('Record it')")
    page.wait_for_selector("text=Everything came back")
    window.open("/portfolio/hand-offs/?all=1")
    window.check()
