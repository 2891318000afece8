"""Overrides carry reason, author and end; when they are over, the score shows again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core.models import AuditEntry
from tenure.facts.models import InboxRow
from tenure.health import actions, queries
from tenure.health.models import AccountHealth

pytestmark = pytest.mark.django_db
T = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def acme() -> Account:
    account = Account.objects.create(id="acme", name="Acme")
    AccountHealth.objects.create(
        account=account, model="six_dimensions", model_version="1+x", as_of=T,
        health=35, band="critical", shown_health=35, shown_band="critical",
    )  # fmt: skip
    return account


def shown() -> tuple[float | None, str, bool]:
    row = AccountHealth.objects.get()
    return row.shown_health, row.shown_band, row.overridden


def test_the_judgement_shows_and_the_score_stays(acme: Account, bob: Any) -> None:
    made = actions.override(acme, 82, "They moved offices", bob, T + WEEK, now=T)
    assert shown() == (82, "healthy", True)
    assert AccountHealth.objects.get().health == 35
    assert made.author == "bob@example.com"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.why) == ("score.overridden", "They moved offices")
    assert b"tenure.score_overridden" in bytes(InboxRow.objects.get().body)


def test_ended_early_the_score_shows_again(acme: Account, alice: Any, bob: Any) -> None:
    made = actions.override(acme, 82, "They moved offices", bob, T + WEEK, now=T)
    actions.end_override(made, alice, now=T + timedelta(days=1))
    assert shown() == (35, "critical", False)
    assert made.ended_by == "alice@example.com"
    assert queries.override_in_force("acme", T) is None


def test_run_out_it_is_restored(acme: Account, bob: Any) -> None:
    actions.override(acme, 82, "They moved offices", bob, T + WEEK, now=T)
    assert actions.restore_expired(T + timedelta(days=6)) == 0
    assert actions.restore_expired(T + WEEK) == 1
    assert shown() == (35, "critical", False)


def test_a_second_judgement_replaces_the_first(acme: Account, bob: Any) -> None:
    actions.override(acme, 82, "Fine", bob, T + WEEK, now=T)
    actions.override(acme, 50, "Not so fine", bob, T + WEEK, now=T + timedelta(hours=1))
    assert shown() == (50, "at_risk", True)
    assert [o.ended_at is None for o in queries.overrides("acme")] == [True, False]


@pytest.mark.parametrize(
    ("health", "reason", "until", "key"),
    [
        (101, "so", T + WEEK, "health"),
        (50, "  ", T + WEEK, "reason"),
        (50, "so", T, "expires_at"),
        (50, "so", T + timedelta(days=400), "expires_at"),
    ],
)
def test_a_judgement_without_reason_or_end_is_refused(
    acme: Account, bob: Any, health: float, reason: str, until: datetime, key: str
) -> None:
    with pytest.raises(SpecError) as refused:
        actions.override(acme, health, reason, bob, until, now=T)
    assert refused.value.key == key
    assert shown() == (35, "critical", False)
