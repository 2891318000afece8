"""Words about accounts: ``{% load accounts %}``."""

from __future__ import annotations

from django import template

from tenure.health.pages import choices

register = template.Library()


@register.filter
def stage_title(key: str) -> str:
    """The title of a lifecycle stage, empty for none."""
    return choices.stage_title(key) if key else ""
