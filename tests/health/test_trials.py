"""A changed model is tried on history before it is adopted, and better weights are proposed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import worlds
from companies import accounts, add, subscription, use

from tenure.analytics.errors import SpecError
from tenure.analytics.health.curves import Curve
from tenure.analytics.validation import missed, proposing
from tenure.analytics.validation.outcomes import DAY
from tenure.core import jobs as work
from tenure.core import policy as documents
from tenure.health import policy, proposals, scoring, trials
from tenure.health.models import ScoringRun, Trial

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
T = datetime(2026, 3, 2, 9, tzinfo=UTC)
START = T.replace(hour=0) - timedelta(days=420)
GOING = {f"gone{i:02}": 130 + 11 * i for i in range(24)}
FORMULA = "health/models/formula"
ROSY = (
    ("[[1, 100], [4, 80], [7, 55], [14, 25], [30, 0]]", "[[0, 100], [90, 100]]"),
    ("[[0, 0], [4, 40], [12, 80], [18, 100]]", "[[0, 100], [28, 100]]"),
    ("[[0, 0], [2, 40], [5, 75], [10, 100]]", "[[0, 100], [10, 100]]"),
)


@pytest.fixture
@worlds.once
def company() -> None:
    """Twenty-four accounts stop using the product forty days before they leave; ten stay."""
    staying = [f"stay{i}" for i in range(10)]
    accounts(*GOING, *staying)
    rows, events = [], []
    for name, days in GOING.items():
        rows.append(subscription(name, START, ended_at=START + timedelta(days=days)))
        events += use(name, START, days - 40, every=3, people=1, actions=2)
    for name in staying:
        rows.append(subscription(name, START))
        events += use(name, START, 419, every=3, people=1, actions=2)
    add(1, subscriptions=rows, events=events)
    body = documents.text("validation").replace("min_churned = 30", "min_churned = 5")
    documents.save("validation", body, "alice@example.com", "small company", T)


def allowed(churned: int) -> None:
    """Proposals may be made from so few churned accounts."""
    body = documents.text("validation").replace("min_churned = 20", f"min_churned = {churned}")
    documents.save("validation", body, "alice@example.com", "few churned", T)


def rosy() -> str:
    """The formula, to which all use looks alike."""
    body = documents.text(FORMULA)
    for old, new in ROSY:
        assert old in body
        body = body.replace(old, new)
    return body


def test_the_same_text_changes_nothing(company: None) -> None:
    trial = trials.replay_model("formula", documents.text(FORMULA), now=T)
    told = trial.result["replay"]
    assert (trial.state, trial.verdict, told["moved"]) == ("done", "no_difference", 0)
    assert told["gained"] == told["lost"] == []
    assert json.loads(json.dumps(trial.result)) == trial.result
    assert not ScoringRun.objects.exists()  # nothing is scored for good


def test_a_blind_model_is_told_to_predict_worse_and_whom_it_would_have_missed(
    company: None,
) -> None:
    trial = trials.replay_model("formula", rosy(), now=T, by="alice@example.com")
    told = trial.result["replay"]
    assert (trial.verdict, trial.created_by) == ("worse", "alice@example.com")
    assert told["horizons"][0]["old"]["value"] > 0.8 > told["horizons"][0]["new"]["value"]
    assert {e["account_id"] for e in told["lost"]} <= set(GOING)
    assert len(told["lost"]) >= 3 > len(told["gained"])
    assert told["lost"][0]["name"].startswith("Gone")


def test_both_sides_score_as_a_backtest_does(company: None) -> None:
    start, end = START + timedelta(days=150), START + timedelta(days=250)
    told = trials.replay_model("formula", rosy(), now=T, start=start, end=end).result["replay"]
    from tenure.health import actions

    report = actions.validate_model("formula", start, end, now=T).result
    assert told["dates"] == report["dates"]
    for ours, theirs in zip(told["horizons"], report["horizons"], strict=True):
        assert ours["old"] == theirs["auc"]
        assert ours["green_before"]["value"] == theirs["green_share"]["value"]


def test_adopting_is_one_step_and_so_is_going_back(company: None) -> None:
    before = documents.text(FORMULA)
    trial = trials.replay_model("formula", rosy(), now=T)
    number = trials.adopt(trial, "alice@example.com", now=T)
    assert documents.text(FORMULA) == trial.body
    assert (trial.adopted_version, trial.adopted_by) == (number, "alice@example.com")
    assert "trial" in documents.versions(FORMULA)[0].note
    documents.rollback(FORMULA, trial.based_on, "alice@example.com", "", T)
    assert documents.text(FORMULA) == before


def test_what_was_changed_meanwhile_is_not_overwritten(company: None) -> None:
    trial = trials.replay_model("formula", rosy(), now=T)
    body = documents.text(FORMULA).replace('version = "1"', 'version = "2"')
    documents.save(FORMULA, body, "bob@example.com", "meanwhile", T)
    with pytest.raises(SpecError):
        trials.adopt(trial, "alice@example.com", now=T)
    assert documents.text(FORMULA) == body
    assert Trial.objects.get().adopted_version is None


def test_a_text_that_is_not_sound_is_never_tried(company: None) -> None:
    with pytest.raises(SpecError, match="add up to"):
        trials.ask("formula", documents.text(FORMULA).replace("weight = 40", "weight = 41"), now=T)
    assert not Trial.objects.exists()


def test_a_model_of_ones_own_is_held_against_the_default(company: None) -> None:
    body = documents.text(FORMULA).replace('name = "formula"', 'name = "mine"')
    trial = trials.replay_model("mine", body, now=T)
    assert (trial.against, trial.based_on) == ("six_dimensions", 0)
    trials.adopt(trial, "alice@example.com", now=T)
    assert "mine" in policy.model_names()


def test_a_worker_tries_it_and_says_why_it_cannot(company: None) -> None:
    trial = trials.ask("formula", rosy(), now=T)
    late = trials.ask("formula", rosy(), now=T, start=T, end=T)
    work.run_all("tests", lambda: T)
    for one in (trial, late):
        one.refresh_from_db()
    assert (trial.state, trial.verdict) == ("done", "worse")
    assert late.state == "failed"
    assert "facts reach from" in late.error
    with pytest.raises(SpecError, match="not over"):
        trials.adopt(late, "alice@example.com", now=T)


def test_weights_are_proposed_for_a_model_that_does_not_see_what_happens(company: None) -> None:
    allowed(5)
    blind = rosy()
    documents.save(FORMULA, blind, "alice@example.com", "blind", T)
    trial = proposals.propose("formula", now=T)
    told = trial.result
    assert trial.verdict == "better"
    assert told["replay"]["horizons"][0]["difference"]["low"] > 0
    assert sum(w["weight"] for w in told["weights"]) == 100
    assert any(w["added"] for w in told["weights"])
    assert told["usage_alone"]
    assert not told["outcomes_known"]
    missed = [m for m in told["missed"] if not m["in_model"]]
    assert missed[0]["well"]["low"] > 0.5
    # What is proposed is what was tested: on dates after all that taught it.
    assert told["learned"]["last"] < told["replay"]["period"]["start"]
    parsed = trials.candidate("formula", trial.body)
    assert {p.signal for p in parsed.parts()} == {w["signal"] for w in told["weights"]}
    assert documents.text(FORMULA) == blind  # nothing is adopted by itself
    trials.adopt(trial, "alice@example.com", now=T)
    scoring.run_scoring(T, "formula", now=T)
    assert ScoringRun.objects.get().state == "done"


def test_later_facts_change_no_proposal(company: None) -> None:
    """The same proposal comes out if what happened after the period is taken away or added to."""
    allowed(5)
    first = proposals.propose("formula", now=T)
    accounts("new")
    later = T + timedelta(days=1)
    add(2, subscriptions=[subscription("new", later)], events=use("new", later, 3))
    again = proposals.propose("formula", now=T)
    assert again.body == first.body
    assert again.result["missed"] == first.result["missed"]


def test_too_short_a_history_proposes_nothing(company: None) -> None:
    trial = proposals.ask("formula", now=T)
    trial.start, trial.end = START + timedelta(days=200), START + timedelta(days=240)
    trial.save()
    work.run_all("tests", lambda: T)
    trial.refresh_from_db()
    assert (trial.state, trial.body) == ("failed", "")
    assert "dates" in trial.error


def test_a_short_history_is_learned_for_fewer_days_ahead_and_says_so(company: None) -> None:
    documents.save(FORMULA, rosy(), "alice@example.com", "blind", T)
    allowed(3)
    end = START + timedelta(days=290)
    trial = proposals.propose("formula", now=T, start=START + timedelta(days=110), end=end)
    learned = trial.result["learned"]
    assert (learned["days"], learned["wanted_days"]) == (30, 60)
    assert trial.result["replay"]["verdict"]["days"] == 30
    last = datetime.fromisoformat(learned["last"]).replace(tzinfo=UTC)
    assert last + timedelta(days=30) <= trial.start < end
    with pytest.raises(SpecError, match="even for churn within 30 days"):
        proposals.propose("formula", now=T, start=START + timedelta(days=210), end=end)


def test_too_little_churn_proposes_nothing(company: None) -> None:
    allowed(24)
    trial = proposals.ask("formula", now=T)
    work.run_all("tests", lambda: T)
    trial.refresh_from_db()
    assert trial.state == "failed"
    assert "24 are needed" in trial.error
    assert "keep the weights as they are" in trial.error


def test_a_signal_that_does_harm_on_later_dates_is_dropped_and_named() -> None:
    """On the earlier dates the second tells of churn, on the later ones of the contrary."""
    rng = np.random.default_rng(3)
    n = 4000
    as_of = np.repeat(np.arange(10, dtype=np.int64) * 30 * DAY, n // 10)
    scores = rng.uniform(0, 100, (n, 2))
    turned = np.where(as_of < 6 * 30 * DAY, 1, -1)
    odds = -1.5 + 0.03 * (50 - scores[:, 0]) + 0.02 * turned * (50 - scores[:, 1])
    churned = rng.random(n) < 1 / (1 + np.exp(-odds))
    account = np.tile(np.arange(n // 10), 10)
    ground = missed.Cohort({}, churned, account, as_of, churned)
    halves = proposing.part(as_of, 30, 0.6)
    curve = Curve(points=((0.0, 0.0), (1.0, 100.0)))
    columns = [proposals.Column(name, name, curve, "use") for name in ("tells", "turns")]
    fitted = proposing.fit(scores[halves.train], churned[halves.train], 0.0005)
    numbers = policy.validation_policy().proposals
    before = proposals.Weighed(columns, scores, fitted)
    assert set(before.wholes(numbers)) == {0, 1}
    after = proposals.without_harm(before, ground, halves, numbers)
    assert [c.signal for c in after.columns] == ["tells"]
    assert [d["signal"] for d in after.dropped] == ["turns"]
    assert after.told(ground, halves, numbers)[0]["weight"] == 100
