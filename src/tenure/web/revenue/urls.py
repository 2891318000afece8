"""Addresses below ``/revenue/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.revenue import behind, views

urlpatterns = [
    path("", views.page, name="revenue"),
    path("accounts", behind.accounts, name="revenue_accounts"),
    path("accounts.csv", behind.accounts_csv, name="revenue_accounts_csv"),
]
