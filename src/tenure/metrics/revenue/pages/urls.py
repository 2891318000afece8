"""Addresses below ``/revenue/``."""

from __future__ import annotations

from django.urls import path

from tenure.metrics.revenue.pages import behind, cohorts, lifetime, views

urlpatterns = [
    path("", views.page, name="revenue"),
    path("accounts", behind.accounts, name="revenue_accounts"),
    path("accounts.csv", behind.accounts_csv, name="revenue_accounts_csv"),
    path("cohorts/", cohorts.page, name="revenue_cohorts"),
    path("cohorts/cohorts.csv", cohorts.file, name="revenue_cohorts_csv"),
    path("cohorts/accounts", cohorts.members, name="revenue_cohort"),
    path("lifetime/", lifetime.page, name="revenue_lifetime"),
    path("lifetime/lives.csv", lifetime.file, name="revenue_lives_csv"),
]
