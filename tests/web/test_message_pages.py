"""Messages: the log, one message, who is not written to; and the customer's own choices."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from people import NOW

from tenure.channels import actions, unsubscribing
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Endpoint, Message, Refusal, Suppression
from tenure.core.models import AuditEntry

ROLES = ("admin", "cs_lead", "csm", "support", "analyst")


@pytest.fixture
def letter(workspace: Any, db: None) -> Message:
    """A mail to Ann that was given up."""
    content = {"subject": "Can we help?", "text": "Hello Ann"}
    draft = Draft("k1", "mail", "help", "ann@example.com", content, NOW, "play:help", "ann", "acme")
    submit([draft], now=NOW)
    Message.objects.update(state="dead", error="the mail server said 550 no")
    return Message.objects.get()


@pytest.mark.parametrize("role", ROLES)
def test_who_may_look_and_who_may_send_again(letter, seen_by, colleague, role):
    client = seen_by(colleague(role))
    for path in ("/messages/", "/messages/barred/", f"/messages/{letter.pk}/"):
        assert client.get(path).status_code == 200, path
    answer = client.post(f"/messages/{letter.pk}/again/")
    assert answer.status_code == (302 if role in ("admin", "cs_lead", "csm") else 403)


def test_the_log_says_why_and_finds_by_words(letter, seen_by, alice):
    client = seen_by(alice)
    text = client.get("/messages/", {"search": "ann@"}).content.decode()
    assert "Can we help?" in text
    assert "550 no" in text
    assert "Nothing matches" in client.get("/messages/", {"search": "zoe"}).content.decode()


def test_a_dead_message_goes_before_the_gate_again_and_is_audited(letter, seen_by, alice):
    seen_by(alice).post(f"/messages/{letter.pk}/again/")
    assert Message.objects.get().state == "queued"
    assert AuditEntry.objects.get().action == "message.sent_again"


def test_a_doubtful_message_is_settled_and_nothing_else_can_be(letter, seen_by, alice):
    client = seen_by(alice)
    assert (
        "doubtful" in client.post(f"/messages/{letter.pk}/arrived/", follow=True).content.decode()
    )
    Message.objects.update(state="doubt")
    client.post(f"/messages/{letter.pk}/arrived/")
    assert Message.objects.get().state == "sent"


def test_an_address_is_allowed_again_only_with_a_reason(letter, seen_by, alice):
    kept = Suppression.objects.create(channel="mail", address="a@b.c", reason="550", at=NOW)
    client = seen_by(alice)
    client.post(f"/messages/barred/{kept.pk}/allow/", {"why": " "})
    assert Suppression.objects.exists()
    client.post(f"/messages/barred/{kept.pk}/allow/", {"why": "typo in their DNS, repaired"})
    assert not Suppression.objects.exists()


def link(recipient: str = "ann", purpose: str = "help") -> str:
    return f"/m/{unsubscribing.token(recipient, purpose)}/"


def test_one_click_from_a_mail_program_unsubscribes_without_signing_in(workspace, db):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(link(), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    kept = Refusal.objects.get()
    assert (kept.recipient, kept.channel, kept.purpose) == ("ann", "mail", "help")


def test_looking_at_the_page_changes_nothing(workspace, db):
    answer = Client().get(link())
    assert "Help with the product" in answer.content.decode()
    assert not Refusal.objects.exists()


def test_a_person_chooses_and_may_change_their_mind(workspace, db):
    client = Client()
    client.post(link(), {"wanted": ["help", "survey"]})
    refused = set(Refusal.objects.values_list("purpose", flat=True))
    assert "news" in refused
    assert not refused & {"help", "survey"}
    client.post(link(), {"none": "1"})
    assert "checked" not in client.get(link()).content.decode()
    client.post(link(), {"wanted": ["help"]})
    assert "help" not in set(Refusal.objects.values_list("purpose", flat=True))
    assert not Refusal.objects.filter(purpose="any").exists()


@pytest.mark.parametrize("token", ["nonsense", "eyJyIjoiYW5uIn0:forged"])
def test_a_link_that_was_not_sent_is_not_found(workspace, db, token):
    assert Client().get(f"/m/{token}/").status_code == 404
    assert Client().post(f"/m/{token}/", {"none": "1"}).status_code == 404


def test_transactional_purposes_are_no_choice(workspace, db):
    assert "Payment" not in Client().get(link()).content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_only_admins_see_endpoints(workspace, seen_by, colleague, role):
    status = seen_by(colleague(role)).get("/settings/endpoints/").status_code
    assert status == (200 if role == "admin" else 403)


def test_an_endpoint_is_made_tried_rotated_and_switched_off(workspace, seen_by, alice):
    client = seen_by(alice)
    given = {"name": "crm", "channel": "webhook", "url": "https://crm.example.com/in"}
    text = client.post("/settings/endpoints/", given).content.decode()
    row = Endpoint.objects.get()
    assert row.secrets[0] in text
    assert row.secrets[0] not in client.get("/settings/endpoints/").content.decode()
    client.post(f"/settings/endpoints/{row.pk}/trial/")
    assert Message.objects.get().channel == "webhook"
    client.post(f"/settings/endpoints/{row.pk}/rotate/")
    assert Endpoint.objects.get().secrets[1:] == row.secrets
    client.post(f"/settings/endpoints/{row.pk}/switch/")
    assert not Endpoint.objects.get().active
    assert AuditEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [({"url": "ftp://x.example.com/"}, "no web address"), ({"name": "taken"}, "is taken")],
)
def test_a_wrong_endpoint_keeps_what_was_typed(workspace, seen_by, alice, change, says):
    Endpoint.objects.create(
        name="taken", channel="chat", url="https://x.example.com", created_at=NOW
    )
    given = {"name": "team", "channel": "chat", "url": "https://chat.example.com/a"} | change
    answer = seen_by(alice).post("/settings/endpoints/", given)
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_erasing_a_person_empties_their_messages(letter):
    from tenure.channels import erasing
    from tenure.facts.persons import Subject

    actions.refuse("ann", "mail", "any", "one-click", now=NOW)
    subject = Subject(("ann",), ("ann@example.com",))
    assert erasing.export(subject)["messages"][0]["content"]["text"] == "Hello Ann"
    assert erasing.erase(subject, "erased-1", NOW) == {"messages": 1}
    kept = Message.objects.get()
    assert (kept.address, kept.content, kept.recipient) == ("", {}, "erased-1")
    assert not Refusal.objects.exists()
