"""Hand-offs and touches on pages: from the account, in the list, and back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tenure.facts.models import InboxRow
from tenure.work.portfolio import handoffs
from tenure.work.portfolio.models import HandOff

ACCOUNT = "acc_000000"
NEW = {"kind": "copy", "title": "Renewal mail", "why": "It is too long", "links": "",
       "receiver": "person:bob@example.com"}  # fmt: skip


@pytest.fixture
def handed(customers, bob) -> HandOff:
    asked = handoffs.Request("copy", "Renewal mail", "Too long", customers[0], (), NEW["receiver"])
    return handoffs.open_hand_off(asked, bob, now=timezone.now())


@pytest.mark.parametrize(
    ("role", "status", "may"),
    [("admin", 200, True), ("csm", 200, True), ("analyst", 200, False), ("support", 403, False)],
)
def test_who_may_see_and_do_what(handed, seen_by, colleague, role, status, may):
    client = seen_by(colleague(role))
    for path in ("", "?all=1", f"{handed.pk}/"):
        assert client.get(f"/portfolio/hand-offs/{path}").status_code == status
    assert client.get("/portfolio/hand-offs/new/").status_code == (200 if may else 403)
    for path in (f"hand-offs/{handed.pk}/", "hand-offs/new/"):
        assert client.post(f"/portfolio/{path}").status_code == (422 if may else 403)
    for path in (f"hand-offs/{handed.pk}/withdraw/", f"touch/{ACCOUNT}"):
        assert client.post(f"/portfolio/{path}").status_code == (302 if may else 403)
    assert client.get(f"/accounts/panel/touches/{ACCOUNT}").status_code == status


def test_from_the_account_to_the_receiver_and_back(customers, seen_by, bob):
    client = seen_by(bob)
    panel = client.get(f"/accounts/panel/touches/{ACCOUNT}").content.decode()
    assert f"/portfolio/hand-offs/new/?account={ACCOUNT}" in panel
    page = client.get(f"/portfolio/hand-offs/new/?account={ACCOUNT}").content.decode()
    assert "Who reads it, what should they know or do" in page
    answer = client.post("/portfolio/hand-offs/new/", {**NEW, "account": ACCOUNT})
    row = HandOff.objects.get()
    assert (answer["Location"], row.account_id) == (f"/portfolio/hand-offs/{row.pk}/", ACCOUNT)
    panel = client.get(f"/accounts/panel/touches/{ACCOUNT}").content.decode()
    assert "handed to Bob" in panel
    assert "Renewal mail" in client.get("/portfolio/hand-offs/").content.decode()
    given = {"outcome": "done", "note": "Shorter", "links": "https://example.com/1"}
    client.post(f"/portfolio/hand-offs/{row.pk}/", given)
    assert "Everything came back" in client.get("/portfolio/hand-offs/").content.decode()
    page = client.get(f"/portfolio/hand-offs/{row.pk}/").content.decode()
    assert "Shorter" in page
    assert 'href="https://example.com/1"' in page


def test_a_wrong_link_is_said_at_its_field(customers, seen_by, bob):
    wrong = {**NEW, "links": "javascript:alert(1)"}
    answer = seen_by(bob).post("/portfolio/hand-offs/new/", wrong)
    assert answer.status_code == 422
    assert "is no web address" in answer.content.decode()
    assert not HandOff.objects.exists()


def test_a_touch_is_logged_from_the_account(customers, seen_by, bob):
    client = seen_by(bob)
    at = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(f"/portfolio/touch/{ACCOUNT}", {"kind": "call", "at": at}, follow=True)
    assert "The touch is logged" in answer.content.decode()
    assert b'"kind":"call"' in bytes(InboxRow.objects.get().body)
    later = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(f"/portfolio/touch/{ACCOUNT}", {"kind": "call", "at": later}, follow=True)
    assert "lies in the future" in answer.content.decode()
    answer = client.post(f"/portfolio/touch/{ACCOUNT}", {"kind": "poem", "at": at}, follow=True)
    assert "was not logged" in answer.content.decode()
    assert InboxRow.objects.count() == 1
