"""The area under the curve and its interval, against published examples and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tenure.analytics.validation.roc import auc, auc_interval, auc_variance, midranks

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
