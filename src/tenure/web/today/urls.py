"""Addresses below ``/today/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.today import views

urlpatterns = [
    path("", views.today, name="today"),
    path("beside/", views.beside, name="today_beside"),
    path("owed/", views.owed, name="today_owed"),
]
