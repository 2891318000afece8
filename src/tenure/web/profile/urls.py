"""Addresses of a colleague's own profile."""

from __future__ import annotations

from django.urls import path

from tenure.web.profile import views

urlpatterns = [path("", views.profile, name="profile")]
