"""Addresses below ``/portfolio/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.portfolio import views

urlpatterns = [
    path("", views.page, name="portfolio"),
    path("tasks/", views.open_tasks, name="portfolio_tasks"),
    path("assign/", views.assign, name="portfolio_assign"),
]
