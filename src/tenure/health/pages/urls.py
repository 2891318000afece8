"""Addresses below ``/health/``."""

from __future__ import annotations

from django.urls import path

from tenure.health.pages import moves, scoring, views

urlpatterns = [
    path("", views.page, name="health"),
    path("movement/", moves.matrix, name="health_movement"),
    path("moves/", moves.listing, name="health_moves"),
    path("score/", scoring.start, name="health_score"),
    path("progress/", scoring.progress, name="health_progress"),
]
