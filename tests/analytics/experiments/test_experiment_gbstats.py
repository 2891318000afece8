"""Results against GrowthBook's gbstats on the same rows: Hillstrom's mail experiment, men's mail
against none (21,307 against 21,306 customers).

The numbers on the right were printed by gbstats 0.8.0 (TwoSidedTTest, SequentialTwoSidedTTest with
the tuning parameter 42,613, RegressionAdjustedStatistic with the spend of before, check_srm). It is
not installed here: it would bring its own versions of pandas and numpy.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv

import tenure.analytics as ta
from tenure.analytics.experiments.result import Result

HILLSTROM = Path(__file__).parents[4] / "shared/data/hillstrom/marketing_data.csv"
pytestmark = pytest.mark.realdata
NEAR = 2e-3
"""Of an interval's width: ours is Newcombe's for shares and exact in t, theirs is normal there."""


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    if not HILLSTROM.exists():
        pytest.skip("the mail experiment is not beside the checkout (../shared/data/hillstrom)")
    table = csv.read_csv(HILLSTROM)
    return table.filter(pc.not_equal(table["segment"], "Womens E-Mail"))


def judged(rows: pa.Table, metric: str, **more: object) -> Result:
    told = ta.analyse_experiment(rows, arm="segment", metric=metric, control="No E-Mail", **more)
    return told.results[0]


def close(found: object, value: float, low: float, high: float) -> None:
    width = high - low
    assert found.value == pytest.approx(value, abs=NEAR * width)  # type: ignore[attr-defined]
    assert found.low == pytest.approx(low, abs=NEAR * width)  # type: ignore[attr-defined]
    assert found.high == pytest.approx(high, abs=NEAR * width)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("metric", "value", "low", "high"),
    [
        ("visit", 0.07658956365153125, 0.06995330334766282, 0.08322582395539967),
        ("spend", 0.7698271558945367, 0.48513973256840753, 1.0545145792206658),
    ],
)
def test_the_difference_and_its_interval(
    rows: pa.Table, metric: str, value: float, low: float, high: float
) -> None:
    close(judged(rows, metric).difference, value, low, high)


@pytest.mark.parametrize(
    ("metric", "value", "low", "high"),
    [
        ("visit", 0.721404616781399, 0.6384137544801227, 0.8043954790826753),
        ("spend", 1.1792887703620059, 0.5442847607294198, 1.814292779994592),
    ],
)
def test_the_relative_uplift(
    rows: pa.Table, metric: str, value: float, low: float, high: float
) -> None:
    close(judged(rows, metric).relative, value, low, high)


@pytest.mark.parametrize(
    ("metric", "value", "low", "high"),
    [
        ("visit", 0.07658956365153125, 0.06631292769418742, 0.08686619960887507),
        ("spend", 0.7698271558945367, 0.32897349040649654, 1.2106808213825768),
    ],
)
def test_the_interval_that_may_be_watched(
    rows: pa.Table, metric: str, value: float, low: float, high: float
) -> None:
    close(judged(rows, metric, watched=42_613).difference, value, low, high)


def test_less_noise_by_what_was_spent_before(rows: pa.Table) -> None:
    told = judged(rows, "spend", covariate="history")
    close(told.difference, 0.7674384994278023, 0.48281285379578465, 1.0520641450598198)


def test_the_sample_ratio(rows: pa.Table) -> None:
    assert judged(rows, "visit").sample_ratio.p == pytest.approx(0.9961348415003554, rel=1e-9)


def test_the_comparison_can_fail(rows: pa.Table) -> None:
    with pytest.raises(AssertionError):
        close(judged(rows, "spend").difference, 0.77, 0.32897349040649654, 1.2106808213825768)
