"""Proposed weights: few, never negative, learned on the past only; and signals that were missed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.validation import missed, proposing
from tenure.analytics.validation.outcomes import DAY
from tenure.analytics.validation.policy import default_validation

NUMBERS = default_validation().proposals


def made(seed: int = 3, rows: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of four signals on ten monthly dates: the first two drive the churn."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0, 100, (rows, 4))
    risk = -3.5 + 3 * (1 - scores[:, 0] / 100) + 1.5 * (1 - scores[:, 1] / 100)
    left = rng.random(rows) < 1 / (1 + np.exp(-risk))
    return scores, left, rng.integers(0, 10, rows) * 30 * DAY


def test_the_fit_finds_the_weights_that_made_the_churn() -> None:
    scores, left, _ = made(rows=40_000)
    found = proposing.fit(scores, left, penalty=1e-6)
    assert found.weights == pytest.approx([3, 1.5, 0, 0], abs=0.2)
    assert found.intercept == pytest.approx(-3.5, abs=0.2)


def test_it_agrees_with_scikit_learn_where_no_weight_wants_to_be_negative() -> None:
    from sklearn.linear_model import LogisticRegression

    scores, left, _ = made()
    two = scores[:, :2]
    ours = proposing.fit(two, left, penalty=0.01)
    # Its loss is C times the sum and its intercept is not paid for only by saga and l1.
    theirs = LogisticRegression(
        l1_ratio=1.0, solver="saga", C=1 / (0.01 * len(left)), max_iter=5000, tol=1e-8
    ).fit(1 - two / 100, left)
    assert ours.weights == pytest.approx(theirs.coef_[0], abs=1e-2)


def test_the_penalty_leaves_the_two_that_matter() -> None:
    scores, left, dates = made(rows=12_000)
    found = proposing.learn(scores, left, dates, 30, NUMBERS)
    assert set(proposing.shares(found.weights, NUMBERS.least_share)) == {0, 1}


@given(st.integers(0, 1000), st.floats(1e-5, 0.1))
def test_no_weight_is_ever_negative(seed: int, penalty: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0, 100, (60, 3))
    scores[rng.random((60, 3)) < 0.2] = np.nan
    found = proposing.fit(scores, rng.random(60) < 0.4, penalty)
    assert (found.weights >= 0).all()
    assert np.isfinite(found.badness(scores)).all()


@given(
    st.lists(st.integers(0, 800), min_size=1, max_size=60), st.integers(1, 90),
    st.floats(0.3, 0.8),
)  # fmt: skip
def test_no_outcome_that_teaches_reaches_into_the_test(
    days: list[int], horizon: int, share: float
) -> None:
    as_of = np.array(days, dtype=np.int64) * DAY
    try:
        halves = proposing.part(as_of, horizon, share)
    except SpecError as none:
        assert "too few" in str(none)  # noqa: PT017
        return
    assert as_of[halves.train].max() + horizon * DAY <= as_of[halves.test].min()


@given(
    st.sets(st.integers(0, 500), min_size=1, max_size=40), st.integers(0, 60),
    st.sets(st.sampled_from([7, 14, 30, 60, 90]), max_size=4), st.sampled_from([30, 60]),
)  # fmt: skip
def test_a_short_history_is_learned_for_the_longest_horizon_it_can_be_tested_for(
    days: set[int], rest: int, others: set[int], wanted: int
) -> None:
    as_of = np.array(sorted(days), dtype=np.int64) * DAY
    end = (max(days) + rest) * DAY

    def suffices(ahead: int) -> bool:
        known = as_of[as_of + ahead * DAY <= end]
        try:
            train = known[proposing.part(known, ahead, NUMBERS.train_share).train]
            proposing.part(train, ahead, NUMBERS.inner_share)
        except SpecError:
            return False
        return True

    able = [d for d in {wanted, *others} if d <= wanted and suffices(d)]
    if able:
        assert proposing.horizon(as_of, end, wanted, others, NUMBERS) == max(able)
    else:
        with pytest.raises(SpecError, match="too few to learn"):
            proposing.horizon(as_of, end, wanted, others, NUMBERS)


def test_eight_weeks_teach_for_two_weeks_ahead_and_not_for_a_month() -> None:
    weekly = np.arange(8, dtype=np.int64) * 7 * DAY
    end = 63 * DAY
    assert proposing.horizon(weekly, end, 30, [14, 30], NUMBERS) == 14
    with pytest.raises(SpecError, match="even for churn within 30 days") as told:
        proposing.horizon(weekly, end, 30, [30, 60], NUMBERS)
    assert "well over 90 days" in told.value.remedy


def test_nothing_that_tells_is_no_proposal() -> None:
    _, left, dates = made()
    with pytest.raises(SpecError, match="none of them tells"):
        proposing.learn(np.full((len(left), 3), 50.0), left, dates, 30, NUMBERS)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=20))
def test_proposed_weights_add_up_to_100_and_none_is_nothing(weights: list[float]) -> None:
    found = proposing.shares(np.array(weights), 0.03)
    if found:
        assert sum(found.values()) == 100
        assert min(found.values()) > 0
    told = proposing.by_dimension(found, ["a", "b"] * 10)
    assert sum(weight for weight, _ in told.values()) == sum(found.values())
    for _, members in told.values():
        assert sum(members.values()) == 100


def test_a_curve_of_its_own_rises_over_the_deciles_or_falls() -> None:
    values = np.r_[np.arange(1000.0), 1e6, np.nan]
    up, down = (proposing.curve_of(values, worse) for worse in (-1, 1))
    assert up is not None
    assert down is not None
    assert up.of_numbers(np.array([0.0, 500.0, 2e6])).tolist() == [0, pytest.approx(50, abs=1), 100]
    assert down.of_numbers(np.array([0.0, 2e6])).tolist() == [100, 0]
    assert proposing.curve_of(np.full(50, 3.0), 1) is None
    assert proposing.curve_of(values, 0) is None


def test_a_signal_that_tells_among_those_who_looked_well_is_found_and_in_its_direction() -> None:
    rng = np.random.default_rng(9)
    n = 1200
    left = rng.random(n) < 0.2
    ground = missed.Cohort(
        {
            "tells": rng.normal(size=n) - 1.5 * left,
            "noise": rng.normal(size=n),
            "rare": np.where(rng.random(n) < 0.1, left * 1.0, np.nan),
        },
        left, np.arange(n), np.zeros(n, dtype=np.int64), rng.random(n) < 0.7,
    )  # fmt: skip
    told = missed.telling(ground, {"tells": -1, "noise": 1, "rare": 1}, NUMBERS)
    assert [t.signal for t in told] == ["tells"]
    assert 0.8 < (told[0].well.low or 0) < (told[0].well.value or 0) < (told[0].well.high or 0)
    # Declared the other way round it does not tell; not declared, it is taken as it tells.
    assert missed.telling(ground, {"tells": 1, "noise": 1, "rare": 1}, NUMBERS) == []
    assert "tells" in [t.signal for t in missed.telling(ground, {}, NUMBERS)]
