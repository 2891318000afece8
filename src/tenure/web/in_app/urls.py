"""Addresses below ``/in-app/v1/``, for the customer's browsers."""

from __future__ import annotations

from django.urls import path

from tenure.web.cancelling import in_product
from tenure.web.in_app import push, scripts, views

urlpatterns = [
    path("tenure.js", scripts.script, {"name": "tenure"}, name="in_app_script"),
    path("push-worker.js", scripts.script, {"name": "push-worker"}, name="in_app_push_worker"),
    path("cancel.js", scripts.script, {"name": "cancel"}, name="in_app_cancel_script"),
    path("cancel/start", in_product.start, name="in_app_cancel_start"),
    path("cancel/answer", in_product.answer, name="in_app_cancel_answer"),
    path("messages", views.messages, name="in_app_messages"),
    path("messages/<str:code>/<slug:what>", views.act, name="in_app_act"),
    path("push", push.public_key, name="in_app_push"),
    path("push/subscribe", push.subscribe, name="in_app_subscribe"),
    path("push/unsubscribe", push.unsubscribe, name="in_app_unsubscribe"),
    path("received/<str:code>/<slug:what>", push.received, name="in_app_received"),
]
