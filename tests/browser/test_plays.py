"""Plays in real Chromium: reading one, switching it on, writing one."""

from __future__ import annotations

from typing import Any

import pytest
from people import NOW
from plays.test_play_spec import PLAY

from tenure.core import policy as policies
from tenure.plays import advance, policy, switching
from tenure.plays.models import DryRunKept, Enrolment

LOOKS = [("light", False), ("dark", True)]
looks = pytest.mark.parametrize(("theme", "phone"), LOOKS, ids=["light", "phone-dark"])


@pytest.fixture
def inside(customers: list[Any], alice: Any) -> Enrolment:
    """A play that is on, with accounts in it and a trial kept."""
    policies.save("plays/try", PLAY, alice, "test", NOW)
    switching.switch_on("try", alice, now=NOW)
    switching.put_in("try", [f"acc_{i:06d}" for i in range(5)], alice, now=NOW)
    advance.advance_due(NOW)
    result = {"looked_at": ["2026-02-23", "2026-03-02"], "count": 2,
              "by_day": {"2026-02-23": 1, "2026-03-02": 1},
              "entries": [{"account_id": "acc_000001", "at": "2026-03-02"}]}  # fmt: skip
    DryRunKept.objects.create(play="try", version=1, asked_at=NOW, finished_at=NOW, result=result)
    return Enrolment.objects.filter(held_out=False)[0]


@looks
def test_reading_plays(browse, inside, alice, theme, phone):
    window = browse(alice, theme, phone)
    for path in ("/plays/", "/plays/try/", "/plays/win-back/", "/plays/try/log/",
                 "/plays/win-back/log/", "/plays/try/preview/", f"/plays/round/{inside.pk}/",
                 "/plays/try/edit/", "/plays/new/"):  # fmt: skip
        window.open(path)
        window.check()


def test_a_manager_writes_a_play_and_switches_it_on(browse, inside, alice):
    window = browse(alice)
    page = window.open("/plays/new/")
    page.fill("#title", "Say hello")
    page.fill("#about-text", "A first word from us.")
    page.locator("[data-trigger=when] select").nth(1).select_option("health")
    page.locator("[data-trigger=when] select").nth(2).select_option("<")
    page.locator("[data-trigger=when] .rule-row input").first.fill("60")
    page.fill("#s0-subject", "Hello {{ account.name }}")
    page.fill("#s0-text", "Is there anything we can do?")
    page.wait_for_selector("#audience .big")
    page.click("[name=do][value='add:wait']")
    page.fill("#s1-days", "3")
    page.fill("#goal-title", "Healthy")
    page.fill("#goal-event", "*")
    window.check()
    page.locator("button.btn-primary[value=save]").click()
    page.wait_for_selector("text=The play is saved. It is off.")
    page.click("text=Switch on")
    page.click("[data-confirm-yes]")
    page.wait_for_selector("text=Whoever meets its trigger from now on comes in.")
    assert [s.kind for s in policy.play("say-hello").steps] == ["mail", "wait"]
    window.check()
