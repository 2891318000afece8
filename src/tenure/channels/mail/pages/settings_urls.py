"""Addresses below ``/settings/mail/``."""

from __future__ import annotations

from django.urls import path

from tenure.channels.mail.pages import settings

urlpatterns = [
    path("", settings.page, name="settings_mail"),
    path("trial/", settings.send_trial, name="settings_mail_trial"),
]
