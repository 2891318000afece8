"""The exit interview, by a signed link."""

from __future__ import annotations

from django.urls import path

from tenure.learning.investigations.pages import leaving

urlpatterns = [
    path("exit/<str:token>/", leaving.page, name="exit_interview"),
]
