"""Addresses that customers open, without signing in: signed links only."""

from __future__ import annotations

from django.urls import path

from tenure.web.cancelling import hosted
from tenure.web.public import leaving, paying, preferences

urlpatterns = [
    path("cancel/<str:token>/", hosted.page, name="cancel_page"),
    path("exit/<str:token>/", leaving.page, name="exit_interview"),
    path("pay/<str:token>/", paying.page, name="pay"),
    path("card/<str:token>/", paying.card, name="change_card"),
    path("<str:token>/", preferences.page, name="preferences"),
]
