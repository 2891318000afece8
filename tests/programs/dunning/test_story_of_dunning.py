"""Two cards, day by day: one comes home, the other does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from programs.dunning.shop import MONDAY, Shop, days

from tenure.accounts.models import Person
from tenure.channels.models import Message
from tenure.core import policy
from tenure.facts.periodic_tasks import flush_now
from tenure.programs.dunning import actions, documents, links, queries, settings
from tenure.programs.dunning.models import Case

pytestmark = pytest.mark.django_db


def test_the_card_that_comes_home(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card()
    assert shop.until(0.5) == ["mail:failed"]
    assert shop.until(2) == ["retry"]
    shop.tries_the_card()
    assert shop.until(4) == ["retry", "mail:reminder"]
    shop.tries_the_card("succeeded")
    case = Case.objects.get()
    assert (case.state, case.tries) == ("recovered", 3)
    assert shop.until(30) == []
    sent = list(
        Message.objects.filter(channel="mail")
        .order_by("pk")
        .values_list("content__subject", flat=True)
    )
    assert sent[0] == "Your payment of 49.00 EUR did not go through"
    assert sent[-1] == "Thank you: 49.00 EUR has been paid"
    assert set(Message.objects.filter(source="dunning:i1").values_list("state", flat=True)) == {
        "cancelled"
    }
    total = queries.recovery()[-1]
    assert (total["cases"], total["recovered"], total["value_share"]) == (1, 1, 1.0)


def test_a_notice_in_the_product_goes_away_with_the_payment(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card()
    shop.until(0.5)
    notice = Message.objects.get(channel="in_app")
    assert notice.content["text"].startswith("We could not collect 49.00 EUR")
    assert notice.content["link"].endswith("/")
    shop.until(3.5)
    assert Message.objects.filter(channel="in_app").count() == 1
    shop.tries_the_card("succeeded")
    assert Message.objects.get(channel="in_app").state == "cancelled"


def test_the_card_that_does_not(shop: Shop) -> None:
    shop.bills()
    shop.tries_the_card(code="expired_card")
    done = shop.until(20)
    assert done == [
        "mail:failed", "mail:reminder", "mail:pause_ahead", "mail:last_chance", "grace", "cancel",
    ]  # fmt: skip
    case = Case.objects.get()
    assert case.state == "cancelled"
    assert case.closed_at is not None
    assert case.closed_at - MONDAY >= days(14)
    assert queries.recovery()[-1]["recovered"] == 0
    from tenure.facts.queries import rows_of

    flush_now(shop.now)
    (subscription,) = rows_of("subscriptions", "acme", shop.now + days(1))
    assert (subscription["status"], subscription["end_reason"]) == ("cancelled", "involuntary")


def test_facts_in_the_wrong_order_make_no_case(shop: Shop) -> None:
    shop.tries_the_card("succeeded")
    shop.bills()
    shop.tries_the_card()
    assert not Case.objects.exists()


def test_history_writes_to_nobody(shop: Shop) -> None:
    shop.bills()
    shop.now = MONDAY
    shop.tell(
        "payments", payment_id="old", account_id="acme", invoice_id="i1", status="failed",
        decline_code="51", attempted_at=MONDAY - days(20), amount_minor=1, currency="EUR",
    )  # fmt: skip
    assert not Case.objects.exists()


def test_while_switched_off_the_plan_is_shown_and_nothing_is_done(shop: Shop) -> None:
    text = settings.DEFAULT.read_text("utf-8")
    policy.save(settings.DOCUMENT, text, "alice", "", MONDAY)
    assert not documents.current().running.on
    shop.bills()
    shop.tries_the_card()
    assert shop.until(20) == []
    assert Case.objects.get().next_what == "mail:failed"
    assert not Message.objects.exists()


def test_a_colleague_takes_over_and_hands_back(shop: Shop, alice: Any) -> None:
    shop.bills()
    shop.tries_the_card()
    actions.take_over("i1", alice, now=shop.now)
    assert shop.until(5) == []
    actions.hand_back("i1", alice, now=shop.now)
    assert shop.until(5.1) == ["mail:reminder", "retry"]  # the latest that was due, not both


def test_without_an_address_nothing_is_ended_unasked(shop: Shop) -> None:
    Person.objects.update(email="")
    shop.bills()
    shop.tries_the_card(code="expired_card")
    assert "cancel" not in shop.until(30)
    assert Case.objects.get().next_what == "person"


def test_the_link_works_without_signing_in_until_it_runs_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.bills()
    shop.tries_the_card()
    path = "/" + links.url("i1").split("/", 3)[3]
    page = Client().get(path)
    assert page.status_code == 200
    assert "49.00 EUR" in page.content.decode()
    assert Client().get(path.replace("pay/", "pay/x")).status_code == 404
    assert links.read(links.url("i1").rsplit("/", 2)[1], days=-1) == ""


def test_a_worker_that_comes_by_seconds_after_the_hour_tries_the_card(shop: Shop) -> None:
    """Workers come by once a minute, hardly ever on the very second of an hour."""
    shop.bills()
    shop.tries_the_card()
    shop.now += timedelta(seconds=37)
    case = Case.objects.get()
    done = shop.until(2)
    assert "retry" in done
    at = case.steps.get(what="retry").at
    assert timedelta() <= at - (MONDAY + days(1)) < timedelta(hours=1)


def test_a_worker_that_was_away_for_hours_tries_at_once_within_the_hours_of_the_plan(
    shop: Shop,
) -> None:
    shop.bills()
    shop.tries_the_card()
    shop.now = MONDAY + days(1) + timedelta(hours=5, minutes=12)
    actions.advance(shop.now)  # the mail of the first day
    actions.advance(shop.now)
    assert Case.objects.get().steps.get(what="retry").at == shop.now


def test_who_was_lost_to_a_declined_card_is_asked_back_until_they_come(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first decline to the end of the subscription, and on to the day they return."""
    from tenure.health import actions as health
    from tenure.plays import advance, jobs, switching
    from tenure.plays.models import Enrolment

    monkeypatch.setattr("tenure.plays.entering.held_out", lambda *_: set())
    switching.switch_on("win-back", "alice", now=MONDAY)
    shop.bills()
    shop.tries_the_card(code="expired_card")
    shop.until(15)
    ended = Case.objects.get().closed_at
    assert ended is not None

    def live(day: float, step: float = 1) -> list[tuple[str, int]]:
        """Days pass; gives the play's mails, each with the days since the end."""
        while shop.now < ended + days(day):
            shop.now += days(step)
            flush_now(shop.now)
            health.run_scoring(shop.now, now=shop.now)
            jobs.look(shop.now)
            while advance.advance_due(shop.now):
                pass
        rows = Message.objects.filter(source="play:win-back", channel="mail").order_by("pk")
        return [(m.content["subject"], round((m.due_at - ended) / days(1))) for m in rows]

    told = live(32)
    assert [subject for subject, _ in told] == [
        "Thank you for the time you gave us",
        "Was there one thing?",
        "If you would like to try again",
    ]
    for (_, after), day in zip(told, (1, 7, 30), strict=True):
        assert day <= after <= day + 2
    # They come back before the last question: it is not asked.
    shop.tell(
        "subscriptions", subscription_id="s2", account_id="acme", status="active",
        mrr_minor=4900, currency="EUR", started_at=shop.now, updated_at=shop.now,
    )  # fmt: skip
    assert len(live(75, step=4)) == 3
    one = Enrolment.objects.get(play="win-back")
    assert (one.state, one.goal_at is not None) == ("exited", True)
