"""Addresses below ``/validation/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.validation import running, views

urlpatterns = [
    path("", views.page, name="validation"),
    path("reports/<int:report_id>/", views.report, name="validation_report"),
    path("compare/", views.compare, name="validation_compare"),
    path("run/", running.start, name="validation_run"),
    path("progress/", running.progress, name="validation_progress"),
]
