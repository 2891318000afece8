"""Addresses below ``/settings/``."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from tenure.web.settings_pages import audit, keys, team, workspace

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="settings_team"), name="settings"),
    path("team/", team.page, name="settings_team"),
    path("team/invite/", team.invite, name="settings_invite"),
    path("team/<int:user_id>/link/", team.link, name="settings_link"),
    path("team/<int:user_id>/role/", team.change_role, name="settings_role"),
    path("team/<int:user_id>/active/", team.change_active, name="settings_active"),
    path("keys/", keys.page, name="settings_keys"),
    path("keys/<int:key_id>/revoke/", keys.revoke, name="settings_key_revoke"),
    path("audit/", audit.page, name="settings_audit"),
    path("workspace/", workspace.page, name="settings_workspace"),
    path("workspace/storage/", workspace.storage, name="settings_storage"),
    path("workspace/jobs/", workspace.job_list, name="settings_jobs"),
    path("workspace/jobs/<int:job_id>/retry/", workspace.retry, name="settings_job_retry"),
]
