"""Addresses below ``/facts/``."""

from __future__ import annotations

from django.urls import path

from tenure.facts.pages import bulk, quarantine, sources

urlpatterns = [
    path("", sources.page, name="facts"),
    path("sources/<path:name>", sources.one, name="facts_source"),
    path("alerts/<int:alert_id>/seen/", sources.seen, name="facts_alert_seen"),
    path("contracts/", sources.contracts_page, name="facts_contracts"),
    path("quarantine/", quarantine.page, name="facts_quarantine"),
    path("quarantine/all/", bulk.act, name="facts_quarantine_all"),
    path("quarantine/<int:row_id>/", quarantine.one, name="facts_refused"),
    path("quarantine/<int:row_id>/dismiss/", quarantine.dismiss, name="facts_dismiss"),
]
