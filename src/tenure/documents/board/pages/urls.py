"""Addresses below ``/revenue/board/``."""

from __future__ import annotations

from django.urls import path

from tenure.documents.board.pages import views

urlpatterns = [path("", views.page, name="revenue_board")]
