"""Messages: the log, one message, who is not written to; and the customer's own choices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from people import NOW

from tenure.accounts.models import Person
from tenure.channels import actions, gate, queries, unsubscribing
from tenure.channels.drafts import Draft, submit
from tenure.channels.mail import taking_in
from tenure.channels.mail.notices import Notice
from tenure.channels.models import Endpoint, MailNotice, Message, Refusal, Suppression
from tenure.core.models import AuditEntry
from tenure.facts.models import InboxRow

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
    client.post(link(), {"wanted": ["mail:help", "mail:survey", "push:help"]})
    refused = set(Refusal.objects.values_list("channel", "purpose"))
    assert ("mail", "news") in refused
    assert ("in_app", "any") in refused
    assert not refused & {("mail", "help"), ("mail", "survey"), ("push", "help")}
    client.post(link(), {"none": "mail"})
    client.post(link(), {"none": "push"})
    assert " checked" not in client.get(link()).content.decode()
    client.post(link(), {"wanted": ["mail:help"]})
    refused = set(Refusal.objects.values_list("channel", "purpose"))
    assert ("mail", "help") not in refused
    assert ("mail", "any") not in refused
    assert {("push", "any"), ("in_app", "any")} <= refused


def test_every_channel_is_listed_with_what_comes_by_it(workspace, db):
    text = Client().get(link()).content.decode()
    for words in ("Mail", "Push", "In the product", "To your mailbox", "On the devices"):
        assert words in text
    assert text.count("Help with the product") == 3
    assert "Team chat" not in text


def test_who_is_known_by_an_address_alone_is_asked_about_mail_only(workspace, db):
    text = Client().get(link("zoe@example.com")).content.decode()
    assert "On the devices" not in text
    Person.objects.create(pk="zoe@example.com")
    assert "On the devices" in Client().get(link("zoe@example.com")).content.decode()


@pytest.mark.parametrize("channel", ["mail", "push", "in_app"])
def test_a_channel_that_was_turned_off_stays_off_and_the_others_on(workspace, db, channel):
    Client().post(link(), {"none": channel})
    contents = {
        "mail": {"subject": "Hello", "text": "Hello"},
        "push": {"title": "Hello", "text": "Hello"},
        "in_app": {"slot": "banner", "title": "Hello", "text": "Hello"},
    }
    noon = NOW
    for name, content in contents.items():
        address = "ann@example.com" if name == "mail" else "ann"
        day = noon + timedelta(days=list(contents).index(name))
        submit([Draft(name, name, "help", address, content, day, "play:x", "ann")], now=noon)
        gate.pass_due(day)
    off = Message.objects.get(key=channel)
    assert (off.state, off.rule) == ("withheld", "consent")
    assert set(Message.objects.exclude(pk=off.pk).values_list("state", flat=True)) == {"ready"}


def test_nothing_at_all_is_nothing_on_any_channel_but_bills(workspace, db):
    Client().post(link(), {"none": "any"})
    assert " checked" not in Client().get(link()).content.decode()
    content = {"subject": "Bill", "text": "Hello"}
    submit(
        [Draft("bill", "mail", "payment", "ann@example.com", content, NOW, person_id="ann")],
        now=NOW,
    )
    gate.pass_due(NOW)
    assert Message.objects.get().state == "ready"


def test_saving_what_was_there_changes_and_tells_nothing(workspace, db):
    everything = {(w.channel, c.purpose) for w in queries.ways("ann") for c in w.choices}
    assert actions.choose("ann", everything, everything, "page", now=NOW) == 0
    wanted = everything - {("push", "news")}
    assert actions.choose("ann", everything, wanted, "page", now=NOW) == 1
    assert actions.choose("ann", everything, wanted, "page", now=NOW) == 0
    assert InboxRow.objects.count() == 1
    # A colleague's word that holds everywhere is not lost on the channels nobody touched.
    actions.refuse("bo", "any", "any", "a colleague", now=NOW)
    actions.choose("bo", everything, {("mail", "help")}, "page", now=NOW)
    got = {(w.channel, c.purpose) for w in queries.ways("bo") for c in w.choices if c.wanted}
    assert got == {("mail", "help")}


def test_what_is_not_offered_cannot_be_chosen(workspace, db):
    Client().post(link(), {"wanted": ["mail:help", "chat:news", "mail:payment", "nonsense"]})
    assert set(Refusal.objects.values_list("channel", flat=True)) == {"mail", "push", "in_app"}


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
    from tenure.channels import erasing, mailboxes
    from tenure.facts.persons import Subject

    actions.refuse("ann", "mail", "any", "one-click", now=NOW)
    said = Notice("hard", "ann@example.com", "550 no <ann@example.com>", "postmark", "1", NOW)
    taking_in.take_in(said, now=NOW, proven=True)
    subject = Subject(("ann",), ("ann@example.com",))
    assert erasing.export(subject)["messages"][0]["content"]["text"] == "Hello Ann"
    assert erasing.erase(subject, "erased-1", NOW) == {"messages": 1}
    kept = Message.objects.get()
    assert (kept.address, kept.content, kept.recipient) == ("", {}, "erased-1")
    assert kept.outcome_text == ""
    assert not MailNotice.objects.exists()
    assert [mailboxes.is_mark(s.address) for s in Suppression.objects.all()] == [True]
    assert [mailboxes.is_mark(r.recipient) for r in Refusal.objects.all()] == [True]
    assert "ann@" not in Suppression.objects.get().reason
