"""Addresses below ``/validation/``."""

from __future__ import annotations

from django.urls import path

from tenure.health.pages.validation import learned, running, trials, views

urlpatterns = [
    path("", views.page, name="validation"),
    path("reports/<int:report_id>/", views.report, name="validation_report"),
    path("compare/", views.compare, name="validation_compare"),
    path("trials/", trials.listed, name="validation_trials"),
    path("trials/propose/", trials.propose, name="validation_propose"),
    path("trials/<int:pk>/", trials.one, name="validation_trial"),
    path("trials/<int:pk>/adopt/", trials.adopt, name="validation_trial_adopt"),
    path("trials/<int:pk>/back/", trials.back, name="validation_trial_back"),
    path("learned/", learned.page, name="validation_learned"),
    path("learned/train/", learned.train, name="validation_train"),
    path("learned/<int:version>/", learned.page, name="validation_learned_version"),
    path("learned/<int:version>/decide/", learned.decide, name="validation_decide"),
    path("run/", running.start, name="validation_run"),
    path("progress/", running.progress, name="validation_progress"),
]
