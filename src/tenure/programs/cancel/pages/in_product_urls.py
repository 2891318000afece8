"""The cancel flow inside the customer's product."""

from __future__ import annotations

from django.urls import path

from tenure.channels.in_app.pages import scripts
from tenure.programs.cancel.pages import in_product

urlpatterns = [
    path("cancel.js", scripts.script, {"name": "cancel"}, name="in_app_cancel_script"),
    path("cancel/start", in_product.start, name="in_app_cancel_start"),
    path("cancel/answer", in_product.answer, name="in_app_cancel_answer"),
]
