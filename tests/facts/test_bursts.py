"""What arrives in a burst is seen by whoever is told of it, whatever any clock says.

A worker reads its clock once and then empties the inbox; requests go on arriving meanwhile. What
it lands of those was received *after* the moment it calls now; its clock may also be behind the
sender's, or jump back.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenure.accounts.models import Account, Membership, Person
from tenure.connectors.posted import accepting
from tenure.core import policy
from tenure.facts.inbox import RawRequest, store
from tenure.facts.periodic_tasks import flush_now
from tenure.programs.dunning import settings
from tenure.programs.dunning.models import ALIVE, RECOVERED, Case

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SKEWS = [timedelta(0), timedelta(minutes=4), timedelta(days=2)]
"""By how much the worker's clock is behind that of the process that took the requests."""


@pytest.fixture(autouse=True)
def _world(workspace: Any, db: None) -> None:
    text = settings.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)
    policy.save(settings.DOCUMENT, text, "alice", "", NOW)


def posts(table: str, rows: list[dict[str, Any]], every: timedelta = timedelta(seconds=1)) -> None:
    """One row a call, a call each second."""
    for n, row in enumerate(rows):
        at = NOW + n * every
        assert not accepting.take(table, [row], source="shop", backfill=False, now=at)


def failed(n: int, **more: Any) -> dict[str, Any]:
    return {
        "payment_id": f"p{n}",
        "invoice_id": f"i{n}",
        "account_id": f"a{n}",
        "attempted_at": NOW.isoformat(),
        "status": "failed",
        "decline_code": "insufficient_funds",
        "amount_minor": 4900,
        "currency": "EUR",
        **more,
    }


def invoice(n: int) -> dict[str, Any]:
    issued = (NOW - timedelta(hours=1)).isoformat()
    return {
        "invoice_id": f"i{n}",
        "account_id": f"a{n}",
        "issued_at": issued,
        "amount_minor": 4900,
        "currency": "EUR",
    }


@pytest.mark.parametrize("behind", SKEWS)
def test_everybody_told_in_a_burst_is_known_to_pages(behind: timedelta) -> None:
    rows = [{"person_id": f"p{n}", "account_id": "acme", "name": f"P {n}"} for n in range(12)]
    posts("people", rows)
    flush_now(NOW - behind)
    assert Person.objects.filter(name__startswith="P ").count() == 12
    assert Membership.objects.filter(account_id="acme").count() == 12


@pytest.mark.parametrize("behind", SKEWS)
def test_accounts_and_what_they_pay_are_known_in_a_burst(behind: timedelta) -> None:
    posts("accounts", [{"account_id": f"a{n}", "name": f"A {n}"} for n in range(12)])
    started = (NOW - timedelta(days=90)).isoformat()
    common = {"mrr_minor": 500, "currency": "EUR", "started_at": started}
    subs = [{"subscription_id": f"s{n}", "account_id": f"a{n}", **common} for n in range(12)]
    posts("subscriptions", subs)
    flush_now(NOW - behind)
    assert Account.objects.filter(name__startswith="A ", mrr_minor=500).count() == 12


@pytest.mark.parametrize("behind", SKEWS)
def test_a_subscription_that_begins_or_ends_as_it_is_told_is_so_for_a_clock_behind(
    behind: timedelta,
) -> None:
    began = {"subscription_id": "new", "account_id": "new", "started_at": NOW.isoformat()}
    ended = {
        "subscription_id": "old",
        "account_id": "old",
        "started_at": "2025-01-01",
        "updated_at": NOW.isoformat(),
        "ended_at": NOW.isoformat(),
        "status": "cancelled",
    }
    posts("subscriptions", [{**began, "mrr_minor": 500, "currency": "EUR"}, ended])
    flush_now(NOW - behind)
    assert Account.objects.get(pk="new").mrr_minor == 500
    assert Account.objects.get(pk="old").status == "churned"


@pytest.mark.parametrize("behind", SKEWS)
def test_failed_payments_in_a_burst_open_a_case_each_and_successes_close_each(
    behind: timedelta,
) -> None:
    posts("invoices", [invoice(n) for n in range(12)])
    posts("payments", [failed(n) for n in range(12)])
    flush_now(NOW - behind)
    assert Case.objects.filter(state__in=ALIVE).count() == 12
    paid = NOW + timedelta(minutes=1)
    won = {"status": "succeeded", "decline_code": "", "attempted_at": paid.isoformat()}
    rows = [failed(n, payment_id=f"w{n}", **won) for n in range(5)]
    for n, row in enumerate(rows):
        at = paid + timedelta(seconds=n)
        assert not accepting.take("payments", [row], source="shop", backfill=False, now=at)
    flush_now(NOW - behind)
    assert Case.objects.filter(state=RECOVERED).count() == 5
    assert Case.objects.filter(state__in=ALIVE).count() == 7


@pytest.mark.parametrize("behind", SKEWS)
def test_an_invoice_told_as_paid_in_a_burst_closes_its_case(behind: timedelta) -> None:
    posts("invoices", [invoice(n) for n in range(10)])
    posts("payments", [failed(n) for n in range(10)])
    flush_now(NOW - behind)
    paid = NOW + timedelta(minutes=1)
    posts("invoices", [{**invoice(n), "paid_at": paid.isoformat()} for n in range(10)])
    flush_now(NOW - behind)
    assert Case.objects.filter(state=RECOVERED).count() == 10


@pytest.mark.parametrize("behind", SKEWS)
def test_a_new_card_in_a_burst_is_known_to_its_case(behind: timedelta) -> None:
    posts("invoices", [invoice(0)])
    posts("payments", [failed(0, decline_code="expired_card", properties={"card": "c1"})])
    flush_now(NOW - behind)
    assert Case.objects.get().next_what != "retry"
    card = {
        "card_id": "c2",
        "account_id": "a0",
        "updated_at": (NOW + timedelta(seconds=90)).isoformat(),
    }
    at = NOW + timedelta(seconds=90)
    known = {**card, "is_default": True, "network": "visa", "exp_month": 1, "exp_year": 2031}
    assert not accepting.take("cards", [known], source="shop", backfill=False, now=at)
    flush_now(NOW - behind)
    assert Case.objects.get().next_what == "retry"


@pytest.mark.parametrize("behind", SKEWS)
def test_traits_that_sdks_send_in_a_burst_are_known(behind: timedelta) -> None:
    letters = []
    for n in range(12):
        at = NOW + timedelta(seconds=n)
        traits = {"name": f"P {n}", "email": f"p{n}@acme.example", "plan": "pro"}
        call = {"type": "identify", "userId": f"p{n}", "traits": traits, "messageId": f"m{n}"}
        call |= {"context": {"groupId": "acme"}, "timestamp": at.isoformat()}
        letters.append(
            RawRequest(at, "segment:web", "segment:batch", json.dumps({"batch": [call]}).encode())
        )
    store(letters)
    flush_now(NOW - behind)
    known = Person.objects.filter(email__endswith="@acme.example", traits__plan="pro")
    assert known.count() == 12


def test_a_clock_that_moves_between_two_lines_loses_nobody() -> None:
    moments = [0, 40, -300, 7200, 3]
    for turn, seconds in enumerate(moments):
        rows = [{"person_id": f"{turn}-{n}", "account_id": "acme", "name": "P"} for n in range(6)]
        posts("people", rows)
        flush_now(NOW + timedelta(seconds=seconds))
    assert Person.objects.filter(name="P").count() == 6 * len(moments)
