"""Settings, Mail: what is in force, what came of mails, a test mail to oneself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from people import NOW

from tenure.channels.drafts import Draft, submit
from tenure.channels.mail import taking_in
from tenure.channels.mail.notices import Notice
from tenure.channels.models import Message
from tenure.core import mail_server

ROLES = ("admin", "cs_lead", "csm", "support", "analyst")
POSTMARK = {"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "s3cret-key"}
WEBHOOK = {"TENURE_MAIL_WEBHOOK": "hook:a-secret-of-some-length"}


def use(settings: Any, given: dict[str, str]) -> None:
    settings.MAIL_WAY = mail_server.read(given)
    settings.MAIL_IS_SET_UP = bool(settings.MAIL_WAY.name)


@pytest.mark.parametrize("role", ROLES)
def test_only_admins_see_and_try_the_way_of_mails(workspace, seen_by, colleague, role):
    client = seen_by(colleague(role))
    assert client.get("/settings/mail/").status_code == (200 if role == "admin" else 403)
    tried = client.post("/settings/mail/trial/").status_code
    assert tried == (302 if role == "admin" else 403)
    assert client.get("/settings/mail/trial/").status_code == 405


def test_charlie_is_sent_to_sign_in(workspace, seen_by, charlie):
    assert seen_by(charlie).get("/settings/mail/").status_code == 302


def test_without_a_way_the_page_says_what_to_set(workspace, seen_by, alice):
    text = seen_by(alice).get("/settings/mail/").content.decode()
    assert "TENURE_MAIL=smtp://user:password@host:587" in text
    assert "Send a test mail" not in text
    assert "Nothing was told yet" in text


def test_a_provider_is_named_with_where_its_notices_belong_and_no_secret(
    workspace, seen_by, alice, settings
):
    use(settings, POSTMARK)
    text = seen_by(alice).get("/settings/mail/").content.decode()
    assert "Bounces and complaints are not heard" in text
    assert "TENURE_MAIL_WEBHOOK" in text
    use(settings, POSTMARK | WEBHOOK)
    text = seen_by(alice).get("/settings/mail/").content.decode()
    assert "Postmark" in text
    assert "/mail-events/postmark/" in text
    assert "are not heard" not in text
    assert "s3cret-key" not in text
    assert "a-secret-of-some-length" not in text


def test_by_smtp_the_page_says_how_bounces_are_read(workspace, seen_by, alice, settings):
    use(settings, {"TENURE_MAIL": "smtp://u:p4ss@mail.example.com"})
    text = seen_by(alice).get("/settings/mail/").content.decode()
    assert "SMTP, mail.example.com:587, STARTTLS" in text
    assert "tenure mail bounces" in text
    assert "p4ss" not in text


def test_what_came_back_is_counted_and_opens_to_its_mail(workspace, seen_by, alice):
    content = {"subject": "Can we help?", "text": "Hello"}
    draft = Draft("k1", "mail", "help", "ann@example.com", content, NOW, "play:help", "ann", "acme")
    submit([draft], now=NOW)
    Message.objects.update(state="sent", settled_at=NOW, receipt="pm-1")
    said = "550 5.1.1 <b>no such user</b>"
    notice = Notice("hard", "ann@example.com", said, "postmark", "1", NOW, receipt="pm-1")
    taking_in.take_in(notice, now=NOW, proven=True)
    client = seen_by(alice)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        text = client.get("/settings/mail/").content.decode()
    row = Message.objects.get()
    behind = client.get("/messages/?channel=mail&outcome=bounced").content.decode()
    assert "Can we help?" in behind
    assert "Can we help?" not in client.get("/messages/?outcome=complained").content.decode()
    assert f'href="/messages/{row.pk}/"' in text
    assert "Does not exist" in text
    assert "&lt;b&gt;no such user" in text
    assert "1 address<" in text
    assert "the address does not work" in client.get(f"/messages/{row.pk}/").content.decode()


def test_too_many_bounces_and_complaints_are_warned_of(workspace, seen_by, alice):
    content = {"subject": "Hello", "text": "Hello"}
    submit(
        [Draft(f"k{n}", "mail", "help", f"p{n}@example.com", content, NOW) for n in range(200)],
        now=NOW,
    )
    Message.objects.update(state="sent", settled_at=NOW)
    Message.objects.filter(key__in=[f"k{n}" for n in range(5)]).update(outcome="bounced")
    Message.objects.filter(key="k9").update(outcome="complained")
    client = seen_by(alice)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        text = client.get("/settings/mail/").content.decode()
    assert "2.5 % of mails went to addresses that do not exist (2 % is much)" in text
    assert "0.5 % of mails were called spam (0.1 % is much)" in text


def test_a_test_mail_to_oneself_goes_the_way_all_mails_go(workspace, seen_by, alice, settings):
    use(settings, POSTMARK)
    answer = seen_by(alice).post("/settings/mail/trial/", follow=True)
    row = Message.objects.get()
    assert (row.address, row.purpose, row.state) == (alice.email, "service", "queued")
    assert answer.redirect_chain[-1][0] == f"/messages/{row.pk}/"
    assert f"to {alice.email} is on its way" in answer.content.decode()
