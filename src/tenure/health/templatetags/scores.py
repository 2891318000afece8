"""Scores, bands and levels of risk: ``{% load scores %}``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenure.health.pages import bands
from tenure.kit.pages import formats
from tenure.kit.templatetags.ui import score

register = template.Library()


@register.inclusion_tag("components/score.html")
def health_score(row: Any) -> dict[str, object]:
    """The score badge of an ``AccountHealth`` row, or of None."""
    if row is None or row.shown_health is None:
        return score(None, "none")
    band = bands.of(row.model, row.shown_band)
    return score(row.shown_health, band.color, band.title, row.overridden, band.action)


@register.simple_tag
def risk_pill(level: str) -> SafeString | str:
    """A churn-risk level (low, medium, high, critical)."""
    if not level:
        return formats.NOTHING
    band = bands.risk(level)
    return _pill(band.color, band.action, band.title)


@lru_cache(maxsize=64)
def _pill(color: str, action: str, title: str) -> SafeString:
    return format_html('<span class="pill dot role-{}" title="{}">{}</span>', color, action, title)
