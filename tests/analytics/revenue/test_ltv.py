"""Lifetime value: the equation, its levers, and the value that survival predicts."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tenure.analytics.dataset import Dataset
from tenure.analytics.errors import SpecError
from tenure.analytics.revenue.lives import lives
from tenure.analytics.revenue.ltv import (
    Economics,
    default_policy,
    levers,
    parse_policy,
    predictive_ltv,
)

HUNDRED = Economics(arpa_minor=10_000, monthly_churn=0.02, cac_minor=100_000, gross_margin=0.8)


def test_the_equation() -> None:
    # $100 a month at 80 % margin for 1 / 0.02 = 50 months is $4,000; winning cost $1,000.
    assert HUNDRED.ltv_minor == pytest.approx(300_000)
    assert HUNDRED.ltv_to_cac == pytest.approx(4.0)
    assert HUNDRED.payback_months == pytest.approx(12.5)


def test_without_churn_there_is_no_lifespan_to_tell() -> None:
    calm = Economics(10_000, 0.0, 1)
    assert calm.lifespan_months is None
    assert calm.ltv_minor is None
    assert set(levers(calm, 0.1).values()) == {None}


def test_each_lever_alone() -> None:
    gain = levers(HUNDRED, 0.1)
    assert gain == {"revenue": 40_000, "lifespan": 40_000, "cac": 10_000}


def test_a_constant_rate_gives_the_same_value_by_survival_as_by_the_equation() -> None:
    # 2 % of those left leave each month; over 600 months nearly everybody has.
    months, lost, left = [], [], 100_000
    for month in range(1, 601):
        gone = round(left * 0.02)
        months += [float(month)] * gone
        lost += [True] * gone
        left -= gone
    value = predictive_ltv(months, lost, HUNDRED, horizon=600)
    assert value is not None
    assert value.ltv_minor == pytest.approx(HUNDRED.ltv_minor, rel=0.02)
    assert value.low_minor < value.ltv_minor < value.high_minor


def test_nothing_is_extrapolated_beyond_the_longest_life() -> None:
    value = predictive_ltv([6.0, 3.0], [False, False], HUNDRED, horizon=60)
    assert value is not None
    assert value.horizon_months == 6.0
    assert value.ltv_minor == pytest.approx(6 * 8_000 - 100_000)


def test_lives_count_from_the_first_paying_day_and_know_who_is_still_here() -> None:
    rows = [
        ("ada", "2023-01-01", None),
        ("bo", "2023-01-01", "2023-07-02"),
        ("cy", "2023-12-30", "2023-12-31"),  # left within the grace days: not lost yet
    ]
    frame = pa.Table.from_pylist(
        [
            {
                "subscription_id": who, "account_id": who, "mrr_minor": 100, "currency": "USD",
                "started_at": start, "ended_at": end,
            }
            for who, start, end in rows
        ]
    )  # fmt: skip
    told = lives(
        Dataset.from_frames(subscriptions=frame),
        grace_days=7,
        known_at=datetime(2024, 1, 1, tzinfo=UTC),
    ).to_pylist()
    assert [(r["account_id"], round(r["months"]), r["lost"]) for r in told] == [
        ("ada", 12, False),
        ("bo", 6, True),
        ("cy", 0, False),
    ]


def test_cost_to_win_is_by_channel_where_given() -> None:
    policy = parse_policy(
        "ltv",
        'version = "1"\ngross_margin = 0.8\nhorizon_months = 36\nlever_step = 0.1\n[cac]\n'
        "default = { USD = 500 }\nby_channel = { ads = { USD = 900 } }\n",
    )
    assert (policy.cac.of("ads", "USD"), policy.cac.of("web", "USD")) == (900, 500)
    assert default_policy().cac.of("web", "USD") == 0


def test_a_margin_above_one_is_refused_with_key_and_remedy() -> None:
    with pytest.raises(SpecError, match="gross_margin"):
        parse_policy(
            "ltv", 'version="1"\ngross_margin=1.4\nhorizon_months=1\nlever_step=0.1\n[cac]'
        )
