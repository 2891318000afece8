"""Addresses of the first minutes: first admin, start page."""

from __future__ import annotations

from django.urls import path

from tenure.web.first_run import views

urlpatterns = [
    path("", views.home, name="home"),
    path("first-run/", views.first_run, name="first_run"),
    path("start/", views.start, name="start"),
]
