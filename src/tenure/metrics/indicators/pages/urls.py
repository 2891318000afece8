"""Addresses below ``/indicators/``."""

from __future__ import annotations

from django.urls import path

from tenure.metrics.indicators.pages import views

urlpatterns = [
    path("", views.page, name="indicators"),
    path("count/", views.count, name="indicators_count"),
    path("i/<slug:name>/", views.one, name="indicator"),
]
