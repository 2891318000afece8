"""Webhooks to a real receiver: signed, once, again when it must."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from servers import NOON, Clock, Posted

from tenure.analytics.errors import SpecError
from tenure.channels import periodic_tasks
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Endpoint, Message
from tenure.channels.webhook import signing
from tenure.core.models import AuditEntry

pytestmark = pytest.mark.django_db


def draft(key: str = "h1", **fields: Any) -> Draft:
    content = {"type": "health.changed", "data": {"account": "acme"}}
    given: dict[str, Any] = {"address": "crm", "content": content, "due_at": NOON} | fields
    return Draft(key, "webhook", "service", **given)


def test_a_webhook_is_signed_as_the_standard_says(hook: Posted, clock: Clock) -> None:
    submit([draft()], now=NOON)
    assert periodic_tasks.work(clock) == 1
    ((headers, body),) = hook.posts
    (secret,) = Endpoint.objects.get().secrets
    stamp = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signing.signature(
        secret, headers["webhook-id"], stamp, body
    )
    assert json.loads(body)["data"] == {"account": "acme"}


def test_while_a_secret_is_rotated_both_sign(hook: Posted, clock: Clock) -> None:
    old = Endpoint.objects.get()
    new = signing.new_secret()
    Endpoint.objects.update(secrets=[new, *old.secrets])
    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    ((headers, body),) = hook.posts
    wanted = [
        signing.signature(s, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
        for s in (new, *old.secrets)
    ]
    assert headers["webhook-signature"].split() == wanted


def test_one_that_breaks_off_is_sent_again_under_the_same_id(hook: Posted, clock: Clock) -> None:
    hook.status = 0
    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    assert Message.objects.get().state == "queued"
    hook.status = 200
    clock.forward(minutes=1)
    assert periodic_tasks.work(clock) == 1
    assert len({headers["webhook-id"] for headers, _ in hook.posts}) == 1


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (500, "queued"),
        (429, "queued"),
        (404, "queued"),
        (401, "queued"),
        (400, "queued"),
        (302, "queued"),
        (410, "dead"),
    ],
)
def test_an_answer_decides_whether_it_is_tried_again(
    hook: Posted, clock: Clock, status: int, state: str
) -> None:
    hook.status = status
    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    assert Message.objects.get().state == state
    assert len(hook.posts) == 1  # a redirect is not followed


@pytest.mark.parametrize("status", [401, 404])
def test_a_receiver_that_is_being_changed_for_a_minute_gets_it_afterwards(
    hook: Posted, clock: Clock, status: int
) -> None:
    hook.status = status
    submit([draft()], now=NOON)
    periodic_tasks.work(clock)
    clock.forward(seconds=30)
    periodic_tasks.work(clock)
    hook.status = 204
    clock.forward(minutes=2)
    assert periodic_tasks.work(clock) == 1
    assert Message.objects.get().state == "sent"
    assert len({headers["webhook-id"] for headers, _ in hook.posts}) == 1


def test_a_receiver_that_is_gone_is_switched_off_on_the_record(hook: Posted, clock: Clock) -> None:
    hook.status = 410
    submit([draft("h1"), draft("h2")], now=NOON)
    periodic_tasks.work(clock)
    assert len(hook.posts) == 1
    assert not Endpoint.objects.get().active
    assert set(Message.objects.values_list("state", flat=True)) == {"dead"}
    entry = AuditEntry.objects.get(action="endpoint.switched")
    assert (entry.actor, entry.after) == ("tenure", {"active": False})


def test_what_a_receiver_writes_in_its_answer_is_kept_nowhere(hook: Posted, clock: Clock) -> None:
    hook.status, hook.body = 500, b"root:x:0:0 of a machine inside"
    Endpoint.objects.create(name="team", channel="chat", url=hook.url, created_at=NOON)
    submit([draft(), Draft("c1", "chat", "service", "team", {"text": "x"}, NOON)], now=NOON)
    periodic_tasks.work(clock)
    kept = set(Message.objects.values_list("error", flat=True))
    assert kept == {"the receiver said 500"}


def test_after_the_last_attempt_it_is_set_aside_as_dead(hook: Posted, clock: Clock) -> None:
    hook.status = 503
    submit([draft()], now=NOON)
    for _ in range(14):
        assert Message.objects.get().state == "queued"
        periodic_tasks.work(clock)
        clock.now = Message.objects.get().send_after
    kept = Message.objects.get()
    assert (kept.state, kept.attempts) == ("dead", 14)
    assert clock.now - NOON > timedelta(hours=26)
    assert kept.error == "the receiver said 503"


def test_a_receiver_that_is_down_for_a_day_gets_everything_once_it_is_back(
    hook: Posted, clock: Clock
) -> None:
    hook.status = 503
    submit([draft(f"h{n}") for n in range(30)], now=NOON)
    while clock.now < NOON + timedelta(days=1):
        assert periodic_tasks.work(clock) == 0
        clock.forward(minutes=10)
    refused = len(hook.posts)
    assert refused <= 30 * 13  # asked less and less often
    hook.status = 200
    for _ in range(6 * 6 + 1):  # the longest pause is six hours
        periodic_tasks.work(clock)
        clock.forward(minutes=10)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    taken = [headers["webhook-id"] for headers, _ in hook.posts[refused:]]
    assert (len(taken), len(set(taken))) == (30, 30)


def test_an_unknown_endpoint_is_refused_with_the_known_ones(hook: Posted) -> None:
    with pytest.raises(SpecError, match="use one of: crm"):
        submit([draft(address="erp")], now=NOON)


def test_chat_gets_text_and_blocks_and_nothing_else(hook: Posted, clock: Clock) -> None:
    Endpoint.objects.create(name="team", channel="chat", url=hook.url, created_at=NOON)
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Acme* fell to 38"}}]
    content = {"text": "Acme fell to 38", "blocks": blocks, "inner": 1}
    submit([Draft("c1", "chat", "service", "team", content, NOON)], now=NOON)
    assert periodic_tasks.work(clock) == 1
    assert json.loads(hook.posts[0][1]) == {"text": content["text"], "blocks": blocks}
