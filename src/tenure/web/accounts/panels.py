"""The panels of an account's page, in their order: each belongs to the slice it shows.

A panel is loaded by the browser after the page, so that a slow one (or one whose store is down)
holds nothing else up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpRequest

from tenure.accounts.models import Account
from tenure.core.slices import INSTALLED, AccountPanel, Slice

Load = Callable[[Account, HttpRequest, datetime], dict[str, Any]]


@dataclass(frozen=True)
class Panel:
    """One box of the page: see ``core.slices.AccountPanel``."""

    name: str
    title: str
    column: str
    permission: str
    template: str
    load: Load
    wanted: Callable[[Account], bool]


@cache
def every() -> tuple[Panel, ...]:
    """All panels, dialogs included."""
    found = [(one, panel) for one in INSTALLED for panel in one.account_panels]
    return tuple(_panel(*pair) for pair in sorted(found, key=lambda pair: pair[1].place))


def boxes() -> tuple[Panel, ...]:
    """Those that stand on the page; the others are loaded when somebody asks for them."""
    return tuple(panel for panel in every() if panel.column != "dialog")


def named(name: str) -> Panel | None:
    """The panel of this name."""
    return next((panel for panel in every() if panel.name == name), None)


def _panel(one: Slice, panel: AccountPanel) -> Panel:
    wanted = one.resolve(panel.wanted) if panel.wanted else lambda _account: True
    load = one.resolve(panel.load)
    return Panel(
        panel.name, panel.title, panel.column, panel.permission, panel.template, load, wanted
    )
