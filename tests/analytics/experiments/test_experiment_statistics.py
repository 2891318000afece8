"""The formulas: published examples, second implementations, and properties."""

from __future__ import annotations

import doctest
import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tenure.analytics.experiments.cuped import cuped
from tenure.analytics.experiments.difference import Difference, of_means, of_proportions
from tenure.analytics.experiments.guardrails import Guardrail, judge
from tenure.analytics.experiments.power import (
    days_needed,
    power_of_means,
    power_of_proportions,
    size_for_means,
    size_for_proportions,
    smallest_mean_effect,
    smallest_proportion_effect,
)
from tenure.analytics.experiments.sample import Sample, of_counts, of_values
from tenure.analytics.experiments.sample_ratio import sample_ratio
from tenure.analytics.experiments.savings import Worth, saved
from tenure.analytics.experiments.uplift import relative_uplift

MODULES = (
    "analyse", "assignment", "cuped", "difference", "estimate", "guardrails", "plan", "policy",
    "power", "result", "sample", "sample_ratio", "savings", "sequential", "uplift", "wording",
)  # fmt: skip
numbers = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=40)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_each_file_give_what_they_say(name: str) -> None:
    done = doctest.testmod(import_module(f"tenure.analytics.experiments.{name}"))
    assert done.attempted
    assert not done.failed


@pytest.mark.parametrize(
    ("treated", "control", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombes_table_of_differences_of_shares(
    treated: tuple[int, int], control: tuple[int, int], low: float, high: float
) -> None:
    told = of_proportions(of_counts(*control), of_counts(*treated), 0.05)
    assert (told.low, told.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(numbers, numbers, st.floats(0.001, 0.3))
def test_the_interval_of_means_is_that_of_scipys_own_welch_test(
    left: list[float], right: list[float], alpha: float
) -> None:
    told = of_means(_numbers(left), _numbers(right), alpha)
    if told.high - told.low < 1e-6:
        return  # nothing varies
    other = stats.ttest_ind(right, left, equal_var=False).confidence_interval(1 - alpha)
    near = {"rel": 1e-6, "abs": 1e-6}
    assert told.low == pytest.approx(other.low, **near)
    assert told.high == pytest.approx(other.high, **near)


def test_a_variance_near_nothing_does_not_vanish_when_squared() -> None:
    told = of_means(Sample(3, 0.0, 1e-200), Sample(3, 0.0, 1e-200), 0.05)
    assert told.high == pytest.approx(stats.t.ppf(0.975, 4) * math.sqrt(2e-200 / 3))


def _numbers(values: list[float]) -> Sample:
    return Sample(len(values), float(np.mean(values)), float(np.var(values, ddof=1)))


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 50), st.integers(1, 50))
def test_swapping_the_arms_swaps_the_sign(a: int, b: int, c: int, d: int) -> None:
    one, two = of_counts(a, a + b), of_counts(c, c + d)
    there, back = of_proportions(one, two, 0.05), of_proportions(two, one, 0.05)
    assert there.low == pytest.approx(-back.high)
    assert -1 <= there.low <= there.value <= there.high <= 1


def test_relative_uplift_agrees_with_the_spread_of_simulated_ratios() -> None:
    rng = np.random.default_rng(1)
    m0, m1 = rng.normal(10, 0.2, 400_000), rng.normal(12, 0.3, 400_000)
    told = relative_uplift(Sample(100, 10, 4), Sample(100, 12, 9), 1.0)
    assert told is not None
    assert told.value == pytest.approx(0.2)
    assert told.high - told.value == pytest.approx(np.std(m1 / m0), rel=0.01)


def test_nothing_is_told_relative_to_what_may_be_nothing() -> None:
    assert relative_uplift(of_counts(1, 50), of_counts(5, 50), 1.96) is None
    assert relative_uplift(Sample(9, -1.0, 1.0), Sample(9, 1.0, 1.0), 1.96) is None


# R's power.t.test(delta = d, power = .8) gives 393.41, 63.77 and 25.52; Cohen (1988),
# table 2.4.1, has 393, 64 and 26.
@pytest.mark.parametrize(("d", "n"), [(0.2, 394), (0.5, 64), (0.8, 26)])
def test_cohens_sample_sizes_of_means(d: float, n: int) -> None:
    assert size_for_means(d, 1, 0.05, 0.8).control == n


def test_power_of_shares_is_met_by_simulation() -> None:
    size = size_for_proportions(0.10, 0.13, 0.05, 0.8, ratio=3)
    rng = np.random.default_rng(2)
    c, t = (rng.binomial(n, p, 20_000) for n, p in ((size.control, 0.10), (size.treated, 0.13)))
    pooled = (c + t) / size.total
    error = np.sqrt(pooled * (1 - pooled) * (1 / size.control + 1 / size.treated))
    found = np.abs(t / size.treated - c / size.control) / error > 1.96
    assert found.mean() == pytest.approx(0.8, abs=0.02)


@given(st.floats(0.02, 0.9), st.integers(50, 100_000), st.floats(0.2, 9))
def test_the_smallest_effect_seen_by_a_sample_needs_that_sample(
    control: float, n: int, ratio: float
) -> None:
    effect = smallest_proportion_effect(control, n, 0.05, 0.8, ratio)
    if effect is not None:
        assert power_of_proportions(control, control + effect, n, 0.05, ratio) == pytest.approx(0.8)
    mean = smallest_mean_effect(3, n, 0.05, 0.8, ratio)
    assert power_of_means(mean, 3, n, 0.05, ratio) == pytest.approx(0.8)
    assert size_for_means(mean, 3, 0.05, 0.8, ratio).control in (n, n + 1)


def test_the_smallest_sample_is_no_larger_than_needed() -> None:
    size = size_for_proportions(0.2, 0.25, 0.05, 0.8)
    assert power_of_proportions(0.2, 0.25, size.control, 0.05) >= 0.8
    assert power_of_proportions(0.2, 0.25, size.control - 1, 0.05) < 0.8


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: size_for_proportions(0.2, 0.2, 0.05, 0.8),
        lambda: size_for_proportions(0, 0.2, 0.05, 0.8),
        lambda: size_for_proportions(0.2, 0.3, 0.05, 0.8, ratio=0),
        lambda: size_for_means(0, 1, 0.05, 0.8),
        lambda: size_for_means(1, 0, 0.05, 0.8),
        lambda: days_needed(100, 0),
    ],
)
def test_what_cannot_be_sized_is_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"must|cannot"):
        wrong()


@given(st.integers(1, 10**6), st.floats(0.1, 10**4))
def test_a_run_is_whole_weeks_and_long_enough(total: int, per_day: float) -> None:
    days = days_needed(total, per_day)
    assert days % 7 == 0
    assert days * per_day >= total * (1 - 1e-9)


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(0.1, 9)), min_size=2, max_size=5))
def test_the_sample_ratio_is_scipys_chi_square(arms: list[tuple[int, float]]) -> None:
    counts = {str(n): c for n, (c, _) in enumerate(arms)}
    weights = {str(n): w for n, (_, w) in enumerate(arms)}
    total, scale = sum(counts.values()), sum(weights.values())
    planned = [total * w / scale for w in weights.values()]
    expected = stats.chisquare(list(counts.values()), planned).pvalue
    assert sample_ratio(counts, weights, 0.001).p == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_an_arm_that_was_not_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="not those planned"):
        sample_ratio({"a": 1, "b": 2}, {"a": 1, "c": 1}, 0.001)


def test_cuped_takes_away_the_square_of_the_correlation_and_keeps_the_effect() -> None:
    rng = np.random.default_rng(4)
    effects, reductions, errors = [], [], []
    for _ in range(300):
        x = rng.normal(50, 10, (2, 400))
        y = 0.8 * x + rng.normal(0, 6, (2, 400)) + np.array([[0], [2]])  # correlation 0.8
        told = cuped({"c": y[0], "t": y[1]}, {"c": x[0], "t": x[1]})
        c, t = dict(told.arms)["c"], dict(told.arms)["t"]
        effects.append(t.mean - c.mean)
        reductions.append(told.reduction)
        errors.append(math.hypot(c.error, t.error))
    assert np.mean(effects) == pytest.approx(2, abs=0.08)
    assert np.mean(reductions) == pytest.approx(0.64, abs=0.02)
    assert np.mean(errors) == pytest.approx(np.std(effects), rel=0.12)


@given(st.lists(st.tuples(*[st.floats(-100, 100)] * 4), min_size=4, max_size=30))
def test_cupeds_effect_is_the_regression_on_arm_and_covariate(
    rows: list[tuple[float, ...]],
) -> None:
    y0, x0, y1, x1 = (np.array(column) for column in zip(*rows, strict=True))
    if np.ptp(x0) < 1 or np.ptp(x1) < 1:
        return
    told = dict(cuped({"c": y0, "t": y1}, {"c": x0, "t": x1}).arms)
    n = len(rows)
    design = np.column_stack([np.ones(2 * n), np.repeat([0, 1], n), np.concatenate([x0, x1])])
    fit = np.linalg.lstsq(design, np.concatenate([y0, y1]), rcond=None)[0]
    assert told["t"].mean - told["c"].mean == pytest.approx(fit[1], rel=1e-6, abs=1e-6)


def test_a_covariate_that_foretells_nothing_changes_nothing() -> None:
    told = cuped({"c": [1, 2, 4], "t": [2, 3, 3]}, {"c": [7, 7, 7], "t": [7, 7, 7]})
    assert told.reduction == 0
    assert [arm.mean for _, arm in told.arms] == pytest.approx([7 / 3, 8 / 3])


@given(st.integers(0, 300), st.integers(0, 300), st.booleans())
def test_a_guardrail_is_safe_harmed_or_unsure_by_where_its_interval_lies(
    c: int, t: int, higher: bool
) -> None:
    told = judge(Guardrail("g", of_counts(c, 300), of_counts(t, 300), higher), 0.02, 0.05)
    sign = 1 if higher else -1
    ends = sorted((sign * told.difference.low, sign * told.difference.high))
    within = ends[0] > -0.02 * c / 300
    assert told.verdict == ("safe" if within else "harmed" if ends[1] < 0 else "unsure")


@given(st.floats(-1, 1), st.floats(0, 1), st.integers(1, 10**5), st.floats(0.01, 10**6))
def test_saved_money_is_whole_minor_units_within_its_interval(
    value: float, spread: float, treated: int, worth: float
) -> None:
    told = saved(
        Difference(value, value - spread, value + spread), treated, Worth("usd", worth), True
    )
    assert told.currency == "USD"
    assert told.low_minor <= told.value_minor <= told.high_minor
    lost = saved(
        Difference(value, value - spread, value + spread), treated, Worth("usd", worth), False
    )
    assert (lost.low_minor, lost.high_minor) == (-told.high_minor, -told.low_minor)


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        of_values([1.0, math.nan])
    with pytest.raises(ValueError, match="no count"):
        of_counts(5, 4)
