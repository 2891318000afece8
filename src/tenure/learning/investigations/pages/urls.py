"""Addresses below ``/churned/``."""

from __future__ import annotations

from django.urls import path

from tenure.learning.investigations.pages import acting, review, views
from tenure.learning.texts import pages as texts

urlpatterns = [
    path("", views.page, name="churned"),
    path("texts/", texts.page, name="churned_texts"),
    path("review/", review.page, name="churned_review"),
    path("review/<str:month>/close/", review.close, name="churned_review_close"),
    path("review/<str:month>/changes/", review.decide, name="churned_change"),
    path("review/<str:month>/changes/<int:pk>/", review.end, name="churned_change_end"),
    path("<int:pk>/", views.one, name="churned_one"),
    path("<int:pk>/decide/", acting.decide, name="churned_decide"),
    path("<int:pk>/ask/", acting.ask, name="churned_ask"),
]
