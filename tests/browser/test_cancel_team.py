"""The team's pages of the cancel flow in real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from programs.cancel.cancelling import Company, make

from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.workflow import Cancel, No, ReasonGiven, Yes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visited(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Company:
    company = make(monkeypatch)
    company.says(
        company.comes(), ReasonGiven("too_expensive"), Yes("discount"), more="Half, please"
    )
    company.says(company.comes(), ReasonGiven("switching"), No(), Cancel())
    company.subscribe("other", "s9", plan_id="basic")
    company.till.says_no = "the subscription is locked"
    company.says(company.comes("other"), ReasonGiven("too_expensive"), Yes("discount"))
    return company


@pytest.mark.parametrize(("theme", "phone"), [("light", False), ("dark", True)])
def test_every_page_is_clean(
    browse: Any, visited: Company, alice: Any, theme: str, phone: bool
) -> None:
    seen = browse(alice, theme=theme, phone=phone)
    first = Visit.objects.order_by("pk").first()
    assert first is not None
    pages = ("?span=", "visits/?span=", f"visits/{first.pk}/", "waiting/", "builder/",
             "builder/preview/?account=other", "builder/preview/?account=nobody")  # fmt: skip
    for path in pages:
        seen.open(f"/cancel-flow/{path}")
        seen.check()


def test_an_empty_workspace_is_clean_and_can_be_switched_on(
    browse: Any, workspace: Any, alice: Any
) -> None:
    seen = browse(alice)
    page = seen.open("/cancel-flow/")
    expect(page.get_by_text("Nobody has come to cancel yet")).to_be_visible()
    seen.check()
    page.get_by_role("link", name="builder").first.click()
    page.get_by_text("25 %").click()
    page.get_by_label("Percent").first.fill("20")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("version 1 is in force")).to_be_visible()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()
    seen.check()
