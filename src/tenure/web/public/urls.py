"""Addresses that customers open, without signing in: signed links only."""

from __future__ import annotations

from django.urls import path

from tenure.web.public import preferences

urlpatterns = [path("<str:token>/", preferences.page, name="preferences")]
