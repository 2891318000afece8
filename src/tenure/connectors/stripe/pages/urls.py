"""Addresses below ``/settings/stripe/``."""

from __future__ import annotations

from django.urls import path

from tenure.connectors.stripe.pages import views

urlpatterns = [
    path("", views.page, name="settings_stripe"),
    path("fetch/", views.fetch, name="settings_stripe_fetch"),
    path("look/", views.look, name="settings_stripe_look"),
    path("again/<str:event_id>/", views.again, name="settings_stripe_again"),
]
