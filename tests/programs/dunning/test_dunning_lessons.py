"""Hours are learned from the workspace's own retries, where the customers are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from health.companies import add

from tenure.accounts.models import Account, Membership, Person
from tenure.programs.dunning import lessons
from tenure.programs.dunning.declines import packaged as table
from tenure.programs.dunning.declines import understand
from tenure.programs.dunning.schedule import Situation, Tried, decide
from tenure.programs.dunning.settings import Settings, packaged

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def history(hour: int, good: bool, count: int, account: str) -> list[dict[str, Any]]:
    """Retries at an hour (UTC), each a day after its invoice's first, failed try."""
    rows: list[dict[str, Any]] = []
    for n in range(count):
        at = (NOW - timedelta(days=5 + n % 90)).replace(hour=hour)
        told = {"account_id": account, "invoice_id": f"{account}-{hour}-{n}"}
        rows += [
            told | {"payment_id": f"a-{account}-{hour}-{n}", "status": "failed",
                    "attempted_at": at - timedelta(days=1)},
            told | {"payment_id": f"b-{account}-{hour}-{n}", "attempted_at": at,
                    "status": "succeeded" if good else "failed"},
        ]  # fmt: skip
    return rows


@pytest.fixture
def tokyo(workspace: Any, db: None) -> None:
    account = Account.objects.create(id="acme", name="Acme")
    ann = Person.objects.create(id="ann", email="ann@acme.example", timezone="Asia/Tokyo")
    Membership.objects.create(person=ann, account=account, role="admin")


def learn(*rows: list[dict[str, Any]], numbers: Settings | None = None, now: datetime = NOW) -> Any:
    add(1, payments=[row for some in rows for row in some])
    lessons._kept.clear()
    return lessons.learned(numbers or packaged(), now)


def test_first_tries_teach_nothing_and_hours_are_the_customers(tokyo: None) -> None:
    found = learn(history(3, True, 80, "acme"), history(9, False, 40, "acme"))
    assert found.attempts == 120
    assert set(found.hours) == {12, 18}  # 3:00 and 9:00 UTC in Tokyo
    assert found.hours[12] > found.overall > found.hours[18]


def test_few_retries_teach_nothing(tokyo: None) -> None:
    assert learn(history(3, True, 99, "acme")).attempts == 0


def test_what_is_learned_moves_the_next_try(tokyo: None) -> None:
    found = learn(history(6, True, 90, "acme"), history(0, False, 90, "acme"))
    money = understand(table(), "insufficient_funds")
    here = Situation(NOW, money, [Tried(NOW)], zone="Asia/Tokyo")
    plain, taught = decide(here, packaged(), NOW), decide(here, packaged(), NOW, found)
    assert plain.at is not None
    assert taught.at is not None
    assert (plain.at.hour, taught.at.hour) == (0, 6)  # 9:00 and 15:00 in Tokyo
    assert "did best so far" in taught.reason


def test_what_comes_today_is_not_a_lesson_yet(tokyo: None) -> None:
    rows = history(3, True, 120, "acme")
    found = learn(rows, now=NOW)
    late = [
        {**row, "payment_id": f"late-{n}", "received_at": NOW, "invoice_id": f"late-{n // 2}"}
        for n, row in enumerate(history(9, False, 50, "acme"))
    ]  # fmt: skip
    add(2, payments=late)
    lessons._kept.clear()
    assert lessons.learned(packaged(), NOW) == found
