"""Mails handed to a provider over HTTP, by anymail's own code, to a receiver on loopback."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from servers import NOON, Clock, Posted, receiver

from tenure.channels import periodic_tasks
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message, Suppression
from tenure.core import mail_server

pytestmark = pytest.mark.django_db
Mail = Callable[..., Draft]
TAKEN = {
    "postmark": {
        "To": "ann@example.com", "SubmittedAt": "2026-03-11T12:00:00Z", "MessageID": "pm-1",
        "ErrorCode": 0, "Message": "OK",
    },
    "mailgun": {"id": "<20260311.1@mg.example.com>", "message": "Queued. Thank you."},
}  # fmt: skip


def use(settings: Any, name: str, api: str, **more: str) -> None:
    """Have mails go by the provider ``name`` at ``api``."""
    given = {"TENURE_MAIL": name, "TENURE_MAIL_KEY": "k3y-of-ours", "TENURE_MAIL_API": api, **more}
    way = mail_server.read(given)
    settings.MAIL_WAY, settings.MAIL_IS_SET_UP = way, True
    for key, value in way.settings.items():
        setattr(settings, key, value)


@pytest.fixture
def postmark(settings: Any) -> Iterator[Posted]:
    """A receiver that answers as Postmark does."""
    with receiver(Posted()) as kept:
        kept.body = json.dumps(TAKEN["postmark"]).encode()
        use(settings, "postmark", kept.url.removesuffix("hook"))
        yield kept


def test_postmark_takes_a_mail_and_its_id_is_kept(
    postmark: Posted, mail: Mail, clock: Clock
) -> None:
    submit([mail()], now=NOON)
    assert periodic_tasks.work(clock) == 1
    ((headers, body),) = postmark.posts
    sent = json.loads(body)
    row = Message.objects.get()
    assert headers["x-postmark-server-token"] == "k3y-of-ours"
    assert (sent["To"], sent["Subject"]) == ("ann@example.com", "Can we help?")
    assert sent["Metadata"]["tenure"].startswith(f"msg_{row.pk}_")
    names = {header["Name"] for header in sent["Headers"]}
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"} <= names
    assert sent["TextBody"]
    assert sent["HtmlBody"]
    assert (row.state, row.receipt) == ("sent", "pm-1")


def test_mailgun_takes_a_mail_and_its_id_is_kept(settings: Any, mail: Mail, clock: Clock) -> None:
    with receiver(Posted(body=json.dumps(TAKEN["mailgun"]).encode())) as kept:
        api = kept.url.removesuffix("/hook")
        use(settings, "mailgun", api, TENURE_MAIL_DOMAIN="mg.example.com")
        submit([mail()], now=NOON)
        assert periodic_tasks.work(clock) == 1
    assert b"Can+we+help%3F" in kept.posts[0][1]
    assert Message.objects.get().receipt == "<20260311.1@mg.example.com>"


@pytest.mark.parametrize(
    ("status", "state", "attempts"),
    [
        (401, "ready", 0),  # our key is wrong: every mail waits, none counts as tried
        (429, "ready", 0),
        (503, "ready", 0),
        (500, "queued", 1),
        (422, "dead", 1),
        (504, "doubt", 1),
        (0, "doubt", 1),
    ],
)
def test_what_the_provider_says_decides(
    postmark: Posted, mail: Mail, clock: Clock, status: int, state: str, attempts: int
) -> None:
    postmark.status = status
    postmark.body = b'{"ErrorCode": 10, "Message": "No k3y-of-ours"}'
    submit([mail()], now=NOON)
    assert periodic_tasks.work(clock) == 0
    row = Message.objects.get()
    assert (row.state, row.attempts) == (state, attempts)
    assert row.error
    assert "k3y-of-ours" not in row.error


def test_a_wrong_key_put_right_lets_everything_go(
    postmark: Posted, mail: Mail, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    postmark.status, well = 401, postmark.body
    postmark.body = b'{"Message": "k3y-of-ours is no valid token"}'
    people = [(f"m{n}", f"p{n}", f"p{n}@example.com") for n in range(3)]
    submit([mail(key, person_id=who, address=to) for key, who, to in people], now=NOON)
    with caplog.at_level(logging.WARNING):
        periodic_tasks.work(clock)
    assert "mail is closed: the provider said 401" in caplog.text
    assert "k3y-of-ours" not in caplog.text
    postmark.status, postmark.body = 200, well
    clock.forward(seconds=30)
    assert periodic_tasks.work(clock) == 3


def test_an_address_the_provider_refuses_is_dead_with_its_reason(
    postmark: Posted, mail: Mail, clock: Clock
) -> None:
    postmark.status = 422
    said = (
        "You tried to send to a recipient that has been marked as inactive.\nFound inactive "
        "addresses: ann@example.com.\nInactive recipients are ones that have generated a hard "
        "bounce or a spam complaint."
    )
    postmark.body = json.dumps({"ErrorCode": 406, "Message": said}).encode()
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    row = Message.objects.get()
    assert row.state == "dead"
    assert "refused the address" in row.error
    assert not Suppression.objects.exists()


def test_an_answer_that_says_neither_yes_nor_no_leaves_a_doubt(
    postmark: Posted, mail: Mail, clock: Clock
) -> None:
    postmark.body = b'{"ErrorCode": 406, "Message": "words that nobody knows"}'
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    assert Message.objects.get().state == "doubt"


def test_a_provider_that_nobody_can_reach_makes_mails_wait(
    settings: Any, mail: Mail, clock: Clock
) -> None:
    use(settings, "postmark", "http://127.0.0.1:9/")
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    row = Message.objects.get()
    assert (row.state, row.attempts) == ("ready", 0)
    assert "cannot be reached" in row.error
