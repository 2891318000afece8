"""Addresses of accounts. An account's id is last, because it may hold slashes."""

from __future__ import annotations

from django.urls import path

from tenure.web.accounts import assign, detail, export, overrides, saved, views

urlpatterns = [
    path("", views.accounts, name="accounts"),
    path("count", views.count, name="accounts_count"),
    path("export.csv", export.export, name="accounts_export"),
    path("assign", assign.assign, name="accounts_assign"),
    path("views", saved.save, name="accounts_view_save"),
    path("views/<int:pk>/delete", saved.delete, name="accounts_view_delete"),
    path("a/<path:pk>", detail.account, name="account"),
    path("panel/<slug:name>/<path:pk>", detail.panel, name="account_panel"),
    path("override/<path:pk>", overrides.override, name="account_override"),
    path("end-override/<path:pk>", overrides.end, name="account_override_end"),
]
