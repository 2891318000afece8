"""Addresses below ``/settings/``."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from tenure.web.settings_pages import audit, endpoints, in_app, keys, mail, stripe, team, workspace

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="settings_team"), name="settings"),
    path("team/", team.page, name="settings_team"),
    path("team/invite/", team.invite, name="settings_invite"),
    path("team/<int:user_id>/link/", team.link, name="settings_link"),
    path("team/<int:user_id>/role/", team.change_role, name="settings_role"),
    path("team/<int:user_id>/active/", team.change_active, name="settings_active"),
    path("keys/", keys.page, name="settings_keys"),
    path("keys/<int:key_id>/revoke/", keys.revoke, name="settings_key_revoke"),
    path("endpoints/", endpoints.page, name="settings_endpoints"),
    path("endpoints/<int:endpoint_id>/rotate/", endpoints.rotate, name="settings_endpoint_rotate"),
    path("endpoints/<int:endpoint_id>/switch/", endpoints.switch, name="settings_endpoint_switch"),
    path("endpoints/<int:endpoint_id>/trial/", endpoints.trial, name="settings_endpoint_trial"),
    path("mail/", mail.page, name="settings_mail"),
    path("mail/trial/", mail.send_trial, name="settings_mail_trial"),
    path("stripe/", stripe.page, name="settings_stripe"),
    path("stripe/fetch/", stripe.fetch, name="settings_stripe_fetch"),
    path("stripe/look/", stripe.look, name="settings_stripe_look"),
    path("stripe/again/<str:event_id>/", stripe.again, name="settings_stripe_again"),
    path("in-app/", in_app.page, name="settings_in_app"),
    path("in-app/<int:key_id>/rotate/", in_app.rotate, name="settings_in_app_rotate"),
    path("in-app/<int:key_id>/switch/", in_app.switch, name="settings_in_app_switch"),
    path("audit/", audit.page, name="settings_audit"),
    path("workspace/", workspace.page, name="settings_workspace"),
    path("workspace/storage/", workspace.storage, name="settings_storage"),
    path("workspace/jobs/", workspace.job_list, name="settings_jobs"),
    path("workspace/jobs/<int:job_id>/retry/", workspace.retry, name="settings_job_retry"),
]
