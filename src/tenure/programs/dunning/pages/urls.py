"""Addresses below ``/dunning/``."""

from __future__ import annotations

from django.urls import path

from tenure.programs.dunning.pages import acting, views

urlpatterns = [
    path("", views.page, name="dunning"),
    path("ahead/", views.ahead, name="dunning_ahead"),
    path("report/", views.report_panel, name="dunning_report"),
    path("cases/<int:pk>/", views.one, name="dunning_case"),
    path("cases/<int:pk>/take/", acting.take, name="dunning_take"),
    path("cases/<int:pk>/back/", acting.back, name="dunning_back"),
    path("cases/<int:pk>/extend/", acting.extend, name="dunning_extend"),
]
