"""Looking at every day: the boundary against its definition, and false alarms by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from tenure.analytics.experiments.sequential import critical_at, mixture_square


@pytest.mark.parametrize("n", [50, 1_000, 30_000])
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_the_boundary_is_where_the_mixture_of_likelihood_ratios_reaches_one_by_alpha(
    n: int, alpha: float
) -> None:
    # Robbins (1970): integrate exp(l S - l^2 n / 2) over l ~ N(0, r^2), S the sum at the boundary.
    r2 = mixture_square(alpha, 1_000)
    s = critical_at(n, alpha, 1_000) * math.sqrt(n)
    peak, wide = s * r2 / (n * r2 + 1), math.sqrt(r2 / (n * r2 + 1))

    def weighted(at: float) -> float:
        return math.exp(at * s - at * at * n / 2) * stats.norm.pdf(at, 0, math.sqrt(r2))

    mass, _ = integrate.quad(weighted, peak - 12 * wide, peak + 12 * wide, points=[peak])
    assert mass == pytest.approx(1 / alpha, rel=1e-6)


@given(st.floats(0.001, 0.3), st.floats(10, 1e6), st.floats(0.01, 100))
def test_the_sequence_is_narrowest_where_it_was_tuned(
    alpha: float, tuned: float, factor: float
) -> None:
    there = critical_at(tuned, alpha, tuned)
    assert critical_at(tuned * factor, alpha, tuned) >= there - 1e-12


def peeks(watched: bool, effect: float = 0.0, runs: int = 2_000) -> float:
    """Share of simulated experiments in which some daily look finds an effect."""
    rng, days, daily = np.random.default_rng(3), 60, 50

    def arms() -> np.ndarray:  # skewed like spend: most nothing, some exponential
        return rng.exponential(10, (runs, days, daily)) * (rng.random((runs, days, daily)) < 0.3)

    first, second = arms(), arms() + effect
    n = daily * np.arange(1, days + 1)
    means, errors = [], []
    for values in (first, second):
        mean = values.sum(axis=2).cumsum(axis=1) / n
        square = (values**2).sum(axis=2).cumsum(axis=1) / n
        means.append(mean)
        errors.append((square - mean**2) / (n - 1))
    z = np.abs(means[1] - means[0]) / np.sqrt(errors[0] + errors[1])
    wide = np.array([critical_at(2 * k, 0.05, 6_000) if watched else 1.96 for k in n])
    return float((z > wide)[:, 1:].any(axis=1).mean())  # from min_sample = 100 in each arm


def test_looking_every_day_raises_no_more_false_alarms_than_alpha() -> None:
    assert peeks(watched=True) <= 0.05


def test_looking_every_day_at_the_ordinary_interval_raises_many() -> None:
    assert peeks(watched=False) > 0.2


def test_a_real_effect_is_found_in_spite_of_looking() -> None:
    assert peeks(watched=True, effect=1.0) > 0.9
