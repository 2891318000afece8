"""Who holds which role: expressions that several forms of signals share."""

from __future__ import annotations

from tenure.analytics.signals.build import Collector
from tenure.analytics.signals.spec import Names
from tenure.analytics.signals.sql import literals, names


def role_holders(c: Collector, roles: Names) -> str:
    """How many people hold one of the roles and are still there."""
    held = f"is_present AND role IN {literals(names(roles))}"
    return c.aggregate("people", 0, f"COUNT(CASE WHEN {held} THEN 1 END)")
