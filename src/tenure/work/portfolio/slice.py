"""What the portfolio: load, touches owed, hand-offs is made of."""

from __future__ import annotations

from tenure.core.slices import AccountPanel, Api, Command, NavEntry, Slice, Urls

SLICE = Slice(
    name="portfolio",
    package="tenure.work.portfolio",
    policies=("policy.documents",),
    handlers={"events:tenure.task_closed": ("handoffs.on_task_closed",)},
    sweep="handoffs.sweep",
    urls=(Urls("portfolio/", "pages.urls"),),
    endpoints=(
        Api("portfolio", "api.portfolio.endpoints"),
        Api("portfolio", "api.handoffs.endpoints"),
    ),
    commands=(
        Command(
            "portfolio", "cli", "Load, touches owed, cost to serve, and who would get what.", 210
        ),
    ),
    navigation=(NavEntry("Portfolio", "users", "/portfolio/", "portfolio.view", 30),),
    account_panels=(
        AccountPanel(
            "touches",
            "Touches",
            "portfolio.view",
            "pages.touches.panel",
            "portfolio/panel.html",
            50,
        ),
    ),
)
