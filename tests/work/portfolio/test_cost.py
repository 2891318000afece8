"""Cost to serve, worked by hand; and how time is divided."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from people import NOW

from tenure.work.portfolio import policy
from tenure.work.portfolio.cost import TierCost, cost_to_serve, group_of, time_split
from tenure.work.portfolio.overdue_touches import Contact, Customer

POLICY = policy.packaged()


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def test_cost_to_serve_worked_by_hand():
    """One account of $60,000 a year, a customer for years, at $75 an hour.

    Four reviews without a length (6 h each), ten calls of 45 minutes, one mail by hand (0.25 h),
    and two base hours a month: 24 + 7.5 + 0.25 + 24 = 55.75 hours, $4,181.25: 7.0 % of its value.
    Owed are 12 months of 2 + 6·(365/12)/91 + 1·(365/12)/30 + 1.5·(365/12)/182 hours: 63.24 hours.
    """
    one = Customer(
        "acme", "Acme", "enterprise", value_minor=6_000_000, currency="USD", since=ago(2000)
    )
    contacts = [
        *(Contact("acme", "qbr", ago(10 + 91 * i)) for i in range(4)),
        *(Contact("acme", "call", ago(1 + 30 * i), minutes=45) for i in range(10)),
        Contact("acme", "mail", ago(3)),
        Contact("acme", "community", ago(3)),  # their own doing
        Contact("acme", "qbr", ago(366)),  # before the year
        Contact("other", "qbr", ago(3)),  # no customer of ours now
    ]
    (tier,) = cost_to_serve([one], contacts, POLICY, NOW)
    assert tier.hours == pytest.approx(55.75)
    assert (tier.accounts, tier.contacts, tier.cost_minor) == (1, 15, 418_125)
    assert tier.ratio == pytest.approx(0.0696875)
    owed = 24 + 6 * 365 / 91 + 365 / 30 + 1.5 * 365 / 182
    assert tier.planned_minor == round(owed * 7500)
    assert owed == pytest.approx(63.24, abs=0.01)


def test_base_hours_count_while_it_was_a_customer():
    one = Customer("a", tier="enterprise", value_minor=1, currency="USD", since=ago(365 / 2))
    (tier,) = cost_to_serve([one], [], POLICY, NOW)
    assert tier.hours == pytest.approx(12)


def test_tiers_stand_in_order_and_currencies_apart():
    rows = [
        Customer("a", tier="smb", value_minor=10, currency="USD"),
        Customer("b", tier="enterprise", value_minor=10, currency="USD"),
        Customer("c", tier="enterprise", value_minor=10, currency="CHF"),
        Customer("d", value_minor=10, currency="USD"),
    ]
    found = cost_to_serve(rows, [], POLICY, NOW)
    assert [(t.tier, t.currency) for t in found] == [
        ("enterprise", "CHF"), ("enterprise", "USD"), ("smb", "USD"), ("", "USD"),
    ]  # fmt: skip
    assert found[0].cost_minor is None  # policy knows no hour in francs
    assert found[0].ratio is None
    assert found[2].cost_minor == 0


def test_without_value_there_is_no_ratio():
    assert TierCost("smb", "USD", 1, 0, 0, 1.0, 7500, 0).ratio is None


@pytest.mark.parametrize(
    ("stage", "level", "group"),
    [
        ("advocacy", "low", "advocates"),
        ("advocacy", "high", "at_risk"),
        ("at_risk", "low", "at_risk"),
        ("retention", "medium", "other"),
        ("", "critical", "at_risk"),
    ],
)
def test_who_counts_where(stage, level, group):
    assert group_of(Customer("a", stage=stage, risk_level=level), POLICY) == group


def test_the_split_of_time_worked_by_hand():
    """Six hours at risk, two with an advocate, one elsewhere: 75 to 25, within 10 points of 70."""
    rows = [Customer("r", risk_level="high"), Customer("a", stage="advocacy"), Customer("o")]
    contacts = [
        Contact("r", "qbr", ago(5)),
        Contact("a", "call", ago(5), minutes=120),
        Contact("o", "call", ago(5)),
        Contact("r", "call", ago(31)),
    ]
    found = time_split(rows, contacts, POLICY, NOW)
    assert found.hours == {"at_risk": 6, "advocates": 2, "other": 1}
    assert (found.at_risk, found.advocates, found.off) == (0.75, 0.25, False)
    only_risk = time_split(rows, contacts[:1], POLICY, NOW)
    assert (only_risk.at_risk, only_risk.off) == (1, True)


def test_without_touches_no_split_is_told():
    found = time_split([], [], POLICY, NOW)
    assert (found.at_risk, found.advocates, found.off) == (None, None, False)
