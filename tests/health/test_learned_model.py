"""The learned model of a workspace: taught, champion or challenger, predicting, watched."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest
import worlds
from companies import accounts, add, subscription, use

from tenure.accounts import segments
from tenure.accounts.models import Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import booster
from tenure.analytics.segments import parse_rule
from tenure.core import jobs as work
from tenure.core import policy as documents
from tenure.health import job_kinds, policy, scoring
from tenure.health.lake_scores import run_rows
from tenure.health.learned import card, models_kept, past_chances, predicting, watching
from tenure.health.models import AccountPrediction, LearnedModel
from tenure.plays import dry_run, switching
from tenure.plays import policy as plays
from tenure.plays.models import Enrolment

pytest.importorskip("lightgbm")
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
T = datetime(2026, 3, 2, 9, tzinfo=UTC)
START = T.replace(hour=0) - timedelta(days=500)
GOING = {f"gone{i:02}": 150 + 8 * i for i in range(40)}
FADING = [f"fading{i}" for i in range(4)]
PLAY = """title = "Leaving"
about = "Somebody looks at it."
purpose = "help"

[trigger]
kind = "when"
{trigger}

[[steps]]
id = "done"
kind = "end"
"""


@pytest.fixture
@worlds.once
def company() -> None:
    """Forty accounts stop using the product forty days before they leave; thirty stay, and four
    of those have just stopped."""
    staying = [f"stay{i:02}" for i in range(26)]
    accounts(*GOING, *staying, *FADING)
    rows, events = [], []
    for name, days in GOING.items():
        rows.append(subscription(name, START, ended_at=START + timedelta(days=days)))
        events += use(name, START, days - 40, every=4, people=1, actions=2)
    for name in (*staying, *FADING):
        rows.append(subscription(name, START))
        events += use(name, START, 470 if name in FADING else 499, every=4, people=1, actions=2)
    add(1, subscriptions=rows, events=events)
    changes = {"min_churned = 60": "min_churned = 20", "block_min_churned = 20":
               "block_min_churned = 5", "draws = 200": "draws = 50",
               "min_data_in_leaf = 30": "min_data_in_leaf = 10"}  # fmt: skip
    body = documents.text("prediction")
    for old, new in changes.items():
        assert old in body
        body = body.replace(old, new)
    documents.save("prediction", body, "alice@example.com", "small company", T)


@pytest.fixture
@worlds.once
def taught(company: None) -> LearnedModel:
    """The model that the company's history up to now teaches."""
    return models_kept.train(now=T)


def chances() -> dict[str, float]:
    """Within 30 days: those who leave here stop using the product 40 days before."""
    rows = AccountPrediction.objects.values_list("account_id", "chances")
    return {account: found["30"] for account, found in rows}


def test_it_is_taught_kept_as_challenger_and_says_whom_and_why(company: None) -> None:
    row = models_kept.train(now=T, by="alice@example.com")
    assert (row.version, row.state, row.trained_by) == (1, "challenger", "alice@example.com")
    assert row.report["horizons"][0]["learned"]["auc"]["value"] > 0.8
    assert predicting.now_for_all(now=T) == 30
    told = chances()
    others = [c for n, c in told.items() if n not in FADING]
    assert min(told[n] for n in FADING) > 0.5 > median(others)
    one = AccountPrediction.objects.get(account_id="fading0")
    assert one.reasons[0]["adds"] > 0
    assert [d for d, _ in one.survival] == [30, 60, 90, 120, 150, 180]
    stays = [c for _, c in one.survival]
    assert stays == sorted(stays, reverse=True)
    assert one.chances["90"] == pytest.approx(1 - stays[2], abs=1e-4)


def test_an_export_of_today_loaded_as_history_teaches_nothing_and_proposes_nothing(
    company: None,
) -> None:
    """A status that only those who left can have, true of today, loaded with last week's export."""
    own = """[signals.crm_lost]
kind = "rows"
table = "accounts"
where = [{ field = "properties.status", value = "lost" }]
higher_is = "worse"
title = "Lost, says the CRM"
"""
    documents.save("signals/own", own, "alice@example.com", "from the CRM", T)
    everyone = [*GOING, *FADING, *(f"stay{i:02}" for i in range(26))]
    exported = [
        {"account_id": name, "created_at": START, "status": "lost" if name in GOING else "open"}
        for name in everyone
    ]
    add(2, accounts=exported)
    row = models_kept.train(now=T)
    assert row.report["left_out"]["told_once"] == ["crm_lost"]
    assert card.card(row)["left_out"]["told_once"] == ["Lost, says the CRM"]
    assert "crm_lost" not in [f.source for f in models_kept.read(row).features]
    body = documents.text("prediction").replace(
        'trusted = ["accounts.account_id"', 'trusted = ["accounts.properties.status"'
    )
    documents.save("prediction", body, "alice@example.com", "believe it", T)
    believed = models_kept.train(now=T).report
    assert believed["left_out"]["told_once"] == []
    loud = {(v["feature"], v["left"]) for v in believed["suspects"]["values"]}
    assert ("crm_lost", "nobody") in loud


def test_it_is_held_against_one_signal_alone_and_within_the_contract(
    taught: LearnedModel,
) -> None:
    told = next(h for h in card.card(taught)["horizons"] if h["days"] == 60)
    assert [o["alone"] for o in told["opponents"]] == ["plan", "recency", "tenure"]
    recency = told["opponents"][1]
    assert recency["known"]
    assert recency["auc"]["value"] > 0.6
    assert told["way_words"]
    assert told["contract"]["alike"] is None  # all have one plan, and nobody's term is known


def test_it_is_taught_on_a_period_and_for_days_of_ones_own(company: None) -> None:
    end = START + timedelta(days=400)
    row = models_kept.train(now=T, start=START + timedelta(days=70), end=end, horizons=(14, 45))
    assert [h["days"] for h in row.report["horizons"]] == [14, 45]
    assert row.report["verdict"]["days"] == 45
    assert row.report["end"] == end.date().isoformat()
    assert row.report["last"] < row.report["end"]
    predicting.now_for_all(now=T)
    assert set(AccountPrediction.objects.first().chances) == {"14", "45"}


def test_chances_of_past_dates_are_written_as_they_were_known_then(
    company: None, tmp_path: Path
) -> None:
    row = models_kept.train(now=T, end=START + timedelta(days=400), horizons=(30,))
    out = tmp_path / "chances.csv"
    rows, taught_rows = past_chances.write(row, out, None, None, now=T)
    listed = list(csv.DictReader(out.open()))
    assert len(listed) == rows
    assert set(listed[0]) == {"as_of", "account_id", "chance_30", "taught"}
    assert sum(r["taught"] == "true" for r in listed) == taught_rows
    assert 0 < taught_rows < rows
    assert {r["taught"] for r in listed if r["as_of"] >= row.report["end"]} == {"false"}
    # Who leaves stopped using it forty days before: on the last date with them they stand out.
    later = [r for r in listed if r["taught"] == "false"]
    last = max(r["as_of"] for r in later if r["account_id"] in GOING)
    told = {r["account_id"]: float(r["chance_30"]) for r in later if r["as_of"] == last}
    leaving = [c for n, c in told.items() if n in GOING]
    assert median(leaving) > median(c for n, c in told.items() if n not in GOING)
    # What comes after the last of these dates changes none of them.
    add(3, events=use("stay00", T, 1))
    again = tmp_path / "again.csv"
    past_chances.write(row, again, None, START + timedelta(days=480), now=T + timedelta(days=2))
    kept = [r for r in listed if r["as_of"] < (START + timedelta(days=470)).isoformat()]
    assert [r for r in csv.DictReader(again.open()) if r in kept] == kept


def test_a_live_scoring_predicts_anew(taught: LearnedModel) -> None:
    assert "days_since_active" in list(predicting.fields())
    scoring.run_scoring(T, now=T)
    assert AccountPrediction.objects.filter(as_of=T).count() == 30


def test_champion_and_challenger_change_places_and_back_to_the_rules(taught: LearnedModel) -> None:
    first = taught
    models_kept.promote(first, "alice@example.com", now=T)
    second = models_kept.train(now=T)
    assert (models_kept.champion(), models_kept.challenger()) == (first, second)
    models_kept.promote(second, "alice@example.com", now=T)
    first.refresh_from_db()
    assert (models_kept.champion(), first.state) == (second, "challenger")
    models_kept.demote(second, "alice@example.com", now=T)
    assert models_kept.champion() is None
    assert models_kept.in_use() == second
    with pytest.raises(SpecError, match="not the champion"):
        models_kept.demote(second, "alice@example.com", now=T)


def test_what_happens_after_the_ground_teaches_nothing(company: None) -> None:
    """Facts that come later, of days before and after, leave the model of then as it was."""
    end = T - timedelta(days=60)
    one = models_kept.train(now=end)
    received = end + timedelta(days=1)
    late = [e | {"message_id": e["message_id"] + "x", "received_at": received}
            for e in use("gone05", START, 100)]  # fmt: skip
    add(2, events=late)
    two = models_kept.train(now=end)
    assert one.body == two.body
    assert one.report == two.report


def test_too_little_churn_stays_with_the_rules(company: None) -> None:
    body = documents.text("prediction").replace("min_churned = 20", "min_churned = 500")
    documents.save("prediction", body, "alice@example.com", "strict", T)
    with pytest.raises(SpecError, match="stay with the rules"):
        models_kept.train(now=T)
    assert not LearnedModel.objects.exists()


def test_a_worker_teaches_it_and_predicts(company: None) -> None:
    models_kept.ask(now=T, by="alice@example.com")
    work.run_all("tests", lambda: T)
    row = LearnedModel.objects.get()
    assert row.trained_by == "alice@example.com"
    assert row.watched_at == T
    assert AccountPrediction.objects.count() == 30


def test_the_watch_holds_it_against_what_came_after(company: None) -> None:
    then = T - timedelta(days=150)
    row = models_kept.train(now=then)
    assert watching.watch(row, now=then)["dates"] == 0
    told = watching.watch(row, now=T)
    assert told["dates"] >= 3
    assert told["churned"] >= 3
    assert told["learned"]["value"] > 0.8
    assert {d["feature"] for d in row.drift} == {f.name for f in models_kept.read(row).features}
    work.enqueue(job_kinds.WATCH, now=T)
    work.run_all("tests", lambda: T)
    row.refresh_from_db()
    assert row.watched_at == T


def test_the_model_card_names_ground_needs_and_what_is_gone(taught: LearnedModel) -> None:
    told = card.card(taught)
    assert told["rules"]["model"] == "six_dimensions"
    named = {i["title"] for i in told["importance"]}
    assert named
    assert not any(name.startswith("event:") for name in named)
    assert all(n["there"] for n in told["needs"])
    assert {n["group"] for n in told["needs"]} >= {"Product use", "Product events"}
    assert "ground" not in told


def test_without_lightgbm_nothing_else_suffers(
    taught: LearnedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise SpecError("learned model", "lightgbm", "cannot be used here", "pip install it")

    monkeypatch.setattr(booster, "_lightgbm", missing)
    monkeypatch.setattr(booster, "is_there", lambda: False)
    with pytest.raises(SpecError, match="cannot be used"):
        models_kept.ask(now=T)
    scoring.run_scoring(T, now=T)
    assert not AccountPrediction.objects.exists()


def test_a_policy_changed_since_counts_nothing_otherwise_for_a_model_that_was_taught(
    taught: LearnedModel,
) -> None:
    predicting.now_for_all(now=T)
    kept = "chance", "chances", "survival", "reasons"
    before = list(AccountPrediction.objects.order_by("account_id").values_list(*kept))
    body = documents.text("prediction")
    for old, new in (
        ("\ndays = 28\n", "\ndays = 7\n"),
        ("intervals = [30, 30, 30, 30, 30, 30]", "intervals = [10, 10]"),
        ("horizons = [30, 60, 90]", "horizons = [45, 60]"),
    ):
        assert old in body
        body = body.replace(old, new)
    documents.save("prediction", body, "alice@example.com", "other", T)
    predicting.now_for_all(now=T)
    after = list(AccountPrediction.objects.order_by("account_id").values_list(*kept))
    assert after == before


def test_a_segment_may_ask_for_the_chance_a_champion_gives(taught: LearnedModel) -> None:
    rule = 'field = "chance"\nop = ">="\nvalue = 0.5'
    segments.save_rule("leaving", "Leaving", rule, policy.known_fields(), "alice", T)
    scoring.run_scoring(T, now=T)
    assert Segment.objects.get(pk="leaving").size == 0  # nobody believes the challenger
    models_kept.promote(taught, "alice@example.com", now=T)
    later = T + timedelta(hours=1)
    scoring.run_scoring(later, now=later)
    told = AccountPrediction.objects.filter(chance__gte=0.5).values_list("account_id", flat=True)
    members = SegmentMember.objects.filter(segment="leaving").values_list("account_id", flat=True)
    assert set(FADING) <= set(members) == set(told)
    models_kept.demote(taught, "alice@example.com", now=later)
    assert predicting.believed() == {}
    after = later + timedelta(hours=1)
    scoring.run_scoring(after, now=after)
    assert Segment.objects.get(pk="leaving").size == 0


def test_a_play_lets_in_whom_the_champion_expects_to_leave(taught: LearnedModel) -> None:
    trigger = 'rule = { field = "chance", op = ">=", value = 0.5 }'
    documents.save("plays/leaving", PLAY.format(trigger=trigger), "alice@example.com", "x", T)
    models_kept.promote(taught, "alice@example.com", now=T)
    switching.switch_on("leaving", "alice@example.com", now=T)
    scoring.run_scoring(T, now=T)
    entered = Enrolment.objects.filter(play="leaving")
    assert {e.account_id for e in entered} >= set(FADING)
    assert all(e.why["chance"] >= 0.5 for e in entered)
    assert "was not known" in dry_run.why_not(plays.play("leaving"))


def test_history_is_scored_without_the_chance_of_today(taught: LearnedModel) -> None:
    """Who was in a segment on a day of the past cannot rest on a model that came later."""
    rule = 'field = "chance"\nop = "exists"'
    segments.save_rule("told", "Told", rule, policy.known_fields(), "alice", T)
    models_kept.promote(taught, "alice@example.com", now=T)
    scoring.run_scoring(T, now=T)
    assert Segment.objects.get(pk="told").size == 30
    then = T - timedelta(days=90)
    (run,) = scoring.backtest([then], now=T)
    rows = run_rows([run], "segments")
    assert rows.num_rows > 30
    assert not any("told" in names for names in rows["segments"].to_pylist())


def test_a_live_score_of_a_day_that_taught_the_champion_has_no_chance(taught: LearnedModel) -> None:
    rule = 'field = "chance"\nop = "exists"'
    segments.save_rule("told", "Told", rule, policy.known_fields(), "alice", T)
    models_kept.promote(taught, "alice@example.com", now=T)
    then = T - timedelta(days=200)
    assert scoring.run_scoring(then, now=T).purpose == "live"  # the first there is
    assert Segment.objects.get(pk="told").size == 0


def test_no_stage_and_no_variant_may_rest_on_a_chance(company: None) -> None:
    body = documents.text("stages")
    field = next(line for line in body.splitlines() if "field = " in line).split('"')[1]
    with pytest.raises(SpecError, match="no field 'chance'"):
        documents.save("stages", body.replace(f'"{field}"', '"chance"', 1), "alice", "x", T)
    assert segments.of_scores(parse_rule("x", 'field = "chance"\nop = "exists"'))
