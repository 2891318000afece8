"""Addresses below ``/experiments/``."""

from __future__ import annotations

from django.urls import path

from tenure.learning.experiments.pages import acting, views

urlpatterns = [
    path("", views.page, name="experiments"),
    path("trials/", views.trials_panel, name="experiment_trials"),
    path("new/", acting.new, name="experiment_new"),
    path("<slug:key>/", views.one, name="experiment"),
    path("<slug:key>/start/", acting.start, name="experiment_start"),
    path("<slug:key>/look/", acting.look, name="experiment_look"),
    path("<slug:key>/stop/", acting.stop, name="experiment_stop"),
]
