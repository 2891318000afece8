"""What a provider tells of bounces and complaints, through anymail's own views and over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import time_machine
from django.test import Client
from servers import NOON, Clock, Posted, receiver
from test_mail_provider import TAKEN, use

from tenure.channels import mailboxes, periodic_tasks
from tenure.channels.drafts import Draft, submit
from tenure.channels.mail import marks
from tenure.channels.models import MailNotice, Message, Refusal, Suppression
from tenure.channels.outbox import identity_of
from tenure.facts.models import InboxRow

pytestmark = pytest.mark.django_db
CAPTURED = Path(__file__).parent / "captured"
SECRET = "hook:a-secret-of-some-length"
PATH = "/mail-events/postmark/"


@pytest.fixture
def sent(settings: Any, clock: Clock, mail: Callable[..., Draft]) -> Iterator[Message]:
    """A mail that Postmark took."""
    with receiver(Posted(body=json.dumps(TAKEN["postmark"]).encode())) as kept:
        api = kept.url.removesuffix("hook")
        use(settings, "postmark", api, TENURE_MAIL_WEBHOOK=SECRET)
        submit([mail()], now=NOON)
        periodic_tasks.work(clock)
        yield Message.objects.get()


def captured(name: str, row: Message, **more: str) -> bytes:
    """A captured request, as it would be about ``row``."""
    text = (CAPTURED / name).read_text("utf-8").replace("MARK", marks.mark(identity_of(row)))
    for word, value in {"RECEIPT": row.receipt, **more}.items():
        text = text.replace(word, value)
    return text.encode()


def post(body: bytes, secret: str = SECRET, path: str = PATH) -> int:
    headers = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        answer = Client().post(path, body, content_type="application/json", headers=headers)
    return answer.status_code


def told() -> list[str]:
    bodies = InboxRow.objects.order_by("pk").values_list("body", flat=True)
    return [fact["event"] for body in bodies for fact in msgspec.json.decode(bytes(body))]


def test_a_hard_bounce_ends_writing_to_the_address(
    sent: Message, mail: Callable[..., Draft], clock: Clock
) -> None:
    assert post(captured("postmark_bounce.json", sent)) == 200
    sent.refresh_from_db()
    assert (sent.state, sent.outcome) == ("sent", "bounced")
    assert "does not exist" in sent.outcome_text
    assert "550 5.1.1" in Suppression.objects.get(address="ann@example.com").reason
    assert told()[-2:] == ["tenure.message_bounced", "tenure.address_suppressed"]
    clock.forward(days=10)
    submit([mail("bill", purpose="payment", due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert Message.objects.get(key="bill").rule == "suppressed"


def test_a_notice_that_comes_again_changes_nothing(sent: Message) -> None:
    for _ in range(3):
        assert post(captured("postmark_bounce.json", sent)) == 200
    assert MailNotice.objects.count() == 1
    assert told().count("tenure.message_bounced") == 1


def test_a_mail_that_arrived_and_was_then_called_spam(sent: Message) -> None:
    post(captured("postmark_delivery.json", sent))
    sent.refresh_from_db()
    assert sent.outcome == "delivered"
    assert not Suppression.objects.exists()
    post(captured("postmark_complaint.json", sent))
    post(captured("postmark_delivery.json", sent))  # repeated late: the worse news stays
    sent.refresh_from_db()
    assert sent.outcome == "complained"
    assert Suppression.objects.get().reason == "its owner marked a mail as spam"
    assert told()[1:] == [
        "tenure.message_delivered", "tenure.message_complained", "tenure.address_suppressed",
    ]  # fmt: skip


def test_opens_are_not_taken_in(sent: Message) -> None:
    assert post(captured("postmark_open.json", sent)) == 200
    assert not MailNotice.objects.exists()


def test_a_doubtful_mail_is_settled_by_what_is_said_of_it(sent: Message) -> None:
    Message.objects.update(state="doubt", receipt="")
    post(captured("postmark_delivery.json", sent))
    sent.refresh_from_db()
    assert (sent.state, sent.outcome) == ("sent", "delivered")


def test_the_providers_id_is_enough_if_our_mark_was_lost(sent: Message) -> None:
    body = json.loads(captured("postmark_bounce.json", sent))
    body["Metadata"], body["Email"] = {}, "forwarded@elsewhere.example"
    assert post(json.dumps(body).encode()) == 200
    assert Suppression.objects.get().address == "ann@example.com"  # whom we wrote to


def test_an_address_we_never_wrote_to_is_not_kept(sent: Message) -> None:
    body = json.loads(captured("postmark_bounce.json", sent))
    body |= {"Metadata": {}, "MessageID": "another", "Email": "stranger@example.com"}
    assert post(json.dumps(body).encode()) == 200
    assert not MailNotice.objects.exists()
    assert not Suppression.objects.exists()


def test_an_address_we_know_is_believed_to_bounce_whatever_mail_it_was(sent: Message) -> None:
    body = json.loads(captured("postmark_bounce.json", sent))
    body |= {"Metadata": {}, "MessageID": "another", "Email": "Ann@Example.com"}
    assert post(json.dumps(body).encode()) == 200
    assert Suppression.objects.get().address == "ann@example.com"
    sent.refresh_from_db()
    assert sent.outcome == ""  # that mail was another one


@pytest.mark.parametrize("secret", ["hook:wrong-wrong-wrong-wrong", "", "other:a-secret"])
def test_a_forged_notice_is_refused_and_changes_nothing(
    sent: Message, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert post(captured("postmark_bounce.json", sent), secret) == 400
    assert "a-secret-of-some-length" not in caplog.text
    assert not MailNotice.objects.exists()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"RecordType": 7}'])
def test_what_cannot_be_read_breaks_nothing(sent: Message, body: bytes) -> None:
    assert post(body) in (200, 400)
    assert not MailNotice.objects.exists()


def test_only_the_provider_in_force_is_listened_to(sent: Message, settings: Any) -> None:
    body = captured("postmark_bounce.json", sent)
    assert post(body, path="/mail-events/mailgun/") == 404
    assert post(body, path="/mail-events/pigeon/") == 404
    use(settings, "postmark", "https://api.example.com/")  # without a secret
    assert post(body) == 404
    use(settings, "postmark", "https://api.example.com/", TENURE_MAIL_WEBHOOK=SECRET)
    assert Client().head(PATH).status_code == 200
    assert Client().get(PATH).status_code == 405


def _mailgun(row: Message, token: str, key: str) -> bytes:
    sign = hmac.new(key.encode(), f"1773230700{token}".encode(), hashlib.sha256).hexdigest()
    return captured("mailgun_failed.json", row, TOKEN=token, SIGNATURE=sign)


def test_mailgun_signs_and_three_full_mailboxes_in_a_row_are_enough(
    sent: Message, settings: Any
) -> None:
    use(
        settings, "mailgun", "https://api.example.com/v3", TENURE_MAIL_WEBHOOK=SECRET,
        TENURE_MAIL_SIGNING="signing-key",
    )  # fmt: skip
    path = "/mail-events/mailgun/"
    assert post(_mailgun(sent, "t" * 50, "another key"), path=path) == 400
    assert post(_mailgun(sent, "t" * 50, "signing-key"), "a:b", path) == 400
    assert not MailNotice.objects.exists()
    for n in range(2):
        assert post(_mailgun(sent, f"{n}" * 50, "signing-key"), path=path) == 200
        assert post(_mailgun(sent, f"{n}" * 50, "signing-key"), path=path) == 200
    assert not Suppression.objects.exists()
    sent.refresh_from_db()
    assert sent.outcome == "returned"
    assert post(_mailgun(sent, "2" * 50, "signing-key"), path=path) == 200
    assert Suppression.objects.get().reason.startswith("3 mails came back within 30 days")


def test_mailjet_tells_several_things_at_once(sent: Message, settings: Any) -> None:
    use(
        settings, "mailjet", "https://api.example.com/", TENURE_MAIL_SECRET="s",
        TENURE_MAIL_WEBHOOK=SECRET,
    )  # fmt: skip
    assert post(captured("mailjet_events.json", sent), path="/mail-events/mailjet/") == 200
    kinds = list(MailNotice.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["soft", "complaint"]


def test_who_unsubscribed_at_the_provider_is_not_written_to(sent: Message) -> None:
    body = {
        "RecordType": "SubscriptionChange", "MessageID": sent.receipt, "ServerID": 23,
        "ChangedAt": "2026-03-11T12:20:00Z", "Recipient": "ann@example.com", "Origin": "Recipient",
        "SuppressSending": True, "SuppressionReason": "ManualSuppression", "Metadata": {},
    }  # fmt: skip
    assert post(json.dumps(body).encode()) == 200
    kept = set(Refusal.objects.values_list("recipient", "channel", "purpose"))
    who = ("ann", mailboxes.mark("ann@example.com"))
    assert kept == {(name, "mail", "any") for name in who}
