"""From a draft to a mail in a mailbox: once, with its reason if not, whatever breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import transaction
from servers import NOON, Clock, Mailbox

from tenure.accounts.models import Person
from tenure.analytics.errors import SpecError
from tenure.channels import actions, gate, outbox, periodic_tasks
from tenure.channels.drafts import Draft, cancel, submit
from tenure.channels.models import MailNotice, Message, Refusal, Suppression
from tenure.facts.models import InboxRow

pytestmark = pytest.mark.django_db
Mail = Callable[..., Draft]


def state(key: str = "hello") -> str:
    return str(Message.objects.get(key=key).state)


def told() -> list[str]:
    bodies = InboxRow.objects.order_by("pk").values_list("body", flat=True)
    return [fact["event"] for body in bodies for fact in msgspec.json.decode(bytes(body))]


def test_a_mail_arrives_with_text_html_and_one_click_way_out(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail()], now=NOON)
    assert periodic_tasks.work(clock) == 1
    (got,) = mailbox.mails
    assert (got["To"], got["Subject"]) == ("ann@example.com", "Can we help?")
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["List-Unsubscribe"].strip().startswith("<http")
    kinds = [part.get_content_type() for part in got.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html"]
    assert state() == "sent"
    assert told() == ["tenure.message_sent"]


def test_the_same_draft_again_is_the_same_message(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail(), mail()], now=NOON)
    periodic_tasks.work(clock)
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    assert len(mailbox.mails) == 1


def test_a_message_is_not_written_down_if_the_callers_work_is_undone(mail: Mail) -> None:
    with transaction.atomic():
        submit([mail()], now=NOON)
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_a_transactional_mail_has_no_way_out_and_passes_a_refusal(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    actions.refuse("ann", "mail", "any", "preference page", now=NOON)
    submit([mail("bill", purpose="payment"), mail("tip")], now=NOON)
    periodic_tasks.work(clock)
    (got,) = mailbox.mails
    assert "List-Unsubscribe" not in got
    assert (state("bill"), state("tip")) == ("sent", "withheld")
    kept = Message.objects.get(key="tip")
    assert kept.reason == "the person does not want messages about: help with the product (mail)"


def test_of_two_mails_on_one_day_the_second_is_withheld_and_says_when(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail("one"), mail("two")], now=NOON)
    periodic_tasks.work(clock)
    assert [state("one"), state("two")] == ["sent", "withheld"]
    assert "next possible on 12 March 2026" in Message.objects.get(key="two").reason
    assert told() == ["tenure.message_withheld", "tenure.message_sent"]


def test_a_night_mail_waits_for_the_morning_of_the_person(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    Person.objects.create(pk="ann", timezone="Asia/Tokyo")
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    assert (state(), mailbox.mails) == ("queued", [])
    clock.forward(hours=10, minutes=59)
    assert periodic_tasks.work(clock) == 0
    clock.forward(minutes=1)  # 08:00 in Tokyo
    assert periodic_tasks.work(clock) == 1


def test_a_server_that_says_later_is_tried_again_with_growing_pauses(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    mailbox.mood = "refuse"
    submit([mail()], now=NOON)
    for pause in (30, 60, 120):
        assert periodic_tasks.work(clock) == 0
        kept = Message.objects.get()
        assert kept.send_after == clock.now + timedelta(seconds=pause)
        clock.forward(seconds=pause)
    mailbox.mood = "well"
    assert periodic_tasks.work(clock) == 1
    assert Message.objects.get().attempts == 4


def test_a_mailbox_that_does_not_exist_is_never_written_to_again(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    mailbox.mood = "no-such"
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    assert state() == "dead"
    assert Suppression.objects.get().address == "ann@example.com"
    assert Message.objects.get().outcome == "bounced"
    notice = MailNotice.objects.get()
    assert (notice.kind, notice.said) == ("hard", "the mail server said 550 no such mailbox")
    assert told() == ["tenure.address_suppressed", "tenure.message_failed"]
    mailbox.mood = "well"
    clock.forward(days=5)
    submit([mail("bill", purpose="payment", due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert (state("bill"), mailbox.mails) == ("withheld", [])


def test_a_mail_refused_for_its_content_does_not_end_writing_to_the_address(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    mailbox.mood = "spam"
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    assert state() == "dead"
    assert "5.7.1 refused by policy" in Message.objects.get().error
    assert not Suppression.objects.exists()


def test_a_server_that_takes_nothing_from_our_sender_makes_mails_wait(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    mailbox.mood = "not-you"
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    kept = Message.objects.get()
    assert (kept.state, kept.attempts) == ("ready", 0)
    assert "<success@localhost>: 5.7.1 sender not allowed" in kept.error
    assert not Suppression.objects.exists()
    mailbox.mood = "well"
    clock.forward(seconds=30)
    assert periodic_tasks.work(clock) == 1


def test_a_connection_that_breaks_before_the_message_loses_and_doubles_nothing(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    mailbox.mood = "cut"
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    assert (state(), mailbox.mails) == ("ready", [])
    assert Message.objects.get().attempts == 0
    mailbox.mood = "well"
    clock.forward(seconds=30)
    assert periodic_tasks.work(clock) == 1


def test_a_connection_that_breaks_within_the_message_leaves_a_doubt_for_a_person(
    mailbox: Mailbox, mail: Mail, clock: Clock, alice: Any
) -> None:
    mailbox.mood = "drop"
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    assert (state(), len(mailbox.mails)) == ("doubt", 1)
    mailbox.mood = "well"
    clock.forward(days=1)
    periodic_tasks.work(clock)
    assert len(mailbox.mails) == 1  # not sent twice on a guess
    actions.settle_doubt(Message.objects.get(), alice, now=clock.now)
    assert state() == "sent"


def test_a_dead_message_is_sent_again_by_a_person_with_the_same_message_id(
    mailbox: Mailbox, mail: Mail, clock: Clock, alice: Any
) -> None:
    mailbox.mood = "drop"
    submit([mail()], now=NOON)
    periodic_tasks.work(clock)
    mailbox.mood = "well"
    clock.forward(days=2)
    actions.send_again(Message.objects.get(), alice, now=clock.now)
    periodic_tasks.work(clock)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    with pytest.raises(SpecError, match="only dead and doubtful"):
        actions.send_again(Message.objects.get(), alice, now=clock.now)


def test_without_a_mail_server_messages_wait_and_go_stale_without_a_burst(
    mail: Mail, clock: Clock, settings: Any, mailbox: Mailbox
) -> None:
    settings.MAIL_IS_SET_UP = False
    submit([mail()], now=NOON)
    assert periodic_tasks.work(clock) == 0
    assert "TENURE_MAIL" in Message.objects.get().error
    settings.MAIL_IS_SET_UP = True
    clock.forward(days=5)
    assert periodic_tasks.work(clock) == 0
    assert (state(), mailbox.mails) == ("withheld", [])


def test_a_message_of_a_worker_that_died_before_handing_over_is_sent_by_the_next(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail()], now=NOON)
    gate.pass_due(NOON)
    outbox._claim("mail", "dead worker", NOON)
    assert periodic_tasks.work(clock) == 0  # its lease still holds
    clock.forward(seconds=121)
    assert periodic_tasks.work(clock) == 1
    assert len(mailbox.mails) == 1


def test_a_worker_that_lost_its_lease_sends_nothing(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail()], now=NOON)
    gate.pass_due(NOON)
    (row,) = outbox._claim("mail", "slow worker", NOON)
    clock.forward(seconds=121)
    periodic_tasks.work(clock)
    from tenure.channels.mail.transport import TRANSPORT

    with TRANSPORT.session() as send:
        assert outbox._send(row, send, "slow worker", clock) == 0
    assert len(mailbox.mails) == 1


def test_what_has_not_left_can_be_stopped(mailbox: Mailbox, mail: Mail, clock: Clock) -> None:
    people = [(f"m{n}", f"p{n}", f"p{n}@example.com") for n in range(50)]
    submit(
        [mail(key, person_id=who, account_id=who, address=to) for key, who, to in people], now=NOON
    )
    gate.pass_due(NOON)
    assert cancel("play:help", now=NOON) == 50
    assert periodic_tasks.work(clock) == 0


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"purpose": "nagging"}, "purpose"),
        ({"address": "nowhere"}, "address"),
        ({"content": {"subject": "x", "text": " "}}, "text"),
    ],
)
def test_what_could_never_be_sent_is_refused_at_once(
    mail: Mail, change: dict[str, Any], key: str
) -> None:
    with pytest.raises(SpecError) as refused:
        submit([replace(mail(), **change)], now=NOON)
    assert refused.value.key == key
    assert not Message.objects.exists()


def test_taking_a_refusal_back_lets_messages_through_again(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    assert actions.refuse("ann", "mail", "any", "one-click", now=NOON)
    assert not actions.refuse("ann", "mail", "any", "one-click", now=NOON)
    actions.allow("ann", "mail", "any", "preference page", now=NOON)
    assert not Refusal.objects.exists()
    submit([mail()], now=NOON)
    assert periodic_tasks.work(clock) == 1


def test_nothing_is_sold_to_accounts_that_a_room_above_knows_to_be_in_trouble(
    mailbox: Mailbox, mail: Mail, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_troubled", [lambda ids, _levels: {"acme"} & set(ids)])
    submit(
        [mail("sell", purpose="expansion"), mail("sell2", purpose="expansion", account_id="b",
                                                 person_id="bo")],
        now=NOON,
    )  # fmt: skip
    periodic_tasks.work(clock)
    assert (state("sell"), state("sell2")) == ("withheld", "sent")
