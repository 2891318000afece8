"""Addresses below ``/in-app/v1/``, for the customer's browsers."""

from __future__ import annotations

from django.urls import path

from tenure.channels.in_app.pages import scripts, views
from tenure.channels.push import pages as push

urlpatterns = [
    path("tenure.js", scripts.script, {"name": "tenure"}, name="in_app_script"),
    path("push-worker.js", scripts.script, {"name": "push-worker"}, name="in_app_push_worker"),
    path("messages", views.messages, name="in_app_messages"),
    path("messages/<str:code>/<slug:what>", views.act, name="in_app_act"),
    path("push", push.public_key, name="in_app_push"),
    path("push/subscribe", push.subscribe, name="in_app_subscribe"),
    path("push/unsubscribe", push.unsubscribe, name="in_app_unsubscribe"),
    path("received/<str:code>/<slug:what>", push.received, name="in_app_received"),
]
