"""State follows the facts: whatever their order, and the same when made anew."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tenure.accounts import handlers
from tenure.accounts.actions import assign_owner
from tenure.accounts.models import Account, Membership, Person
from tenure.facts import lake
from tenure.facts.routing import ROUTING
from tenure.facts.validate import accept

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Tell = Callable[..., None]
_number = itertools.count(1)


@pytest.fixture
def tell(workspace: Any, db: None) -> Tell:
    """Facts land in the lake, then handlers are told."""

    def go(table: str, *rows: dict[str, Any], now: datetime = NOW) -> None:
        good, bad = accept(table, list(rows), now=now, source="test", backfill=True)
        assert not bad
        lake.current().append(table, good, ("test", next(_number)))
        ROUTING.tell(table, good, now)

    return go


def account(day: str, **fields: Any) -> dict[str, Any]:
    return {"account_id": "acme", "updated_at": day, **fields}


def paid(number: int, **fields: Any) -> dict[str, Any]:
    row = {"subscription_id": f"s{number}", "account_id": "acme", "started_at": "2025-01-01"}
    return {**row, "mrr_minor": 1000, "currency": "EUR", "quantity": 5, "plan_id": "pro", **fields}


FACTS = (
    account("2025-01-01", name="Acme", country="DE", owner="bob@example.com"),
    account("2025-02-01", country="FR"),
    account("2025-03-01", industry="steel", tier="gold"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_latest_value_of_each_attribute_holds_in_any_order(
    tell: Tell, bob: Any, order: tuple[int, ...]
) -> None:
    for i in order:
        tell("accounts", FACTS[i])
    acme = Account.objects.get()
    assert (acme.name, acme.country, acme.industry) == ("Acme", "FR", "steel")
    assert (acme.owner, acme.traits) == (bob, {"tier": "gold"})


def test_mrr_seats_plan_and_renewal_are_those_in_force(tell: Tell) -> None:
    tell(
        "subscriptions",
        paid(1, renews_at="2026-06-01"),
        paid(2, mrr_minor=500, plan_id="addon", quantity=1, renews_at="2026-05-01"),
        paid(3, ended_at="2025-06-01"),
        paid(4, status="trialing", mrr_minor=700),
        paid(5, status="paused"),
        paid(6, started_at="2026-04-01", updated_at="2026-01-01"),
        paid(7, status="cancelled", ended_at="2026-04-01", mrr_minor=50, quantity=0),
    )
    acme = Account.objects.get()
    assert (acme.status, acme.mrr_minor, acme.seats, acme.plan_id) == ("active", 1550, 16, "pro")
    assert acme.renews_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert acme.created_at == datetime(2025, 1, 1, tzinfo=UTC)


def test_who_has_no_subscription_left_has_churned_and_may_come_back(tell: Tell) -> None:
    tell("subscriptions", paid(1), paid(2, ended_at="2025-08-01"))
    tell("subscriptions", paid(1, updated_at="2025-09-01", ended_at="2025-09-01"))
    acme = Account.objects.get()
    assert (acme.status, acme.mrr_minor) == ("churned", 0)
    assert acme.churned_at == datetime(2025, 9, 1, tzinfo=UTC)
    tell("subscriptions", paid(3, started_at="2026-01-01"))
    acme.refresh_from_db()
    assert (acme.status, acme.churned_at) == ("active", None)


def test_without_any_subscriptions_everybody_is_a_customer(tell: Tell) -> None:
    tell("accounts", FACTS[0])
    assert Account.objects.get().status == "active"
    tell("subscriptions", paid(1, account_id="beta"))
    tell("accounts", FACTS[1])
    assert Account.objects.get(pk="acme").status == "prospect"


def test_an_owner_set_by_hand_stays_until_a_later_fact_names_one(
    tell: Tell, alice: Any, bob: Any
) -> None:
    tell("accounts", FACTS[0])
    assign_owner(["acme"], alice, by=alice, now=datetime(2025, 6, 1, tzinfo=UTC))
    tell("accounts", FACTS[1])
    assert Account.objects.get().owner == alice
    tell("accounts", account("2025-07-01", owner="BOB@example.com"))
    assert Account.objects.get().owner == bob


def test_people_and_their_parts(tell: Tell) -> None:
    row = {"person_id": "ann", "account_id": "acme", "email": "ann@acme.test", "role": "Champion"}
    tell("people", row, {"person_id": "ann", "account_id": "beta", "title": "CTO"})
    assert Person.objects.get().email == "ann@acme.test"
    parts = {m.account_id: (m.role, m.title) for m in Membership.objects.all()}
    assert parts == {"acme": ("champion", ""), "beta": ("end_user", "CTO")}
    tell("people", {**row, "updated_at": "2026-01-01", "left_at": "2026-01-01"})
    assert Membership.objects.get(account_id="acme").left_at is not None


def seen(person: str, moment: str) -> dict[str, Any]:
    return {"account_id": "acme", "person_id": person, "event": "Login", "timestamp": moment}


def test_events_tell_who_was_seen_first_and_last(tell: Tell) -> None:
    for moment in ("2025-05-01", "2025-04-01", "2025-06-01T10:00:00Z", "2025-05-02"):
        tell("events", seen("ann", moment))
    ann = Person.objects.get()
    assert ann.first_seen_at == datetime(2025, 4, 1, tzinfo=UTC)
    assert ann.last_seen_at == datetime(2025, 6, 1, 10, tzinfo=UTC)
    assert Membership.objects.get().account_id == "acme"


def test_events_do_not_undo_what_is_known(tell: Tell) -> None:
    tell("accounts", FACTS[0])
    tell("people", {"person_id": "ann", "account_id": "acme", "role": "admin", "name": "Ann"})
    tell("events", seen("ann", "2025-05-01"))
    assert Person.objects.get().name == "Ann"
    assert Membership.objects.get().role == "admin"
    assert Account.objects.get().name == "Acme"


def snapshot() -> list[Any]:
    skip = {"id"}
    return [
        sorted(
            [{k: v for k, v in row.items() if k not in skip} for row in m.objects.values()], key=str
        )
        for m in (Account, Person, Membership)
    ]


def test_state_made_anew_is_the_same(tell: Tell, bob: Any) -> None:
    tell("accounts", *FACTS)
    tell("subscriptions", paid(1), paid(2, account_id="beta"))
    tell("people", {"person_id": "ann", "account_id": "acme", "created_at": "2025-01-01"})
    tell("events", seen("ann", "2025-05-01"), seen("ben", "2025-05-02"))
    before = snapshot()
    for model in (Membership, Person, Account):
        model.objects.all().delete()
    handlers.rebuild_projection(NOW)
    assert snapshot() == before
