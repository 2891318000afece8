"""What alerts is made of."""

from __future__ import annotations

from tenure.core.slices import AccountPanel, Api, NavEntry, Slice, Tick, Urls

SLICE = Slice(
    name="alerts",
    package="tenure.metrics.alerts",
    policies=("documents.documents",),
    ticks=(
        Tick("alerts", "periodic_tasks.tick", 60.0),
        Tick("alerts_tidy", "actions.forget", 3600.0),
    ),
    hooks={"after_scoring": ("risk.after_scoring",)},
    urls=(Urls("alerts/", "pages.urls"),),
    endpoints=(Api("alerts", "api.endpoints"),),
    navigation=(NavEntry("Alerts", "bell", "/alerts/", "alerts.view", 60),),
    account_panels=(
        AccountPanel(
            "alerts", "Alerts", "alerts.view", "pages.panel.alerts", "alerts/panel.html", 70
        ),
    ),
)
