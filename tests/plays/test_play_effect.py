"""Did a play help: those let in against those held out, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from health.companies import accounts, add, subscription, use
from plays.test_play_spec import PLAY

from tenure.accounts.models import Account
from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.core import jobs as core_jobs
from tenure.core import policy as policies
from tenure.plays import dry_run, effect, jobs, policy
from tenure.plays.effect import Round
from tenure.plays.models import DryRunKept, Enrolment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def experiments() -> ExperimentPolicy:
    loaded: ExperimentPolicy = policies.load("experiments")
    return loaded


def rounds(held: bool, number: int, reached: int, stayed: int) -> list[Round]:
    return [Round(held, n < reached, n < stayed, 10_000, "EUR") for n in range(number)]


def test_uplift_is_the_share_let_in_less_the_share_held_out():
    """400 of 1,000 against 60 of 300: 0.40 - 0.20 = 0.20, and Wald's 95 % interval by hand:
    0.2 ± 1.96 * sqrt(0.4*0.6/1000 + 0.2*0.8/300) = 0.2 ± 0.0545; ours does not
    lean on the normal curve and is a little wider."""
    found = effect.judge(
        rounds(False, 1000, 400, 950) + rounds(True, 300, 60, 270), 7, 3 / 13, "seen", experiments()
    )
    assert found.goal is not None
    assert found.goal.difference is not None
    assert found.goal.difference.value == pytest.approx(0.2)
    assert found.goal.difference.low == pytest.approx(0.1455, abs=5e-3)
    assert found.goal.difference.high == pytest.approx(0.2545, abs=5e-3)
    assert found.goal.verdict == "works"
    assert (found.judged, found.running) == (1300, 7)


def test_saved_revenue_is_customers_kept_times_their_yearly_value():
    """95 % kept against 90 %: 5 points of 1,000 let in are 50 customers of 1,200 EUR a year."""
    found = effect.judge(
        rounds(False, 1000, 0, 950) + rounds(True, 300, 0, 270), 0, 3 / 13, "seen", experiments()
    )
    assert found.stayed is not None
    assert found.stayed.saved is not None
    assert found.stayed.saved.currency == "EUR"
    assert found.stayed.saved.value_minor == pytest.approx(50 * 12 * 10_000, rel=1e-6)


def test_a_handful_is_named_too_few_to_tell():
    found = effect.judge(
        rounds(False, 9, 9, 9) + rounds(True, 1, 0, 1), 0, 0.1, "seen", experiments()
    )
    assert found.goal is not None
    assert found.goal.verdict == "too_few"


def test_a_split_that_went_wrong_is_named_and_no_effect_is_claimed():
    found = effect.judge(
        rounds(False, 500, 300, 500) + rounds(True, 500, 200, 500), 0, 0.1, "seen", experiments()
    )
    assert found.goal is not None
    assert found.goal.verdict == "assignment_broken"
    assert found.goal.difference is None


def test_without_a_hold_out_nothing_is_claimed():
    found = effect.judge(rounds(False, 500, 300, 500), 0, 0.0, "seen", experiments())
    assert (found.judged, found.goal) == (500, None)


def _enrolled(subject: str, held: bool, entered: datetime, **fields: Any) -> None:
    Account.objects.get_or_create(pk=subject, defaults={"name": subject})
    Enrolment.objects.create(
        play="try", version=1, subject=subject, account_id=subject, step="ask",
        state="held_out" if held else "done", held_out=held, entered_at=entered, due_at=entered,
        mrr_minor=5000, currency="EUR", **fields,
    )  # fmt: skip


def test_only_rounds_whose_time_for_the_goal_is_over_are_judged(alice):
    policies.save("plays/try", PLAY, alice, "test", NOW)
    old = NOW - timedelta(days=31)  # the goal has thirty days
    _enrolled("ada", False, old, goal_at=old + timedelta(days=3))
    _enrolled("bob", True, old)
    _enrolled("cid", False, NOW - timedelta(days=29))
    Account.objects.filter(pk="bob").update(churned_at=old + timedelta(days=20))
    found = effect.of("try", policy.play("try"), NOW)
    assert (found.judged, found.running) == (2, 1)
    assert found.goal is not None
    assert (found.goal.treated_mean, found.goal.control_mean) == (1.0, 0.0)
    assert found.stayed is not None
    assert (found.stayed.treated_mean, found.stayed.control_mean) == (1.0, 0.0)


def test_a_dry_run_finds_the_week_in_which_an_account_would_have_come_in(workspace, alice):
    """Ada works on every day until 60 days ago, and never after; Bob until today."""
    accounts("ada", "bob")
    first, silent = NOW - timedelta(days=200), NOW - timedelta(days=60)
    add(
        1,
        subscriptions=[subscription("ada", first), subscription("bob", first)],
        events=[*use("ada", first, 140), *use("bob", first, 200)],
    )
    text = PLAY.replace('field = "health", op = "<", value = 50',
                        'field = "days_since_active", op = ">", value = 20')  # fmt: skip
    policies.save("plays/try", text, alice, "test", NOW)
    jobs.ask_dry_run("try", NOW)
    core_jobs.run_all("test", lambda: NOW)
    kept = DryRunKept.objects.get()
    assert kept.finished_at is not None
    assert kept.result["count"] == 1
    (entry,) = kept.result["entries"]
    assert entry["account_id"] == "ada"
    came = datetime.fromisoformat(entry["at"]).replace(tzinfo=UTC)
    assert timedelta(days=20) <= came - silent <= timedelta(days=28)
    assert not Enrolment.objects.exists()
    assert dry_run.why_not(policy.play("try")) == ""
