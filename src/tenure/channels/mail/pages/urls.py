"""Where mail providers tell of bounces and complaints."""

from __future__ import annotations

from django.urls import path

from tenure.channels.mail.pages import mail_events

urlpatterns = [
    path("<slug:name>/", mail_events.page, name="mail_events"),
]
