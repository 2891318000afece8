"""Addresses below ``/onboarding/``."""

from __future__ import annotations

from django.urls import path

from tenure.metrics.onboarding.pages import views

urlpatterns = [
    path("", views.page, name="onboarding"),
    path("late.csv", views.file, name="onboarding_late_csv"),
]
