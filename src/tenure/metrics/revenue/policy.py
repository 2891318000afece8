"""The policy documents of metrics: how revenue is counted, what lifetime value needs beside it, and
how onboarding is measured."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tenure.analytics.onboarding.policy import parse_onboarding
from tenure.analytics.revenue import ltv
from tenure.analytics.revenue import policy as revenue
from tenure.core import policy

REVENUE, LTV, ONBOARDING = "revenue", "ltv", "onboarding"
_FOLDER = Path(str(files("tenure.analytics.revenue")))
_BEGINNINGS = Path(str(files("tenure.analytics.onboarding")))


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            REVENUE,
            "Revenue",
            _FOLDER / "policy.toml",
            revenue.parse_policy,
            "Which subscriptions count, and the targets of churn and retention.",
            permission=policy.EDIT,
        ),
        policy.PolicyDocument(
            LTV,
            "Lifetime value",
            _FOLDER / "ltv.toml",
            ltv.parse_policy,
            "Margin, horizon, and what it costs to win an account.",
            permission=policy.EDIT,
        ),
        policy.PolicyDocument(
            ONBOARDING,
            "Onboarding",
            _BEGINNINGS / "onboarding.toml",
            parse_onboarding,
            "Milestones and their target times, activation, and the steps of the flow.",
            permission=policy.EDIT,
        ),
    )


def revenue_policy() -> revenue.RevenuePolicy:
    """``revenue`` in force."""
    loaded: revenue.RevenuePolicy = policy.load(REVENUE)
    return loaded


def ltv_policy() -> ltv.LtvPolicy:
    """``ltv`` in force."""
    loaded: ltv.LtvPolicy = policy.load(LTV)
    return loaded
