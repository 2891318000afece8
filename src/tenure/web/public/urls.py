"""Addresses that customers open, without signing in: signed links only."""

from __future__ import annotations

from django.urls import path

from tenure.web.cancelling import hosted
from tenure.web.public import paying, preferences

urlpatterns = [
    path("cancel/<str:token>/", hosted.page, name="cancel_page"),
    path("pay/<str:token>/", paying.page, name="pay"),
    path("<str:token>/", preferences.page, name="preferences"),
]
