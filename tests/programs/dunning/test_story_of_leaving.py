"""A customer who has left still owes what they owe: other words, and no card is tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from programs.dunning.shop import MONDAY, Shop, days

from tenure.analytics.errors import SpecError
from tenure.channels.models import Message
from tenure.core import policy
from tenure.programs.dunning import settings
from tenure.programs.dunning.models import Case

pytestmark = pytest.mark.django_db


def leaves(shop: Shop, status: str = "cancelled", **more: Any) -> None:
    row: dict[str, Any] = {
        "subscription_id": "s1", "account_id": "acme", "status": status, "mrr_minor": 4900,
        "currency": "EUR", "started_at": MONDAY - days(90), "updated_at": shop.now,
        "ended_at": shop.now,
    }  # fmt: skip
    shop.tell("subscriptions", **row | more)


def subjects(state: str = "") -> list[str]:
    rows = Message.objects.filter(channel="mail").order_by("pk")
    rows = rows.filter(state=state) if state else rows
    return list(rows.values_list("content__subject", flat=True))


def test_who_left_gets_other_words_and_their_card_is_left_alone(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card()
    assert shop.until(0.5) == ["mail:failed"]
    leaves(shop)
    done = shop.until(40)
    assert done == ["mail:owed", "mail:owed_reminder"]
    case = Case.objects.get()
    assert (case.state, case.next_what) == ("open", "person")
    assert case.next_why == "they have left: a colleague decides what becomes of the bill"
    assert subjects("cancelled") == ["Your payment of 49.00 EUR did not go through"]
    texts = " ".join(m.content["text"] for m in Message.objects.filter(source__contains="-left"))
    assert "We will not try your card again" in texts
    assert "paused" not in texts
    assert "keep your account" not in texts
    assert Message.objects.filter(channel="in_app", state="cancelled").count() == 1


def test_a_bill_that_fails_after_the_end_begins_with_those_words(shop: Shop) -> None:
    shop.bills()
    leaves(shop)
    shop.tries_the_card()
    assert shop.until(20) == ["mail:owed", "mail:owed_reminder"]


def test_who_cancelled_to_the_end_of_the_term_is_not_told_to_keep_the_account(shop: Shop) -> None:
    shop.bills()
    leaves(shop, "active", ended_at=MONDAY + days(25))
    shop.tries_the_card()
    assert shop.until(15) == ["mail:owed", "mail:owed_reminder"]


def test_who_has_another_subscription_has_not_left(shop: Shop) -> None:
    shop.bills()
    leaves(shop, "active", subscription_id="s2", ended_at=None)
    leaves(shop)
    shop.tries_the_card()
    assert shop.until(2) == ["mail:failed", "retry"]


def test_who_comes_back_is_a_customer_again(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card()
    leaves(shop)
    assert shop.until(1) == ["mail:owed"]
    leaves(shop, "active", subscription_id="s2", started_at=shop.now, ended_at=None)
    assert Case.objects.get().next_what != "person"
    assert "retry" in shop.until(4)


def test_who_only_tried_is_asked_for_nothing(shop: Shop) -> None:
    shop.tell(
        "subscriptions", subscription_id="s1", account_id="acme", status="trialing",
        mrr_minor=4900, currency="EUR", started_at=MONDAY - days(14), updated_at=MONDAY - days(14),
        ended_at=None,
    )  # fmt: skip
    leaves(shop, started_at=MONDAY - days(14))
    shop.tell(
        "invoices", invoice_id="i1", account_id="acme", subscription_id="s1", issued_at=MONDAY,
        amount_minor=4900, currency="EUR",
    )  # fmt: skip
    shop.tries_the_card()
    assert shop.until(20) == []
    assert Case.objects.get().next_why.startswith("they only tried")
    assert not Message.objects.exists()


def test_a_card_that_they_gave_after_leaving_is_tried(shop: Shop) -> None:
    shop.bills()
    leaves(shop)
    shop.tries_the_card()
    shop.until(1)
    shop.tell(
        "cards", card_id="c2", account_id="acme", network="visa", last4="4242", exp_month=5,
        exp_year=2030, is_default=True, updated_at=shop.now, fingerprint="c2",
    )  # fmt: skip
    assert shop.until(1.2) == ["retry"]


def test_their_payment_ends_it_with_thanks_that_promise_nothing(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card()
    leaves(shop)
    shop.until(1)
    shop.tries_the_card("succeeded")
    assert Case.objects.get().state == "recovered"
    thanks = Message.objects.filter(source__startswith="dunning-thanks").get()
    assert thanks.content["text"].endswith("This bill is settled.")
    assert "Everything stays" not in thanks.content["text"]


def test_the_order_of_leaving_and_failing_does_not_matter(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card()
    leaves(shop)
    first: datetime = Case.objects.get().next_at  # type: ignore[assignment]
    assert (Case.objects.get().next_what, first) == ("mail:owed", MONDAY)


def test_words_to_those_who_left_promise_no_retry_and_no_end() -> None:
    text = settings.DEFAULT.read_text("utf-8")
    bad = text.replace("We will not try your card again.", "{retry}")
    with pytest.raises(SpecError, match=r"names \{retry\}, which does not happen any more"):
        settings.parse("dunning", bad)


def test_a_document_without_those_words_writes_to_nobody_who_left(shop: Shop) -> None:
    text = policy.text("dunning")
    begin, end = text.index("[[left.mails]]"), text.index("[ask]")
    policy.save("dunning", text[:begin] + text[end:], "alice", "", MONDAY)
    shop.bills()
    leaves(shop)
    shop.tries_the_card()
    assert shop.until(20) == []
