"""Addresses below ``/messages/``."""

from __future__ import annotations

from django.urls import path

from tenure.channels.pages import barred, views

urlpatterns = [
    path("", views.page, name="messages"),
    path("barred/", barred.page, name="messages_barred"),
    path("barred/<int:row_id>/allow/", barred.allow, name="messages_allow"),
    path("<int:message_id>/", views.one, name="message"),
    path("<int:message_id>/again/", views.again, name="message_again"),
    path("<int:message_id>/arrived/", views.arrived, name="message_arrived"),
]
