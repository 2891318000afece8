"""Addresses below ``/settings/in-app/``."""

from __future__ import annotations

from django.urls import path

from tenure.channels.in_app.pages import settings

urlpatterns = [
    path("", settings.page, name="settings_in_app"),
    path("<int:key_id>/rotate/", settings.rotate, name="settings_in_app_rotate"),
    path("<int:key_id>/switch/", settings.switch, name="settings_in_app_switch"),
]
