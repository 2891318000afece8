"""Addresses below ``/in-app/v1/``, for the customer's browsers."""

from __future__ import annotations

from django.urls import path

from tenure.web.in_app import scripts, views

urlpatterns = [
    path("tenure.js", scripts.script, {"name": "tenure"}, name="in_app_script"),
    path("messages", views.messages, name="in_app_messages"),
    path("messages/<str:code>/<slug:what>", views.act, name="in_app_act"),
]
