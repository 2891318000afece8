"""Addresses below ``/plays/``."""

from __future__ import annotations

from django.urls import path

from tenure.plays.pages import acting, audience, editing, log, preview, trying, views

urlpatterns = [
    path("", views.overview, name="plays"),
    path("new/", editing.new, name="play_new"),
    path("audience/", audience.of_form, name="play_audience_form"),
    path("round/<int:pk>/", log.one, name="play_round"),
    path("round/<int:pk>/out/", acting.take_out, name="play_take_out"),
    path("<slug:name>/", views.play, name="play"),
    path("<slug:name>/edit/", editing.edit, name="play_edit"),
    path("<slug:name>/audience/", audience.panel, name="play_audience"),
    path("<slug:name>/effect/", views.effect_panel, name="play_effect"),
    path("<slug:name>/log/", log.page, name="play_log"),
    path("<slug:name>/preview/", preview.page, name="play_preview"),
    path("<slug:name>/preview/send/", preview.send, name="play_test_send"),
    path("<slug:name>/switch/", acting.switch, name="play_switch"),
    path("<slug:name>/put-in/", acting.put_in, name="play_put_in"),
    path("<slug:name>/try/", trying.start, name="play_try"),
    path("<slug:name>/try/progress/", trying.progress, name="play_try_progress"),
]
