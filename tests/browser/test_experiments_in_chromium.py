"""Experiments in real Chromium."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.accounts.models import Account
from tenure.learning.experiments import measuring


@pytest.mark.parametrize(
    ("theme", "phone"),
    [("light", False), ("dark", False), ("light", True), ("dark", True)],
    ids=["light", "dark", "phone", "phone-dark"],
)
def test_one_is_planned_started_and_looked_at(
    browse: Any, workspace: Any, alice: Any, theme: str, phone: bool, monkeypatch: Any
) -> None:
    monkeypatch.setattr(measuring, "_stay", lambda days, now: 0.8)
    Account.objects.bulk_create([Account(id=f"a{n}", status="active") for n in range(400)])
    window = browse(alice, theme, phone)
    page = window.open("/experiments/")
    window.check()
    page.click("text=Plan one")
    page.fill("#title", "A call in the first week")
    page.fill("#key", "welcome-call")
    page.fill("#hypothesis", "People who are called stay")
    page.fill("#effect", "0.1")
    page.check("input[name=watched]")
    page.click("button:has-text('Reckon')")
    page.wait_for_selector("text=What it needs")
    window.check()
    page.click("button:has-text('Keep')")
    page.wait_for_selector("h2:has-text('What was asked')")
    page.click("button:has-text('Start')")
    page.wait_for_selector("text=the arms are drawn")
    page.click("button:has-text('Look now')")
    page.wait_for_selector("h2:has-text('As seen')")
    window.check()
