"""Addresses below ``/practice/``."""

from __future__ import annotations

from django.urls import path

from tenure.learning.practice_audit.pages import accepting, running, views

urlpatterns = [
    path("", views.page, name="practice"),
    path("run/", running.start, name="practice_run"),
    path("progress/", running.progress, name="practice_progress"),
    path("accept/<slug:key>/", accepting.accept, name="practice_accept"),
    path("withdraw/<slug:key>/", accepting.withdraw, name="practice_withdraw"),
]
