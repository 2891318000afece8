"""The panels of an account's page, in their order. Each gets its data from the slice it belongs to.

A panel is loaded by the browser after the page, so that a slow one (or one whose store is down)
holds nothing else up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from tenure.accounts.models import Account
from tenure.web.accounts import alert_panel, panel_data
from tenure.web.cancelling import pages as cancelling
from tenure.web.churned import views as churned
from tenure.web.dunning import views as dunning
from tenure.web.plays import log as plays
from tenure.web.portfolio import touches
from tenure.web.today import account_panel
from tenure.web.validation import learned

Load = Callable[[Account, HttpRequest, datetime], dict[str, Any]]


@dataclass(frozen=True)
class Panel:
    """One box: ``load`` gives the context of ``web/accounts/panels/<name>.html``."""

    name: str
    title: str
    column: str  # main or side
    permission: str
    load: Load
    wanted: Callable[[Account], bool] = lambda _: True
    """Whether an account has such a box at all."""


PANELS = (
    Panel("trend", "Trend", "main", "health.view", panel_data.trend),
    Panel("signals", "Signals", "main", "health.view", panel_data.signals),
    Panel("timeline", "Timeline", "main", "accounts.view", panel_data.timeline),
    Panel("chance", "Chance to leave", "side", "health.view", learned.panel, learned.has_one),
    Panel("touches", "Touches", "side", "portfolio.view", touches.panel),
    Panel("tasks", "Tasks", "side", "tasks.view", account_panel.panel),
    Panel("alerts", "Alerts", "side", "alerts.view", alert_panel.alerts),
    Panel("plays", "Plays", "side", "plays.view", plays.panel),
    Panel("cancelling", "Came to cancel", "side", "cancel.view", cancelling.panel),
    Panel("people", "People", "side", "accounts.view", panel_data.people),
    Panel("subscriptions", "Subscriptions", "side", "accounts.view", panel_data.subscriptions),
    Panel("dunning", "Unpaid invoices", "side", "dunning.view", dunning.panel),
    Panel("churned", "Why it left", "side", "churn.view", churned.panel, churned.has_left),
    Panel("tickets", "Tickets", "side", "accounts.view", panel_data.tickets),
    Panel("responses", "Responses", "side", "accounts.view", panel_data.responses),
    Panel("overrides", "Overrides", "side", "health.view", panel_data.overrides),
)
OPENED = (Panel("signal", "Signal", "dialog", "health.view", panel_data.signal),)
"""Loaded only when a person asks for what is behind a number."""
BY_NAME = {panel.name: panel for panel in (*PANELS, *OPENED)}
