"""Addresses below ``/policy/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.policy import editing, own_model, views

urlpatterns = [
    path("", views.overview, name="policy"),
    path("read/<path:name>/", views.document, name="policy_document"),
    path("text/<path:name>/", views.text, name="policy_text"),
    path("versions/<path:name>/", views.versions, name="policy_versions"),
    path("edit/<path:name>/", editing.edit, name="policy_edit"),
    path("rollback/<path:name>/", editing.rollback, name="policy_rollback"),
    path("own-model/", own_model.start, name="policy_own_model"),
]
