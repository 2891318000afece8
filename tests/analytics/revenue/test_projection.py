"""The projection of lifetime value, against the published cohorts of Fader and Hardie (2007)."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tenure.analytics.revenue.ltv import Economics
from tenure.analytics.revenue.projection import monthly_survival, project

# Table 1 of the paper: per cent of the "regular" customers still there after each renewal.
REGULAR = [100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1]


def published() -> tuple[list[float], list[bool]]:
    """A thousand customers who live as the table says; who is left is observed for 7 renewals."""
    months: list[float] = []
    lost: list[bool] = []
    for t, (before, after) in enumerate(pairwise(REGULAR), start=1):
        gone = round(10 * (before - after))
        months += [float(t)] * gone
        lost += [True] * gone
    left = 1000 - len(months)
    return months + [7.0] * left, lost + [False] * left


def test_the_published_cohort_gives_the_published_parameters_and_forecast() -> None:
    months, lost = published()
    told = project(months, lost, Economics(10_000, 0.1, 0), 13)
    assert told is not None
    assert (told.alpha, told.beta) == pytest.approx((0.704, 1.182), abs=0.002)
    assert told.observed == pytest.approx([share / 100 for share in REGULAR])
    # The paper's forecast for years 8 to 12; it had fitted the first seven.
    assert [100 * s for s in told.fitted[8:13]] == pytest.approx(
        [22.0, 20.4, 19.1, 18.0, 17.0], abs=0.05
    )
    assert told.ltv_minor == pytest.approx(10_000 * sum(told.fitted))
    assert told.worst_gap < 0.02


def test_months_with_few_accounts_left_are_not_fitted_to() -> None:
    months = [float(n) for n in range(40)]
    assert len(monthly_survival(months, [False] * 40, least=20)) == 21


def test_who_began_later_does_not_count_as_lost() -> None:
    rng = random.Random(3)
    lives = [rng.expovariate(0.05) for _ in range(4000)]
    seen = [rng.uniform(0, 30) for _ in lives]
    months = [min(pair) for pair in zip(lives, seen, strict=True)]
    lost = [life < window for life, window in zip(lives, seen, strict=True)]
    shares = monthly_survival(months, lost)
    assert shares[12] == pytest.approx(2.718281828 ** (-0.05 * 12), abs=0.03)


def test_without_losses_there_is_nothing_to_project() -> None:
    assert project([30.0] * 50, [False] * 50, Economics(1, 0, 0), 12) is None


def test_a_fit_that_sees_no_churn_any_more_is_told_apart() -> None:
    """Thirty of a hundred leave in their first month and nobody in the 23 after it."""
    months, lost = [1.0] * 30 + [24.0] * 70, [True] * 30 + [False] * 70
    told = project(months, lost, Economics(10_000, 0.02, 0), 60)
    assert told is not None
    assert told.later_churn < 0.01
    months, lost = published()
    told = project(months, lost, Economics(10_000, 0.1, 0), 13)
    assert told is not None
    # From renewal 7 to 12 the paper's fit goes from 24.1 to 17.0 per cent.
    assert told.later_churn == pytest.approx(1 - 17.0 / 24.1, abs=0.01)
