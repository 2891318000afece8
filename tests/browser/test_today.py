"""Today in real Chromium."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from web.work import opened

from tenure.accounts.models import Account
from tenure.work.tasks import actions
from tenure.work.tasks.models import Task

looks = pytest.mark.parametrize(
    ("theme", "phone"), [("light", False), ("dark", True)], ids=["light", "phone-dark"]
)


@pytest.fixture
def busy(customers: Any, bob: Any) -> None:
    """Bob has work of every urgency."""
    now = timezone.now()
    Account.objects.filter(pk__lt="acc_000020").update(owner=bob)
    for n in range(18):
        opened(f"acc_{n:06d}", f"Call number {n}", due=timedelta(hours=20 * n - 60), now=now)
    actions.escalate(now)


@looks
def test_a_day_at_work(browse, busy, bob, theme, phone):
    window = browse(bob, theme, phone)
    page = window.open("/today/")
    window.check()
    page.locator(".task-words summary").first.click()
    page.locator(".task-acts summary:has-text('Done')").first.click()
    window.check()
    page.locator(".menu[open] button:has-text('Talked to them')").click()
    expect(page.locator(".toast-note")).to_contain_text("Done:")
    page.locator(".task-acts summary:has-text('Snooze')").first.click()
    page.locator(".menu[open] button:has-text('Until tomorrow')").click()
    expect(page.locator(".toast-note")).to_contain_text("comes back on")
    assert Task.objects.filter(state="open").count() == 16
    page.locator(".task-title").first.click()
    page.wait_for_selector("h2:has-text('How did it go?')")
    window.check()
    page.click("button:has-text('False alarm')")
    expect(page.locator(".toast-note")).to_contain_text("false alarm")
    page.click(".btn-primary:has-text('Talked to them')")
    page.wait_for_url("**/today/")
    window.open("/today/?who=everyone&show=done")
    window.check()
    window.open("/today/new/")
    window.check()


def test_keys_move_between_tasks(browse, busy, bob):
    page = browse(bob).open("/today/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".task-title").nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/tasks/*/")


def test_empty_today_teaches(browse, workspace, alice):
    window = browse(alice)
    page = window.open("/today/")
    expect(page.locator(".empty-title")).to_have_text("No tasks yet")
    window.check()
