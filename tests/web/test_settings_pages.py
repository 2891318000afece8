"""Settings: team, keys, audit trail, workspace; each for those who may."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from people import NOW

from tenure.core import audit, keys
from tenure.core.models import ApiKey, AuditEntry, Job, User
from tenure.kit.pages import snippets

PAGES = {
    "/settings/team/": {"admin", "cs_lead", "csm", "support", "analyst"},
    "/settings/keys/": {"admin"},
    "/settings/in-app/": {"admin"},
    "/settings/audit/": {"admin", "cs_lead", "analyst"},
    "/settings/workspace/": {"admin", "cs_lead", "csm", "analyst"},
}


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
def test_who_may_open_what(workspace, seen_by, colleague, role):
    client = seen_by(colleague(role))
    for path, roles in PAGES.items():
        assert client.get(path).status_code == (200 if role in roles else 403), path


def test_alice_invites_and_the_link_sets_a_password(workspace, seen_by, alice):
    client = seen_by(alice)
    given = {"email": "dora@example.com", "name": "Dora", "role": "csm"}
    text = client.post("/settings/team/invite/", given).content.decode()
    link = re.search(r"http://testserver(/sign-in/\S+?)<", text)
    assert link
    assert AuditEntry.objects.filter(action="team.invite").exists()
    answer = Client().get(link.group(1), follow=True)
    assert answer.status_code == 200
    assert "password" in answer.content.decode()


def test_an_address_that_is_taken_keeps_what_was_typed(workspace, seen_by, alice, bob):
    given = {"email": bob.email, "name": "Second Bob", "role": "csm"}
    answer = seen_by(alice).post("/settings/team/invite/", given)
    assert answer.status_code == 422
    assert "already in the team" in answer.content.decode()
    assert "Second Bob" in answer.content.decode()


def test_roles_change_and_are_audited(workspace, seen_by, alice, bob):
    client = seen_by(alice)
    client.post(f"/settings/team/{bob.pk}/role/", {"role": "analyst"})
    assert User.objects.get(pk=bob.pk).role == "analyst"
    assert AuditEntry.objects.get().action == "team.role"


def test_the_last_admin_stays(workspace, seen_by, alice):
    client = seen_by(alice)
    answer = client.post(f"/settings/team/{alice.pk}/role/", {"role": "csm"}, follow=True)
    assert "last admin" in answer.content.decode()
    assert User.objects.get(pk=alice.pk).role == "admin"


def test_deactivated_colleagues_are_out_and_can_come_back(workspace, seen_by, alice, bob):
    client, bobs = seen_by(alice), seen_by(bob)
    client.post(f"/settings/team/{bob.pk}/active/")
    assert bobs.get("/settings/team/").status_code == 302
    client.post(f"/settings/team/{bob.pk}/active/")
    assert User.objects.get(pk=bob.pk).is_active


@pytest.mark.parametrize("path", ["role", "active", "link"])
def test_bob_may_not_manage_the_team(workspace, seen_by, alice, bob, path):
    answer = seen_by(bob).post(f"/settings/team/{alice.pk}/{path}/", {"role": "csm"})
    assert answer.status_code == 403
    text = seen_by(bob).get("/settings/team/").content.decode()
    assert "Invite a colleague" not in text
    assert "Deactivate" not in text


def test_a_key_is_shown_once_and_works(workspace, seen_by, alice):
    client = seen_by(alice)
    text = client.post("/settings/keys/", {"name": "site", "scope": "ingest"}).content.decode()
    plain = re.search(r"tnw_[\w-]+(?=<)", text)
    assert plain
    assert keys.verify(plain.group(), keys.INGEST, NOW)
    assert f"-u &#x27;{plain.group()}:" in text or f"-u '{plain.group()}:" in text
    assert plain.group() not in client.get("/settings/keys/").content.decode()


def test_an_api_key_needs_a_role(workspace, seen_by, alice):
    client = seen_by(alice)
    answer = client.post("/settings/keys/", {"name": "bi", "scope": "api", "role": "wizard"})
    assert not ApiKey.objects.exists()
    assert "bi" in answer.content.decode()


def test_a_revoked_key_stops(workspace, seen_by, alice):
    client = seen_by(alice)
    key, plain = keys.make_key("old", keys.INGEST, by=alice, now=NOW)
    client.post(f"/settings/keys/{key.pk}/revoke/")
    assert keys.verify(plain, keys.INGEST, NOW) is None
    assert client.post("/settings/keys/999/revoke/").status_code == 404


@pytest.mark.parametrize("one", snippets.all_of("https://t.example", "tnw_x"), ids=lambda s: s.key)
def test_every_snippet_names_host_and_key(one):
    assert "https://t.example" in one.text
    assert "tnw_x" in one.text


def test_the_trail_filters_and_pages(workspace, seen_by, alice, bob):
    for number in range(60):
        who = alice if number % 2 else bob
        audit.record(who, "policy.save", "policy", f"doc-{number}", {"v": 1}, {"v": 2}, now=NOW)
    audit.record(alice, "key.make", "key", 1, None, {"name": "x"}, "for tests", now=NOW)
    client = seen_by(alice)
    text = client.get("/settings/audit/").content.decode()
    assert "for tests" in text
    older = re.search(r'href="(\?[^"]*before_id=\d+)"', text)
    assert older
    assert "doc-3<" in client.get(f"/settings/audit/{older.group(1)}").content.decode()
    text = client.get(f"/settings/audit/?actor={bob.email}&action=policy.save").content.decode()
    assert "doc-58" in text
    assert "doc-59" not in text
    assert "Nothing matches" in client.get("/settings/audit/?target_id=none").content.decode()


def test_a_failed_job_is_tried_again_by_an_admin_only(workspace, seen_by, alice, bob):
    job = Job.objects.create(
        kind="health.score", payload={"a": 1}, run_at=NOW, created_at=NOW, state="failed", error="x"
    )
    assert seen_by(bob).post(f"/settings/workspace/jobs/{job.pk}/retry/").status_code == 403
    seen_by(alice).post(f"/settings/workspace/jobs/{job.pk}/retry/")
    assert Job.objects.get(state="ready").payload == {"a": 1}
    assert AuditEntry.objects.get().action == "job.retry"
    assert seen_by(alice).post("/settings/workspace/jobs/999/retry/").status_code == 404


def test_storage_of_an_empty_and_a_filled_lake(workspace, seen_by, alice):
    from health.companies import add, subscription

    client = seen_by(alice)
    assert "The lake is empty" in client.get("/settings/workspace/storage/").content.decode()
    add(1, subscriptions=[subscription("a", NOW)])
    assert "subscriptions" in client.get("/settings/workspace/storage/").content.decode()


def test_an_in_app_key_is_made_rotated_and_switched_by_admins_only(
    workspace, seen_by, alice, colleague
):
    from tenure.channels.models import InAppKey

    client = seen_by(alice)
    text = client.post("/settings/in-app/", {"name": "shop"}).content.decode()
    key = InAppKey.objects.get()
    assert key.secrets[0] in text
    assert key.secrets[0] not in client.get("/settings/in-app/").content.decode()
    assert client.post("/settings/in-app/", {"name": "shop"}).status_code == 422
    for role in ("cs_lead", "csm", "support", "analyst"):
        other = seen_by(colleague(role))
        for path in ("", f"{key.pk}/rotate/", f"{key.pk}/switch/"):
            assert other.post(f"/settings/in-app/{path}", {"name": "x"}).status_code == 403
    text = client.post(f"/settings/in-app/{key.pk}/rotate/").content.decode()
    key.refresh_from_db()
    assert key.secrets[0] in text
    assert len(key.secrets) == 2
    client.post(f"/settings/in-app/{key.pk}/switch/")
    assert not InAppKey.objects.get().active
    assert InAppKey.objects.count() == 1
