"""Addresses below ``/churned/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.churned import acting, views

urlpatterns = [
    path("", views.page, name="churned"),
    path("<int:pk>/", views.one, name="churned_one"),
    path("<int:pk>/decide/", acting.decide, name="churned_decide"),
    path("<int:pk>/ask/", acting.ask, name="churned_ask"),
]
