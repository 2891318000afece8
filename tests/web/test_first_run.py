"""The first minutes: first admin, the ways to begin, the profile."""

from __future__ import annotations

import pytest
from django.test import Client
from people import PASSWORD

from tenure.core import team
from tenure.core.models import User
from tenure.kit import workspace_name

FORM = {
    "workspace": "Acme",
    "name": "Alice",
    "email": "Alice@Example.com",
    "password": PASSWORD,
    "timezone": "Europe/Berlin",
}


@pytest.fixture
def new(db, workspace):
    return Client()


def test_a_new_workspace_leads_to_its_set_up(new):
    assert new.get("/accounts/")["Location"] == "/first-run/"
    assert b"Set up your workspace" in new.get("/first-run/").content


def test_alice_opens_the_workspace_and_is_in(new):
    assert new.post("/first-run/", FORM)["Location"] == "/start/"
    alice = User.objects.get()
    assert (alice.email, alice.role) == ("alice@example.com", "admin")
    assert alice.timezone == "Europe/Berlin"
    assert workspace_name.read() == "Acme"
    assert new.get("/start/").status_code == 200


def test_the_door_closes_behind_the_first(new):
    new.post("/first-run/", FORM)
    second = Client().post("/first-run/", {**FORM, "email": "mallory@example.com"})
    assert second.status_code == 302
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("password", "short", "too short"),
        ("password", "1234567890123", "too common"),
        ("email", "alice", "valid email"),
        ("workspace", "", "required"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(new, field, value, words):
    page = new.post("/first-run/", {**FORM, field: value}).content.decode()
    assert words in page
    assert not User.objects.exists()


def test_a_zone_nobody_knows_becomes_utc(new):
    new.post("/first-run/", {**FORM, "timezone": "Mars/Olympus"})
    assert User.objects.get().timezone == "UTC"


def test_home_leads_to_accounts_or_to_how_to_get_some(seen_by, alice, workspace):
    assert seen_by(alice).get("/")["Location"] == "/start/"


def test_home_leads_to_accounts_once_there_are_some(customers, seen_by, alice):
    assert seen_by(alice).get("/")["Location"] == "/accounts/"


def test_the_start_page_tells_this_servers_address(seen_by, alice, workspace):
    page = seen_by(alice).get("/start/", headers={"host": "localhost:8000"}).content.decode()
    assert 'analytics.host = "http://localhost:8000"' in page


def test_an_invitation_link_sets_the_password_once(alice, now):
    invited, path = team.invite("dana@example.com", "csm", "Dana", by=alice, now=now)
    client = Client()
    form = client.get(path, follow=True)
    assert b'name="password1"' in form.content
    inside = form.request["PATH_INFO"]
    client.post(inside, {"password1": PASSWORD, "password2": PASSWORD})
    invited.refresh_from_db()
    assert invited.check_password(PASSWORD)
    again = Client().get(path, follow=True)
    assert b'name="password1"' not in again.content


def test_bob_changes_his_name_and_zone(seen_by, bob, workspace):
    answer = seen_by(bob).post(
        "/profile/", {"name": "Robert", "timezone": "America/New_York"}, follow=True
    )
    assert b"Your profile is saved" in answer.content
    bob.refresh_from_db()
    assert (bob.name, bob.timezone) == ("Robert", "America/New_York")


def test_a_profile_takes_no_role(seen_by, bob, workspace):
    seen_by(bob).post("/profile/", {"name": "B", "timezone": "UTC", "role": "admin"})
    bob.refresh_from_db()
    assert bob.role == "csm"
