"""The main navigation: one entry per room a person can enter."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.core import roles


@dataclass(frozen=True)
class Item:
    """A link of the sidebar; shown to whoever has ``permission``."""

    title: str
    icon: str
    url: str
    permission: str


ITEMS = (
    Item("Today", "inbox", "/today/", "tasks.view"),
    Item("Accounts", "building", "/accounts/", "accounts.view"),
    Item("Portfolio", "users", "/portfolio/", "portfolio.view"),
    Item("Health", "activity", "/health/", "health.view"),
    Item("Onboarding", "flag", "/onboarding/", "health.view"),
    Item("Alerts", "bell", "/alerts/", "alerts.view"),
    Item("Indicators", "chart-line", "/indicators/", "alerts.view"),
    Item("Validation", "target", "/validation/", "validation.view"),
    Item("Revenue", "chart-line", "/revenue/", "revenue.view"),
    Item("Cancel flow", "logout", "/cancel-flow/", "cancel.view"),
    Item("Plays", "bolt", "/plays/", "plays.view"),
    Item("Churned", "user-off", "/churned/", "churn.view"),
    Item("Experiments", "flask", "/experiments/", "experiments.view"),
    Item("Dunning", "credit-card", "/dunning/", "dunning.view"),
    Item("Messages", "mail", "/messages/", "messages.view"),
    Item("Practice", "stethoscope", "/practice/", "practice.view"),
    Item("Facts", "database", "/facts/", "facts.view"),
    Item("Policy", "scale", "/policy/", "policy.view"),
    Item("Settings", "settings", "/settings/", "team.view"),
)


def entries(user: object, path: str) -> list[dict[str, object]]:
    """What ``user`` sees while on ``path``."""
    return [
        {
            "title": item.title,
            "icon": item.icon,
            "url": item.url,
            "current": path.startswith(item.url),
        }
        for item in ITEMS
        if roles.has(user, item.permission)
    ]
