"""Addresses below ``/facts/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.facts import bulk, imports, mapping_page, people, quarantine, sources, uploading

urlpatterns = [
    path("", sources.page, name="facts"),
    path("sources/<path:name>", sources.one, name="facts_source"),
    path("alerts/<int:alert_id>/seen/", sources.seen, name="facts_alert_seen"),
    path("contracts/", sources.contracts_page, name="facts_contracts"),
    path("quarantine/", quarantine.page, name="facts_quarantine"),
    path("quarantine/all/", bulk.act, name="facts_quarantine_all"),
    path("quarantine/<int:row_id>/", quarantine.one, name="facts_refused"),
    path("quarantine/<int:row_id>/dismiss/", quarantine.dismiss, name="facts_dismiss"),
    path("imports/", imports.page, name="facts_imports"),
    path("imports/new/", uploading.page, name="facts_import"),
    path("imports/new/<slug:token>/", mapping_page.page, name="facts_mapping"),
    path("imports/new/<slug:token>/preview/", mapping_page.preview, name="facts_preview"),
    path("imports/work/<int:job_id>/", imports.work, name="facts_import_work"),
    path("imports/<int:run_id>/", imports.one, name="facts_import_run"),
    path("mappings/<path:name>/delete", imports.forget_mapping, name="facts_mapping_delete"),
    path("people/", people.page, name="facts_people"),
    path("people/export/", people.export, name="facts_person_export"),
    path("people/erase/", people.erase, name="facts_person_erase"),
]
