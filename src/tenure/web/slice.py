"""Pages that compose many slices: Today, accounts, policy, settings, first run, profile."""

from __future__ import annotations

from tenure.core.slices import AccountPanel, NavEntry, SettingsTab, Slice, Urls

_DATA = "accounts.panel_data"
_PANELS = "web/accounts/panels"

SLICE = Slice(
    name="web",
    package="tenure.web",
    urls=(
        Urls("", "first_run.urls"),
        Urls("profile/", "profile.urls"),
        Urls("today/", "today.urls"),
        Urls("accounts/", "accounts.urls"),
        Urls("policy/", "policy.urls"),
        Urls("settings/", "settings_pages.urls"),
    ),
    navigation=(
        NavEntry("Today", "inbox", "/today/", "tasks.view", 10),
        NavEntry("Accounts", "building", "/accounts/", "accounts.view", 20),
        NavEntry("Policy", "scale", "/policy/", "policy.view", 180),
        NavEntry("Settings", "settings", "/settings/", "team.view", 190),
    ),
    settings_tabs=(
        SettingsTab("Team", "settings_team", "team.view", 10),
        SettingsTab("Keys and SDKs", "settings_keys", "keys.manage", 20),
        SettingsTab("Audit trail", "settings_audit", "audit.view", 70),
        SettingsTab("Workspace", "settings_workspace", "jobs.view", 80),
    ),
    account_panels=tuple(
        AccountPanel(
            name, title, permission, f"{_DATA}.{name}", f"{_PANELS}/{name}.html", place, column
        )
        for name, title, permission, place, column in (
            ("trend", "Trend", "health.view", 10, "main"),
            ("signals", "Signals", "health.view", 20, "main"),
            ("timeline", "Timeline", "accounts.view", 30, "main"),
            ("people", "People", "accounts.view", 100, "side"),
            ("subscriptions", "Subscriptions", "accounts.view", 110, "side"),
            ("tickets", "Tickets", "accounts.view", 140, "side"),
            ("responses", "Responses", "accounts.view", 150, "side"),
            ("overrides", "Overrides", "health.view", 160, "side"),
            ("signal", "Signal", "health.view", 170, "dialog"),
        )
    ),
)
