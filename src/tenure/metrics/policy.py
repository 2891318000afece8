"""The policy documents of revenue: how it is counted, and what lifetime value needs beside it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tenure.analytics.revenue import ltv
from tenure.analytics.revenue import policy as revenue
from tenure.core import policy

REVENUE, LTV = "revenue", "ltv"
_FOLDER = Path(str(files("tenure.analytics.revenue")))


def register() -> None:
    """Make the documents known."""
    policy.register(
        policy.PolicyDocument(
            REVENUE,
            "Revenue",
            _FOLDER / "policy.toml",
            revenue.parse_policy,
            "Which subscriptions count, and the targets of churn and retention.",
        )
    )
    policy.register(
        policy.PolicyDocument(
            LTV,
            "Lifetime value",
            _FOLDER / "ltv.toml",
            ltv.parse_policy,
            "Margin, horizon, and what it costs to win an account.",
        )
    )


def revenue_policy() -> revenue.RevenuePolicy:
    """``revenue`` in force."""
    loaded: revenue.RevenuePolicy = policy.load(REVENUE)
    return loaded


def ltv_policy() -> ltv.LtvPolicy:
    """``ltv`` in force."""
    loaded: ltv.LtvPolicy = policy.load(LTV)
    return loaded
