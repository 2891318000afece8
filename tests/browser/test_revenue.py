"""The Revenue pages in real Chromium."""

from __future__ import annotations

import pytest
from metrics.companies import history

looks = pytest.mark.parametrize(
    ("theme", "phone"), [("light", False), ("dark", True)], ids=["light", "phone-dark"]
)


@looks
def test_from_a_month_to_the_accounts_behind_it(browse, workspace, alice, theme, phone):
    history()
    window = browse(alice, theme, phone)
    page = window.open("/revenue/")
    window.check()
    page.locator(".revenue-tiles a").first.click()
    page.wait_for_selector("h1:has-text('MRR')")
    window.check()
    window.open("/revenue/?by=channel&months=24&known=nonsense")
    window.check()
    for path in ("cohorts/", "cohorts/?by=channel&of_revenue=1", "lifetime/?by=plan"):
        window.open(f"/revenue/{path}")
        window.check()
    page = window.open("/revenue/cohorts/")
    page.locator(".heatmap td a").first.click()
    page.wait_for_selector("text=still pay")
    window.check()


@looks
def test_an_empty_workspace(browse, workspace, alice, theme, phone):
    window = browse(alice, theme, phone)
    for path in ("", "cohorts/", "lifetime/"):
        window.open(f"/revenue/{path}")
        window.check()
