"""Dunning in real Chromium."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from health.companies import add

from tenure.accounts.models import Account
from tenure.programs.dunning.models import Case, Step


@pytest.fixture
def unpaid(workspace: Any, db: None) -> Case:
    """One open case that the ledger knows, with a mail behind it, and one that ended well."""
    now = timezone.now()
    Account.objects.create(id="acme", name="Acme")
    told = {"account_id": "acme", "invoice_id": "i1", "amount_minor": 4900, "currency": "EUR"}
    add(1, invoices=[told | {"issued_at": now - timedelta(days=2)}], payments=[
        told | {"payment_id": "p1", "attempted_at": now - timedelta(days=1), "status": "failed",
                "decline_code": "insufficient_funds"},
    ])  # fmt: skip
    made = [
        Case.objects.create(
            invoice_id=name, account_id="acme", amount_minor=4900, currency="EUR",
            opened_at=now - timedelta(days=1), kind="soft", code="insufficient_funds",
            state=state, closed_at=None if state == "open" else now, tries=1,
        )
        for name, state in (("i1", "open"), ("i2", "recovered"))
    ]  # fmt: skip
    for case in made:
        Step.objects.create(
            case=case, key=case.invoice_id, what="mail:failed", at=now - timedelta(hours=20)
        )
    return made[0]


@pytest.mark.parametrize(
    ("theme", "phone"),
    [("light", False), ("dark", False), ("light", True), ("dark", True)],
    ids=["light", "dark", "phone", "phone-dark"],
)
def test_a_case_is_found_read_and_taken_over(browse, unpaid, alice, theme, phone):
    window = browse(alice, theme, phone)
    page = window.open("/dunning/")
    page.wait_for_selector("text=1 of 1 closed cases")
    window.check()
    page.click("a:has-text('Acme')")
    page.wait_for_selector("h2:has-text('What comes')")
    window.check()
    page.click("button:has-text('Take it over')")
    page.wait_for_selector("text=It is yours")
    window.check()
    page.click("button:has-text('Hand back')")
    page.wait_for_selector("text=Handed back")
