"""How values are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenure.health.pages import signal_words
from tenure.kit.pages import formats, svg

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (129900, "USD", "$1,299"),
        (129950, "eur", "€1,299.50"),
        (5000, "JPY", "¥5,000"),
        (1234567, "KWD", "KWD 1,234.567"),
        (-4900, "USD", "−$49"),
        (0, "", "0"),
        (None, "USD", "–"),
    ],
)
def test_money_is_written_in_its_currencys_minor_units(minor, currency, text):
    assert formats.money(minor, currency) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.0, 1, "1,234"),
        (0.256, 2, "0.26"),
        (-0.04, 1, "0"),
        (-3.5, 1, "−3.5"),
        (100.0, 0, "100"),
        (None, 1, "–"),
    ],
)
def test_numbers_have_thousands_and_no_empty_decimals(value, digits, text):
    assert formats.number(value, digits) == text


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=-26), "1 day ago"),
        (timedelta(days=40), "in 1 month"),
        (timedelta(days=-800), "2 years ago"),
    ],
)
def test_moments_are_told_from_now(away, words):
    assert formats.relative(NOW + away, NOW) == words


def test_no_score_is_rounded_into_the_next_band():
    """The published bands end at whole points: 59.6 is at risk (40-59), not stable (60-79)."""
    assert [formats.whole(v) for v in (59.6, 60, 79.99, 0, None)] == ["59", "60", "79", "0", "–"]
    assert formats.whole(60 - 1e-12) == "60"


@pytest.mark.parametrize(
    ("value", "unit", "kind", "text"),
    [
        (1.0, "days", "", "1 day"),
        (12.0, "days", "", "12 days"),
        (0.43, "share", "", "43 %"),
        (-0.5, "ratio", "change", "−50 %"),
        (0.2, "ratio", "change", "+20 %"),
        (3.21, "ratio", "ratio", "3.21"),
        (129900.0, "money", "value", "$1,299"),
        (0.0, "flag", "", "no"),
        ("past_due", "text", "", "past due"),
        (None, "count", "", "–"),
    ],
)
def test_signal_values_carry_their_unit(value, unit, kind, text):
    assert signal_words.write(value, unit, kind, "USD") == text


def test_a_sparkline_breaks_where_values_are_missing():
    spark = svg.sparkline([0, 5, None, 10, 0], width=44, height=14)
    assert spark.path == "M2.0 12.0L12.0 7.0M32.0 2.0L42.0 12.0"
    assert spark.last == (42.0, 12.0)


def test_a_sparkline_of_nothing_draws_nothing():
    assert svg.sparkline([None, None]).path == ""


def test_small_noise_stays_small_in_a_sparkline():
    spark = svg.sparkline([50, 51], width=24, height=24, least=20)
    heights = [float(p.split(" ")[1]) for p in spark.path[1:].split("L")]
    assert abs(heights[0] - heights[1]) == pytest.approx(1.0)


def test_bars_never_leave_their_track():
    assert [svg.share(v, 20) for v in (-5, 0, 5, 30)] == [0.0, 0.0, 25.0, 100.0]
    assert svg.share(None, 20) == 0.0
    assert svg.share(3, 0) == 0.0
