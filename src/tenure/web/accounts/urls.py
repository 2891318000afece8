"""Addresses of accounts."""

from __future__ import annotations

from django.urls import path

from tenure.web.accounts import views

urlpatterns = [path("", views.accounts, name="accounts")]
