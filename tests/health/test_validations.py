"""Validation from the lake: missing dates are scored, churn is looked up, the report is kept."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import worlds
from companies import accounts, add, subscription, use

from tenure.analytics.errors import SpecError
from tenure.core import jobs as work
from tenure.core import policy as documents
from tenure.core.models import Job
from tenure.health import actions, job_kinds, queries
from tenure.health.models import AccountHealth, ScoringRun, ValidationReport
from tenure.kit.commands.moments import days_ahead
from tenure.kit.commands.output import CommandError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
T = datetime(2026, 3, 2, 9, tzinfo=UTC)
START = T.replace(hour=0) - timedelta(days=300)
GOING = {f"gone{i}": 120 + 12 * i for i in range(10)}


@pytest.fixture
@worlds.once
def company() -> None:
    """Ten accounts stop using the product forty days before they leave; ten stay and use it."""
    staying = [f"stay{i}" for i in range(10)]
    accounts(*GOING, *staying)
    rows, events = [], []
    for name, days in GOING.items():
        rows.append(subscription(name, START, ended_at=START + timedelta(days=days)))
        events += use(name, START, days - 40, every=3, people=1, actions=2)
    for name in staying:
        rows.append(subscription(name, START))
        events += use(name, START, 299, every=3, people=1, actions=2)
    add(1, subscriptions=rows, events=events)


def easier() -> None:
    """A policy that is content with little churn."""
    body = documents.text("validation")
    for old, new in (
        ("min_churned = 30", "min_churned = 5"),
        ("bootstrap_draws = 400", "bootstrap_draws = 50"),
    ):
        body = body.replace(old, new)
    documents.save("validation", body, "alice@example.com", "small company", T)


def test_a_score_that_saw_it_coming(company: None) -> None:
    easier()
    kept = actions.validate_model(now=T)
    result = kept.result
    assert kept.verdict == result["verdict"]["code"] == "predicts"
    assert result["churned"] == 10
    assert result["horizons"][0]["auc"]["value"] > 0.8
    assert result["backfilled_share"] == 1.0
    assert result["lead_time"]["median_days"] > 7
    assert json.loads(json.dumps(result)) == result
    assert AccountHealth.objects.count() == 0
    assert queries.latest_report() == kept


def test_too_little_churn_is_said(company: None) -> None:
    assert actions.validate_model(now=T).verdict == "too_little_churn"


def test_validating_again_scores_nothing_anew_and_keeps_both_reports(company: None) -> None:
    first = actions.validate_model(now=T)
    runs = ScoringRun.objects.count()
    second = actions.validate_model(now=T + timedelta(days=1))
    assert ScoringRun.objects.count() == runs
    assert first.result["horizons"] == second.result["horizons"]
    assert [r.pk for r in queries.reports()] == [second.pk, first.pk]


def test_churn_that_is_not_sure_yet_is_outside_the_period(company: None) -> None:
    result = actions.validate_model(now=T).result
    assert result["period"]["end"] == (T - timedelta(days=16)).date().isoformat()


def test_green_churned_accounts_are_listed_with_what_they_looked_like(company: None) -> None:
    # By the formula with usage of long ago counting as well as any, the leavers look well.
    body = documents.text("health/models/formula")
    body = body.replace("[[1, 100], [4, 80], [7, 55], [14, 25], [30, 0]]", "[[0, 100], [90, 100]]")
    body = body.replace("[[0, 0], [4, 40], [12, 80], [18, 100]]", "[[0, 100], [28, 100]]")
    body = body.replace("[[0, 0], [2, 40], [5, 75], [10, 100]]", "[[0, 100], [10, 100]]")
    documents.save("health/models/formula", body, "alice@example.com", "rosy", T)
    easier()
    kept = actions.validate_model("formula", now=T)
    assert kept.verdict == "does_not_predict"
    listed = kept.result["green_churned"]
    assert {e["account_id"] for e in listed} <= set(GOING)
    assert len(listed) == kept.result["green_churned_total"] > 5
    assert listed[0]["name"] == listed[0]["account_id"].title()
    assert listed[0]["signals"]["days_since_active"] >= 0


def test_one_segment_alone(company: None) -> None:
    result = actions.validate_model(now=T, segment="mid_market").result
    assert (result["segment"], result["segments"]) == ("mid_market", [])
    with pytest.raises(SpecError, match="held no account"):
        actions.validate_model(now=T, segment="enterprise")


def test_a_period_of_ones_own(company: None) -> None:
    start, end = START + timedelta(days=100), START + timedelta(days=200)
    result = actions.validate_model(None, start, end, now=T).result
    assert result["period"] == {"start": start.date().isoformat(), "end": end.date().isoformat()}
    assert result["churned"] == sum(100 <= d < 200 for d in GOING.values())
    with pytest.raises(SpecError, match="facts reach from"):
        actions.validate_model(None, end, start, now=T)


def test_horizons_of_ones_own(company: None) -> None:
    kept = actions.validate_model(now=T, horizons=(14, 45))
    assert [h["days"] for h in kept.result["horizons"]] == [14, 45]
    assert kept.result["verdict"]["days"] == 45


def test_horizons_that_are_no_days_are_refused_with_how_to_write_them() -> None:
    assert days_ahead("60, 14,14", "--horizons") == (14, 60)
    assert days_ahead("", "--horizons") is None
    for text in ("a", "14;30", "0", "-3", "14,", "100000"):
        with pytest.raises(CommandError, match="--horizons") as refused:
            days_ahead(text, "--horizons")
        assert "14,30,60" in str(refused.value.remedy)


def test_without_subscriptions_there_is_nothing_to_hold_a_score_against() -> None:
    add(1, events=use("ada", START, 90))
    with pytest.raises(SpecError, match="no subscriptions"):
        actions.validate_model(now=T)


def test_the_monthly_job_keeps_a_report(company: None) -> None:
    work.enqueue(job_kinds.VALIDATE, now=T)
    assert work.run_all("tests", lambda: T) >= 1
    assert Job.objects.get(kind=job_kinds.VALIDATE).state == "done"
    assert ValidationReport.objects.get().created_by == "tenure"


def test_by_the_clock_nothing_to_validate_is_no_failure() -> None:
    work.enqueue(job_kinds.VALIDATE, now=T)
    work.run_all("tests", lambda: T)
    assert Job.objects.get(kind=job_kinds.VALIDATE).state == "done"
    assert not ValidationReport.objects.exists()


def test_the_daily_job_scores_every_model_of_the_policy(company: None) -> None:
    body = documents.text("health").replace("also_scored = []", 'also_scored = ["formula"]')
    documents.save("health", body, "alice@example.com", "both", T)
    work.enqueue(job_kinds.SCORE, now=T)
    work.run_all("tests", lambda: T)
    assert Job.objects.get(kind=job_kinds.SCORE).state == "done"
    assert set(AccountHealth.objects.values_list("model", flat=True)) == {
        "six_dimensions", "formula",
    }  # fmt: skip
    assert [m["name"] for m in queries.models() if m["scored"]] == ["formula", "six_dimensions"]
