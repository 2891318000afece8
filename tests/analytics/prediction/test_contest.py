"""Ways of learning held against each other by time: scorecards, blends, the choice, opponents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import contest, opponents, predictors, scorecard, training
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.panel import Panel
from tenure.analytics.prediction.policy import default_prediction
from tenure.analytics.validation.outcomes import DAY
from tenure.analytics.validation.roc import auc

pytest.importorskip("lightgbm")
PACKAGED = default_prediction()
POLICY = PACKAGED.model_copy(
    update={"horizons": (30,), "verdict_days": 30, "draws": 50, "block_min_churned": 10,
            "intervals": (30,)}
)  # fmt: skip
DATES = 12


def panel(odds: Any, features: list[Feature], seed: int = 1, accounts: int = 300) -> Panel:
    """Monthly dates; ``odds(rows, date)`` are the log odds to leave within the month."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), DATES)
    date = np.tile(np.arange(DATES, dtype=np.int64), accounts)
    rows = rng.normal(size=(len(account), len(features))).astype(np.float32)
    for index, feature in enumerate(features):
        if feature.categories:
            rows[:, index] = rng.integers(0, len(feature.categories), len(account))
        if feature.name == "days_to_renewal":
            rows[:, index] = rng.uniform(0, 300, len(account))
    gone = rng.random(len(account)) < 1 / (1 + np.exp(-odds(rows, date)))
    days = np.where(gone, rng.uniform(8, 30, len(account)), np.inf)
    return Panel(features, rows, account, date * 30 * DAY, days, rng.normal(size=len(account)),
                 (DATES + 1) * 30 * DAY)  # fmt: skip


def hold(found: Panel, policy: Any = POLICY, **more: Any) -> contest.Contest:
    return contest.hold(found, 30, policy, np.random.default_rng(2), **more)


def test_a_block_is_foretold_by_what_was_decided_before_it_and_chosen_by_earlier_blocks() -> None:
    """What comes after a block changes neither what is said of it nor which way is chosen."""
    found = panel(lambda x, d: -2.5 + 1.2 * x[:, 0], [Feature("a"), Feature("b")])
    whole = hold(found)
    cut = np.unique(found.as_of)[8]
    changed = replace(found, churn_days=np.where(found.as_of >= cut, np.inf, found.churn_days))
    again = hold(changed)
    early = found.as_of[whole.row] < cut
    for name, told in whole.chances.items():
        assert np.array_equal(told[early], again.chances[name][early]), name
    blocks = int(whole.block[early].max())
    assert whole.by_block[: blocks + 1] == again.by_block[: blocks + 1]


def test_the_usual_way_is_left_only_for_one_that_is_clearly_better() -> None:
    """Twelve signals tell a little each: three of them alone do not."""
    alike = panel(lambda x, d: -2.5 + 0.0 * x[:, 0], [Feature("a"), Feature("b")])
    assert hold(alike).way == "blend"
    many = panel(
        lambda x, d: -3 + 0.45 * x.sum(axis=1),
        [Feature(f"s{n}", direction=1) for n in range(12)],
        accounts=500,
    )
    usual = POLICY.choice.model_copy(update={"usual": "few", "few": 3})
    told = hold(many, POLICY.model_copy(update={"choice": usual}))
    assert told.way != "few"
    assert told.by_block[-1] != "few"


def test_what_is_reported_is_of_the_way_that_earlier_blocks_had_chosen() -> None:
    found = panel(lambda x, d: -2.5 + 1.2 * x[:, 0], [Feature("a"), Feature("b")])
    held = hold(found)
    seen = held.seen(found, 30, POLICY)
    assert set(seen.block) == set(range(len(held.by_block)))
    for number, way in enumerate(held.by_block):
        told = held.chances[way][held.block == number]
        assert np.array_equal(seen.chance[seen.block == number], told)


def test_for_long_horizons_of_a_short_history_the_shortest_may_be_better() -> None:
    found = panel(lambda x, d: -2.5 + 1.2 * x[:, 0], [Feature("a"), Feature("b")])
    both = POLICY.model_copy(update={"horizons": (30, 90)})
    rng = np.random.default_rng(1)
    assert "shorter" in contest.hold(found, 90, both, rng).chances
    assert "shorter" not in contest.hold(found, 30, both, rng).chances
    long = both.choice.model_copy(update={"short_dates": 5})
    policy = both.model_copy(update={"choice": long})
    assert "shorter" not in contest.hold(found, 90, policy, rng).chances


def test_without_churn_before_any_block_it_says_to_wait() -> None:
    found = panel(lambda x, d: np.where(d < 10, -20.0, 0.0), [Feature("a")])
    with pytest.raises(SpecError, match="no block of dates has enough churn"):
        hold(found)


def test_few_signals_leave_out_what_says_the_same() -> None:
    found = panel(lambda x, d: -2 + x[:, 0], [Feature(n) for n in "abcd"])
    rows = found.rows.copy()
    rows[:, 1] = np.exp(rows[:, 0])  # another scale, the same order
    shares = np.array([0.4, 0.3, 0.2, 0.0])
    kept = contest.few(replace(found, rows=rows), shares, POLICY, np.random.default_rng(1))
    assert kept == [0, 2]


# --- What is kept


def made(found: Panel) -> list[predictors.Predictor]:
    return list(contest.learn(found, 30, found.end, POLICY, np.random.default_rng(1)).values())


def test_every_way_is_read_back_as_it_was_kept_and_its_reasons_add_up() -> None:
    listed = [Feature("a", direction=1), Feature("b"), Feature("plan", categories=("x", "y", "z"))]
    found = panel(lambda x, d: -2.5 + 1.2 * x[:, 0] + 0.8 * (x[:, 2] == 1), listed)
    rows = found.rows[:80].copy()
    rows[::7, 0] = np.nan
    for one in made(found):
        again = predictors.read(predictors.to_text(one))
        chance = one.predict(rows)
        assert np.allclose(again.predict(rows), chance)
        added = one.contributions(rows)
        average = np.log(chance / (1 - chance)) - added.sum(axis=1)
        assert np.allclose(average, average[0], atol=1e-5)
        assert one.importance(3).sum() == pytest.approx(1)


def test_a_model_kept_before_there_were_ways_is_read() -> None:
    found = panel(lambda x, d: -2.5 + 1.2 * x[:, 0], [Feature("a"), Feature("b")])
    text = contest.fit_boosting(found, 30, POLICY, np.random.default_rng(1))
    told = predictors.read(text)
    assert isinstance(told, predictors.Boosted)
    assert 0 < told.predict(found.rows[:5]).min() < 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([-1, 1]))
def test_evidence_goes_only_the_way_that_is_declared(seed: int, direction: int) -> None:
    rng = np.random.default_rng(seed)
    column = rng.normal(size=400).astype(np.float32)
    churned = rng.random(400) < 0.2
    told = scorecard.weigh(column, churned, Feature("a", direction=direction), POLICY.scorecard)
    assert (direction * np.diff(told.values) >= -1e-12).all()


def test_evidence_is_the_log_odds_of_a_bin_less_those_of_all() -> None:
    """Ten bins of a hundred rows; in the last 50 leave, in every other 10: 140 of 1,000 in all."""
    column = np.arange(1000, dtype=np.float32)
    churned = (column % 10 == 0) | ((column >= 900) & (column % 10 < 5))
    plain = POLICY.scorecard.model_copy(update={"smooth": 1e-9})
    told = scorecard.weigh(column, churned, Feature("a"), plain)
    assert churned.sum() == 140
    base = np.log(0.14 / 0.86)
    expected = [np.log(0.1 / 0.9) - base] * 9 + [np.log(0.5 / 0.5) - base]
    assert told.values == pytest.approx(expected, abs=0.12)
    drawn = scorecard.weigh(column, churned, Feature("a"), POLICY.scorecard)
    assert abs(drawn.values[-1]) < abs(told.values[-1])


def test_a_scorecard_orders_by_what_tells_and_leaves_out_noise() -> None:
    listed = [Feature("a", direction=1), *(Feature(f"noise {n}") for n in range(8))]
    found = panel(lambda x, d: -2.5 + 1.5 * x[:, 0], listed, accounts=600)
    card = scorecard.fit(found, 30, POLICY.scorecard, np.random.default_rng(1))
    told = card.importance(9)
    assert told[0] > 0.6
    left = found.churn_days < 30
    truth = auc(found.rows[:, 0].astype(float), left)
    assert truth is not None
    assert (auc(card.predict(found.rows), left) or 0) > truth - 0.02


# --- Opponents


CONTRACT = [Feature("plan_id", categories=("month", "year")), Feature("days_since_active"),
            Feature("tenure_days"), Feature("days_to_renewal")]  # fmt: skip


def report(odds: Any) -> dict[str, Any]:
    found = panel(odds, CONTRACT, accounts=500)
    told: dict[str, Any] = training.train(found, POLICY, np.random.default_rng(1)).report
    return told


def test_whoever_only_knows_the_plan_is_told_so_and_not_praised() -> None:
    told = report(lambda x, d: np.where(x[:, 0] == 0, -1.5, -5.0))
    row = told["horizons"][0]
    plan = row["opponents"][0]
    assert (plan["alone"], plan["auc"]["value"] > 0.65) == ("plan", True)
    assert plan["difference"]["value"] == pytest.approx(0, abs=0.02)
    assert row["learned"]["auc"]["value"] > 0.65
    alike = row["contract"]["alike"]["learned"]
    assert alike["low"] < 0.5 < alike["high"] + 0.05
    assert told["verdict"]["code"] == "one_signal"
    assert "plan alone" in told["verdict"]["text"]


def test_who_knows_more_than_the_contract_is_above_every_opponent_and_within_it() -> None:
    told = report(lambda x, d: np.where(x[:, 0] == 0, -2.5, -4.0) + x[:, 1] + x[:, 2])
    row = told["horizons"][0]
    assert all(o["difference"]["low"] > 0 for o in row["opponents"])
    assert row["contract"]["alike"]["learned"]["low"] > 0.6
    assert told["verdict"]["code"] == "better"


def test_those_whose_term_can_end_within_the_horizon_are_told_apart() -> None:
    """Nobody leaves but at the end of a term: to know when it ends orders everybody well, and says
    nothing among those who can leave."""
    told = report(lambda x, d: np.where(x[:, 3] <= 30, -1.0, -20.0))
    row = told["horizons"][0]
    assert row["learned"]["auc"]["value"] > 0.85
    ends = row["contract"]["can_end"]
    assert ends["learned"]["low"] < 0.5 < ends["learned"]["high"] + 0.05
    assert 0 < ends["observations"] < row["observations"]


def test_an_opponent_whose_signal_is_not_known_here_has_no_figures() -> None:
    found = panel(lambda x, d: -2.5 + 1.2 * x[:, 0], [Feature("days_since_active"), Feature("b")])
    row = training.train(found, POLICY, np.random.default_rng(1)).report["horizons"][0]
    told = {o["alone"]: o["auc"]["value"] for o in row["opponents"]}
    assert told["plan"] is None
    assert told["recency"] is not None
    assert opponents.columns(found.features, POLICY.opponents) == {"recency": 0}
