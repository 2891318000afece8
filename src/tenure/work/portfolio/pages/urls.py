"""Addresses below ``/portfolio/``."""

from __future__ import annotations

from django.urls import path

from tenure.work.portfolio.pages import handoffs, touches, views

urlpatterns = [
    path("", views.page, name="portfolio"),
    path("tasks/", views.open_tasks, name="portfolio_tasks"),
    path("assign/", views.assign, name="portfolio_assign"),
    path("hand-offs/", handoffs.listing, name="hand_offs"),
    path("hand-offs/new/", handoffs.new, name="hand_off_new"),
    path("hand-offs/<int:pk>/", handoffs.one, name="hand_off"),
    path("hand-offs/<int:pk>/withdraw/", handoffs.withdraw, name="hand_off_withdraw"),
    path("touch/<path:pk>", touches.log, name="touch_log"),
]
