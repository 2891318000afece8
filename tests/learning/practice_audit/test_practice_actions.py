"""Runs are kept; a finding is accepted with a reason and an end, and both leave their traces."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from learning.practice_audit.firms import accounts, champion
from people import NOW

from tenure.analytics.errors import SpecError
from tenure.core import jobs as work
from tenure.core.models import AuditEntry, Job
from tenure.facts.models import InboxRow
from tenure.learning.practice_audit import actions, jobs, queries
from tenure.learning.practice_audit.finding import Finding
from tenure.learning.practice_audit.models import Acceptance, AuditRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
KEY = "champion_left"


@pytest.fixture
def alone() -> str:
    """An account whose champion left, and nobody followed."""
    (account,) = accounts(1)
    champion(account, "ada", left=60)
    return account


def state(now: Any = NOW) -> Finding:
    run = queries.latest_run()
    assert run is not None
    return next(f for f in queries.judged(run, now) if f.key == KEY)


def facts() -> list[dict[str, Any]]:
    bodies = InboxRow.objects.order_by("pk").values_list("body", flat=True)
    return [fact for body in bodies for fact in json.loads(bytes(body))]


def test_a_run_keeps_every_finding_with_its_accounts(alone: str) -> None:
    made = actions.run(NOW)
    assert len(made.findings) == sum(made.counts.values()) == 27
    assert (state().state, state().accounts, state().accounts_total) == ("open", (alone,), 1)
    assert "1 of 1 accounts" in state().evidence


def test_what_has_no_ground_is_not_assessed_and_says_why() -> None:
    found = {f.key: f for f in queries.judged(actions.run(NOW), NOW)}
    for key in ("no_cancel_flow", "no_dunning_mails", "onboarding_too_long", "churn_not_studied"):
        assert found[key].state == "not_assessed"
        assert found[key].evidence


def test_accepted_it_is_not_open_until_its_end(alone: str, alice: Any) -> None:
    actions.run(NOW)
    made = actions.accept(KEY, " We look for one ", 30, alice, now=NOW)
    assert (made.reason, made.author) == ("We look for one", "alice@example.com")
    assert state().state == "accepted"
    assert state(NOW + timedelta(days=29)).state == "accepted"
    assert state(NOW + timedelta(days=30)).state == "open"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id, entry.why) == (
        "practice.accepted", KEY, "We look for one",
    )  # fmt: skip
    assert facts()[-1]["event"] == "tenure.practice_finding_accepted"


def test_taken_back_it_is_open_again(alone: str, alice: Any, bob: Any) -> None:
    actions.run(NOW)
    actions.accept(KEY, "We look for one", 30, alice, now=NOW)
    assert actions.withdraw(KEY, bob, now=NOW + timedelta(days=1))
    assert state(NOW + timedelta(days=1)).state == "open"
    assert Acceptance.objects.get().ended_by == "bob@example.com"
    assert AuditEntry.objects.last().action == "practice.acceptance_withdrawn"  # type: ignore[union-attr]
    assert not actions.withdraw(KEY, bob, now=NOW + timedelta(days=1))


def test_a_second_word_replaces_the_first(alone: str, alice: Any, bob: Any) -> None:
    actions.run(NOW)
    actions.accept(KEY, "First", 80, alice, now=NOW)
    actions.accept(KEY, "Second", 10, bob, now=NOW)
    assert [a.reason for a in queries.accepted(NOW)] == ["Second"]


@pytest.mark.parametrize(
    ("key", "reason", "days", "message"),
    [
        (KEY, "  ", 30, "is empty"),
        (KEY, "why", 91, "give 1 to 90"),
        (KEY, "why", 0, "give 1 to 90"),
        ("guilt_copy", "why", 30, "is not an open finding"),
        ("no_such", "why", 30, "is not an open finding"),
    ],
)
def test_what_cannot_be_accepted(alone: str, alice: Any, key: str, reason: str, days: int,
                                 message: str) -> None:  # fmt: skip
    actions.run(NOW)
    with pytest.raises(SpecError, match=message):
        actions.accept(key, reason, days, alice, now=NOW)
    assert not Acceptance.objects.exists()
    assert not AuditEntry.objects.exists()


def test_before_the_first_run_there_is_nothing_to_accept(alice: Any) -> None:
    with pytest.raises(SpecError, match="is not an open finding"):
        actions.accept(KEY, "why", 30, alice, now=NOW)


def test_faults_that_come_and_go_are_facts_once(alone: str) -> None:
    def told() -> list[tuple[str, str]]:
        return [(f["event"], f["properties"]["key"]) for f in facts()
                if f["properties"]["key"] == KEY]  # fmt: skip

    actions.run(NOW)
    actions.run(NOW + timedelta(days=1))
    assert told() == [("tenure.practice_fault_found", KEY)]
    champion(alone, "bo")
    actions.run(NOW + timedelta(days=2))
    assert told()[1:] == [("tenure.practice_fault_gone", KEY)]


def test_old_runs_are_forgotten(alone: str) -> None:
    actions.run(NOW - timedelta(days=401))
    actions.run(NOW - timedelta(days=399))
    actions.run(NOW)
    assert AuditRun.objects.count() == 2


def test_the_nightly_job_keeps_a_run() -> None:
    work.enqueue(jobs.AUDIT, now=NOW)
    work.run_all("tests", lambda: NOW)
    assert Job.objects.get(kind=jobs.AUDIT).state == "done"
    assert AuditRun.objects.get().at == NOW
