"""What the revenue truth is made of."""

from __future__ import annotations

from tenure.core.slices import Command, NavEntry, Slice, Urls

SLICE = Slice(
    name="revenue",
    package="tenure.metrics.revenue",
    policies=("policy.documents",),
    urls=(Urls("revenue/", "pages.urls"),),
    commands=(
        Command(
            "metrics", "cli.metrics", "MRR movements, churn and retention, month by month.", 90
        ),
        Command("cohorts", "cli.cohorts", "Retention of the accounts won each month.", 100),
        Command("ltv", "cli.ltv", "Lifetime value by the equation and by survival.", 110),
    ),
    navigation=(NavEntry("Revenue", "chart-line", "/revenue/", "revenue.view", 90),),
)
