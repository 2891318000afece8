"""What a person wants to hear of, by a signed link."""

from __future__ import annotations

from django.urls import path

from tenure.channels.pages import preferences

urlpatterns = [
    path("<str:token>/", preferences.page, name="preferences"),
]
