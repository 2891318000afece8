"""Addresses below ``/segments/``."""

from __future__ import annotations

from django.urls import path

from tenure.health.segments.pages import editing, views

urlpatterns = [
    path("", views.overview, name="segments"),
    path("new/", editing.new, name="segment_new"),
    path("count/", editing.count, name="segment_count"),
    path("<slug:name>/", views.segment, name="segment"),
    path("<slug:name>/edit/", editing.edit, name="segment_edit"),
    path("<slug:name>/delete/", editing.delete, name="segment_delete"),
]
