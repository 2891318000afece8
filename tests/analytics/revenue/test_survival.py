"""Survival: published worked examples for Kaplan-Meier and the shifted beta-geometric model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.analytics.revenue.survival import fit_sbg, kaplan_meier, restricted_mean

# Freireich et al. (1963), weeks of remission under 6-MP; + marks a patient still in remission. The
# survival values are those of Kalbfleisch and Prentice and of every textbook that uses this set.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}

# Fader and Hardie (2007), table 1: per cent of a cohort still there after 0 to 12 years.
HIGH_END = [100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
REGULAR = [100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]
TABLE = Path(__file__).parents[4] / "shared/data/sbg/fader_hardie_2007_table1.csv"


def remission() -> list[tuple[float, bool]]:
    return [(float(w.rstrip("+")), not w.endswith("+")) for w in REMISSION.split()]


def test_kaplan_meier_gives_the_published_remission_curve() -> None:
    points = kaplan_meier(*zip(*remission(), strict=True))
    assert {int(p.time): round(p.survival, 3) for p in points} == PUBLISHED
    assert [p.at_risk for p in points] == [21, 17, 15, 12, 11, 7, 6]


def test_the_interval_holds_the_estimate_and_stays_within_0_and_1() -> None:
    for p in kaplan_meier(*zip(*remission(), strict=True)):
        assert 0 <= p.low < p.survival < p.high <= 1


def test_when_everybody_is_lost_survival_ends_at_zero() -> None:
    last = kaplan_meier([1, 2], [True, True])[-1]
    assert (last.survival, last.low, last.high) == (0.0, 0.0, 0.0)


def test_restricted_mean_is_the_area_under_the_curve() -> None:
    points = kaplan_meier([2, 4], [True, True])
    assert restricted_mean(points, 10) == pytest.approx(2 * 1 + 2 * 0.5)
    assert restricted_mean([], 12) == 12


@pytest.mark.parametrize(
    ("alive", "alpha", "beta", "likelihood", "later"),
    [
        (HIGH_END, 0.668, 3.806, -1611.2, [46.0, 43.6, 41.4, 39.5, 37.8]),
        (REGULAR, 0.704, 1.182, -1680.3, [22.0, 20.4, 19.1, 18.0, 17.0]),
    ],
    ids=["high end", "regular"],
)
def test_seven_years_of_fader_and_hardie_predict_the_next_five_as_published(
    alive: list[float], alpha: float, beta: float, likelihood: float, later: list[float]
) -> None:
    model = fit_sbg([10 * a for a in alive[:8]])  # of 1,000 customers, as in the paper
    assert model.alpha == pytest.approx(alpha, abs=0.001)
    assert model.beta == pytest.approx(beta, abs=0.001)
    assert model.log_likelihood == pytest.approx(likelihood, abs=0.05)
    assert [100 * model.survival(t) for t in range(8, 13)] == pytest.approx(later, abs=0.05)


@pytest.mark.realdata
def test_the_table_used_here_is_the_one_of_the_data_set() -> None:
    if not TABLE.exists():
        pytest.skip("the published table is not beside the checkout (../shared/data/sbg)")
    rows = [line.split(",") for line in TABLE.read_text().split()[1:]]
    assert [float(r[1]) for r in rows] == HIGH_END
    assert [float(r[2]) for r in rows] == REGULAR


def test_survival_is_the_product_of_the_retentions() -> None:
    model = fit_sbg([1000, 700, 600, 550])
    product = 1.0
    for t in range(1, 6):
        product *= model.retention(t)
        assert model.survival(t) == pytest.approx(product)


@pytest.mark.parametrize("alive", [[100, 100, 100], [100, 90], [100, 110, 90], [100, 50, 0]])
def test_a_cohort_that_says_nothing_is_refused(alive: list[float]) -> None:
    with pytest.raises(ValueError, match="cohort needs"):
        fit_sbg(alive)
