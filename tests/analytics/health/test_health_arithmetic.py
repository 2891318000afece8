"""Points, coverage and health: the sum is exact, and missing data never counts as zero."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.health.arithmetic import contributions

DIMENSIONS = np.array([0, 0, 1, 2, 2, 2])
OUTER = np.array([40.0, 40.0, 25.0, 35.0, 35.0, 35.0])
INNER = np.array([60.0, 40.0, 100.0, 50.0, 30.0, 20.0])

scores = st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=len(OUTER), max_size=len(OUTER))


def of(row: list[float | None]) -> object:
    values = np.array([[np.nan if v is None else v for v in row]])
    return contributions(values, DIMENSIONS, OUTER, INNER)


def naive(row: list[float | None]) -> float | None:
    """The rule of the docstring, account by account, signal by signal."""
    there = [v is not None for v in row]
    whole = sum({d: w for d, w, t in zip(DIMENSIONS, OUTER, there, strict=True) if t}.values())
    if not whole:
        return None
    total = 0.0
    for i, value in enumerate(row):
        if value is not None:
            same = [j for j in range(len(row)) if DIMENSIONS[j] == DIMENSIONS[i] and there[j]]
            total += OUTER[i] / whole * INNER[i] / sum(INNER[j] for j in same) * value
    return total


@given(scores)
def test_points_add_up_to_the_health_exactly(row: list[float | None]) -> None:
    found = of(row)
    if all(v is None for v in row):
        assert np.isnan(found.health[0])
    else:
        points = sum(Decimal(str(p)) for p in found.points[0].tolist())
        assert points == Decimal(str(float(found.health[0])))


@given(scores)
def test_health_is_what_the_rule_says(row: list[float | None]) -> None:
    found, expected = of(row), naive(row)
    if expected is None:
        assert np.isnan(found.health[0])
    else:
        assert found.health[0] == pytest.approx(expected, abs=0.0051)
        assert 0 <= found.health[0] <= 100


@given(scores)
def test_coverage_is_the_share_of_weight_that_has_data(row: list[float | None]) -> None:
    weight = sum(o * i / 1e4 for o, i, v in zip(OUTER, INNER, row, strict=True) if v is not None)
    assert of(row).coverage[0] == pytest.approx(weight, abs=1e-4)


@given(st.floats(0, 100), st.sets(st.integers(0, 5), max_size=5))
def test_leaving_out_data_never_moves_an_even_score(level: float, missing: set[int]) -> None:
    row = [None if i in missing else level for i in range(len(OUTER))]
    assert of(row).health[0] == pytest.approx(level, abs=0.006)


def test_a_dimension_keeps_its_published_weight_with_part_of_its_signals() -> None:
    whole = of([100.0, 100.0, 0.0, 0.0, 0.0, 0.0])
    part = of([100.0, None, 0.0, 0.0, 0.0, 0.0])
    assert whole.health[0] == part.health[0] == 40.0
    assert part.coverage[0] == pytest.approx(0.84)
