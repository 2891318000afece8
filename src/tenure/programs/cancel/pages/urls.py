"""Addresses below ``/cancel-flow/``, for the team."""

from __future__ import annotations

from django.urls import path

from tenure.programs.cancel.pages import builder, preview
from tenure.programs.cancel.pages import views as pages

urlpatterns = [
    path("", pages.page, name="cancel_flow"),
    path("visits/", pages.visits, name="cancel_visits"),
    path("visits/<int:pk>/", pages.visit, name="cancel_visit"),
    path("waiting/", pages.waiting, name="cancel_waiting"),
    path("waiting/<int:pk>/again/", pages.again, name="cancel_again"),
    path("acts/<int:pk>/take-back/", pages.take_back, name="cancel_take_back"),
    path("builder/", builder.page, name="cancel_builder"),
    path("builder/switch/", builder.switch, name="cancel_switch"),
    path("builder/preview/", preview.page, name="cancel_preview"),
]
