"""Addresses below ``/facts/``: imports and their mappings."""

from __future__ import annotations

from django.urls import path

from tenure.connectors.files.pages import imports, mapping_page, uploading

urlpatterns = [
    path("imports/", imports.page, name="facts_imports"),
    path("imports/new/", uploading.page, name="facts_import"),
    path("imports/new/<slug:token>/", mapping_page.page, name="facts_mapping"),
    path("imports/new/<slug:token>/preview/", mapping_page.preview, name="facts_preview"),
    path("imports/work/<int:job_id>/", imports.work, name="facts_import_work"),
    path("imports/<int:run_id>/", imports.one, name="facts_import_run"),
    path("mappings/<path:name>/delete", imports.forget_mapping, name="facts_mapping_delete"),
]
