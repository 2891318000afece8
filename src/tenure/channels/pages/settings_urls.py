"""Addresses below ``/settings/endpoints/``."""

from __future__ import annotations

from django.urls import path

from tenure.channels.pages import endpoints

urlpatterns = [
    path("", endpoints.page, name="settings_endpoints"),
    path("<int:endpoint_id>/rotate/", endpoints.rotate, name="settings_endpoint_rotate"),
    path("<int:endpoint_id>/switch/", endpoints.switch, name="settings_endpoint_switch"),
    path("<int:endpoint_id>/trial/", endpoints.trial, name="settings_endpoint_trial"),
]
