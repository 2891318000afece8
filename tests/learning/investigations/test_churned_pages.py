"""The pages about accounts that left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from people import NOW

from tenure.accounts.models import Account, Membership, Person
from tenure.core.models import AuditEntry
from tenure.learning.investigations.models import ExitInterview, Investigation

END = NOW - timedelta(days=20)


def dossier(**parts: Any) -> dict[str, Any]:
    first = (END - timedelta(days=40)).isoformat()
    return {
        "kind": "voluntary", "stay_days": 300, "champion_left_at": "", "reason": "too_expensive",
        "scores": [[first, 71.0, "stable", "low", True], [END.isoformat(), 31.0, "", "", False]],
        "warnings": [
            {"name": "usage_down", "first_at": first, "last_at": END.isoformat(), "lead_days": 40,
             "shown": True, "answer": "", "missed": True},
        ],
        "tickets": [{"at": first, "ticket_id": "t1", "category": "billing", "priority": "",
                     "resolved_at": "", "reply_hours": None, "escalated": True}],
        "contacts_kept": True,
        "contacts": [{"at": first, "what": "call", "by": "bob@example.com", "outcome": ""}],
        "plays": [{"at": first, "play": "no_login", "came": "held out"}],
        "offers": [{"at": first, "offer": "discount", "kind": "coupon", "answer": "declined"}],
        "answers": [{"at": first, "survey": "nps", "score": 3.0}],
        **parts,
    }  # fmt: skip


def loss(account: str, **fields: Any) -> Investigation:
    Account.objects.create(id=account, name=account.title(), churned_at=END)
    return Investigation.objects.create(
        account_id=account, churned_at=END, opened_at=NOW,
        **{"kind": "voluntary", "mrr_minor": 4900, "currency": "EUR", "dossier": dossier(),
           "evidence": [["low_use", "usage_down", "Usage fell, from 40 days before", 1]],
           "stated_cause": "price", "proposed_cause": "low_use", "cause": "low_use",
           "proposed_verdict": "preventable", "verdict": "preventable", "how": "Reach out.",
           "segments": ["enterprise"]} | fields,
    )  # fmt: skip


@pytest.fixture
def acme(workspace: Any, db: None) -> Investigation:
    return loss("acme")


def text(client: Any, path: str = "/churned/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_empty_workspace_is_told_how_losses_come_here(workspace, seen_by, alice):
    assert "Nobody has left" in text(seen_by(alice))


@pytest.mark.parametrize(
    ("role", "act"),
    [("admin", 302), ("cs_lead", 302), ("csm", 302), ("support", 403), ("analyst", 403)],
)
def test_who_may_look_and_who_may_judge(acme, seen_by, colleague, role, act):
    client = seen_by(colleague(role))
    page = text(client, f"/churned/{acme.pk}/")
    assert ("It was something else" in page) == (act == 302)
    for what in ("decide", "ask"):
        assert client.post(f"/churned/{acme.pk}/{what}/").status_code == act
        assert client.get(f"/churned/{acme.pk}/{what}/").status_code == 405


def test_nobody_outside_gets_in(acme, client, charlie):
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/churned/").status_code == 302
    assert client.get(f"/churned/{acme.pk}/").status_code == 302


def test_losses_are_listed_with_what_was_said_and_what_is_so(acme, seen_by, bob):
    loss("bolt", cause="", verdict="unclear", stated_cause="", segments=[], state="confirmed")
    loss("void", state="void")
    page = text(seen_by(bob))
    assert "Acme" in page
    assert "they said: It cost more" in page
    assert "€98" in page  # of both, a month
    assert "Void" not in page.split("<tbody>")[1]
    for query, here in (
        ("cause=low_use", ["Acme"]), ("cause=none", ["Bolt"]), ("verdict=unclear", ["Bolt"]),
        ("segment=enterprise", ["Acme"]), ("state=void", ["Void"]), ("search=bol", ["Bolt"]),
        ("month=2026-02", ["Acme", "Bolt"]),
    ):  # fmt: skip
        rows = text(seen_by(bob), f"/churned/?{query}").split("<tbody>")[1]
        assert [n for n in ("Acme", "Bolt", "Void") if f">{n}</a>" in rows] == here, query
    assert "No loss fits" in text(seen_by(bob), "/churned/?month=2026-01")


def test_one_loss_shows_everything_that_was_known(acme, seen_by, bob):
    page = text(seen_by(bob), f"/churned/{acme.pk}/")
    for said in ("It was used too little", "40 days before the end", "Nobody answered it",
                 "Ticket: billing", "no reply", "escalated", "still open at the end", "NPS",
                 "Play: no_login", "held out", "Offer: discount", "declined", "worked out later",
                 "nobody with a mail address is known"):  # fmt: skip
        assert said in page, said


def test_a_verdict_is_confirmed_or_changed_with_a_reason(acme, seen_by, bob):
    client, path = seen_by(bob), f"/churned/{acme.pk}/decide/"
    client.post(path)
    acme.refresh_from_db()
    assert (acme.state, acme.decided_by) == ("confirmed", "bob@example.com")
    answer = client.post(path, {"verdict": "unclear"}, follow=True)
    assert "Nothing changed: why is empty" in answer.content.decode()
    client.post(path, {"verdict": "unclear", "cause": "price", "why": "They told me"})
    acme.refresh_from_db()
    assert (acme.verdict, acme.cause, acme.why) == ("unclear", "price", "They told me")
    assert AuditEntry.objects.filter(target_kind="investigation").count() == 2


def test_they_are_asked_once_from_the_page(acme, seen_by, bob):
    ann = Person.objects.create(id="ann", name="Ann", email="ann@acme.example")
    Membership.objects.create(person=ann, account_id="acme", role="admin")
    client = seen_by(bob)
    assert "Ask why they left" in text(client, f"/churned/{acme.pk}/")
    client.post(f"/churned/{acme.pk}/ask/")
    page = text(client, f"/churned/{acme.pk}/")
    assert "no answer yet" in page
    assert "ann@acme.example" in page
    again = client.post(f"/churned/{acme.pk}/ask/", follow=True)
    assert "was asked for already" in again.content.decode()
    ExitInterview.objects.update(words="<b>So it was</b>", answered_at=NOW, would_return="maybe")
    page = text(client, f"/churned/{acme.pk}/")
    assert "&lt;b&gt;So it was" in page
    assert "Might come back one day" in page


def test_the_accounts_own_page_has_a_box_only_if_it_left(acme, seen_by, bob):
    Account.objects.create(id="calm", name="Calm")
    client = seen_by(bob)
    assert "panel-churned" in text(client, "/accounts/a/acme")
    assert "panel-churned" not in text(client, "/accounts/a/calm")
    assert "It was used too little" in text(client, "/accounts/panel/churned/acme")
