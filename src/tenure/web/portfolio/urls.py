"""Addresses below ``/portfolio/``."""

from __future__ import annotations

from django.urls import path

from tenure.web.portfolio import hand_offs, touches, views

urlpatterns = [
    path("", views.page, name="portfolio"),
    path("tasks/", views.open_tasks, name="portfolio_tasks"),
    path("assign/", views.assign, name="portfolio_assign"),
    path("hand-offs/", hand_offs.listing, name="hand_offs"),
    path("hand-offs/new/", hand_offs.new, name="hand_off_new"),
    path("hand-offs/<int:pk>/", hand_offs.one, name="hand_off"),
    path("hand-offs/<int:pk>/withdraw/", hand_offs.withdraw, name="hand_off_withdraw"),
    path("touch/<path:pk>", touches.log, name="touch_log"),
]
