"""Cards in open cases: new ones are tried, limits are the card's; billing is asked unlocked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from programs.dunning.shop import MONDAY, Shop, days

from tenure.connectors.billing import outbox
from tenure.connectors.billing.contract import Outcome, Subscription, Unavailable
from tenure.connectors.billing.models import Act
from tenure.programs.dunning import actions
from tenure.programs.dunning.models import Case


def card(shop: Shop, name: str, at: datetime | None = None, **fields: Any) -> None:
    """A card on file, default and good until 2029 unless said otherwise."""
    told = {"network": "visa", "exp_month": 4, "exp_year": 2029, "is_default": True, **fields}
    shop.tell(
        "cards", card_id=f"pm_{name}", account_id="acme", updated_at=at or shop.now,
        status="active", last4="4242", properties={"fingerprint": name}, **told,
    )  # fmt: skip


def other_invoices(shop: Shop, count: int, ago: timedelta, account: str = "acme") -> None:
    """The same card was tried for other invoices, all within an hour."""
    for n in range(count):
        shop.tell(
            "payments", payment_id=f"o{n}", account_id=account, invoice_id=f"other-{n}",
            attempted_at=shop.now - ago + timedelta(minutes=n), status="failed",
            decline_code="insufficient_funds", amount_minor=100, currency="EUR",
            properties={"network": "mastercard", "card": "c9"},
        )  # fmt: skip


@pytest.mark.django_db
def test_a_new_card_on_file_is_tried_within_the_hour_and_once(shop: Shop) -> None:
    card(shop, "c1", MONDAY - days(30))
    shop.bills()
    shop.tries_the_card(code="lost_card")
    assert shop.until(1) == ["mail:failed"]
    assert Case.objects.get().next_what == "mail:reminder"
    card(shop, "c2")
    case = Case.objects.get()
    assert (case.next_what, case.next_why) == ("retry", "a new card is there")
    assert shop.until(1.4) == ["retry"]
    assert Case.objects.get().next_why == "the new card was tried, and no result has come"
    assert shop.until(1.7) == ["retry"]  # 12 hours later, as nothing was heard
    shop.tries_the_card("succeeded")
    assert Case.objects.get().state == "recovered"


@pytest.mark.django_db
def test_a_card_that_is_not_the_one_to_be_charged_is_not_tried(shop: Shop) -> None:
    card(shop, "c1", MONDAY - days(30))
    shop.bills()
    shop.tries_the_card(code="lost_card")
    card(shop, "c2", is_default=False)
    card(shop, "c1")  # word of the old one again
    assert "retry" not in shop.until(9)


@pytest.mark.django_db
def test_the_same_card_with_a_new_date_is_new_where_its_date_was_declined(shop: Shop) -> None:
    card(shop, "c1", MONDAY - days(30), exp_month=2, exp_year=2026)
    shop.bills()
    shop.tries_the_card(code="expired_card")
    shop.until(0.5)
    card(shop, "c1", exp_month=2, exp_year=2026)
    assert Case.objects.get().next_what != "retry"
    shop.until(0.6)
    card(shop, "c1", exp_month=2, exp_year=2030)
    assert Case.objects.get().next_why == "a new card is there"


@pytest.mark.django_db
def test_a_stolen_card_with_a_new_date_stays_what_it_was(shop: Shop) -> None:
    card(shop, "c1", MONDAY - days(30), exp_month=2, exp_year=2026)
    shop.bills()
    shop.tries_the_card(code="stolen_card")
    card(shop, "c1", exp_month=2, exp_year=2030)
    assert "retry" not in shop.until(9)


@pytest.mark.django_db
@pytest.mark.parametrize("account", ["acme", "sister"])
def test_tries_for_other_invoices_count_among_those_of_the_card(shop: Shop, account: str) -> None:
    """Ten tries of a Mastercard a day, whatever they were for and whoever paid with it."""
    shop.bills()
    shop.tries_the_card(code="lost_card")
    shop.until(0.9)
    other_invoices(shop, 10, timedelta(hours=4), account)
    card(shop, "c9", network="mastercard")
    case = Case.objects.get()
    assert case.next_why == "a new card is there; the network allows a try from then on"
    assert case.next_at == shop.now - timedelta(hours=4) + days(1)


@pytest.mark.django_db
def test_tries_of_other_cards_and_of_long_ago_do_not_count(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card(code="lost_card")
    shop.until(0.9)
    other_invoices(shop, 10, timedelta(hours=4))
    card(shop, "c8", network="mastercard")
    assert Case.objects.get().next_why == "a new card is there"


class Books:
    """A billing system that notes what it is asked for, and whether a transaction was open."""

    name = "books"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.paid = self.gone = False
        self.meanwhile: Any = None

    def _asked(self, what: str) -> Outcome:
        assert not connection.in_atomic_block
        self.asked.append(what)
        if self.gone:
            raise Unavailable("no answer")
        if self.meanwhile:
            self.meanwhile()
        return Outcome("awaited", MONDAY)

    def is_settled(self, invoice_id: str) -> bool:
        self._asked(f"is {invoice_id} settled")
        return self.paid

    def retry_invoice(self, invoice_id: str, *, key: str, now: datetime) -> Outcome:
        return self._asked(f"retry {key}")

    def cancel(self, which: Subscription, **_: Any) -> Outcome:
        return self._asked(f"cancel {which.subscription_id}")


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    found = Books()
    monkeypatch.setattr(outbox, "billing", lambda _: found)
    return found


@pytest.mark.django_db(transaction=True)
def test_no_lock_is_held_while_billing_is_asked(shop: Shop, books: Books) -> None:
    shop.bills()
    shop.tries_the_card()
    assert "retry" in shop.until(2)
    assert books.asked == ["retry dunning:i1:retry:1"]
    assert Act.objects.get().lease_until is None


@pytest.mark.django_db(transaction=True)
def test_who_paid_by_the_systems_own_books_is_not_cancelled(shop: Shop, books: Books) -> None:
    """The fact that tells it is late by days: nobody is cancelled for that."""
    books.paid = True
    shop.bills()
    shop.tries_the_card(code="expired_card")
    assert "cancel" not in shop.until(20)
    case = Case.objects.get()
    assert case.state == "grace"
    assert "waiting for the fact that tells it" in case.next_why
    assert set(books.asked) == {"is i1 settled"}
    shop.tries_the_card("succeeded")
    assert Case.objects.get().state == "recovered"


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_comes_while_the_card_is_tried_ends_the_case(
    shop: Shop, books: Books
) -> None:
    books.meanwhile = lambda: shop.tries_the_card("succeeded")
    shop.bills()
    shop.tries_the_card()
    shop.until(2)
    case = Case.objects.get()
    assert (case.state, case.next_what) == ("recovered", "")
    assert (Act.objects.get().state, Act.objects.get().lease_until) == ("done", None)
    assert case.steps.filter(what="retry").count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_billing_is_away_the_same_key_is_asked_again(shop: Shop, books: Books) -> None:
    books.gone = True
    shop.bills()
    shop.tries_the_card()
    shop.until(1.3)
    assert len(books.asked) > 1
    assert set(books.asked) == {"retry dunning:i1:retry:1"}
    assert Case.objects.get().next_why == "no answer"
    books.gone = False
    assert shop.until(1.5) == ["retry"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_died_while_asking_leaves_a_lease_that_runs_out(
    shop: Shop, books: Books
) -> None:
    def dies() -> None:
        raise KeyboardInterrupt

    books.meanwhile = dies
    shop.bills()
    shop.tries_the_card()
    with pytest.raises(KeyboardInterrupt):
        shop.until(2)
    books.meanwhile = None
    assert actions.advance(shop.now) == 0  # somebody may still be at it
    assert actions.advance(shop.now + outbox.lease() + timedelta(seconds=1)) == 1
    assert books.asked == ["retry dunning:i1:retry:1"] * 2


@pytest.mark.django_db(transaction=True)
def test_what_billing_cannot_do_for_an_unknown_reason_is_tried_again(
    shop: Shop, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks() -> None:
        raise RuntimeError("odd")

    books.meanwhile = breaks
    shop.bills()
    shop.tries_the_card()
    shop.until(1.3)
    assert Case.objects.get().next_why == "RuntimeError: odd"
    assert "dunning:i1:retry:1 could not be done" in caplog.text
