"""One mailbox, one will: a no and the caps hold for the address, whatever records share it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from servers import NOON, Clock, Mailbox

from tenure.accounts.models import Person
from tenure.channels import actions, erasing, mailboxes, outbox, periodic_tasks, queries
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Message, Refusal, SaidNo, Suppression
from tenure.facts import sweeping
from tenure.facts.persons import Subject

pytestmark = pytest.mark.django_db
Mail = Callable[..., Draft]
ANN = Subject(("ann",), ("ann@example.com",))


@pytest.fixture(autouse=True)
def _two_records(db: None) -> None:
    """Ann is known twice: as the user of the product, and as the contact of an import."""
    Person.objects.create(pk="ann", email="ann@example.com")
    Person.objects.create(pk="crm-7", email="Ann@Example.com")


def state(key: str) -> tuple[str, str]:
    row = Message.objects.get(key=key)
    return row.state, row.rule


def test_a_no_to_one_record_is_a_no_of_the_mailbox(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    actions.refuse("ann", "mail", "help", "one-click", now=NOON)
    submit([mail("other", person_id="crm-7", address="Ann@Example.com")], now=NOON)
    submit([mail("nobody", person_id="", address="ANN@example.com")], now=NOON)
    periodic_tasks.work(clock)
    assert (state("other"), state("nobody")) == (("withheld", "consent"),) * 2
    assert mailbox.mails == []


def test_a_no_stays_with_the_mailbox_when_its_record_moves_on(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    actions.refuse("ann", "mail", "any", "one-click", now=NOON)
    Person.objects.filter(pk="ann").update(email="ann@elsewhere.example")
    submit([mail("old", person_id="crm-7")], now=NOON)
    submit([mail("own", address="ann@elsewhere.example")], now=NOON)
    periodic_tasks.work(clock)
    assert (state("old"), state("own")) == (("withheld", "consent"),) * 2


def test_the_mailbox_a_mail_went_to_is_meant_though_the_person_has_another_by_now(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    submit([mail("first")], now=NOON)
    periodic_tasks.work(clock)
    Person.objects.filter(pk="ann").update(email="ann@elsewhere.example")
    actions.refuse("ann", "mail", "help", "one-click", now=NOON)
    clock.forward(days=2)
    submit([mail("later", person_id="crm-7", due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert state("later") == ("withheld", "consent")


def test_two_records_share_the_mails_of_a_day(mailbox: Mailbox, mail: Mail, clock: Clock) -> None:
    submit([mail("one"), mail("two", person_id="crm-7", address="Ann@Example.com")], now=NOON)
    periodic_tasks.work(clock)
    clock.forward(minutes=5)
    submit([mail("three", person_id="", address="ann@example.com")], now=clock.now)
    periodic_tasks.work(clock)
    assert state("one") == ("sent", "")
    assert (state("two"), state("three")) == (("withheld", "cap"),) * 2
    assert len(mailbox.mails) == 1


def test_a_no_in_the_product_is_said_by_one_record_and_nothing_at_all_by_the_mailbox() -> None:
    actions.refuse("ann", "in_app", "help", "in the product", now=NOON)
    assert not mailboxes.refusals("crm-7").exists()
    actions.refuse("ann", "any", "any", "preference page", now=NOON)
    pairs = mailboxes.refusals("crm-7").values_list("channel", "purpose")
    assert set(pairs) == {("any", "any")}


def test_what_one_record_chooses_holds_for_the_other() -> None:
    actions.refuse("crm-7", "mail", "any", "one-click", now=NOON)
    actions.refuse("crm-7", "in_app", "help", "in the product", now=NOON)
    ways = {way.channel: way for way in queries.ways("ann")}
    assert ways["mail"].wanted == 0
    assert ways["in_app"].wanted == len(ways["in_app"].choices)
    offered = {(w.channel, c.purpose) for w in ways.values() for c in w.choices}
    actions.choose("ann", offered, offered, "preference page", now=NOON)
    left = set(Refusal.objects.values_list("recipient", "channel", "purpose"))
    assert left == {("crm-7", "in_app", "help")}
    actions.refuse("ann", "mail", "help", "one-click", now=NOON)
    assert actions.allow("crm-7", "mail", "help", "preference page", now=NOON) == 1
    assert not Refusal.objects.filter(channel="mail").exists()


def test_nothing_is_sold_to_a_mailbox_that_declined_as_somebody_else(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    actions.said_no("ann", "More seats", now=NOON - timedelta(days=1))
    submit([mail("sell", person_id="crm-7", purpose="expansion")], now=NOON)
    periodic_tasks.work(clock)
    assert state("sell") == ("withheld", "no")


def test_a_mailbox_that_said_no_is_known_without_its_address_after_an_erasure(
    mailbox: Mailbox, mail: Mail, clock: Clock
) -> None:
    actions.refuse("ann", "mail", "any", "one-click", now=NOON)
    actions.said_no("ann", "More seats", now=NOON)
    erasing.erase(ANN, "erased-1", NOON)
    Person.objects.all().delete()
    kept: list[Any] = [*Refusal.objects.values(), *SaidNo.objects.values()]
    assert "ann@" not in str(kept)
    assert sweeping.mentions(ANN) == []
    Person.objects.create(pk="ann-again", email="Ann@example.com")
    submit([mail("again", person_id="ann-again", address="Ann@example.com")], now=NOON)
    submit([mail("bill", person_id="ann-again", purpose="payment")], now=NOON)
    periodic_tasks.work(clock)
    assert (state("again"), state("bill")) == (("withheld", "consent"), ("sent", ""))


def test_a_refusal_from_before_marks_were_kept_survives_the_erasure(mail: Mail) -> None:
    Refusal.objects.create(recipient="ann", channel="mail", purpose="news", at=NOON, by="page")
    Refusal.objects.create(recipient="ann", channel="push", purpose="news", at=NOON, by="page")
    erasing.erase(ANN, "erased-1", NOON)
    pairs = Refusal.objects.values_list("recipient", "channel")
    assert list(pairs) == [(mailboxes.mark("ann@example.com"), "mail")]


def test_an_address_that_bounced_is_barred_after_an_erasure_until_somebody_says_why(
    mailbox: Mailbox, mail: Mail, clock: Clock, alice: Any
) -> None:
    from django.test import Client

    outbox.suppress("mail", "Ann@example.com", "550 no <ann@example.com>", NOON)
    erasing.erase(ANN, "erased-1", NOON)
    row = Suppression.objects.get()
    assert "ann@" not in row.address + row.reason
    submit([mail("bill", purpose="payment")], now=NOON)
    periodic_tasks.work(clock)
    assert state("bill") == ("withheld", "suppressed")
    client = Client()
    client.force_login(alice)
    assert "A mailbox of somebody erased" in client.get("/messages/barred/").content.decode()
    client.post(f"/messages/barred/{row.pk}/allow/", {"why": "they asked"})
    submit([mail("now", purpose="payment")], now=NOON)
    periodic_tasks.work(clock)
    assert state("now") == ("sent", "")


def test_other_mailboxes_are_left_alone(mailbox: Mailbox, mail: Mail, clock: Clock) -> None:
    actions.refuse("ann", "mail", "any", "one-click", now=NOON)
    submit([mail("bo", person_id="bo", address="bo@example.com")], now=NOON)
    submit([mail("annie", person_id="", address="nann@example.com")], now=NOON)
    periodic_tasks.work(clock)
    assert (state("bo"), state("annie")) == (("sent", ""),) * 2
