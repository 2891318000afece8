"""A scoring run: kept once, resumed, never over a later one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds
from companies import accounts, add, subscription, use

from tenure.accounts.models import Account, Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.core import policy as documents
from tenure.core import workspace
from tenure.facts import lake
from tenure.facts.models import InboxRow
from tenure.health import actions, policy, queries, scoring, state
from tenure.health.explanations import of_row
from tenure.health.models import AccountHealth, ModelVersion, ScoringRun
from tenure.health.pipeline import Rules, compute, score_everyone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
T = datetime(2026, 3, 2, tzinfo=UTC)
START = T - timedelta(days=120)


@pytest.fixture
@worlds.once
def company() -> None:
    """Busy uses the product daily, quiet once did, gone has left, nobody never was a customer."""
    accounts("busy", "quiet", "gone", "nobody")
    add(
        1,
        accounts=[{"account_id": a, "name": a} for a in ("busy", "quiet", "gone", "nobody")],
        subscriptions=[
            subscription("busy", START, mrr_minor=500_000),
            subscription("quiet", START, mrr_minor=2_000),
            subscription("gone", START, ended_at=T - timedelta(days=40)),
        ],
        events=[*use("busy", START, 120), *use("quiet", START, 60), *use("gone", START, 60)],
    )


def health(name: str) -> AccountHealth:
    return AccountHealth.objects.get(account_id=name)


def test_customers_are_scored_and_others_are_not(company: None) -> None:
    run = actions.run_scoring(T, now=T)
    assert (run.state, run.accounts_total, run.accounts_done) == ("done", 2, 2)
    assert set(AccountHealth.objects.values_list("account_id", flat=True)) == {"busy", "quiet"}
    assert health("busy").health > 70 > 40 > health("quiet").health
    assert lake.current().rows("scores") == 2


def test_the_row_tells_what_the_page_shows(company: None) -> None:
    actions.run_scoring(T, now=T)
    row = health("quiet")
    assert row.band == row.shown_band == "critical"
    assert "no_login_7d" in row.risk_signals
    assert row.signals["days_since_login"] == 60
    assert of_row(row)["health"] == row.health
    assert row.previous_signals is None
    assert row.trend == [["2026-03-02", row.health]]


def test_from_the_rollup_the_scores_are_the_same(
    company: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = policy.settings().model_copy(update={"rollup_from_events": 0})
    monkeypatch.setattr(policy, "settings", lambda: numbers)
    actions.run_scoring(T, now=T)
    rules, facts = Rules.in_force(), scoring.Facts.now()
    raw = score_everyone(compute(rules, T, facts.dataset), rules, T, {}).scores
    found = dict(zip(raw["account_id"].to_pylist(), raw["health"].to_pylist(), strict=True))
    assert found == dict(AccountHealth.objects.values_list("account_id", "health"))
    assert any(workspace.current().rollups.iterdir())


def test_stages_and_segments_follow(company: None) -> None:
    actions.run_scoring(T, now=T)
    assert Account.objects.get(pk="gone").stage == "churned"
    assert Account.objects.get(pk="quiet").stage == "at_risk"
    assert Account.objects.get(pk="busy").stage == "retention"
    tiers = SegmentMember.objects.filter(segment__in=("enterprise", "smb"))
    assert set(tiers.values_list("account_id", "segment_id")) == {
        ("busy", "enterprise"), ("quiet", "smb"),
    }  # fmt: skip
    assert Segment.objects.get(pk="enterprise").size == 1


def test_the_same_moment_again_changes_nothing(company: None) -> None:
    first = actions.run_scoring(T, now=T)
    again = actions.run_scoring(T, now=T + timedelta(hours=1))
    assert again.pk == first.pk
    assert lake.current().rows("scores") == 2
    assert ScoringRun.objects.count() == 1


def test_a_run_that_was_cut_off_goes_on_and_writes_nothing_twice(
    company: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = policy.settings().model_copy(update={"chunk_accounts": 1})
    monkeypatch.setattr(policy, "settings", lambda: numbers)
    write, calls = state.write, []

    def failing(rows: Any, past: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("power is off")
        return write(rows, past)

    monkeypatch.setattr(state, "write", failing)
    with pytest.raises(OSError, match="power"):
        actions.run_scoring(T, now=T)
    run = ScoringRun.objects.get()
    assert (run.state, run.accounts_done, run.error) == ("failed", 1, "power is off")
    assert queries.latest_run() is None
    assert actions.run_scoring(T, now=T + timedelta(hours=1)).pk == run.pk
    assert lake.current().rows("scores") == 2
    assert AccountHealth.objects.count() == 2


def test_a_past_moment_goes_to_history_only(company: None) -> None:
    actions.run_scoring(T, now=T)
    before = health("quiet").health
    run = actions.run_scoring(T - timedelta(days=70), now=T)
    assert run.purpose == "backtest"
    assert run.accounts_done == 3
    assert health("quiet").health == before
    assert [r["health"] > 60 for r in queries.account_history("quiet")] == [True, False]


def test_a_backtest_scores_a_date_once_until_history_changes(company: None) -> None:
    dates = [T - timedelta(days=60), T - timedelta(days=30)]
    seen: list[tuple[int, int]] = []
    first = actions.backtest(dates, progress=lambda *p: seen.append(p), now=T)
    again = actions.backtest(dates, now=T)
    assert [r.pk for r in first] == [r.pk for r in again]
    assert seen[-1] == (2, 2)
    assert AccountHealth.objects.count() == 0
    add(2, events=use("quiet", T - timedelta(days=40), 5))
    third = actions.backtest(dates, now=T)
    assert third[0].pk == first[0].pk
    assert third[1].pk != first[1].pk
    assert [h["as_of"] for h in queries.account_history("quiet")] == dates


def test_what_changed_since_last_time_is_told_and_becomes_a_fact(company: None) -> None:
    actions.run_scoring(T - timedelta(days=61), now=T)
    InboxRow.objects.all().delete()
    actions.run_scoring(T, now=T)
    row = health("quiet")
    assert row.previous_band == "stable" or row.previous_health > row.health
    changed = {c["signal"] for c in of_row(row)["changes"]}
    assert "days_since_login" in changed
    bodies = b"".join(bytes(r.body) for r in InboxRow.objects.all())
    assert bodies.count(b"tenure.band_changed") == 1
    assert b'"account_id":"quiet"' in bodies


def test_the_change_of_thirty_days_comes_from_history(company: None) -> None:
    actions.backtest([T - timedelta(days=58)], now=T)
    actions.run_scoring(T, now=T)
    row = health("quiet")
    then = queries.account_history("quiet")[0]["health"]
    assert row.change_30d == pytest.approx(row.health - then, abs=0.01)
    assert [p[0] for p in row.trend] == ["2026-01-03", "2026-03-02"]
    assert len(row.signal_trend["dau_mau"]) == 2
    assert queries.worst_movers()[0].account_id == "quiet"


def test_who_is_no_customer_any_longer_leaves_the_state_and_stays_in_history(
    company: None,
) -> None:
    actions.run_scoring(T, now=T)
    add(2, subscriptions=[subscription(
        "quiet", START, mrr_minor=2_000, updated_at=T + timedelta(days=1),
        ended_at=T + timedelta(days=1))])  # fmt: skip
    actions.run_scoring(T + timedelta(days=2), now=T + timedelta(days=2))
    assert not AccountHealth.objects.filter(account_id="quiet").exists()
    assert len(queries.account_history("quiet")) == 1
    assert queries.explanation_at("quiet", T)["explanation"]["health"] is not None


def test_a_changed_model_makes_another_version_and_old_scores_keep_theirs(company: None) -> None:
    first = actions.run_scoring(T, now=T)
    body = documents.text("health/models/six_dimensions").replace("[4, 80]", "[4, 70]")
    documents.save("health/models/six_dimensions", body, "alice@example.com", "stricter", T)
    second = actions.run_scoring(T, now=T)
    assert second.model_version != first.model_version
    assert ModelVersion.objects.filter(name="six_dimensions").count() == 2
    assert health("busy").model_version == second.model_version


def test_a_changed_signal_makes_another_version_too(company: None) -> None:
    first = actions.run_scoring(T, now=T)
    roles = documents.text("signals/roles").replace("Task Completed", "Task Done")
    documents.save("signals/roles", roles, "alice@example.com", "renamed", T)
    assert actions.run_scoring(T, now=T).model_version != first.model_version


def test_a_policy_that_breaks_a_model_is_refused() -> None:
    body = documents.text("health/models/formula").replace("csat_90d", "csat_99d")
    with pytest.raises(SpecError, match="no signal named 'csat_99d'"):
        documents.save("health/models/formula", body, "alice@example.com", "", T)


@pytest.mark.parametrize(
    ("variant", "problem"),
    [
        ('segment = "at_risk_high_value"', "looks at the score"),
        ('segment = "giants"', "no segment 'giants'"),
        ('stage = "dormant"', "is no lifecycle stage"),
    ],
)
def test_a_variant_for_nobody_is_refused(variant: str, problem: str) -> None:
    weights = "weights = { usage = 50, engagement = 20 }"
    body = f"{documents.text('health/models/formula')}\n[[variants]]\n{variant}\n{weights}\n"
    with pytest.raises(SpecError, match=problem):
        documents.save("health/models/formula", body, "alice@example.com", "", T)


def test_weights_of_a_variant_count_for_its_segment_only(company: None) -> None:
    body = documents.text("health/models/formula") + (
        '\n[[variants]]\nsegment = "enterprise"\nweights = { usage = 0, payment = 50 }\n'
    )
    documents.save("health/models/formula", body, "alice@example.com", "", T)
    actions.run_scoring(T, "formula", now=T)
    rows = {r.account_id: r for r in AccountHealth.objects.filter(model="formula")}
    assert (rows["busy"].variant, rows["quiet"].variant) == ("segment:enterprise", "")
    weights = {d["key"]: d["weight"] for d in of_row(rows["busy"])["dimensions"]}
    assert (weights["usage"], weights["payment"]) == (0, 50)


def test_the_future_cannot_be_scored() -> None:
    with pytest.raises(SpecError, match="lies in the future"):
        actions.run_scoring(T + timedelta(hours=1), now=T)
    assert not ScoringRun.objects.exists()


def test_nothing_to_score_is_no_failure() -> None:
    run = actions.run_scoring(T, now=T)
    assert (run.state, run.accounts_total) == ("done", 0)
    assert queries.distribution()[0]["n"] == 0


def test_progress_is_shown(company: None) -> None:
    seen: list[tuple[int, int]] = []
    scoring.run_scoring(T, None, lambda *p: seen.append(p), now=T)
    assert (seen[0], seen[-1]) == ((0, 2), (2, 2))
