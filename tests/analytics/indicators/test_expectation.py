"""What is expected of a figure, when it is out of line, and what marks teach."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from statistics import NormalDist, median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.indicators import expect, learned, periods
from tenure.analytics.indicators.expect import Figure, band, comparable, judge
from tenure.analytics.indicators.policy import DEFAULT, Learning, packaged, parse_indicators

PEOPLE = packaged().indicators["active_people"]
NPS = packaged().indicators["nps"]
ADOPTION = packaged().indicators["adoption"]
MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize("module", [expect, learned, periods])
def test_examples(module) -> None:
    result = doctest.testmod(module)
    assert (result.attempted > 0, result.failed) == (True, 0)


def test_the_scale_of_the_deviation_is_that_of_a_normal_distribution() -> None:
    """1.4826 = 1 / the upper quartile of the standard normal (Rousseeuw and Croux 1993)."""
    assert round(1 / NormalDist().inv_cdf(0.75), 4) == expect.MAD_TO_SIGMA


def test_the_band_by_hand() -> None:
    """NPS of 30, 34, 28, 36, 32, 20: median 31; deviations 1, 3, 3, 5, 1, 11: median 3; spread
    1.4826 x 3 = 4.4478; three spreads below 31 is 17.66."""
    found = band(NPS, [30, 34, 28, 36, 32, 20], 50)
    assert found is not None
    assert (found.expected, found.of) == (31, 6)
    assert round(found.low, 2) == 17.66
    assert round(found.high, 2) == 44.34
    assert judge(Figure(17.6, 50), found) == "low"
    assert judge(Figure(17.7, 50), found) == "fine"
    assert judge(Figure(45, 50), found) == "high"


def test_a_steady_count_still_has_the_noise_of_counting() -> None:
    """A count of 100 varies by 10 by itself (Poisson), whatever the weeks before were."""
    found = band(PEOPLE, [100] * 8, 100)
    assert found is not None
    assert (found.low, found.high) == (70, 130)


def test_a_share_has_the_noise_of_its_number() -> None:
    """80 % of 100 accounts varies by 4 points: sqrt(0.8 x 0.2 / 100)."""
    found = band(ADOPTION, [0.8] * 8, 100)
    assert found is not None
    assert round(found.low, 4) == 0.68
    assert round(found.high, 4) == 0.92


def test_a_weekday_is_compared_with_its_own_kind_and_holidays_are_left_out() -> None:
    days = {MONDAY - timedelta(days=n): Figure(float(n)) for n in range(1, 80)}
    assert comparable(PEOPLE, MONDAY, days, ()) == [7, 14, 21, 28, 35, 42, 49, 56]
    holiday = MONDAY - timedelta(days=14)
    assert comparable(PEOPLE, MONDAY, days, [holiday]) == [7, 21, 28, 35, 42, 49, 56]
    days[MONDAY - timedelta(days=7)] = Figure(None)
    assert comparable(PEOPLE, MONDAY, days, [holiday])[0] == 21


def test_weekends_are_no_alarm_and_a_drop_on_a_weekday_is() -> None:
    """A product used on working days: 200 people, 20 at weekends."""
    history = {
        MONDAY - timedelta(days=n): Figure(
            20.0 if (MONDAY - timedelta(days=n)).weekday() > 4 else 200.0
        )
        for n in range(1, 80)
    }

    def at(day: date, value: float) -> str:
        return judge(Figure(value), band(PEOPLE, comparable(PEOPLE, day, history, ()), 0))

    saturday = MONDAY - timedelta(days=2)
    assert at(saturday, 20) == "fine"
    assert at(MONDAY, 20) == "low"
    assert at(MONDAY, 170) == "fine"


def test_with_too_few_values_nothing_is_judged() -> None:
    assert band(PEOPLE, [100, 100, 100], 100) is None
    assert judge(Figure(0), None) == "unknown"
    assert judge(Figure(None), band(PEOPLE, [100] * 8, 0)) == "unknown"


def test_one_strange_week_moves_neither_the_middle_nor_the_band_much() -> None:
    calm = band(PEOPLE, [100, 104, 96, 102, 98, 101, 99, 100], 100)
    odd = band(PEOPLE, [100, 104, 96, 102, 98, 101, 99, 0], 100)
    assert calm is not None
    assert odd is not None
    assert abs(calm.low - odd.low) < 2


def test_it_is_told_after_so_many_in_a_row() -> None:
    assert PEOPLE.periods == 2
    assert not expect.is_alarm(PEOPLE, ["fine", "low"])
    assert expect.is_alarm(PEOPLE, ["fine", "low", "low"])
    assert expect.is_alarm(PEOPLE, ["low", "unknown", "low"])  # a holiday in between
    assert not expect.is_alarm(PEOPLE, ["low", "low", "unknown"])
    assert not expect.is_alarm(PEOPLE, ["high", "high"])
    tickets = packaged().indicators["tickets"]
    assert expect.is_alarm(tickets, ["high", "high"])


@given(
    st.lists(st.floats(0, 1e6), min_size=4, max_size=8),
    st.floats(1, 2.5),
    st.floats(1, 2.5),
)
def test_a_greater_factor_never_narrows_the_band(values, one, other) -> None:
    small, great = sorted((one, other))
    near, far = band(PEOPLE, values, 0, small), band(PEOPLE, values, 0, great)
    assert near is not None
    assert far is not None
    assert far.low <= near.low <= near.expected <= near.high <= far.high


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=30))
def test_the_band_is_that_of_a_second_implementation(values) -> None:
    """numpy, written apart from the code."""
    a = np.array(values)
    mad = 1.4826 * np.median(np.abs(a - np.median(a)))
    spread = max(mad, np.sqrt(np.median(a)), 0.04 * np.median(a))
    found = band(PEOPLE, values, 0)
    assert found is not None
    assert found.expected == pytest.approx(median(values))
    assert found.low == pytest.approx(max(0.0, np.median(a) - 3 * spread))
    assert found.high == pytest.approx(np.median(a) + 3 * spread)


@given(st.lists(st.sampled_from(["useful", "false_alarm", ""]), max_size=60))
def test_what_marks_teach_stays_within_bounds(marks) -> None:
    rule = Learning(step=1.25, most=2.5)
    value = learned.factor(marks, rule)
    assert 1 <= value <= 2.5
    assert learned.factor([*marks, "false_alarm"], rule) >= value
    assert learned.factor([*marks, "useful"], rule) <= value


@given(
    st.sampled_from(["daily", "weekly", "monthly", "quarterly"]),
    st.dates(date(2001, 1, 1), date(2060, 1, 1)),
    st.integers(-30, 30),
)
def test_periods_tile_the_calendar(cadence, day, by) -> None:
    start = periods.start_of(cadence, day)
    assert start <= day < periods.shifted(cadence, start, 1)
    there = periods.shifted(cadence, start, by)
    assert periods.start_of(cadence, there) == there
    assert periods.shifted(cadence, there, -by) == start


def test_a_period_is_due_when_its_grace_has_passed() -> None:
    hour = timedelta(hours=1)
    just_before = datetime(2026, 3, 2, 0, 59, tzinfo=UTC)
    assert periods.due("weekly", just_before, hour, 1) == [date(2026, 2, 16)]
    assert periods.due("weekly", just_before + timedelta(minutes=1), hour, 1) == [date(2026, 2, 23)]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('cadence = "daily"', 'cadence = "hourly"', "indicators.active_people.cadence"),
        ("step = 1.25", "step = 0.5", "learning.step"),
        ("holidays = []", 'holidays = ["Christmas"]', "settings.holidays.0"),
        ('events = ["@session"]', "", "indicators.active_people"),
        ("least_spread_share = 0.04", "", "indicators.active_people"),
        ("[indicators.active_people]", '[indicators."active people"]', "indicators.active people"),
    ],
)
def test_a_wrong_document_is_refused(old: str, new: str, key: str) -> None:
    text = DEFAULT.read_text()
    assert old in text
    with pytest.raises(SpecError) as refused:
        parse_indicators("indicators.toml", text.replace(old, new, 1))
    assert refused.value.key == key
