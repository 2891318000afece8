"""Addresses below ``/alerts/``."""

from __future__ import annotations

from django.urls import path

from tenure.metrics.alerts.pages import acting, views

urlpatterns = [
    path("", views.page, name="alerts"),
    path("precision/", views.precision, name="alerts_precision"),
    path("<int:pk>/mark/", acting.mark, name="alert_mark"),
    path("<int:pk>/snooze/", acting.snooze, name="alert_snooze"),
]
