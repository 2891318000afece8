"""PR AUC, precision and lift in the top tenth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import average_precision_score

from tenure.analytics.validation import calibration
from tenure.analytics.validation.intervals import wilson
from tenure.analytics.validation.ranking import rank


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60))
def test_pr_auc_is_scikit_learns_average_precision(rows: list[tuple[int, bool]]) -> None:
    risk = np.array([float(r) for r, _ in rows])
    churned = np.array([c for _, c in rows])
    found = rank(risk, churned, np.arange(len(rows)), rng(), draws=2).pr_auc.value
    if churned.any():
        assert found == pytest.approx(average_precision_score(churned, risk))
    else:
        assert found is None


def test_a_hand_worked_top_tenth() -> None:
    # 20 observations, 4 churned; the top tenth holds two, one of them churned.
    risk = np.arange(20.0)
    churned = np.isin(risk, [19, 10, 5, 1])
    found = rank(risk, churned, np.arange(20), rng())
    assert found.precision_top.value == 0.5
    assert found.lift_top.value == 2.5


def test_equal_risk_shares_its_place() -> None:
    # All alike: the top tenth is as good as the whole, whatever order the rows are in.
    risk, churned = np.zeros(30), np.arange(30) < 6
    found = rank(risk, churned, np.arange(30), rng())
    assert found.precision_top.value == pytest.approx(0.2)
    assert found.lift_top.value == pytest.approx(1.0)


def test_the_interval_holds_the_value_and_repeats() -> None:
    draw = np.random.default_rng(5)
    churned = draw.random(400) < 0.2
    risk = draw.normal(size=400) + churned
    one, two = (rank(risk, churned, np.arange(400) // 4, rng()) for _ in range(2))
    assert one == two
    assert one.lift_top.low < one.lift_top.value < one.lift_top.high


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
def test_isotonic_regression_is_scikit_learns(rows: list[tuple[int, bool]]) -> None:
    risk = np.array([float(r) for r, _ in rows])
    churned = np.array([c for _, c in rows])
    theirs = IsotonicRegression(out_of_bounds="clip").fit(risk, churned)
    at = np.linspace(-1, 21, 45)
    assert np.allclose(calibration.isotonic(risk, churned)(at), theirs.predict(at))


def test_calibration_error_is_the_weighted_distance() -> None:
    predicted = np.repeat([0.1, 0.5], [10, 30])
    churned = np.r_[np.arange(10) < 2, np.arange(30) < 12]
    rows = calibration.table(predicted, churned, bins=2)
    assert [(r["n"], r["predicted"], r["observed"]) for r in rows] == [
        (10, 0.1, 0.2),
        (30, 0.5, 0.4),
    ]
    assert calibration.error(rows) == pytest.approx(0.1)


def test_bins_never_split_equal_predictions() -> None:
    rows = calibration.table(np.zeros(50), np.zeros(50, dtype=bool))
    assert [r["n"] for r in rows] == [50]


# Newcombe (Statistics in Medicine 17, 1998, 857-872, table I), method 3
@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(
    hits: int, total: int, low: float, high: float
) -> None:
    found = wilson(hits, total)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
