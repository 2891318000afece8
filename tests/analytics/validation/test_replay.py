"""A changed model beside the one in force: against counts made by hand and DeLong's own formula."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.validation.policy import default_validation, parse_validation
from tenure.analytics.validation.replay import Side, replay
from tenure.analytics.validation.roc import auc, auc_difference

T0 = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = pa.timestamp("us", tz="UTC")
POLICY = default_validation().model_copy(
    update={"horizons": (30, 60), "verdict_horizon": 60, "min_churned": 2}
)
GREEN = frozenset({"well"})
Row = tuple[str, int, float, bool]  # account, day, health, flagged


def side(*rows: Row) -> Side:
    names, days, health, flags = zip(*rows, strict=True)
    return Side(
        pa.table(
            {
                "account_id": list(names),
                "as_of": pa.array([T0 + timedelta(days=d) for d in days], STAMP),
                "health": pa.array(health, pa.float64()),
                "risk": pa.array([100 - h for h in health], pa.float64()),
                "band": ["well" if h >= 50 else "ill" for h in health],
                "risk_level": ["high" if f else "low" for f in flags],
            }
        ),
        GREEN,
    )


def churned(**days: int) -> pa.Table:
    at = [T0 + timedelta(days=d) for d in days.values()]
    return pa.table({"account_id": list(days), "churned_at": pa.array(at, STAMP),
                     "kind": ["voluntary"] * len(days)})  # fmt: skip


PERIOD = (T0, T0 + timedelta(days=200))
# Ann churns on day 100, Bob on day 130; Cat and Dan stay.
LEFT = churned(ann=100, bob=130)
OLD = side(
    ("ann", 0, 90, False), ("bob", 0, 80, False), ("cat", 0, 60, False), ("dan", 0, 40, True),
    ("ann", 70, 80, False), ("bob", 70, 30, True), ("cat", 70, 60, False), ("dan", 70, 40, True),
    ("bob", 100, 30, True), ("cat", 100, 40, True), ("dan", 100, 70, False),
)  # fmt: skip
NEW = side(
    ("ann", 0, 90, False), ("bob", 0, 80, False), ("cat", 0, 60, False), ("dan", 0, 60, False),
    ("ann", 70, 20, True), ("bob", 70, 60, False), ("cat", 70, 60, False), ("dan", 70, 45, False),
    ("bob", 100, 30, True), ("cat", 100, 80, False), ("dan", 100, 70, False),
)  # fmt: skip


def test_what_each_model_would_have_caught_and_missed() -> None:
    told = replay(OLD, NEW, LEFT, PERIOD, policy=POLICY)
    near, far = told.horizons
    # 30 days before: Ann on day 70 (only the new flags her), Bob on day 100 (both do).
    assert (near["caught_by_both"], near["caught_only_after"], near["missed_by_both"]) == (1, 1, 0)
    assert near["green_before"]["value"] == pytest.approx(0.5)  # Ann was at 80
    assert near["green_after"]["value"] == 0
    # 60 days before Ann's end the score of day 0 was 40 days old: too old. Bob's is that of day 70.
    assert (far["scored_before"], far["caught_only_before"]) == (1, 1)
    assert [(g["account_id"], g["churned_at"]) for g in told.gained] == [("ann", "2026-04-11")]
    assert told.lost == []


def test_who_would_stand_in_another_band_on_the_last_date() -> None:
    told = replay(OLD, NEW, LEFT, PERIOD, policy=POLICY)
    assert told.moved == 1  # Cat
    assert {"before": "ill", "after": "well", "accounts": 1} in told.moves
    assert told.moved_share == pytest.approx(4 / 11, abs=1e-4)


def test_false_alarms_are_those_that_no_churn_followed_within_the_longest_horizon() -> None:
    told = replay(OLD, NEW, LEFT, PERIOD, policy=POLICY, people=2).alarms
    # In force: Bob on day 70 (he churns 60 days on: not within 60), Cat on day 100. Dan's stands
    # since the first date, which belongs to no week.
    assert (told["old"]["alarms"], told["old"]["false"]) == (2, 2)
    weeks = 100 / 7
    assert told["old"]["false_per_week"] == pytest.approx(2 / weeks, abs=0.01)
    assert told["old"]["false_per_week_and_person"] == pytest.approx(1 / weeks, abs=0.01)
    # Changed: Ann on day 70 (churns within 30), Bob on day 100.
    assert (told["new"]["alarms"], told["new"]["false"]) == (2, 0)


def test_the_same_model_makes_no_difference() -> None:
    told = replay(OLD, OLD, LEFT, PERIOD, policy=POLICY)
    assert (told.moved, told.moved_share, told.gained, told.lost) == (0, 0.0, [], [])
    assert told.horizons[1]["difference"]["value"] == 0
    assert told.verdict["code"] == "no_difference"


def test_too_little_churn_says_nothing_about_prediction() -> None:
    told = replay(OLD, NEW, LEFT, PERIOD, policy=default_validation())
    assert told.verdict["code"] == "too_little_churn"
    assert "at least 30" in told.verdict["text"]


def test_sides_of_different_accounts_are_refused() -> None:
    other = Side(NEW.scores.slice(1), GREEN)
    with pytest.raises(ValueError, match="same accounts"):
        replay(OLD, other, LEFT, PERIOD, policy=POLICY)


def test_what_happens_after_the_period_changes_nothing() -> None:
    later = churned(ann=100, bob=130, cat=260)
    known = replay(OLD, NEW, LEFT, PERIOD, policy=POLICY).to_dict()
    assert replay(OLD, NEW, later, PERIOD, policy=POLICY).to_dict() == known


def test_the_difference_has_delongs_variance_when_every_account_is_seen_once() -> None:
    rng = np.random.default_rng(5)
    left = rng.random(80) < 0.4
    one = rng.normal(size=80) + left
    two = one + rng.normal(size=80)

    def components(risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        wins = (risk[left][:, None] > risk[~left]).astype(float)
        return wins.mean(1), wins.mean(0)

    (v10, v01), (w10, w01) = components(one), components(two)
    variance = (w10 - v10).var(ddof=1) / left.sum() + (w01 - v01).var(ddof=1) / (~left).sum()
    told = auc_difference(one, two, left, np.arange(80))
    assert told.value == pytest.approx(auc(two, left) - auc(one, left))  # type: ignore[operator]
    assert (told.high - told.low) / 2 == pytest.approx(1.959964 * variance**0.5)  # type: ignore[operator]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=40))
def test_turning_the_sides_round_turns_the_difference_round(
    rows: list[tuple[int, int, bool]],
) -> None:
    one = np.array([float(a) for a, _, _ in rows])
    two = np.array([float(b) for _, b, _ in rows])
    left = np.array([c for _, _, c in rows], dtype=bool)
    there = auc_difference(one, two, left, np.arange(len(rows)))
    back = auc_difference(two, one, left, np.arange(len(rows)))
    if there.value is None:
        assert back.value is None
        return
    assert there.value == pytest.approx(-back.value)  # type: ignore[operator]
    if there.low is not None:
        assert there.low == pytest.approx(-back.high)  # type: ignore[operator]


def test_a_policy_without_words_for_an_outcome_is_refused() -> None:
    from importlib.resources import files

    text = (files("tenure.analytics.validation") / "validation.toml").read_text()
    with pytest.raises(SpecError, match=r"replays\.worse"):
        parse_validation("validation", text.replace("[replays.worse]", "[replays.worst]"))
