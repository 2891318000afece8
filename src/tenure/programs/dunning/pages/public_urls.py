"""Paying and changing the card, by a signed link."""

from __future__ import annotations

from django.urls import path

from tenure.programs.dunning.pages import paying

urlpatterns = [
    path("pay/<str:token>/", paying.page, name="pay"),
    path("card/<str:token>/", paying.card, name="change_card"),
]
