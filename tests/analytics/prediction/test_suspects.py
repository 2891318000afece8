"""What looks as if it was made from what came after is told, and left to a person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tenure.analytics.prediction import suspects, training
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.panel import Panel
from tenure.analytics.prediction.policy import default_prediction
from tenure.analytics.validation.outcomes import DAY

pytest.importorskip("lightgbm")
POLICY = default_prediction().model_copy(
    update={"horizons": (30,), "verdict_days": 30, "draws": 50, "intervals": (30,)}
)
DATES = 10


def panel(column: Any, feature: Feature, accounts: int = 400) -> Panel:
    """A third of the accounts leaves, half a month after one of the dates; ``column`` is made of
    the date on which each will (-1: never) and its own date."""
    rng = np.random.default_rng(8)
    leaves = np.where(np.arange(accounts) % 3 == 0, rng.integers(1, DATES, accounts), -1)
    account = np.repeat(np.arange(accounts), DATES)
    date = np.tile(np.arange(DATES, dtype=np.int64), accounts)
    there = (leaves[account] < 0) | (date <= leaves[account])
    account, date = account[there], date[there]
    gone = np.where(leaves[account] >= 0, (leaves[account] - date) * 30.0 + 15, np.inf)
    noise = rng.normal(size=len(account)).astype(np.float32)
    made = np.asarray(column(leaves[account], rng), dtype=np.float32)
    risk = noise.astype(float)
    return Panel([Feature("noise"), feature], np.column_stack([noise, made]), account,
                 date * 30 * DAY, gone, risk, (DATES + 1) * 30 * DAY)  # fmt: skip


def told(found: Panel) -> list[tuple[str, str, str]]:
    listed = suspects.values_without_contrast(found, 30, POLICY.suspects)
    return [(f["feature"], f["value"], f["left"]) for f in listed]


STATUS = Feature("status", categories=("lost", "open"))


def test_a_text_that_only_those_who_left_have_is_told() -> None:
    found = panel(lambda leaves, rng: np.where(leaves >= 0, 0, 1), STATUS)
    assert set(told(found)) == {("status", "open", "nobody"), ("status", "lost", "everybody")}


def test_that_it_is_known_of_those_who_left_alone_is_told() -> None:
    found = panel(lambda leaves, rng: np.where(leaves >= 0, 1.0, np.nan), Feature("why"))
    assert ("why", "(missing)", "nobody") in told(found)
    many = panel(
        lambda leaves, rng: np.where(leaves >= 0, rng.random(len(leaves)), np.nan), Feature("when")
    )
    assert ("when", "(missing)", "nobody") in told(many)


def test_what_has_nothing_to_do_with_leaving_is_not() -> None:
    found = panel(lambda leaves, rng: rng.integers(0, 2, len(leaves)), STATUS)
    assert told(found) == []


def test_a_value_of_few_accounts_is_no_surprise() -> None:
    found = panel(lambda leaves, rng: np.where(leaves == -1, rng.random(len(leaves)) < 0.003, 0),
                  Feature("rare"))  # fmt: skip
    assert ("rare", "1", "nobody") not in told(found)


def test_a_value_that_an_account_has_on_one_date_alone_is_no_surprise() -> None:
    """A third of the accounts leaves, but of what is true on one date of ten hardly any can."""
    found = panel(lambda leaves, rng: rng.integers(0, 11, len(leaves)), Feature("often"))
    column = found.rows[:, 1]
    few = np.where((column == 3) & (found.churn_days < 30), 4, column)
    column[:] = few
    accounts = len(np.unique(found.account[column == 3]))
    assert accounts * 0.33 > POLICY.suspects.least_expected
    expected = (column == 3).sum() * (found.churn_days < 30).mean()
    listed = suspects.values_without_contrast(found, 30, POLICY.suspects)
    told_of = [f for f in listed if (f["feature"], f["value"]) == ("often", "3")]
    assert [f["expected"] for f in told_of] == pytest.approx([expected], rel=0.15)


def test_a_signal_that_takes_most_of_the_gain_is_told_with_how_the_model_does_without_it() -> None:
    found = panel(
        lambda leaves, rng: (leaves >= 0) + rng.normal(0, 0.6, len(leaves)), Feature("heavy")
    )
    report = training.train(found, POLICY, np.random.default_rng(1)).report
    heavy = report["suspects"]["heavy"]
    assert heavy["feature"] == "heavy"
    assert heavy["share"] > 0.4
    assert heavy["with"]["value"] > 0.6 > heavy["without"]["value"]
