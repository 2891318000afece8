"""Addresses that leaving customers open, without signing in: signed links only."""

from __future__ import annotations

from django.urls import path

from tenure.programs.cancel.pages import hosted

urlpatterns = [
    path("cancel/<str:token>/", hosted.page, name="cancel_page"),
]
