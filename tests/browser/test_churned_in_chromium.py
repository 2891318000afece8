"""Losses, and the exit interview, in real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from learning.investigations.test_churned_pages import loss

from tenure.learning.investigations import links
from tenure.learning.investigations.models import ExitInterview, Investigation

MODES = [("light", False), ("dark", False), ("light", True), ("dark", True)]
NAMES = ["light", "dark", "phone", "phone-dark"]


@pytest.fixture
def acme(workspace: Any, db: None) -> Investigation:
    return loss("acme")


@pytest.mark.parametrize(("theme", "phone"), MODES, ids=NAMES)
def test_a_loss_is_read_and_its_verdict_confirmed(browse, acme, alice, theme, phone):
    window = browse(alice, theme, phone)
    page = window.open("/churned/")
    window.check()
    page.click("th a:has-text('Acme')")
    page.wait_for_selector("h2:has-text('What points to it')")
    page.click("summary:has-text('It was something else')")
    page.click("summary:has-text('2 scores')")
    window.check()
    page.click("button:has-text('Confirm')")
    page.wait_for_selector("text=The monthly review counts it")
    window.check()


@pytest.mark.parametrize(("theme", "phone"), MODES, ids=NAMES)
def test_somebody_who_left_says_why(browse, acme, alice, theme, phone):
    made = ExitInterview.objects.create(
        investigation=acme, person_id="ann", address="ann@acme.example", asked_at=timezone.now()
    )
    window = browse(alice, theme, phone)
    page = window.open("/m/exit/" + links.url(made.pk).split("/m/exit/")[1])
    window.check()
    page.click("text=We found something else")
    page.fill("textarea", "It did one thing better")
    page.click("text=Maybe")
    page.click("button:has-text('Send')")
    page.wait_for_selector("text=Thank you")
    window.check()
    made.refresh_from_db()
    assert (made.reason, made.would_return) == ("switching", "maybe")


@pytest.mark.parametrize(("theme", "phone"), MODES, ids=NAMES)
def test_a_month_is_reviewed(browse, acme, alice, theme, phone):
    window = browse(alice, theme, phone)
    page = window.open("/churned/review/?month=2026-02")
    page.click("summary:has-text('Decide a change')")
    window.check()
    page.fill("#title", "Look at use each week")
    page.fill("#owner", "Bob")
    page.fill("#due_on", "2026-03-20")
    page.click("button:has-text('Decide')")
    page.wait_for_selector("text=overdue")
    window.check()
