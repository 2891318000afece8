"""The area under the curve and its interval, against published examples and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tenure.analytics.validation.roc import (
    auc,
    auc_difference,
    auc_interval,
    auc_variance,
    midranks,
)

# Hanley & McNeil (Radiology 143, 1982, table I): 109 CT images rated 1 (definitely normal) to 5
# (definitely abnormal). They give an area of 0.893 with a standard error of 0.032.
NORMAL, ABNORMAL = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
RATING = np.repeat([1.0, 2, 3, 4, 5] * 2, NORMAL + ABNORMAL)
DISEASED = np.repeat([False, True], [sum(NORMAL), sum(ABNORMAL)])


def test_the_published_example_of_hanley_and_mcneil() -> None:
    assert auc(RATING, DISEASED) == pytest.approx(0.893, abs=0.0005)
    error = auc_variance(RATING, DISEASED, np.arange(109)) ** 0.5  # type: ignore[operator]
    # Theirs assumes exponential ratings; the non-parametric one lies close by.
    assert error == pytest.approx(0.032, abs=0.002)


def test_the_variance_is_delongs_when_every_account_is_seen_once() -> None:
    rng = np.random.default_rng(7)
    risk, churned = rng.normal(size=60).round(1), rng.random(60) < 0.4
    cases, controls = risk[churned], risk[~churned]
    wins = (cases[:, None] > controls) + 0.5 * (cases[:, None] == controls)
    expected = wins.mean(1).var(ddof=1) / len(cases) + wins.mean(0).var(ddof=1) / len(controls)
    assert auc_variance(risk, churned, np.arange(60)) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60))
def test_the_area_is_scikit_learns(rows: list[tuple[int, bool]]) -> None:
    risk = np.array([float(r) for r, _ in rows])
    churned = np.array([c for _, c in rows])
    if churned.all() or not churned.any():
        assert auc(risk, churned) is None
    else:
        assert auc(risk, churned) == pytest.approx(roc_auc_score(churned, risk))


def test_ranks_of_ties_are_their_mean() -> None:
    assert midranks(np.array([3.0, 1, 3, 2])).tolist() == [3.5, 1, 3.5, 2]


def test_seeing_every_account_ten_times_does_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(3)
    risk, churned = rng.normal(size=80), rng.random(80) < 0.3
    once = auc_interval(risk, churned, np.arange(80))
    many = auc_interval(np.tile(risk, 10), np.tile(churned, 10), np.tile(np.arange(80), 10))
    assert many.value == pytest.approx(once.value)
    assert many.high - many.low == pytest.approx(once.high - once.low, rel=0.02)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    # Twelve dates of an account share its level; a naive interval would cover far less.
    rng = np.random.default_rng(11)
    truth, hits = 0.7602, 0  # Phi(1 / sqrt 2): two normals one apart
    for _ in range(200):
        churned = np.repeat(rng.random(60) < 0.5, 12)
        level = np.repeat(rng.normal(size=60), 12) * 0.8
        risk = level + rng.normal(size=720) * 0.6 + churned
        found = auc_interval(risk, churned, np.repeat(np.arange(60), 12))
        hits += found.low <= truth <= found.high
    assert 0.90 <= hits / 200 <= 0.99


@pytest.mark.parametrize("churned", [[True, True], [False, False]])
def test_one_kind_alone_has_no_area(churned: list[bool]) -> None:
    assert auc_interval(np.array([1.0, 2.0]), np.array(churned), np.arange(2)).value is None


def test_a_perfect_order_has_no_interval() -> None:
    found = auc_interval(np.array([1.0, 2, 3, 4]), np.array([0, 0, 1, 1], bool), np.arange(4))
    assert (found.value, found.low) == (1.0, None)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 3)), min_size=2, max_size=50
    )
)
def test_within_dates_only_pairs_of_one_date_are_compared(
    rows: list[tuple[int, bool, int]],
) -> None:
    risk = np.array([float(r) for r, _, _ in rows])
    churned = np.array([c for _, c, _ in rows])
    date = np.array([d for _, _, d in rows])
    pairs = [
        (risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j])
        for i in np.flatnonzero(churned)
        for j in np.flatnonzero(~churned)
        if date[i] == date[j]
    ]
    told = auc(risk, churned, date)
    assert told == (pytest.approx(np.mean(pairs)) if pairs else None)
    interval = auc_interval(risk, churned, np.arange(len(risk)), date)
    assert interval.value == (pytest.approx(told) if pairs else None)


def test_one_date_alone_is_the_area_as_ever() -> None:
    rng = np.random.default_rng(2)
    risk, churned = rng.normal(size=90).round(1), rng.random(90) < 0.3
    other, accounts = risk + rng.normal(size=90), rng.integers(0, 40, 90)
    same = np.full(90, 7)
    assert auc_interval(risk, churned, accounts, same) == auc_interval(risk, churned, accounts)
    assert auc_difference(risk, other, churned, accounts, same) == auc_difference(
        risk, other, churned, accounts
    )


def test_what_only_tells_dates_apart_orders_nothing_within_them() -> None:
    """In some months many leave, in others few; whoever merely knows the month looks clever."""
    rng = np.random.default_rng(4)
    date = np.repeat([0, 1], 400)
    churned = rng.random(800) < np.where(date == 1, 0.4, 0.05)
    risk = date + 0.01 * rng.random(800)
    assert auc(risk, churned) > 0.7
    told = auc_interval(risk, churned, np.arange(800), date)
    assert told.low < 0.5 < told.high


def test_the_interval_within_dates_covers_the_truth_as_often_as_it_says() -> None:
    """Accounts seen on six dates share their level; some dates lose many, others few."""
    rng = np.random.default_rng(12)
    truth, hits, accounts = 0.7602, 0, 80
    account, date = np.repeat(np.arange(accounts), 6), np.tile(np.arange(6), accounts)
    for _ in range(300):
        churned = rng.random(len(account)) < np.array([0.5, 0.1, 0.3, 0.2, 0.4, 0.1])[date]
        level = rng.normal(size=accounts)[account] * np.sqrt(0.5)
        risk = churned + level + rng.normal(size=len(account)) * np.sqrt(0.5) + 5 * date
        told = auc_interval(risk, churned, account, date)
        hits += told.low <= truth <= told.high
    assert 0.92 <= hits / 300 <= 0.985
